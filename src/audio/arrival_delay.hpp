// ArrivalDelay: how late the packets of one source come, and the playout delay that this asks for.
//
// Transit = arrival − RTP time. The smallest transit of the last 2 s is the base line; it moves with a
// drifting sender clock, so drift never looks like jitter. Target = 97th percentile of (transit − base) over
// those 2 s; it rises at once and decays at 15 ms/s, within 20 … 250 ms. Owner: JitterBuffer. Thread: audio.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace plenum::audio {

class ArrivalDelay {
 public:
  static constexpr base::Duration kMin{20'000};
  static constexpr base::Duration kMax{250'000};
  static constexpr base::Duration kInitial{40'000};
  static constexpr base::Duration kWindow{2'000'000};

  // `rtp`: unwrapped RTP time, 48 kHz.
  void add(base::Timestamp now, std::int64_t rtp);
  // Forgets the base line (new stream, restarted sender clock); the target stays as a first guess.
  void forget();

  bool started() const { return count_ != 0; }
  // How long after its ideal arrival (that of the fastest packet) the sample `rtp` is at `now`; negative:
  // before.
  base::Duration delay_of(std::int64_t rtp, base::Timestamp now) const;
  base::Duration target() const { return target_; }

 private:
  struct Sample {
    std::int64_t at_us = 0;
    std::int64_t transit_us = 0;
  };
  static constexpr std::size_t kSamples = 256; // 2 s of 10 ms packets, and some

  void drop_old(std::int64_t now_us);
  std::int64_t percentile_us() const;

  std::array<Sample, kSamples> samples_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::int64_t base_us_ = 0;
  std::int64_t last_us_ = 0;
  base::Duration target_ = kInitial;
};

} // namespace plenum::audio
