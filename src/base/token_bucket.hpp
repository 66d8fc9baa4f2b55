// TokenBucket: `burst` at once, then `per_second`. Says no instead of waiting; what a no means is its owner's
// business. Owner: who limits. Thread: its owner's.
#pragma once

#include "base/units.hpp"

#include <algorithm>

namespace plenum::base {

class TokenBucket {
 public:
  TokenBucket(double burst, double per_second) : burst_(burst), per_second_(per_second), tokens_(burst) {}

  bool take(Timestamp now) {
    refill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  bool is_full(Timestamp now) {
    refill(now);
    return tokens_ >= burst_;
  }

 private:
  void refill(Timestamp now) {
    if (now <= at_) return; // an older moment neither fills it nor counts twice later
    tokens_ = std::min(burst_, tokens_ + to_seconds(now - at_) * per_second_);
    at_ = now;
  }
  double burst_, per_second_, tokens_;
  Timestamp at_{};
};

} // namespace plenum::base
