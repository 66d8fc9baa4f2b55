#include "store/hooks.hpp"

#include "base/json_described.hpp"
#include "store/outbox.hpp"

#include <algorithm>

namespace plenum::store {

namespace {

base::Result<void> insert_hook(Connection& db, const Hook& hook) {
  // What waits for the old one goes with it (ON DELETE CASCADE).
  auto removed = db.query("DELETE FROM hooks WHERE account = ?").bind(hook.account.hex()).run();
  if (!removed) return removed;
  return db.query("INSERT INTO hooks (id, account, url, types, created_at) VALUES (?, ?, ?, ?, ?)")
      .bind(hook.id.hex())
      .bind(hook.account.hex())
      .bind(hook.url)
      .bind(base::write_json(base::to_json(hook.types)))
      .bind_time(hook.created_at)
      .run();
}

base::Result<void> delete_hook(Connection& db, base::AccountId account, base::HookId id) {
  auto removed = db.query("DELETE FROM hooks WHERE account = ? AND id = ? RETURNING id");
  const auto row = removed.bind(account.hex()).bind(id.hex()).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "no such hook");
  return {};
}

base::Result<void> read_hooks(Connection& db, std::vector<HookStatus>& hooks) {
  std::vector<base::AccountId> accounts;
  auto rows = db.query("SELECT account FROM hooks ORDER BY created_at");
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    accounts.push_back(base::AccountId::parse(rows.text(0)).value_or(base::AccountId{}));
  }
  for (const auto account : accounts) {
    auto hook = find_hook(db, account);
    if (!hook) return std::unexpected(hook.error());
    if (!*hook) continue;
    HookStatus status;
    static_cast<Hook&>(status) = std::move(**hook);
    auto counted =
        db.query("SELECT COUNT(*) FILTER (WHERE parked_at IS NULL), COUNT(parked_at), "
                 "MIN(created_at) FILTER (WHERE parked_at IS NULL) FROM deliveries WHERE hook = ?");
    const auto row = counted.bind(status.id.hex()).step();
    if (!row) return std::unexpected(row.error());
    status.waiting = counted.count(0);
    status.parked = counted.count(1);
    status.oldest_waiting = counted.optional_time(2);
    hooks.push_back(std::move(status));
  }
  return {};
}

template <class Kind>
Kind read_delivery(const Query& row) {
  Kind delivery;
  delivery.id = base::DeliveryId::parse(row.text(0)).value_or(base::DeliveryId{});
  delivery.hook = base::HookId::parse(row.text(1)).value_or(base::HookId{});
  delivery.account = base::AccountId::parse(row.text(2)).value_or(base::AccountId{});
  delivery.room = base::RoomId::parse(row.text(3)).value_or(base::RoomId{});
  delivery.offset = row.count(4);
  delivery.url = row.text(5);
  delivery.type = row.text(6);
  delivery.body = row.text(7);
  delivery.attempts = static_cast<std::uint32_t>(row.integer(8));
  delivery.created_at = row.time(9);
  delivery.since = row.time(10);
  return delivery;
}

struct Line {
  std::string hook, line;
  base::WallTime due_at;
};

base::Result<std::vector<std::string>> hooks_with_due_lines(Connection& db, base::WallTime now) {
  auto rows = db.query("SELECT DISTINCT hook FROM delivery_lines WHERE claimed = 0 AND due_at <= ?");
  rows.bind_time(now);
  std::vector<std::string> ids;
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return ids;
    ids.push_back(rows.text(0));
  }
}

base::Result<void> due_lines_of(Connection& db, const std::string& hook, base::WallTime now,
                                std::size_t per_hook, std::vector<Line>& lines) {
  auto busy = db.query("SELECT COUNT(*) FROM delivery_lines WHERE hook = ? AND claimed = 1");
  if (const auto row = busy.bind(hook).step(); !row) return std::unexpected(row.error());
  const auto in_flight = static_cast<std::size_t>(busy.integer(0));
  if (in_flight >= per_hook) return {};
  auto rows =
      db.query("SELECT line, due_at FROM delivery_lines WHERE hook = ? AND claimed = 0 AND due_at <= ? "
               "ORDER BY due_at LIMIT ?");
  rows.bind(hook).bind_time(now).bind(static_cast<std::int64_t>(per_hook - in_flight));
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    lines.push_back({hook, rows.text(0), rows.time(1)});
  }
}

