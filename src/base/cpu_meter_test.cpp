#include "base/cpu_meter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace plenum::base {
namespace {

void burn_us(std::int64_t us) {
  const auto from = thread_cpu_ns();
  while (thread_cpu_ns() - from < us * 1000) {
  }
}

TEST(CpuMeter, CountsTheWorkAndNotTheWaiting) {
  Metrics metrics;
  auto meter = codec_meter(metrics, "vp8_decode");
  {
    const auto running = meter.run();
    burn_us(3000);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  burn_us(3000); // outside: not ours
  const auto counted = metrics.counter("plenum_codec_cpu_us_total", "call=\"vp8_decode\"").value();
  EXPECT_GE(counted, 3000U);
  EXPECT_LT(counted, 5900U);
}

TEST(CpuMeter, CarriesWhatIsBelowAMicrosecond) {
  Counter counter;
  CpuMeter meter(counter);
  const auto from = thread_cpu_ns();
  for (int i = 0; i < 3000; ++i)
    const auto running = meter.run();
  const auto spent_us = static_cast<std::uint64_t>((thread_cpu_ns() - from) / 1000);
  EXPECT_GT(counter.value(), 50U); // each of them alone would be rounded to nothing
  EXPECT_LE(counter.value(), spent_us);
}

TEST(ThreadRole, CountsRunningAndEndedThreadsByRole) {
  Metrics metrics;
  const auto of = [&](const char* role) {
    return metrics.counter("plenum_thread_cpu_us_total", std::string("role=\"") + role + "\"").value();
  };
  {
    const ThreadRole main("meter-main");
    std::jthread([] {
      const ThreadRole role("meter-gone");
      burn_us(4000);
    }).join();
    burn_us(2000);
    report_thread_cpu(metrics);
    EXPECT_GE(of("meter-main"), 2000U);
    EXPECT_GE(of("meter-gone"), 4000U);
  }
  const auto before = of("meter-gone");
  report_thread_cpu(metrics);
  EXPECT_EQ(of("meter-gone"), before) << "an ended thread is counted once";
  std::jthread([] { burn_us(20'000); }).join(); // nobody's
  const auto other = of("other");
  report_thread_cpu(metrics);
  EXPECT_GE(of("other"), other + 15'000U);
}

} // namespace
} // namespace plenum::base
