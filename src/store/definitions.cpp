#include "store/definitions.hpp"

#include "base/json_described.hpp"

#include <algorithm>

namespace plenum::store {

namespace {

std::unexpected<base::Error> unknown() {
  return base::fail(base::ErrorCode::not_found, "no such definition");
}

// For DELETE and UPDATE … RETURNING: the error unless there was a row.
base::Result<void> expect_row(Query& query) {
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return unknown();
  return {};
}

base::Result<Host> put_host(Connection& db, const std::string& definition, const Host& host) {
  auto stored = db.query(
      "INSERT INTO definition_hosts (token, definition, number, external_id, name, avatar, created_at) "
      "VALUES (?1, ?2, (SELECT COALESCE(MAX(number), 0) + 1 FROM definition_hosts WHERE definition = ?2), "
      "?3, ?4, ?5, ?6) ON CONFLICT (definition, external_id) DO UPDATE SET name = excluded.name, "
      "avatar = excluded.avatar RETURNING token, created_at");
  stored.bind(host.token)
      .bind(definition)
      .bind(host.external_id)
      .bind(host.name)
      .bind_text(host.avatar)
      .bind_time(host.created_at);
  if (auto row = expect_row(stored); !row) return std::unexpected(row.error());
  Host kept = host;
  kept.token = stored.text(0);
  kept.created_at = stored.time(1);
  return kept;
}

base::Result<void> insert_definition(Connection& db, const Definition& definition) {
  auto added =
      db.query("INSERT INTO definitions (id, account, name, options, created_at, expires_at, guest_token) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)")
          .bind(definition.id.hex())
          .bind(definition.account.hex())
          .bind(definition.name)
          .bind(base::write_json(base::to_json(definition.options)))
          .bind_time(definition.created_at)
          .bind_time(definition.expires_at)
          .bind(definition.guest_token)
          .run();
  if (!added) return added;
  for (const auto& host : definition.hosts)
    if (const auto kept = put_host(db, definition.id.hex(), host); !kept)
      return std::unexpected(kept.error());
  return {};
}

base::Result<void> update_definition(Connection& db, const Definition& definition) {
  auto changed =
      db.query("UPDATE definitions SET name = ?, options = ?, expires_at = ? WHERE id = ? RETURNING id");
  changed.bind(definition.name)
      .bind(base::write_json(base::to_json(definition.options)))
      .bind_time(definition.expires_at)
      .bind(definition.id.hex());
  return expect_row(changed);
}

base::Result<void> read_hosts(Connection& db, Definition& definition) {
  auto rows = db.query("SELECT external_id, name, avatar, token, created_at FROM definition_hosts "
                       "WHERE definition = ? ORDER BY number");
  rows.bind(definition.id.hex());
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    definition.hosts.push_back(
        {rows.text(0), rows.text(1), rows.optional_text(2), rows.text(3), rows.time(4)});
  }
}

// Columns: id, account, name, options, created_at, expires_at, guest_token. Hosts are read afterwards.
base::Result<Definition> read_columns(const Query& row) {
  Definition definition;
  definition.id = base::DefinitionId::parse(row.text(0)).value_or(base::DefinitionId{});
  definition.account = base::AccountId::parse(row.text(1)).value_or(base::AccountId{});
  definition.name = row.text(2);
  const auto options = base::parse_json(row.text(3));
  if (!options) return std::unexpected(options.error());
  if (auto read = base::from_json(*options, definition.options); !read) return std::unexpected(read.error());
  definition.created_at = row.time(4);
  definition.expires_at = row.optional_time(5);
  definition.guest_token = row.text(6);
  return definition;
}

base::Result<void> read_definition(Connection& db, const std::string& id, Definition& definition) {
  {
    auto rows = db.query("SELECT id, account, name, options, created_at, expires_at, guest_token "
                         "FROM definitions WHERE id = ?");
    rows.bind(id);
    if (auto row = expect_row(rows); !row) return row;
    auto columns = read_columns(rows);
    if (!columns) return std::unexpected(columns.error());
    definition = std::move(*columns);
  }
  return read_hosts(db, definition);
}

base::Result<void> find_token(Connection& db, const std::string& token, FoundDefinition& found) {
  std::string id;
  {
    auto rows = db.query("SELECT id FROM definitions WHERE guest_token = ?1 UNION ALL "
                         "SELECT definition FROM definition_hosts WHERE token = ?1");
    rows.bind(token);
    if (auto row = expect_row(rows); !row) return row;
    id = rows.text(0);
  }
  if (auto read = read_definition(db, id, found.definition); !read) return read;
  const auto host = std::ranges::find(found.definition.hosts, token, &Host::token);
  if (host != found.definition.hosts.end()) found.host = *host;
  return {};
}

// 0: expired, 1: not; NULL: whatever. An expiry that is now has passed.
base::Result<void> list_definitions(Connection& db, base::AccountId account, const DefinitionFilter& filter,
                                    DefinitionPage& page) {
  const std::string wanted = !filter.expired ? "" : *filter.expired ? "expired" : "valid";
  {
    auto count = db.query("SELECT COUNT(*) FROM definitions WHERE account = ?1 AND (?2 = '' OR "
                          "(?2 = 'expired') = (expires_at IS NOT NULL AND expires_at <= ?3))");
    const auto row = count.bind(account.hex()).bind(wanted).bind_time(filter.now).step();
    if (!row) return std::unexpected(row.error());
    page.total = count.count(0);
  }
  {
    auto rows =
        db.query("SELECT id, account, name, options, created_at, expires_at, guest_token FROM definitions "
                 "WHERE account = ?1 AND (?2 = '' OR "
                 "(?2 = 'expired') = (expires_at IS NOT NULL AND expires_at <= ?3)) "
                 "ORDER BY created_at DESC, id DESC LIMIT ?4 OFFSET ?5");
    rows.bind(account.hex())
        .bind(wanted)
        .bind_time(filter.now)
        .bind(static_cast<std::int64_t>(filter.limit))
        .bind(static_cast<std::int64_t>(std::min<std::size_t>(filter.page, 1'000'000) * filter.limit));
    for (;;) {
      const auto row = rows.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      auto definition = read_columns(rows);
      if (!definition) return std::unexpected(definition.error());
      page.items.push_back(std::move(*definition));
    }
  }
  for (auto& definition : page.items)
    if (auto read = read_hosts(db, definition); !read) return read;
  return {};
}

} // namespace

