#include "peer/reception.hpp"
#include "peer/sender_clock.hpp"
#include "rtp/ntp.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace plenum::peer {
namespace {

using namespace std::chrono_literals;

const base::Timestamp kStart = base::timestamp_us(50'000'000);

TEST(ReceptionTest, CountsLossPerIntervalAndInTotal) {
  Reception in;
  in.start(7, 90'000);
  for (std::uint16_t i = 0; i < 100; ++i)
    if (i % 4 != 1) in.on_packet(kStart, i, 0, false);
  auto block = in.report(kStart);
  EXPECT_EQ(block.ssrc, 7U);
  EXPECT_EQ(block.cumulative_lost, 25);
  EXPECT_NEAR(block.fraction_lost, 64, 1); // a quarter
  for (std::uint16_t i = 100; i < 200; ++i)
    in.on_packet(kStart, i, 0, false);
  block = in.report(kStart);
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.cumulative_lost, 25);
}

TEST(ReceptionTest, ARetransmissionDoesNotHideTheLoss) {
  Reception in;
  in.start(7, 90'000);
  in.on_packet(kStart, 10, 0, false);
  const auto after = in.on_packet(kStart, 12, 0, false);
  EXPECT_EQ(in.on_packet(kStart, 11, 0, true), after - 1);
  EXPECT_EQ(in.lost(), 1);
}

TEST(ReceptionTest, DuplicatesMakeNegativeLossNotAHugeNumber) {
  Reception in;
  in.start(7, 90'000);
  for (int i = 0; i < 5; ++i)
    in.on_packet(kStart, 10, 0, false);
  const auto block = in.report(kStart);
  EXPECT_EQ(block.cumulative_lost, -4);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST(ReceptionTest, TheHighestNumberCountsCycles) {
  Reception in;
  in.start(7, 90'000);
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{65534, 65535, 0, 1})
    in.on_packet(kStart, sequence, 0, false);
  EXPECT_EQ(in.report(kStart).highest_sequence, 0x10001U);
  EXPECT_EQ(in.lost(), 0);
}

TEST(ReceptionTest, JitterIsTheSpreadOfTransit) {
  Reception steady, shaky;
  steady.start(1, 48'000);
  shaky.start(2, 48'000);
  for (std::uint16_t i = 0; i < 500; ++i) {
    const auto at = kStart + i * 20ms;
    const std::uint32_t rtp = 0xffffff00 + i * 960U; // wraps on the way
    steady.on_packet(at, i, rtp, false);
    shaky.on_packet(at + (i % 2 == 0 ? 0ms : 10ms), i, rtp, false);
  }
  EXPECT_LT(steady.jitter(), 1ms);
  EXPECT_NEAR(static_cast<double>(shaky.jitter().count()), 10'000, 500);
}

TEST(ReceptionTest, SaysWhenTheLastSenderReportCame) {
  Reception in;
  in.start(7, 90'000);
  in.on_packet(kStart, 1, 0, false);
  EXPECT_EQ(in.report(kStart).last_sr, 0U);
  EXPECT_EQ(in.report(kStart).delay_since_last_sr, 0U);
  in.on_sender_report(kStart, 0x1122334455667788);
  const auto block = in.report(kStart + 500ms);
  EXPECT_EQ(block.last_sr, 0x33445566U);
  EXPECT_EQ(block.delay_since_last_sr, 0x8000U);
}

// A client whose wall clock is `kWall` when ours is kStart.
constexpr std::int64_t kWall = 3'900'000'000'000'000;
std::uint64_t ntp_at(base::Duration since) {
  const auto us = static_cast<std::uint64_t>(kWall + since.count());
  return us / 1'000'000 << 32 | ((us % 1'000'000) << 32) / 1'000'000;
}

TEST(SenderClockTest, UntilAReportArrivalCounts) {
  SenderClock clock;
  EXPECT_EQ(clock.captured(MediaStream::audio, 5, kStart), kStart);
  EXPECT_FALSE(clock.synchronized(MediaStream::audio));
}

TEST(SenderClockTest, SoundAndPictureOfOneMomentMeet) {
  SenderClock clock;
  clock.on_sender_report(MediaStream::audio, ntp_at(0ms), 0xfffff000, 48'000); // wraps soon
  clock.on_sender_report(MediaStream::video, ntp_at(0ms), 1000, 90'000);
  base::Duration worst{};
  for (int i = 0; i < 500; ++i) {
    const auto captured = i * 40ms;
    // Sound is 20–60 ms under way, pictures 50–120.
    const auto heard = clock.captured(MediaStream::audio, 0xfffff000 + static_cast<std::uint32_t>(i * 1920),
                                      kStart + captured + 20ms + i * 7 % 41 * 1ms);
    const auto seen = clock.captured(MediaStream::video, 1000 + static_cast<std::uint32_t>(i * 3600),
                                     kStart + captured + 50ms + i * 11 % 71 * 1ms);
    if (i > 50) worst = std::max(worst, std::chrono::abs(seen - heard));
  }
  EXPECT_LE(worst, 1ms);
}

TEST(SenderClockTest, NothingIsCapturedAfterItArrived) {
  SenderClock clock;
  clock.on_sender_report(MediaStream::audio, ntp_at(0ms), 0, 48'000);
  for (int i = 0; i < 100; ++i) {
    const auto arrived = kStart + i * 20ms + (i % 3) * 5ms;
    EXPECT_LE(clock.captured(MediaStream::audio, static_cast<std::uint32_t>(i * 960), arrived), arrived);
  }
}

TEST(SenderClockTest, AFallingClockIsFollowedSlowlyAlsoPacketByPacket) {
  // The path got 5 ms longer for good: it takes five seconds to believe it, at any packet rate.
  for (const auto step : {20'000us, 500us}) {
    SenderClock clock;
    clock.on_sender_report(MediaStream::video, ntp_at(0ms), 0, 90'000);
    const auto captured = [&](base::Duration at, base::Duration delay) {
      return clock.captured(MediaStream::video, static_cast<std::uint32_t>(at.count() * 9 / 100),
                            kStart + at + delay) -
             kStart - at;
    };
    EXPECT_EQ(captured(0ms, 20ms), 20ms);
    base::Duration last{};
    for (base::Duration at = step; at <= 4s; at += step)
      last = captured(at, 25ms);
    EXPECT_NEAR(static_cast<double>(last.count()), 24'000, 300) << step.count();
  }
}

TEST(SenderClockTest, AClockThatJumpedStartsAnew) {
  SenderClock clock;
  clock.on_sender_report(MediaStream::audio, ntp_at(0ms), 0, 48'000);
  EXPECT_EQ(clock.captured(MediaStream::audio, 0, kStart), kStart);
  clock.on_sender_report(MediaStream::audio, ntp_at(1h), 48'000, 48'000); // an hour set forward
  EXPECT_EQ(clock.captured(MediaStream::audio, 48'000, kStart + 1s), kStart + 1s);
  clock.forget(MediaStream::audio);
  EXPECT_FALSE(clock.synchronized(MediaStream::audio));
}

} // namespace
} // namespace plenum::peer
