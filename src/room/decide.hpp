// decide: may this happen, and what exactly happens? Pure: no clock, no I/O, no randomness; never mutates.
//
// Every command of a room that is not open is refused (unopened: not_found, ended: gone), except OpenRoom.
// A command that changes nothing yields no events. Whenever the picture changes, the events end with one
// LayoutChanged. Errors: not_found (unknown member, recording, playback …), not_allowed (an option forbids
// it), locked, conflict (somebody else presents; already open; already running), invalid (texts, layouts),
// unavailable (room is full; media cannot do it). They are looked for in this order: what options forbid,
// what is unusable, what does not fit the state, what this server cannot do. Thread: any.
#pragma once

#include "room/capabilities.hpp"
#include "room/commands.hpp"
#include "room/events.hpp"
#include "room/live.hpp"

namespace plenum::room {

struct Limits {
  std::size_t present = 200;     // members with a seat at the same time
  std::size_t registered = 5000; // members known to one meeting
  std::size_t message_bytes = 64 * 1024;
  std::size_t playbacks = 10;   // at the same time
  std::size_t forwards = 50;    // at the same time
  std::size_t recordings = 500; // of one meeting
  std::size_t snapshots = 2000; // of one meeting
  base::Duration grace = std::chrono::seconds(30);
  base::Duration idle = std::chrono::seconds(120);
  base::Duration talk_before_tile = std::chrono::seconds(1); // of speech, before a tile changes hands
  base::Duration tile_kept = std::chrono::seconds(5);        // at least
};

struct Context {
  WallTime now{};
  const Limits& limits;
  const Live& live;
  const Capabilities& can;
};

base::Result<Events> decide(const State& state, const Command& command, const Context& context);

} // namespace plenum::room
