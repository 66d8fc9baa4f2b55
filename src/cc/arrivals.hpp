// Arrivals: the receive record of one transport, and when its TWCC feedback is due.
//
// At most every 50 ms, at a frame's end (marker), and at the latest 100 ms after the first unreported packet:
// often enough for the sender's estimator, rare enough to stay below 2 % of a video stream. Owner: peer.
// Thread: net. draft-holmer-rmcat-transport-wide-cc-extensions-01.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "rtp/twcc.hpp"

#include <cstddef>
#include <cstdint>

namespace plenum::cc {

class Arrivals {
 public:
  static constexpr base::Duration kLeastInterval = std::chrono::milliseconds(50);
  static constexpr base::Duration kMostInterval = std::chrono::milliseconds(100);

  void on_packet(base::Timestamp now, std::uint16_t transport_sequence, bool marker);
  // When feedback is to be built; kNever while nothing is pending.
  base::Timestamp next_deadline() const { return due_; }
  // One RTCP packet into `out` when `now` ≥ next_deadline(); its size, 0 otherwise. Call until 0.
  std::size_t build(base::Timestamp now, base::MutableBytes out, std::uint32_t sender_ssrc,
                    std::uint32_t media_ssrc);

  std::uint64_t packets() const { return packets_; }
  std::uint64_t too_old() const { return too_old_; } // arrived outside the recorder's window

 private:
  rtp::TwccRecorder recorder_;
  base::Timestamp due_ = base::kNever;
  base::Timestamp last_built_{};
  bool built_any_ = false;
  std::uint64_t packets_ = 0, too_old_ = 0;
};

} // namespace plenum::cc
