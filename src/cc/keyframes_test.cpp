#include "cc/keyframe_budget.hpp"
#include "cc/keyframe_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace plenum::cc {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const base::Timestamp kStart = base::timestamp_us(5'000'000);
constexpr auto kRate = base::DataRate::kbps(1000);

TEST(KeyframeBudget, NothingWithoutARequest) {
  KeyframeBudget budget;
  EXPECT_FALSE(budget.take(kStart, kRate));
  EXPECT_EQ(budget.next_due(kRate), base::kNever);
}

TEST(KeyframeBudget, FirstRequestIsGrantedAtOnceAndOnce) {
  KeyframeBudget budget;
  for (int i = 0; i < 50; ++i)
    budget.request(kStart);
  EXPECT_TRUE(budget.take(kStart, kRate));
  EXPECT_FALSE(budget.take(kStart + 40ms, kRate)); // still in the encoder
  budget.on_keyframe(kStart + 50ms, 10'000, kStart);
  EXPECT_FALSE(budget.take(kStart + 10s, kRate));
  EXPECT_EQ(budget.requested(), 50u);
  EXPECT_EQ(budget.granted(), 1u);
}

TEST(KeyframeBudget, ADroppedKeyframeIsTriedAgain) {
  KeyframeBudget budget;
  budget.request(kStart);
  EXPECT_TRUE(budget.take(kStart, kRate));
  EXPECT_FALSE(budget.take(kStart + 299ms, kRate));
  EXPECT_TRUE(budget.take(kStart + 300ms, kRate));
}

TEST(KeyframeBudget, SmallKeyframesAreSpacedBy300ms) {
  KeyframeBudget budget;
  budget.request(kStart);
  ASSERT_TRUE(budget.take(kStart, kRate));
  budget.on_keyframe(kStart, 1000, kStart);
  budget.request(kStart + 1ms);
  EXPECT_EQ(budget.next_due(kRate), kStart + 300ms);
  EXPECT_FALSE(budget.take(kStart + 299ms, kRate));
  EXPECT_TRUE(budget.take(kStart + 300ms, kRate));
}

TEST(KeyframeBudget, LargeKeyframesTakeAtMostAQuarterOfTheRate) {
  KeyframeBudget budget;
  budget.on_keyframe(kStart, 50'000, kStart);
  budget.request(kStart + 1ms);
  EXPECT_EQ(budget.next_due(kRate), kStart + 1600ms); // 400 kbit at 250 kbit/s
  EXPECT_EQ(budget.next_due(base::DataRate::kbps(2000)), kStart + 800ms);
  EXPECT_LT(budget.next_due({0}), base::kNever);
}

TEST(KeyframeBudget, AStormTakesAtMostAQuarterOfTheRateOverAMinute) {
  KeyframeBudget budget;
  std::int64_t bits = 0;
  for (auto now = kStart; now < kStart + 60s; now += 40ms) {
    budget.request(now);
    if (!budget.take(now, kRate)) continue;
    budget.on_keyframe(now + 10ms, 40'000, now);
    bits += 8 * 40'000;
  }
  EXPECT_LE(bits, 60 * kRate.bps / 4 + 8 * 40'000);
  EXPECT_GT(bits, 60 * kRate.bps / 5);
}

TEST(KeyframeBudget, ARequestWhileEncodingStaysOpen) {
  KeyframeBudget budget;
  budget.request(kStart);
  ASSERT_TRUE(budget.take(kStart, kRate));
  budget.request(kStart + 5ms);
  budget.on_keyframe(kStart + 10ms, 1000, kStart);
  EXPECT_EQ(budget.next_due(kRate), kStart + 310ms);
}

TEST(FirFilter, AnswersEachSequenceOncePerSsrc) {
  FirFilter filter;
  EXPECT_TRUE(filter.is_new(1, 10, 0));
  EXPECT_FALSE(filter.is_new(1, 10, 0));
  EXPECT_TRUE(filter.is_new(1, 11, 0));
  EXPECT_TRUE(filter.is_new(2, 10, 0));
  EXPECT_TRUE(filter.is_new(1, 10, 1));
  EXPECT_FALSE(filter.is_new(1, 10, 1));
  EXPECT_TRUE(filter.is_new(1, 10, 0)); // wrapped or restarted
}

TEST(FirFilter, IsBounded) {
  FirFilter filter;
  for (std::uint32_t ssrc = 0; ssrc < 1000; ++ssrc)
    EXPECT_TRUE(filter.is_new(ssrc, 1, 7));
  EXPECT_FALSE(filter.is_new(999, 1, 7));
  EXPECT_TRUE(filter.is_new(0, 1, 7)); // forgotten
}

// Milliseconds after kStart at which PLIs go out, polled every 10 ms.
std::vector<long> sent_times(KeyframeRequests& requests, base::Timestamp from, base::Timestamp to) {
  std::vector<long> times;
  for (auto now = from; now < to; now += 10ms)
    if (requests.poll(now)) times.push_back(base::to_ms(now - kStart));
  return times;
}

TEST(KeyframeRequests, RepeatsUntilAKeyframeArrives) {
  KeyframeRequests requests;
  EXPECT_FALSE(requests.poll(kStart));
  requests.need(kStart);
  requests.need(kStart);
  EXPECT_EQ(requests.next_deadline(), kStart);
  EXPECT_THAT(sent_times(requests, kStart, kStart + 8s), ElementsAre(0, 500, 1000, 3000, 5000, 7000));
  requests.on_keyframe();
  EXPECT_EQ(requests.next_deadline(), base::kNever);
  EXPECT_FALSE(requests.waiting());
  EXPECT_THAT(sent_times(requests, kStart + 8s, kStart + 20s), ElementsAre());
}

TEST(KeyframeRequests, ANewNeedWaitsForTheSecondToPass) {
  KeyframeRequests requests;
  requests.need(kStart);
  ASSERT_TRUE(requests.poll(kStart));
  requests.on_keyframe();
  requests.need(kStart + 100ms);
  EXPECT_THAT(sent_times(requests, kStart + 100ms, kStart + 1900ms), ElementsAre(1000, 1500));
  requests.cancel();
  requests.need(kStart + 5s);
  EXPECT_TRUE(requests.poll(kStart + 5s));
  EXPECT_EQ(requests.sent(), 4u);
}

TEST(KeyframeRequests, BrokenStreamsAreNotFloodedWithPlis) {
  KeyframeRequests requests;
  int sent = 0;
  for (auto now = kStart; now < kStart + 60s; now += 10ms) { // each keyframe is lost again at once
    requests.need(now);
    if (requests.poll(now)) {
      ++sent;
      requests.on_keyframe();
    }
  }
  EXPECT_EQ(sent, 60);
}

} // namespace
} // namespace plenum::cc
