// TickClock: absolute ticks `start + k · period` on the monotonic clock; lateness of one tick never moves the
// next. Owner: a loop. Thread: the loop's.
#pragma once

#include "base/clock.hpp"

#include <cerrno>
#include <ctime>

namespace plenum::engine {

class TickClock {
 public:
  TickClock(const base::Clock& clock, base::Duration period)
      : clock_(clock), period_(period), next_(clock.now() + period) {}

  // Sleeps until the next tick and returns its nominal time, at once when it has passed.
  base::Timestamp wait() {
    const auto tick = next_;
    next_ += period_;
    const auto us = base::to_us(tick);
    const timespec until{us / 1'000'000, us % 1'000'000 * 1000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
    return tick;
  }
  // Ticks that have passed are given up; returns how many.
  std::int64_t skip_late() {
    const auto late = clock_.now() - next_;
    if (late < period_) return 0;
    const auto skipped = late / period_;
    next_ += skipped * period_;
    return skipped;
  }
  void restart() { next_ = clock_.now() + period_; }
  void set_period(base::Duration period) { period_ = period; }

 private:
  const base::Clock& clock_;
  base::Duration period_;
  base::Timestamp next_;
};

} // namespace plenum::engine
