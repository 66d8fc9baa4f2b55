#include "base/clock.hpp"

#include <ctime>
#include <fmt/format.h>

namespace plenum::base {
namespace {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return timestamp_us(std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000);
  }
  WallTime wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

} // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::string iso8601(WallTime t) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(t);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ms);
  const std::time_t unix_time = seconds.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&unix_time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (ms - seconds).count());
}

} // namespace plenum::base
