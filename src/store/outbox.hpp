// The outbox on the writer's thread: rows that other work adds inside its own transaction, and the lines that
// they form. Used by hooks.cpp, room_log.cpp and archive.cpp. Owner: function. Thread: the writer's.
#pragma once

#include "store/hooks_port.hpp"
#include "store/sqlite.hpp"

#include <span>
#include <string_view>

namespace plenum::store {

struct Outgoing {
  base::AccountId account;
  base::RoomId room;
  std::uint64_t offset = 0;
  base::WallTime at{};
  std::string_view origin; // what it comes from, unique in its room: the id of each delivery follows from it
  std::span<const OutboxEvent> events;
};

// A delivery for each event that the account's hook wants; answers whether there was any.
base::Result<bool> add_deliveries(Connection& db, const Outgoing& outgoing);

// One delivery into a line, which begins to wait when it was empty.
struct NewDelivery {
  base::DeliveryId id;
  base::HookId hook;
  std::string line;
  base::RoomId room;
  std::uint64_t offset = 0;
  base::WallTime at{};
};
base::Result<void> add_delivery(Connection& db, const NewDelivery& wanted, const OutboxEvent& event);

base::Result<std::optional<Hook>> find_hook(Connection& db, base::AccountId account);

} // namespace plenum::store
