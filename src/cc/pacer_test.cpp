#include "cc/pacer.hpp"

#include "base/alloc_counter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace plenum::cc {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const base::Timestamp kStart = base::timestamp_us(5'000'000);
constexpr PacerItem delta(std::uint32_t slot) {
  return {.slot = slot, .bytes = 1000};
}
constexpr PacerItem key(std::uint32_t slot) {
  return {.slot = slot, .bytes = 1000, .key = true};
}

struct Line {
  Pacer pacer{1024};
  std::vector<std::uint32_t> sent, dropped;
  std::int64_t bytes = 0;

  void drain(base::Timestamp now) {
    while (const auto release = pacer.pop(now)) {
      (release->dropped ? dropped : sent).push_back(release->item.slot);
      if (!release->dropped) bytes += release->item.bytes;
    }
  }
  // Follows next_release() until `to`, as the event loop does.
  void run(base::Timestamp from, base::Timestamp to) {
    for (auto now = from; now < to; now = std::max(now, pacer.next_release())) {
      drain(now);
      if (pacer.next_release() == base::kNever) return;
      ASSERT_GT(pacer.next_release(), now);
    }
  }
};

TEST(Pacer, EmptyNeverReleases) {
  Pacer pacer;
  EXPECT_EQ(pacer.next_release(), base::kNever);
  EXPECT_FALSE(pacer.pop(kStart));
}

TEST(Pacer, DrainsInTimeWhenTheRateIsNoLimit) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(50)); // 12 bytes/ms: 5 s for what follows
  line.pacer.drain_within(100ms);
  std::uint32_t slot = 0;
  auto now = kStart;
  for (int frame = 0; frame < 25; ++frame) { // 1 Mbit/s
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(line.pacer.push(now, PacketClass::video, delta(slot++)));
    line.run(now, now + 40ms);
    now += 40ms;
    EXPECT_LE(line.pacer.queued_bytes(), 15'000u); // 120 ms of it
  }
  EXPECT_TRUE(line.dropped.empty());
  EXPECT_FALSE(line.pacer.take_keyframe_need());
  line.pacer.drain_within(0ms); // congestion: now the rate holds
  line.run(now, now + 320ms);
  EXPECT_FALSE(line.dropped.empty());
}

TEST(Pacer, OrderIsAudioRtxVideoPadding) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(100'000));
  line.pacer.push(kStart, PacketClass::padding, {.slot = 4, .bytes = 100});
  line.pacer.push(kStart, PacketClass::video, delta(3));
  line.pacer.push(kStart, PacketClass::rtx, {.slot = 2, .bytes = 100});
  line.pacer.push(kStart, PacketClass::audio, {.slot = 1, .bytes = 100});
  EXPECT_EQ(line.pacer.queued(), 4u);
  EXPECT_EQ(line.pacer.queued_bytes(), 1300u);
  line.drain(kStart);
  EXPECT_THAT(line.sent, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(line.pacer.queued_bytes(), 0u);
}

TEST(Pacer, AudioIsNeverHeldBackAndIsCharged) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(400)); // 500 bytes a slot
  for (std::uint32_t i = 0; i < 5; ++i)
    line.pacer.push(kStart, PacketClass::audio, {.slot = i, .bytes = 200});
  line.pacer.push(kStart, PacketClass::video, delta(9));
  line.drain(kStart);
  EXPECT_THAT(line.sent, ElementsAre(0, 1, 2, 3, 4));
  line.drain(kStart + 5ms); // 500 − 1000 + 500 = 0
  EXPECT_EQ(line.sent.size(), 5u);
  EXPECT_EQ(line.pacer.next_release(), kStart + 10ms);
  line.drain(kStart + 10ms);
  EXPECT_EQ(line.sent.back(), 9u);
}

TEST(Pacer, AKeyframeDrainsAtTwiceTheRate) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(1000));
  for (std::uint32_t i = 0; i < 50; ++i)
    line.pacer.push(kStart, PacketClass::video, key(i));
  line.run(kStart, kStart + 100ms);
  EXPECT_NEAR(static_cast<double>(line.bytes), 25'000, 2500); // 2 Mbit/s for 100 ms
  line.run(kStart + 100ms, kStart + 1s);
  EXPECT_EQ(line.sent.size(), 50u);
  EXPECT_EQ(line.pacer.next_release(), base::kNever);
}

TEST(Pacer, SilenceDoesNotEarnABurst) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(1000)); // 1,250 bytes a slot
  line.drain(kStart);
  const auto later = kStart + 10s;
  for (std::uint32_t i = 0; i < 20; ++i)
    line.pacer.push(later, PacketClass::video, delta(i));
  line.drain(later);
  EXPECT_EQ(line.sent.size(), 2u);
}

