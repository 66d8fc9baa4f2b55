// KeyframeRequests: when to send a PLI to one incoming video stream (uplink).
//
// The first at once, again after 500 ms, again 1 s after the first, then every 2 s until a keyframe arrives:
// static screen shares send nothing on their own. A new need within one second of the last PLI waits for that
// second, because the keyframe may already be under way. Owner: peer/receive_stream. Thread: net. RFC
// 4585, 6.3.1.
#pragma once

#include "base/units.hpp"

#include <cstdint>

namespace plenum::cc {

class KeyframeRequests {
 public:
  // A keyframe is needed (lost reference, return to the canvas, tile grew). Repeating it while waiting is
  // free.
  void need(base::Timestamp now);
  // A complete keyframe arrived: nothing more is asked.
  void on_keyframe();
  // Nobody needs this stream any more (off the canvas, muted).
  void cancel() { on_keyframe(); }
  // True: send one PLI now; the next one is scheduled.
  bool poll(base::Timestamp now);
  base::Timestamp next_deadline() const { return next_; } // kNever: nothing needed

  bool waiting() const { return next_ != base::kNever; }
  std::uint64_t sent() const { return sent_; }

 private:
  base::Timestamp next_ = base::kNever;
  base::Timestamp last_sent_{};
  bool sent_any_ = false;
  unsigned attempt_ = 0; // PLIs of the present need
  std::uint64_t sent_ = 0;
};

} // namespace plenum::cc
