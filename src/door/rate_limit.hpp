// Token buckets per source address in a table of fixed size, so that strangers cannot make the door grow.
//
// An address finds its bucket by a keyed hash; a bucket whose owner has been quiet long enough to be full
// again is given away, otherwise two addresses share it. IPv6 counts per /64, which is what one customer has.
// Owner: door. Thread: door.
#pragma once

#include "base/random.hpp"
#include "base/token_bucket.hpp"
#include "base/units.hpp"
#include "ice/stun_message.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plenum::door {

class SourceLimiter {
 public:
  static constexpr std::size_t kBuckets = 4096;

  SourceLimiter(double burst, double per_second, base::Random& random);
  bool take(base::Timestamp now, const ice::TransportAddress& source);

 private:
  struct Slot {
    std::uint64_t owner = 0;
    base::TokenBucket bucket;
  };
  std::uint64_t key_;
  double burst_, per_second_;
  std::vector<Slot> slots_;
};

} // namespace plenum::door
