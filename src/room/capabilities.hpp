// What this server's media can do today. What is missing is refused truthfully (unavailable), after every
// other check. Owner: value, from the hub's options. Thread: any.
#pragma once

namespace plenum::room {

struct Capabilities {
  bool recording = false, snapshot = false, broadcast = false, layers = false, playback = false,
       forward = false;
};

} // namespace plenum::room
