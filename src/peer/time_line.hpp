// TimeLine: keeps the RTP times of a stream on one line when another process goes on with it.
//
// Each worker counts RTP time from a random start. The first packet of a continued stream says how far its
// own count is from where the old line would be by now; that difference is added from then on. Owner: send
// streams. Thread: net. RFC 3550, 5.1.
#pragma once

#include "base/units.hpp"

#include <cstdint>
#include <optional>

namespace plenum::peer {

class TimeLine {
 public:
  // `rtp_time` was sent for content of `captured`.
  void go_on_from(std::uint32_t rtp_time, base::Timestamp captured, std::int64_t clock_rate) {
    old_ = Old{rtp_time, captured, clock_rate};
  }
  // What to add to `rtp_time`, of content of `captured`.
  std::uint32_t shift(std::uint32_t rtp_time, base::Timestamp captured) {
    if (old_) {
      const auto ticks = (captured - old_->captured).count() * old_->clock_rate / 1'000'000;
      shift_ = old_->rtp_time + static_cast<std::uint32_t>(ticks) - rtp_time;
      old_.reset();
    }
    return shift_;
  }

 private:
  struct Old {
    std::uint32_t rtp_time;
    base::Timestamp captured;
    std::int64_t clock_rate;
  };
  std::optional<Old> old_;
  std::uint32_t shift_ = 0;
};

} // namespace plenum::peer
