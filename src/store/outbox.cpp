#include "store/outbox.hpp"

#include "base/clock.hpp"
#include "base/json_described.hpp"
#include "store/seal.hpp"

#include <algorithm>

namespace plenum::store {

namespace {

// The same event is the same delivery, whatever happens to this process: receivers drop what they have seen.
base::DeliveryId delivery_id(const Outgoing& outgoing, base::HookId hook, std::size_t number) {
  const auto digest = sha256(hook.hex() + '/' + outgoing.room.hex() + '/' + std::string(outgoing.origin) +
                             '/' + std::to_string(number));
  base::IdBits bits{static_cast<std::uint32_t>(base::unix_seconds(outgoing.at)), 0};
  for (std::size_t i = 0; i < sizeof bits.random; ++i)
    bits.random = bits.random << 8 | digest[i];
  return {bits};
}

} // namespace

base::Result<std::optional<Hook>> find_hook(Connection& db, base::AccountId account) {
  auto row =
      db.query("SELECT id, url, types, created_at, last_sent_at, last_status FROM hooks WHERE account = ?");
  const auto found = row.bind(account.hex()).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  Hook hook;
  hook.id = base::HookId::parse(row.text(0)).value_or(base::HookId{});
  hook.account = account;
  hook.url = row.text(1);
  const auto types = base::parse_json(row.text(2));
  if (!types) return std::unexpected(types.error());
  if (auto read = base::from_json(*types, hook.types); !read) return std::unexpected(read.error());
  hook.created_at = row.time(3);
  hook.last_request_sent_at = row.optional_time(4);
  if (!row.null(5)) hook.last_response_code = static_cast<int>(row.integer(5));
  return hook;
}

base::Result<void> add_delivery(Connection& db, const NewDelivery& wanted, const OutboxEvent& event) {
  auto added =
      db.query("INSERT INTO deliveries (id, hook, line, room, offset, type, body, created_at, since) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind(wanted.id.hex())
          .bind(wanted.hook.hex())
          .bind(wanted.line)
          .bind(wanted.room.hex())
          .bind(static_cast<std::int64_t>(wanted.offset))
          .bind(event.type)
          .bind(event.body)
          .bind_time(wanted.at)
          .bind_time(wanted.at)
          .run();
  if (!added) return added;
  return db.query("INSERT OR IGNORE INTO delivery_lines (hook, line, due_at) VALUES (?, ?, ?)")
      .bind(wanted.hook.hex())
      .bind(wanted.line)
      .bind_time(wanted.at)
      .run();
}

base::Result<bool> add_deliveries(Connection& db, const Outgoing& outgoing) {
  if (outgoing.events.empty()) return false;
  const auto hook = find_hook(db, outgoing.account);
  if (!hook) return std::unexpected(hook.error());
  if (!*hook) return false;
  bool any = false;
  for (std::size_t number = 0; number < outgoing.events.size(); ++number) {
    const auto& event = outgoing.events[number];
    const auto& types = (*hook)->types;
    if (std::ranges::find(types, event.type) == types.end()) continue;
    const NewDelivery wanted{delivery_id(outgoing, (*hook)->id, number),
                             (*hook)->id,
                             outgoing.room.hex(),
                             outgoing.room,
                             outgoing.offset,
                             outgoing.at};
    if (auto added = add_delivery(db, wanted, event); !added) return std::unexpected(added.error());
    any = true;
  }
  return any;
}

} // namespace plenum::store