void SqliteDefinitions::create(Definition definition, Completion<void> done) {
  writer_.submit(
      [definition = std::move(definition)](Connection& db) { return insert_definition(db, definition); },
      std::move(done));
}

void SqliteDefinitions::update(Definition definition, Completion<void> done) {
  writer_.submit(
      [definition = std::move(definition)](Connection& db) { return update_definition(db, definition); },
      std::move(done));
}

void SqliteDefinitions::remove(base::DefinitionId id, Completion<void> done) {
  writer_.submit(
      [id](Connection& db) {
        auto removed = db.query("DELETE FROM definitions WHERE id = ? RETURNING id");
        removed.bind(id.hex());
        return expect_row(removed);
      },
      std::move(done));
}

void SqliteDefinitions::find(base::DefinitionId id, Completion<Definition> done) {
  writer_.submit_for<Definition>(
      [id](Connection& db, Definition& definition) { return read_definition(db, id.hex(), definition); },
      std::move(done));
}

void SqliteDefinitions::find_by_token(std::string token, Completion<FoundDefinition> done) {
  writer_.submit_for<FoundDefinition>(
      [token = std::move(token)](Connection& db, FoundDefinition& found) {
        return find_token(db, token, found);
      },
      std::move(done));
}

void SqliteDefinitions::list(base::AccountId account, DefinitionFilter filter,
                             Completion<DefinitionPage> done) {
  writer_.submit_for<DefinitionPage>(
      [account, filter](Connection& db, DefinitionPage& page) {
        return list_definitions(db, account, filter, page);
      },
      std::move(done));
}

void SqliteDefinitions::add_host(base::DefinitionId id, Host host, Completion<Host> done) {
  writer_.submit_for<Host>(
      [id, host = std::move(host)](Connection& db, Host& stored) -> base::Result<void> {
        {
          auto known = db.query("SELECT 1 FROM definitions WHERE id = ?");
          known.bind(id.hex());
          if (auto row = expect_row(known); !row) return row;
        }
        auto kept = put_host(db, id.hex(), host);
        if (!kept) return std::unexpected(kept.error());
        stored = std::move(*kept);
        return {};
      },
      std::move(done));
}

void SqliteDefinitions::remove_host(base::DefinitionId id, std::string token, Completion<void> done) {
  writer_.submit(
      [id, token = std::move(token)](Connection& db) {
        auto removed =
            db.query("DELETE FROM definition_hosts WHERE definition = ? AND token = ? RETURNING token");
        removed.bind(id.hex()).bind(token);
        return expect_row(removed);
      },
      std::move(done));
}

} // namespace plenum::store
