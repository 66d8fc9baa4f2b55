// Replay: what happened in a meeting after an offset, for a reader that was away. Also of meetings that have
// ended, as long as their log is kept. Owner: value. Thread: core.
#pragma once

#include "base/result.hpp"
#include "room/evolve.hpp"
#include "store/ports.hpp"

#include <cstdint>
#include <utility>

namespace plenum::hub {

struct Replay {
  room::State before;      // after the offset that was asked for
  room::Events events;     // what came then, without a gap
  std::uint64_t epoch = 1; // of the meeting's log
  bool ended = false;      // nothing will follow
  std::uint64_t last() const { return before.revision + events.size(); } // where live events continue

  // call(offset, event, state after it), in order.
  template <class Call>
  void each(Call&& call) const {
    auto state = before;
    for (const auto& event : events) {
      room::evolve(state, event);
      call(state.revision, event, std::as_const(state));
    }
  }
};

room::State replayed(store::LoadedRoom loaded); // as it was at the end of what is loaded

// Errors: gone (that part of the log is forgotten), not_found (the meeting has not come that far).
base::Result<Replay> replay_after(store::LoadedRoom loaded, std::uint64_t offset);

} // namespace plenum::hub
