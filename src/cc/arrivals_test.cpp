#include "cc/arrivals.hpp"

#include "rtp/rtcp_parse.hpp"

#include <array>
#include <gtest/gtest.h>

namespace plenum::cc {
namespace {

using namespace std::chrono_literals;

const base::Timestamp kStart = base::timestamp_us(5'000'000);

struct Feedback {
  Arrivals arrivals;
  std::array<std::uint8_t, 1200> out{};
  std::size_t build(base::Timestamp now) { return arrivals.build(now, out, 1, 2); }
};

TEST(Arrivals, NothingIsDueWithoutPackets) {
  Feedback feedback;
  EXPECT_EQ(feedback.arrivals.next_deadline(), base::kNever);
  EXPECT_EQ(feedback.build(kStart), 0u);
}

TEST(Arrivals, IsDueAfter100msWithoutAMarker) {
  Feedback feedback;
  feedback.arrivals.on_packet(kStart, 1, false);
  feedback.arrivals.on_packet(kStart + 90ms, 2, false);
  EXPECT_EQ(feedback.arrivals.next_deadline(), kStart + 100ms);
  EXPECT_EQ(feedback.build(kStart + 99ms), 0u);
  EXPECT_GT(feedback.build(kStart + 100ms), 0u);
  EXPECT_EQ(feedback.build(kStart + 100ms), 0u);
  EXPECT_EQ(feedback.arrivals.next_deadline(), base::kNever);
}

TEST(Arrivals, AMarkerBringsItForwardToAtMostEvery50ms) {
  Feedback feedback;
  feedback.arrivals.on_packet(kStart, 1, true);
  EXPECT_EQ(feedback.arrivals.next_deadline(), kStart);
  EXPECT_GT(feedback.build(kStart), 0u);
  feedback.arrivals.on_packet(kStart + 40ms, 2, true);
  EXPECT_EQ(feedback.arrivals.next_deadline(), kStart + 50ms);
  EXPECT_GT(feedback.build(kStart + 50ms), 0u);
}

TEST(Arrivals, StaysWithin50And100msUnderLoad) {
  Feedback feedback;
  base::Timestamp last = kStart;
  int messages = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto now = kStart + i * 2500us;
    feedback.arrivals.on_packet(now, static_cast<std::uint16_t>(i), i % 16 == 0);
    if (feedback.build(now) == 0) continue;
    if (messages++ > 0) {
      EXPECT_GE(now - last, 50ms);
      EXPECT_LE(now - last, 105ms);
    }
    last = now;
  }
  EXPECT_GT(messages, 90);
  EXPECT_EQ(feedback.arrivals.packets(), 4000u);
}

TEST(Arrivals, PacketsOutsideTheWindowAreCounted) {
  Feedback feedback;
  feedback.arrivals.on_packet(kStart, 30'000, false);
  feedback.arrivals.on_packet(kStart, 10'000, false);
  EXPECT_EQ(feedback.arrivals.too_old(), 1u);
}

} // namespace
} // namespace plenum::cc