// Lines that are due and free, oldest first, at most so many of each hook that `per_hook` are in flight.
base::Result<std::vector<Line>> due_lines(Connection& db, base::WallTime now, ClaimLimits limits) {
  const auto hooks = hooks_with_due_lines(db, now);
  if (!hooks) return std::unexpected(hooks.error());
  std::vector<Line> lines;
  for (const auto& hook : *hooks)
    if (auto read = due_lines_of(db, hook, now, limits.per_hook, lines); !read)
      return std::unexpected(read.error());
  std::ranges::sort(lines, {}, &Line::due_at);
  if (lines.size() > limits.most) lines.resize(limits.most);
  return lines;
}

base::Result<void> claim_line(Connection& db, const Line& line, Claimed& claimed) {
  auto head = db.query("SELECT d.id, d.hook, h.account, d.room, d.offset, h.url, d.type, d.body, d.attempts, "
                       "d.created_at, d.since FROM deliveries d JOIN hooks h ON h.id = d.hook "
                       "WHERE d.hook = ? AND d.line = ? AND d.parked_at IS NULL ORDER BY d.seq LIMIT 1");
  const auto row = head.bind(line.hook).bind(line.line).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) // nothing waits in it any more
    return db.query("DELETE FROM delivery_lines WHERE hook = ? AND line = ?")
        .bind(line.hook)
        .bind(line.line)
        .run();
  claimed.deliveries.push_back(read_delivery<Delivery>(head));
  return db.query("UPDATE delivery_lines SET claimed = 1 WHERE hook = ? AND line = ?")
      .bind(line.hook)
      .bind(line.line)
      .run();
}

base::Result<void> claim_due(Connection& db, base::WallTime now, ClaimLimits limits, bool first,
                             Claimed& claimed) {
  if (first)
    if (auto freed = db.query("UPDATE delivery_lines SET claimed = 0 WHERE claimed = 1").run(); !freed)
      return freed;
  const auto lines = due_lines(db, now, limits);
  if (!lines) return std::unexpected(lines.error());
  for (const auto& line : *lines)
    if (auto done = claim_line(db, line, claimed); !done) return done;
  auto next = db.query("SELECT MIN(due_at) FROM delivery_lines WHERE claimed = 0 AND due_at > ?");
  const auto row = next.bind_time(now).step();
  if (!row) return std::unexpected(row.error());
  claimed.next = next.optional_time(0);
  return {};
}

// The line goes on with what is its first one now, at `due`.
base::Result<void> free_line(Connection& db, const Line& line, base::WallTime due) {
  auto waiting =
      db.query("SELECT 1 FROM deliveries WHERE hook = ? AND line = ? AND parked_at IS NULL LIMIT 1");
  const auto row = waiting.bind(line.hook).bind(line.line).step();
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return db.query("DELETE FROM delivery_lines WHERE hook = ? AND line = ?")
        .bind(line.hook)
        .bind(line.line)
        .run();
  return db.query("UPDATE delivery_lines SET claimed = 0, due_at = ? WHERE hook = ? AND line = ?")
      .bind_time(due)
      .bind(line.hook)
      .bind(line.line)
      .run();
}

