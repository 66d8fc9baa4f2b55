// SentMeter: how much has been sent to one receiver within the last second.
//
// Ten buckets of 100 ms, so that a burst is forgotten bit by bit. Owner: peer. Thread: net.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace plenum::cc {

class SentMeter {
 public:
  void add(base::Timestamp now, std::size_t bytes) {
    advance(now);
    buckets_[static_cast<std::size_t>(newest_) % kBuckets] += static_cast<std::int64_t>(bytes);
  }
  base::DataRate rate(base::Timestamp now) {
    advance(now);
    std::int64_t bytes = 0;
    for (const auto bucket : buckets_)
      bytes += bucket;
    return {bytes * 8};
  }

 private:
  static constexpr std::size_t kBuckets = 10;
  static constexpr std::int64_t kBucketUs = 100'000;

  void advance(base::Timestamp now) {
    const auto at = base::to_us(now) / kBucketUs;
    if (at - newest_ > static_cast<std::int64_t>(kBuckets))
      newest_ = at - static_cast<std::int64_t>(kBuckets);
    while (newest_ < at)
      buckets_[static_cast<std::size_t>(++newest_) % kBuckets] = 0;
  }
  std::array<std::int64_t, kBuckets> buckets_{};
  std::int64_t newest_ = 0; // number of the bucket that is being filled
};

} // namespace plenum::cc
