#include "store/accounts.hpp"

#include <algorithm>

namespace plenum::store {

namespace {

base::Result<void> insert(Connection& db, const SqliteAccounts::Row& row) {
  return db.query("INSERT INTO accounts (id, name, key_hash, sealed_key, created_at) VALUES (?, ?, ?, ?, ?)")
      .bind(row.account.id.hex())
      .bind(row.account.name)
      .bind(base::Bytes(row.key_hash))
      .bind(base::Bytes(row.sealed_key))
      .bind(static_cast<std::int64_t>(row.account.created_at.time_since_epoch().count()))
      .run();
}

} // namespace

base::Result<SqliteAccounts::Rows> SqliteAccounts::read_all(Connection& db) {
  Rows rows;
  auto query = db.query("SELECT id, name, key_hash, sealed_key, enabled, created_at FROM accounts");
  for (;;) {
    const auto more = query.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return rows;
    Row row;
    const auto hash = query.blob(2);
    const auto id = base::AccountId::parse(query.text(0));
    if (!id || hash.size() != row.key_hash.size()) continue;
    row.account = {*id, query.text(1), query.integer(4) != 0,
                   base::WallTime(base::Duration(query.integer(5)))};
    std::ranges::copy(hash, row.key_hash.begin());
    row.sealed_key = query.blob(3);
    rows.push_back(std::move(row));
  }
}

SqliteAccounts::SqliteAccounts(const base::Env& env, Sealer sealer, Rows rows)
    : env_(env), sealer_(std::move(sealer)) {
  replace(std::move(rows));
}

void SqliteAccounts::replace(Rows rows) {
  rows_.clear();
  by_hash_.clear();
  for (auto& row : rows) {
    by_hash_[row.key_hash] = row.account.id;
    rows_[row.account.id] = std::move(row);
  }
}

std::optional<Account> SqliteAccounts::find_by_key(std::string_view api_key) const {
  // Looking for the hash leaks nothing about the key: nobody can steer a hash towards a stored one.
  const auto at = by_hash_.find(sha256(api_key));
  if (at == by_hash_.end()) return std::nullopt;
  const auto account = find(at->second);
  return account && account->enabled ? account : std::nullopt;
}

std::optional<Account> SqliteAccounts::find(base::AccountId id) const {
  const auto at = rows_.find(id);
  return at == rows_.end() ? std::nullopt : std::optional(at->second.account);
}

std::vector<Account> SqliteAccounts::list() const {
  std::vector<Account> accounts;
  for (const auto& [id, row] : rows_)
    accounts.push_back(row.account);
  return accounts;
}

void SqliteAccounts::create(std::string name, Completion<NewAccount> done) {
  base::Secret key(env_.random.alphanumeric(kKeyLength));
  const auto now = env_.clock.wall();
  Row row;
  row.account = {base::AccountId::make(now, env_.random), std::move(name), true, now};
  row.key_hash = sha256(key.reveal());
  row.sealed_key = sealer_.seal(key, row.account.id.hex(), env_.random);
  writer_->submit(
      [row](Connection& db) { return insert(db, row); },
      [this, row, key = std::move(key), done = std::move(done)](base::Result<void> result) mutable {
        if (!result) return done(std::unexpected(result.error()));
        by_hash_[row.key_hash] = row.account.id;
        rows_[row.account.id] = row;
        done(NewAccount{row.account, std::move(key)});
      });
}

void SqliteAccounts::set_enabled(base::AccountId id, bool enabled, Completion<void> done) {
  if (!rows_.contains(id)) {
    writer_->submit([](Connection&) { return base::fail(base::ErrorCode::not_found, "unknown account"); },
                    std::move(done));
    return;
  }
  writer_->submit(
      [id, enabled](Connection& db) {
        return db.query("UPDATE accounts SET enabled = ? WHERE id = ?")
            .bind(std::int64_t{enabled})
            .bind(id.hex())
            .run();
      },
      [this, id, enabled, done = std::move(done)](base::Result<void> result) mutable {
        if (const auto at = rows_.find(id); result && at != rows_.end()) at->second.account.enabled = enabled;
        done(std::move(result));
      });
}

base::Result<base::Secret> SqliteAccounts::signing_key(base::AccountId id) const {
  const auto at = rows_.find(id);
  if (at == rows_.end()) return base::fail(base::ErrorCode::not_found, "unknown account");
  return sealer_.unseal(at->second.sealed_key, id.hex());
}

} // namespace plenum::store
