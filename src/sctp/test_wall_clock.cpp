#include "sctp/test_wall_clock.hpp"

#include <sys/time.h>

#include <atomic>
#include <ctime>

namespace plenum::sctp {
namespace {

constexpr std::int64_t kEpochUs = 1'700'000'000'000'000;
std::atomic<std::int64_t> g_wall_us{0};

} // namespace

void set_test_wall_clock(base::Timestamp now) {
  g_wall_us = kEpochUs + base::to_us(now);
}

} // namespace plenum::sctp

extern "C" int gettimeofday(timeval* out, void*) noexcept {
  std::int64_t us = plenum::sctp::g_wall_us;
  if (us == 0) {
    timespec real{};
    clock_gettime(CLOCK_REALTIME, &real);
    us = real.tv_sec * 1'000'000 + real.tv_nsec / 1000;
  }
  *out = {.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  return 0;
}