base::Result<void> settle_delivery(Connection& db, base::DeliveryId id, const Outcome& outcome) {
  Line line;
  {
    auto found = db.query("SELECT hook, line FROM deliveries WHERE id = ?");
    const auto row = found.bind(id.hex()).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {}; // its hook was replaced meanwhile
    line = {found.text(0), found.text(1), {}};
  }
  base::Result<void> changed;
  if (outcome.kind == Outcome::Kind::delivered) {
    changed = db.query("DELETE FROM deliveries WHERE id = ?").bind(id.hex()).run();
  } else {
    const bool parked = outcome.kind == Outcome::Kind::parked;
    changed = db.query("UPDATE deliveries SET attempts = attempts + 1, status = ?, why = ?, parked_at = ? "
                       "WHERE id = ?")
                  .bind(std::int64_t{outcome.status})
                  .bind(outcome.why)
                  .bind_time(parked ? std::optional(outcome.sent_at) : std::nullopt)
                  .bind(id.hex())
                  .run();
  }
  if (!changed) return changed;
  auto noted = db.query("UPDATE hooks SET last_sent_at = ?, last_status = ? WHERE id = ?")
                   .bind_time(outcome.sent_at)
                   .bind(std::int64_t{outcome.status})
                   .bind(line.hook)
                   .run();
  if (!noted) return noted;
  return free_line(db, line, outcome.kind == Outcome::Kind::retry ? outcome.retry_at : outcome.sent_at);
}

base::Result<void> read_dead_letters(Connection& db, base::AccountId account, std::size_t most,
                                     std::vector<DeadLetter>& letters) {
  auto rows = db.query("SELECT d.id, d.hook, h.account, d.room, d.offset, h.url, d.type, d.body, d.attempts, "
                       "d.created_at, d.since, d.status, d.why, d.parked_at FROM deliveries d "
                       "JOIN hooks h ON h.id = d.hook WHERE d.parked_at IS NOT NULL "
                       "AND (?1 = '' OR h.account = ?1) ORDER BY d.parked_at, d.seq LIMIT ?2");
  rows.bind(account ? account.hex() : std::string()).bind(static_cast<std::int64_t>(most));
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    auto letter = read_delivery<DeadLetter>(rows);
    letter.status = static_cast<int>(rows.integer(11));
    letter.why = rows.text(12);
    letter.parked_at = rows.time(13);
    letters.push_back(std::move(letter));
  }
}

base::Result<void> replay_parked(Connection& db, base::AccountId account, base::DeliveryId delivery,
                                 base::WallTime now, std::uint64_t& replayed) {
  std::vector<std::pair<std::string, Line>> parked;
  {
    auto rows = db.query("SELECT d.id, d.hook, d.line FROM deliveries d JOIN hooks h ON h.id = d.hook "
                         "WHERE d.parked_at IS NOT NULL AND (?1 = '' OR h.account = ?1) "
                         "AND (?2 = '' OR d.id = ?2)");
    rows.bind(account ? account.hex() : std::string()).bind(delivery ? delivery.hex() : std::string());
    for (;;) {
      const auto row = rows.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      parked.push_back({rows.text(0), {rows.text(1), rows.text(2), {}}});
    }
  }
  for (const auto& [id, line] : parked) {
    auto back = db.query("UPDATE deliveries SET parked_at = NULL, attempts = 0, since = ? WHERE id = ?")
                    .bind_time(now)
                    .bind(id)
                    .run();
    if (back)
      back = db.query("INSERT INTO delivery_lines (hook, line, due_at) VALUES (?, ?, ?) "
                      "ON CONFLICT DO UPDATE SET due_at = MIN(due_at, excluded.due_at)")
                 .bind(line.hook)
                 .bind(line.line)
                 .bind_time(now)
                 .run();
    if (!back) return back;
  }
  replayed = parked.size();
  return {};
}

} // namespace

void SqliteHooks::set(base::AccountId account, std::string url, std::vector<std::string> types,
                      Completion<Hook> done) {
  Hook hook;
  hook.created_at = env_.clock.wall();
  hook.id = base::HookId::make(hook.created_at, env_.random);
  hook.account = account;
  hook.url = std::move(url);
  hook.types = std::move(types);
  writer_.submit_for<Hook>(
      [hook = std::move(hook)](Connection& db, Hook& stored) {
        stored = hook;
        return insert_hook(db, hook);
      },
      std::move(done));
}

