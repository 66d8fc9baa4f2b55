#include "cc/send_rate.hpp"
#include "cc/sent_meter.hpp"
#include "cc/tier_rate.hpp"
#include "cc/tile_rate.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace plenum::cc {
namespace {

using namespace std::chrono_literals;
using base::DataRate;

const base::Timestamp kStart = base::timestamp_us(5'000'000);

TEST(TileRate, KnownSizes) {
  EXPECT_EQ(tile_rate({.width = 0, .height = 720}), kHiddenRate);
  EXPECT_EQ(tile_rate({.width = -1, .height = 720}), kHiddenRate);
  EXPECT_EQ(tile_rate({.width = 320, .height = 240}).in_kbps(), 300);
  EXPECT_EQ(tile_rate({.width = 640, .height = 480}).in_kbps(), 1000);
  EXPECT_EQ(tile_rate({.width = 1280, .height = 720}).in_kbps(), 1800);
  EXPECT_EQ(tile_rate({.width = 3840, .height = 2160}).in_kbps(), 2500);
  EXPECT_EQ(tile_rate({.width = 1280, .height = 960, .content = TileContent::screen}).in_kbps(), 2500);
  EXPECT_EQ(tile_rate({.width = 16, .height = 16, .content = TileContent::screen}).in_kbps(), 500);
}

TEST(TileRate, NeverShrinksWhenTheTileOrTheFrameRateGrows) {
  for (const auto content : {TileContent::camera, TileContent::screen}) {
    for (const int fps : {1, 5, 12, 20, 25, 30, 60}) {
      DataRate last = kHiddenRate;
      for (int width = 16; width < 2600; width += 16) {
        const TileShown tile{.width = width, .height = width * 9 / 16, .fps = fps, .content = content};
        const DataRate rate = tile_rate(tile);
        EXPECT_GE(rate, last);
        EXPECT_LE(rate.bps - last.bps, 500'000); // no cliffs
        TileShown faster = tile;
        faster.fps += 3;
        EXPECT_GE(tile_rate(faster), rate);
        last = rate;
      }
    }
  }
}

TEST(TileRate, SmallChangesAreNotWorthAMessage) {
  EXPECT_FALSE(differs(DataRate::kbps(1000), DataRate::kbps(1100)));
  EXPECT_TRUE(differs(DataRate::kbps(1000), DataRate::kbps(1101)));
  EXPECT_TRUE(differs(DataRate::kbps(1000), DataRate::kbps(899)));
  EXPECT_TRUE(differs({0}, DataRate::kbps(100)));
}

TEST(SendRate, IsTheLeastOfLossRateRembAndSessionCap) {
  SendRate rate;
  EXPECT_EQ(rate.budget().in_kbps(), 1200);
  const auto much = DataRate::kbps(8000); // sent: every cap is reached
  rate.on_remb(kStart, DataRate::kbps(700), much);
  EXPECT_EQ(rate.budget().in_kbps(), 700);
  rate.set_session_cap(DataRate::kbps(500));
  EXPECT_EQ(rate.budget().in_kbps(), 500);
  rate.set_session_cap({0});
  rate.on_remb(kStart, DataRate::kbps(9000), much);
  EXPECT_EQ(rate.budget().in_kbps(), 1200);
  rate.on_remb(kStart, DataRate::kbps(1), much);
  EXPECT_EQ(rate.budget().in_kbps(), 80);
}

TEST(SendRate, AnEstimateOfSomebodyWhoGotLittleBindsNothing) {
  SendRate rate;
  auto now = kStart;
  rate.on_remb(now, DataRate::kbps(90), DataRate::kbps(60)); // the picture stood still
  EXPECT_EQ(rate.budget().in_kbps(), 1200);
  rate.on_remb(now += 1s, DataRate::kbps(900), DataRate::kbps(1000)); // it moves, and this is the limit
  EXPECT_EQ(rate.budget().in_kbps(), 900);
  rate.on_remb(now += 1s, DataRate::kbps(90),
               DataRate::kbps(60)); // it stands again: what we know is not lost
  EXPECT_NEAR(static_cast<double>(rate.budget().bps), 972'000, 1000);
  rate.on_remb(now += 1h, DataRate::kbps(90), DataRate::kbps(60)); // and comes back slowly, not at once
  EXPECT_NEAR(static_cast<double>(rate.budget().bps), 972'000 * 1.16, 1000);
  rate.on_remb(now += 1s, DataRate::kbps(400), DataRate::kbps(1000));
  EXPECT_EQ(rate.budget().in_kbps(), 400);
}

TEST(SendRate, ManyLossesAreCongestion) {
  SendRate rate;
  auto now = kStart;
  EXPECT_FALSE(rate.congested());
  rate.on_loss(now, 20); // 8 %
  EXPECT_FALSE(rate.congested());
  for (int i = 0; i < 4; ++i)
    rate.on_loss(now += 1s, 64);
  EXPECT_TRUE(rate.congested());
  rate.on_loss(now += 1s, 0);
  rate.on_loss(now += 1s, 0);
  EXPECT_LT(rate.loss(), 0.1);
  EXPECT_TRUE(rate.congested()); // not yet over
  for (int i = 0; i < 2; ++i)
    rate.on_loss(now += 1s, 0);
  EXPECT_FALSE(rate.congested());
}

TEST(SentMeter, KnowsTheLastSecond) {
  SentMeter meter;
  EXPECT_EQ(meter.rate(kStart).bps, 0);
  for (int i = 0; i < 100; ++i)
    meter.add(kStart + i * 20ms, 1000);
  const auto end = kStart + 1980ms;
  EXPECT_NEAR(static_cast<double>(meter.rate(end).bps), 400'000, 1);
  EXPECT_NEAR(static_cast<double>(meter.rate(end + 500ms).bps), 200'000, 1);
  EXPECT_EQ(meter.rate(end + 1s).bps, 0);
  meter.add(end + 1h, 10);
  EXPECT_EQ(meter.rate(end + 1h).bps, 80);
}

TEST(SendRate, GrowsSlowlyHoldsAndFallsFast) {
  SendRate rate;
  auto now = kStart;
  rate.on_loss(now, 0);
  for (int i = 0; i < 5; ++i)
    rate.on_loss(now += 1s, 0);
  EXPECT_NEAR(static_cast<double>(rate.budget().bps), 1'200'000 * 1.469, 2000); // 1.08^5
  const auto grown = rate.budget();
  rate.on_loss(now += 1s, 13); // 5 %
  EXPECT_EQ(rate.budget(), grown);
  rate.on_loss(now += 1s, 64); // 25 %
  EXPECT_NEAR(static_cast<double>(rate.budget().bps), static_cast<double>(grown.bps) * 0.875, 10);
  EXPECT_GT(rate.loss(), 0.1);
  for (int i = 0; i < 100; ++i)
    rate.on_loss(now += 1s, 255);
  EXPECT_EQ(rate.budget().in_kbps(), 80);
  for (int i = 0; i < 1000; ++i)
    rate.on_loss(now += 1s, 0);
  EXPECT_EQ(rate.budget().in_kbps(), 4000);
}

TEST(SendRate, ManyReportsAtOnceCountOnce) {
  SendRate rate;
  for (int i = 0; i < 10; ++i)
    rate.on_loss(kStart + i * 10ms, 128);
  EXPECT_EQ(rate.budget().in_kbps(), 900); // one step of 1 − 0.5/2
}

TEST(SendRate, AReportAfterALongSilenceIsNoLeap) {
  SendRate rate;
  rate.on_loss(kStart, 0);
  rate.on_loss(kStart + 60s, 0);
  EXPECT_EQ(rate.budget().in_kbps(), 1392); // two seconds' worth
}

constexpr TierRange kFull{
    .start = DataRate::kbps(1200), .least = DataRate::kbps(700), .most = DataRate::kbps(2500)};

std::vector<DataRate> budgets(std::initializer_list<int> kbps) {
  std::vector<DataRate> rates;
  for (const int one : kbps)
    rates.push_back(DataRate::kbps(one));
  return rates;
}

TEST(TierRate, TakesThe20thPercentile) {
  TierRate tier(kFull);
  auto crowd = budgets({2000, 300, 1500, 1600, 1700, 1800, 1900, 2100, 2200, 2300, 2400});
  ASSERT_TRUE(tier.update(kStart, crowd));
  EXPECT_EQ(tier.rate().in_kbps(), 1600); // the one slow phone does not count
}

TEST(TierRate, StaysInItsRange) {
  TierRate tier(kFull);
  auto poor = budgets({100});
  EXPECT_EQ(tier.update(kStart, poor), DataRate::kbps(700));
  auto rich = budgets({9000});
  EXPECT_EQ(tier.update(kStart + 1s, rich), DataRate::kbps(2500));
}

TEST(TierRate, ChangesAtMostOnceASecondAndNotForLittle) {
  TierRate tier(kFull);
  auto one = budgets({1000});
  ASSERT_TRUE(tier.update(kStart, one));
  auto two = budgets({2000});
  EXPECT_FALSE(tier.update(kStart + 999ms, two));
  EXPECT_TRUE(tier.update(kStart + 1000ms, two));
  auto close = budgets({2090});
  EXPECT_FALSE(tier.update(kStart + 3s, close));
  auto enough = budgets({2100});
  EXPECT_TRUE(tier.update(kStart + 3s, enough));
}

TEST(TierRate, WithoutSubscribersNothingChanges) {
  TierRate tier(kFull);
  EXPECT_FALSE(tier.update(kStart, {}));
  EXPECT_EQ(tier.rate().in_kbps(), 1200);
}

TEST(TierRate, ARaisedFloorMovesEvenALittle) {
  TierRate tier(kFull);
  auto one = budgets({1000});
  ASSERT_TRUE(tier.update(kStart, one));
  tier.set_range({.start = kFull.start, .least = DataRate::kbps(1010), .most = kFull.most});
  EXPECT_EQ(tier.update(kStart + 1s, one), DataRate::kbps(1010));
}

} // namespace
} // namespace plenum::cc
