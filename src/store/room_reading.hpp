// Reading kept logs: what runs (newest snapshot and tail), one meeting whole, tokens of those that ended.
// Used by room_log.cpp. Owner: function. Thread: the writer's.
#pragma once

#include "store/ports.hpp"
#include "store/sqlite.hpp"

#include <vector>

namespace plenum::store {

// A room whose log cannot be read is left out and reported, so that the others come up.
base::Result<void> read_running(Connection& db, std::vector<LoadedRoom>& rooms);
base::Result<void> read_room(Connection& db, base::RoomId room, LoadedRoom& loaded);
base::Result<void> read_ended(Connection& db, base::WallTime since, std::vector<EndedToken>& tokens);

} // namespace plenum::store
