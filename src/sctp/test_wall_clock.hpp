// Virtual wall clock for tests of code that reads gettimeofday(2) by itself.
//
// usrsctp takes its timers from SctpClock but compares wall-clock times when a retransmission timer fires: in
// a test that runs faster than real time it would find every chunk too young to resend. A test binary that
// compiles test_wall_clock.cpp replaces gettimeofday for all its libraries. Owner: test binary. Thread: the
// test's.
#pragma once

#include "base/units.hpp"

namespace plenum::sctp {

// From now on the process believes that it is `now` (as if the epoch of Timestamp were 2023). Before the
// first call the real time holds.
void set_test_wall_clock(base::Timestamp now);

} // namespace plenum::sctp
