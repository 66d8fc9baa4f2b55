// Rooms: every open meeting of this process, in memory, with its indexes.
//
// Each room has two states: `decided` includes events that still wait for their commit, `published` is what
// the world has heard. Commands are decided on the first, views read the second. Owner: hub. Thread: core.
#pragma once

#include "base/executor.hpp"
#include "hub/tokens.hpp"
#include "room/decide.hpp"
#include "room/evolve.hpp"
#include "store/ports.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace plenum::hub {

struct Room {
  room::State decided, published;
  room::Live live;
  std::uint64_t epoch = 1;           // of its log
  std::uint64_t snapshot_offset = 0; // of the newest state that is stored
  std::size_t in_flight = 0;         // appends that wait for their commit
  bool failing = false;         // an append was refused: nothing is decided until the others have come back
  base::Executor::Timer due;    // grace and idle times
  base::Executor::Timer speech; // does a speaker get a tile?
};

class Rooms {
 public:
  Room& add(base::RoomId id);
  void index(const room::State& decided); // by the owner's name, from now on
  void unindex(const room::State& decided);
  void remove(base::RoomId id);

  Room* find(base::RoomId id);
  const Room* find(base::RoomId id) const;
  Room* find(base::AccountId account, std::string_view external_id); // open or opening
  const Room* find(base::AccountId account, std::string_view external_id) const;
  std::vector<base::RoomId> ids() const;
  std::size_t size() const { return rooms_.size(); }

  // Its newest stored state, and what happened since; nullptr when that is not an open meeting.
  Room* restore(store::LoadedRoom loaded);

 private:
  using Name = std::pair<base::AccountId, std::string>;
  std::unordered_map<base::RoomId, std::unique_ptr<Room>> rooms_;
  std::map<Name, base::RoomId> names_;
};

} // namespace plenum::hub
