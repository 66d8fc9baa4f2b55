#include "peer/nack_tracker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace plenum::peer {
namespace {

using namespace std::chrono_literals;

struct Tracked {
  NackTracker tracker;
  base::Timestamp now = base::timestamp_us(5'000'000);

  void receive(std::int64_t sequence) { tracker.on_packet(now, sequence); }
  std::vector<std::uint16_t> ask() {
    std::vector<std::uint16_t> out(300);
    out.resize(tracker.collect(now, out));
    return out;
  }
  std::vector<std::int64_t> given_up() {
    std::vector<std::int64_t> out;
    std::int64_t sequence = 0;
    while (tracker.take_given_up(now, sequence))
      out.push_back(sequence);
    return out;
  }
};

using Numbers = std::vector<std::uint16_t>;

TEST(NackTrackerTest, AsksAfterTheReorderingWindowAndNotBefore) {
  Tracked t;
  t.receive(100);
  t.receive(103);
  EXPECT_EQ(t.tracker.missing(), 2U);
  EXPECT_EQ(t.tracker.next_deadline(), t.now + 10ms);
  t.now += 9ms;
  EXPECT_TRUE(t.ask().empty());
  t.receive(101); // only reordered
  t.now += 1ms;
  EXPECT_EQ(t.ask(), Numbers{102});
  t.receive(102);
  EXPECT_EQ(t.tracker.missing(), 0U);
  EXPECT_EQ(t.tracker.next_deadline(), base::kNever);
}

TEST(NackTrackerTest, RepeatsEveryRoundTripWithinItsBounds) {
  for (const auto& [rtt, wait] : {std::pair{1ms, 20ms}, {70ms, 70ms}, {3000ms, 200ms}}) {
    Tracked t;
    t.tracker.set_round_trip(rtt);
    t.receive(10);
    t.receive(12);
    t.now += 10ms;
    EXPECT_EQ(t.ask(), Numbers{11});
    t.now += wait - 1ms;
    EXPECT_TRUE(t.ask().empty());
    t.now += 1ms;
    EXPECT_EQ(t.ask(), Numbers{11});
  }
}

TEST(NackTrackerTest, GivesUpAfterTenTriesOrASecond) {
  Tracked fast;
  fast.tracker.set_round_trip(20ms);
  fast.receive(10);
  fast.receive(12);
  int asked = 0;
  for (int i = 0; i < 50 && fast.given_up().empty(); ++i) {
    fast.now += 10ms;
    asked += static_cast<int>(fast.ask().size());
  }
  EXPECT_EQ(asked, 10);
  EXPECT_EQ(fast.tracker.missing(), 0U);

  Tracked slow;
  slow.tracker.set_round_trip(200ms);
  slow.receive(10);
  slow.receive(12);
  slow.now += 999ms;
  EXPECT_TRUE(slow.given_up().empty());
  slow.now += 1ms;
  EXPECT_EQ(slow.given_up(), std::vector<std::int64_t>{11});
}

TEST(NackTrackerTest, ForgetsWhatIsOfNoUse) {
  Tracked t;
  t.receive(10);
  t.receive(20);
  t.tracker.forget_below(18);
  t.now += 10ms;
  EXPECT_EQ(t.ask(), (Numbers{18, 19}));
  t.tracker.reset();
  EXPECT_EQ(t.tracker.missing(), 0U);
  t.receive(500); // the first of a new line is no gap
  EXPECT_EQ(t.tracker.missing(), 0U);
}

TEST(NackTrackerTest, AHugeGapIsGivenUpAsAWhole) {
  Tracked t;
  t.receive(10);
  t.receive(12);
  t.receive(12 + 300);
  EXPECT_EQ(t.tracker.missing(), 0U);
  EXPECT_EQ(t.tracker.overflows(), 1U);
  t.receive(12 + 302);
  t.now += 10ms;
  EXPECT_EQ(t.ask(), Numbers{12 + 301});
}

TEST(NackTrackerTest, NumbersWrap) {
  Tracked t;
  t.receive(65536 + 65534);
  t.receive(65536 + 65538);
  t.now += 10ms;
  EXPECT_EQ(t.ask(), (Numbers{65535, 0, 1}));
}

TEST(NackTrackerTest, AsksNoMoreThanFits) {
  Tracked t;
  t.receive(10);
  t.receive(30);
  t.now += 10ms;
  std::array<std::uint16_t, 8> few{};
  EXPECT_EQ(t.tracker.collect(t.now, few), 8U);
  EXPECT_EQ(few[0], 11);
  EXPECT_EQ(t.ask().size(), 11U); // the rest is still due
}

} // namespace
} // namespace plenum::peer
