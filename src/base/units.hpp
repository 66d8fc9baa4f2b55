// Time and rate: the units of everything below engine/ and hub/.
//
// Timestamp is monotonic and means nothing outside the process; WallTime is UTC and goes into protocols and
// logs. Both count microseconds in 64 bits. Time is always a parameter (docs/architecture.md, 8.6); only
// clock.hpp reads a clock. Owner: value. Thread: any.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace plenum::base {

using Duration = std::chrono::microseconds;
using namespace std::chrono_literals;

struct MonotonicTag {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};
using Timestamp = std::chrono::time_point<MonotonicTag, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr Timestamp kNever = Timestamp::max();

constexpr std::int64_t to_us(Timestamp t) {
  return t.time_since_epoch().count();
}
constexpr std::int64_t to_ms(Timestamp t) {
  return t.time_since_epoch().count() / 1000;
}
constexpr std::int64_t to_ms(Duration d) {
  return d.count() / 1000;
}
constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e6;
}
constexpr Timestamp timestamp_us(std::int64_t us) {
  return Timestamp(Duration(us));
}

// Bits per second.
struct DataRate {
  std::int64_t bps = 0;

  static constexpr DataRate kbps(std::int64_t k) { return {k * 1000}; }
  constexpr std::int64_t in_kbps() const { return bps / 1000; }
  constexpr std::int64_t bytes_in(Duration d) const { return bps * d.count() / 8'000'000; }
  constexpr auto operator<=>(const DataRate&) const = default;
};

} // namespace plenum::base
