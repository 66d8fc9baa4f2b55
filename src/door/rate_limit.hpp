// Token buckets per source address in a table of fixed size, so that strangers cannot make the door grow.
//
// An address finds its bucket by a keyed hash; a bucket whose owner has been quiet long enough to be full
// again is given away, otherwise two addresses share it. IPv6 counts per /64, which is what one customer has.
// Owner: door. Thread: door.
#pragma once

#include "base/random.hpp"
#include "base/units.hpp"
#include "ice/stun_message.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plenum::door {

class TokenBucket {
 public:
  TokenBucket(double burst, double per_second) : burst_(burst), per_second_(per_second), tokens_(burst) {}
  bool take(base::Timestamp now);
  bool is_full(base::Timestamp now);

 private:
  void refill(base::Timestamp now);
  double burst_, per_second_, tokens_;
  base::Timestamp at_{};
};

class SourceLimiter {
 public:
  static constexpr std::size_t kBuckets = 4096;

  SourceLimiter(double burst, double per_second, base::Random& random);
  bool take(base::Timestamp now, const ice::TransportAddress& source);

 private:
  struct Slot {
    std::uint64_t owner = 0;
    TokenBucket bucket;
  };
  std::uint64_t key_;
  double burst_, per_second_;
  std::vector<Slot> slots_;
};

} // namespace plenum::door