void SqliteHooks::get(base::AccountId account, Completion<std::optional<Hook>> done) {
  writer_.submit_for<std::optional<Hook>>(
      [account](Connection& db, std::optional<Hook>& hook) -> base::Result<void> {
        auto found = find_hook(db, account);
        if (!found) return std::unexpected(found.error());
        hook = std::move(*found);
        return {};
      },
      std::move(done));
}

void SqliteHooks::remove(base::AccountId account, base::HookId id, Completion<void> done) {
  writer_.submit([account, id](Connection& db) { return delete_hook(db, account, id); }, std::move(done));
}

void SqliteHooks::list(Completion<std::vector<HookStatus>> done) {
  writer_.submit_for<std::vector<HookStatus>>(read_hooks, std::move(done));
}

void SqliteHooks::test(base::AccountId account, OutboxEvent event, Completion<base::DeliveryId> done) {
  const auto now = env_.clock.wall();
  const auto id = base::DeliveryId::make(now, env_.random);
  writer_.submit_for<base::DeliveryId>(
      [account, id, now, event = std::move(event)](Connection& db,
                                                   base::DeliveryId& made) -> base::Result<void> {
        const auto hook = find_hook(db, account);
        if (!hook) return std::unexpected(hook.error());
        if (!*hook) return base::fail(base::ErrorCode::not_found, "the account has no hook");
        made = id;
        return add_delivery(db, {id, (*hook)->id, id.hex(), {}, 0, now}, event);
      },
      [this, done = std::move(done)](base::Result<base::DeliveryId> made) mutable {
        const bool added = made.has_value();
        done(std::move(made));
        if (added) wake();
      });
}

void SqliteHooks::progress(base::DeliveryId id, Completion<std::optional<Progress>> done) {
  writer_.submit_for<std::optional<Progress>>(
      [id](Connection& db, std::optional<Progress>& progress) -> base::Result<void> {
        auto found =
            db.query("SELECT parked_at IS NOT NULL, attempts, status, why FROM deliveries WHERE id = ?");
        const auto row = found.bind(id.hex()).step();
        if (!row) return std::unexpected(row.error());
        if (*row)
          progress = {found.integer(0) != 0, static_cast<std::uint32_t>(found.integer(1)),
                      static_cast<int>(found.integer(2)), found.text(3)};
        return {};
      },
      std::move(done));
}

void SqliteHooks::claim(base::WallTime now, ClaimLimits limits, Completion<Claimed> done) {
  writer_.submit_for<Claimed>(
      [now, limits, first = std::exchange(first_claim_, false)](Connection& db, Claimed& claimed) {
        return claim_due(db, now, limits, first, claimed);
      },
      std::move(done));
}

void SqliteHooks::settle(base::DeliveryId id, Outcome outcome, Completion<void> done) {
  writer_.submit(
      [id, outcome = std::move(outcome)](Connection& db) { return settle_delivery(db, id, outcome); },
      std::move(done));
}

void SqliteHooks::dead_letters(base::AccountId account, std::size_t most,
                               Completion<std::vector<DeadLetter>> done) {
  writer_.submit_for<std::vector<DeadLetter>>(
      [account, most](Connection& db, std::vector<DeadLetter>& letters) {
        return read_dead_letters(db, account, most, letters);
      },
      std::move(done));
}

void SqliteHooks::replay(base::AccountId account, base::DeliveryId delivery, Completion<std::uint64_t> done) {
  writer_.submit_for<std::uint64_t>(
      [account, delivery, now = env_.clock.wall()](Connection& db, std::uint64_t& replayed) {
        return replay_parked(db, account, delivery, now, replayed);
      },
      [this, done = std::move(done)](base::Result<std::uint64_t> replayed) mutable {
        const bool any = replayed.value_or(0) > 0;
        done(std::move(replayed));
        if (any) wake();
      });
}

} // namespace plenum::store
