#include "hub/replay.hpp"

namespace plenum::hub {

using base::ErrorCode;

room::State replayed(store::LoadedRoom loaded) {
  room::State state;
  if (loaded.snapshot) state = std::move(*loaded.snapshot);
  for (const auto& event : loaded.events)
    room::evolve(state, event);
  return state;
}

base::Result<Replay> replay_after(store::LoadedRoom loaded, std::uint64_t offset) {
  if (offset + 1 < loaded.first_offset)
    return base::fail(ErrorCode::gone, "that part of the meeting is forgotten");
  Replay replay;
  replay.epoch = loaded.epoch;
  if (loaded.snapshot) replay.before = std::move(*loaded.snapshot);
  auto next = loaded.events.begin();
  for (; replay.before.revision < offset; ++next) {
    if (next == loaded.events.end())
      return base::fail(ErrorCode::not_found, "the meeting has not come that far");
    room::evolve(replay.before, *next);
  }
  replay.events.assign(std::move_iterator(next), std::move_iterator(loaded.events.end()));
  replay.ended = replay.before.phase == room::Phase::ended ||
                 (!replay.events.empty() && std::holds_alternative<room::RoomEnded>(replay.events.back()));
  return replay;
}

} // namespace plenum::hub