TEST(Pacer, OldDeltasAreDroppedUpToTheNextKeyframe) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(50));
  for (std::uint32_t i = 0; i < 20; ++i)
    line.pacer.push(kStart, PacketClass::video, delta(i));
  line.run(kStart, kStart + 300ms);
  EXPECT_THAT(line.dropped, ElementsAre());
  EXPECT_FALSE(line.pacer.take_keyframe_need());
  const auto sent = line.sent.size();
  line.drain(kStart + 301ms);
  EXPECT_EQ(line.dropped.size() + sent, 20u);
  EXPECT_EQ(line.pacer.queued(), 0u);
  EXPECT_TRUE(line.pacer.take_keyframe_need());
  EXPECT_FALSE(line.pacer.take_keyframe_need());
  EXPECT_FALSE(line.pacer.push(kStart + 310ms, PacketClass::video, delta(30)));
  EXPECT_TRUE(line.pacer.push(kStart + 310ms, PacketClass::audio, {.slot = 32, .bytes = 100}));
  EXPECT_TRUE(line.pacer.push(kStart + 310ms, PacketClass::video, key(33)));
  EXPECT_TRUE(line.pacer.push(kStart + 310ms, PacketClass::video, delta(34)));
  EXPECT_EQ(line.pacer.dropped(), line.dropped.size() + 1);
}

// A sender that stops a frame at the first refusal, as it must, recovers from every drop.
TEST(Pacer, VideoFlowsAgainAfterEachDrop) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(50));
  std::uint32_t slot = 0;
  auto now = kStart;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(line.pacer.push(now, PacketClass::video, key(++slot)));
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(line.pacer.push(now, PacketClass::video, delta(++slot)));
    const auto sent_before = line.sent.size(), dropped_before = line.dropped.size();
    line.run(now, now + 1s);
    EXPECT_GT(line.sent.size(), sent_before);
    EXPECT_GT(line.dropped.size(), dropped_before);
    EXPECT_TRUE(line.pacer.take_keyframe_need());
    now += 1s;
    EXPECT_FALSE(line.pacer.push(now, PacketClass::video, delta(0)));
  }
}

TEST(Pacer, DroppingStopsAtAKeyframeThatIsQueuedAlready) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(50));
  line.drain(kStart);
  for (std::uint32_t i = 0; i < 10; ++i)
    line.pacer.push(kStart, PacketClass::video, delta(i));
  line.pacer.push(kStart + 100ms, PacketClass::video, key(10));
  line.pacer.push(kStart + 100ms, PacketClass::video, delta(11));
  line.drain(kStart + 301ms);
  EXPECT_FALSE(line.pacer.take_keyframe_need());
  EXPECT_FALSE(line.dropped.empty());
  line.run(kStart + 301ms, kStart + 2s);
  EXPECT_EQ(line.sent[line.sent.size() - 2], 10u);
  EXPECT_EQ(line.sent.back(), 11u);
}

TEST(Pacer, ALargeKeyframeIsNotDroppedNorWhatFollowsIt) {
  Line line;
  line.pacer.set_rate(base::DataRate::kbps(500)); // 125 bytes/ms: 100 kB take 0.8 s
  for (std::uint32_t i = 0; i < 100; ++i)
    line.pacer.push(kStart, PacketClass::video, key(i));
  for (std::uint32_t i = 100; i < 110; ++i)
    line.pacer.push(kStart + 40ms, PacketClass::video, delta(i));
  line.run(kStart, kStart + 2s);
  EXPECT_EQ(line.sent.size(), 110u);
  EXPECT_TRUE(line.dropped.empty());
}

TEST(Pacer, AFullRingRefusesAndAsksForAKeyframe) {
  Line line;
  Pacer& pacer = line.pacer;
  std::uint32_t taken = 0;
  while (pacer.push(kStart, PacketClass::video, key(taken)))
    ++taken;
  EXPECT_EQ(taken, 1024u);
  EXPECT_TRUE(pacer.take_keyframe_need());
  EXPECT_FALSE(pacer.push(kStart, PacketClass::video, delta(1)));
  EXPECT_FALSE(pacer.take_keyframe_need());
  EXPECT_EQ(pacer.dropped(), 2u);
  EXPECT_TRUE(pacer.push(kStart, PacketClass::audio, {.slot = 1, .bytes = 100}));
}

TEST(Pacer, DoesNotAllocate) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "needs PLENUM_CHECKS";
  Pacer pacer;
  pacer.set_rate(base::DataRate::kbps(1000));
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  std::size_t released = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto now = kStart + i * 1ms;
    pacer.push(now, PacketClass::video, key(1));
    while (pacer.pop(now))
      ++released;
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
  EXPECT_GT(released, 1000u);
}

} // namespace
} // namespace plenum::cc
