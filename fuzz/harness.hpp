// What targets on a test harness share: a failed EXPECT of the harness ends the process like a CHECK, and the
// log is quiet. Owner: a fuzz target. Thread: main.
#pragma once

#include "base/log.hpp"
#include "fuzz/input.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace plenum::fuzz {

inline void expectations_are_checks() {
  static const bool once = [] {
    GTEST_FLAG_SET(break_on_failure, true);
    base::log::start(base::log::Level::error, base::log::Format::text, "fuzz");
    std::atexit(base::log::stop);
    return true;
  }();
  CHECK(once);
}

} // namespace plenum::fuzz
