// Clock: the only place that reads time. Read once per wake-up and pass `now` down. Tests use a clock of
// their own. Owner: process. Thread: any.
#pragma once

#include "base/units.hpp"

#include <string>

namespace plenum::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual WallTime wall() const = 0;

  static const Clock& system();
};

// "2025-10-09T08:53:20.417Z": ISO 8601 in UTC with milliseconds.
std::string iso8601(WallTime t);
inline std::int64_t unix_seconds(WallTime t) {
  return t.time_since_epoch().count() / 1'000'000;
}

} // namespace plenum::base
