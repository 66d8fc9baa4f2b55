// VirtualClock: time that passes only when a test says so; monotonic and wall clock move together.
//
// Starts at 1,000 s (so that "long ago" exists) and at a fixed date. Owner: World. Thread: the test's.
#pragma once

#include "base/check.hpp"
#include "base/clock.hpp"

namespace plenum::sim {

class VirtualClock final : public base::Clock {
 public:
  base::Timestamp now() const override { return now_; }
  base::WallTime wall() const override {
    return base::WallTime(base::Duration(kEpochUs + base::to_us(now_))) + wall_offset_;
  }
  void set(base::Timestamp now) {
    CHECK(now >= now_);
    now_ = now;
  }
  void shift_wall(base::Duration by) { wall_offset_ += by; } // somebody set the wall clock

 private:
  static constexpr std::int64_t kEpochUs = 1'700'000'000'000'000;
  base::Timestamp now_ = base::timestamp_us(1'000'000'000);
  base::Duration wall_offset_{};
};

} // namespace plenum::sim
