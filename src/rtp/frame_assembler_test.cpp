#include "rtp/frame_assembler.hpp"

#include "base/random.hpp"
#include "rtp/test_bytes.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace plenum::rtp {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kFirst = 65536 + 65530;

struct Sent {
  std::int64_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool marker = false;
  Buffer payload; // empty: padding only
};

// A VP8 frame of `packets` packets; its content is its number.
std::vector<Sent> vp8_frame(std::int64_t& sequence, std::uint32_t number, std::size_t packets, bool key) {
  std::vector<Sent> frame;
  for (std::size_t i = 0; i < packets; ++i) {
    const auto tag = static_cast<std::uint8_t>(key ? 0x10 : 0x11);
    const auto id = static_cast<std::uint8_t>(number);
    frame.push_back(
        {.sequence = sequence++,
         .timestamp = number * 3600,
         .marker = i + 1 == packets,
         .payload = i == 0 ? Buffer{0x10, tag, id} : Buffer{0x00, id, static_cast<std::uint8_t>(i)}});
  }
  return frame;
}

class Assembler : public ::testing::Test {
 protected:
  void use(base::Codec codec, AssemblerLimits limits = {}) { assembler_.emplace(codec, frames_, limits); }
  void SetUp() override { use(base::Codec::vp8); }

  void take(const Sent& sent) {
    auto packet = packet_of(pool_, sent.payload);
    const auto payload = packet->bytes();
    assembler_->insert(now_, sent.sequence, {.marker = sent.marker, .timestamp = sent.timestamp}, payload,
                       std::move(packet));
    pop_all();
  }
  void pop_all() {
    while (const auto frame = assembler_->pop(now_)) {
      EXPECT_EQ(frame->rtp_time % 3600, 0u);
      out_.push_back(static_cast<int>(frame->rtp_time / 3600));
      last_ = frame;
    }
  }
  void take(const std::vector<Sent>& sent) {
    for (const Sent& one : sent)
      take(one);
  }
  std::vector<Sent> frame(std::uint32_t number, std::size_t packets, bool key = false) {
    return vp8_frame(sequence_, number, packets, key);
  }
  void tick(base::Duration by) {
    now_ += by;
    assembler_->on_timer(now_);
    pop_all();
  }

  base::Timestamp now_ = base::timestamp_us(1'000'000);
  std::int64_t sequence_ = kFirst;
  base::EncodedFramePool frames_;
  PacketPool pool_{1024};
  std::vector<int> out_;
  base::EncodedFrameRef last_;
  std::optional<FrameAssembler> assembler_;
};

TEST_F(Assembler, GivesFramesInOrder) {
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(frame(1, 3, true));
  EXPECT_FALSE(assembler_->needs_keyframe());
  take(frame(2, 1));
  take(frame(3, 2));
  EXPECT_THAT(out_, ElementsAre(1, 2, 3));
  EXPECT_EQ(last_->codec, base::Codec::vp8);
  EXPECT_EQ(copy(last_->bytes()), (Buffer{0x11, 3, 3, 1}));
  EXPECT_FALSE(last_->key);
  EXPECT_EQ(last_->captured, now_);
  EXPECT_EQ(assembler_->counters().frames, 3u);
  EXPECT_EQ(assembler_->counters().keyframes, 1u);
  last_ = {};
  EXPECT_EQ(pool_.in_use(), 0u);
}

TEST_F(Assembler, WaitsForTheFirstKeyframe) {
  take(frame(1, 2));
  take(frame(2, 1));
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(frame(3, 2, true));
  EXPECT_THAT(out_, ElementsAre(3));
}

TEST_F(Assembler, AnyOrderOfPacketsGivesTheSameFrames) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    use(base::Codec::vp8);
    sequence_ = kFirst;
    out_.clear();
    take(frame(1, 4, true));
    std::vector<Sent> rest;
    for (std::uint32_t n = 2; n < 12; ++n)
      for (const Sent& sent : frame(n, 1 + n % 4))
        rest.push_back(sent);
    std::mt19937 random(seed);
    std::ranges::shuffle(rest, random);
    take(rest);
    EXPECT_THAT(out_, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)) << seed;
  }
}

TEST_F(Assembler, ReorderingBeforeTheFirstPacketIsUnderstood) {
  auto key = frame(1, 3, true);
  std::ranges::reverse(key);
  take(key);
  EXPECT_THAT(out_, ElementsAre(1));
}

TEST_F(Assembler, DuplicatesAndLatePacketsAreCounted) {
  const auto key = frame(1, 2, true);
  take(key[0]);
  take(key[0]);
  EXPECT_EQ(assembler_->counters().duplicate, 1u);
  take(key[1]);
  take(key[1]);
  EXPECT_EQ(assembler_->counters().late, 1u);
  EXPECT_THAT(out_, ElementsAre(1));
}

TEST_F(Assembler, ARetransmissionFillsTheHole) {
  take(frame(1, 1, true));
  const auto second = frame(2, 3);
  take(second[0]);
  take(second[2]);
  take(frame(3, 1));
  EXPECT_THAT(out_, ElementsAre(1));
  EXPECT_EQ(assembler_->next_deadline(), now_ + 1s);
  tick(999ms);
  take(second[1]);
  EXPECT_THAT(out_, ElementsAre(1, 2, 3));
  EXPECT_EQ(assembler_->next_deadline(), base::kNever);
}

TEST_F(Assembler, AHoleThatStaysEndsTheChain) {
  take(frame(1, 1, true));
  const auto lost = frame(2, 1);
  take(frame(3, 1));
  tick(1s);
  EXPECT_TRUE(assembler_->needs_keyframe());
  EXPECT_EQ(assembler_->counters().chains_lost, 1u);
  take(frame(4, 1));
  take(lost);
  EXPECT_THAT(out_, ElementsAre(1));
  take(frame(5, 2, true));
  take(frame(6, 1));
  EXPECT_THAT(out_, ElementsAre(1, 5, 6));
  EXPECT_EQ(assembler_->next_deadline(), base::kNever);
}

TEST_F(Assembler, EachHoleHasItsOwnDeadline) {
  take(frame(1, 1, true));
  const auto first = frame(2, 1);
  take(frame(3, 1));
  const auto second = frame(4, 1);
  take(frame(5, 1));
  tick(600ms);
  take(first);
  EXPECT_THAT(out_, ElementsAre(1, 2, 3));
  EXPECT_EQ(assembler_->next_deadline(), now_ + 1s);
  tick(600ms);
  EXPECT_FALSE(assembler_->needs_keyframe());
  take(second);
  EXPECT_THAT(out_, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(Assembler, AKeyframeBehindAHoleIsTakenAtOnce) {
  take(frame(1, 1, true));
  const auto lost = frame(2, 2);
  take(lost[1]);
  take(frame(3, 1));
  take(frame(4, 3, true));
  take(frame(5, 1));
  EXPECT_THAT(out_, ElementsAre(1, 4, 5));
  EXPECT_FALSE(assembler_->needs_keyframe());
  take(lost[0]);
  EXPECT_THAT(out_, ElementsAre(1, 4, 5));
  EXPECT_EQ(assembler_->floor(), sequence_);
  EXPECT_EQ(pool_.in_use(), 0u);
}

TEST_F(Assembler, GivingUpEndsTheChainOnlyForAPacketThatIsMissing) {
  take(frame(1, 1, true));
  const auto second = frame(2, 2);
  take(second[1]);
  assembler_->give_up(second[1].sequence);
  assembler_->give_up(second[0].sequence - 1);
  assembler_->give_up(second[1].sequence + 1);
  EXPECT_FALSE(assembler_->needs_keyframe());
  assembler_->give_up(second[0].sequence);
  EXPECT_TRUE(assembler_->needs_keyframe());
}

TEST_F(Assembler, PaddingOnlyPacketsFillTheirPlace) {
  take(frame(1, 1, true));
  take({.sequence = sequence_++, .timestamp = 3600});
  take({.sequence = sequence_++, .timestamp = 3600});
  take(frame(2, 2));
  const Sent late_probe{.sequence = sequence_++, .timestamp = 7200};
  take(frame(3, 1));
  EXPECT_THAT(out_, ElementsAre(1, 2));
  take(late_probe);
  EXPECT_THAT(out_, ElementsAre(1, 2, 3));
  EXPECT_EQ(pool_.in_use(), 0u);
}

TEST_F(Assembler, AFrameWithoutMarkerEndsWhereTheNextBegins) {
  auto key = frame(1, 2, true);
  key[1].marker = false;
  take(key);
  EXPECT_THAT(out_, IsEmpty());
  auto next = frame(2, 1);
  take(next);
  EXPECT_THAT(out_, ElementsAre(1, 2));
}

TEST_F(Assembler, MalformedPayloadEndsTheChain) {
  take(frame(1, 1, true));
  take({.sequence = sequence_++, .timestamp = 7200, .marker = true, .payload = {0x90}});
  EXPECT_EQ(assembler_->counters().malformed, 1u);
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(frame(3, 1, true));
  EXPECT_THAT(out_, ElementsAre(1, 3));
}

TEST_F(Assembler, AContinuationWhereAFrameShouldStartEndsTheChain) {
  take(frame(1, 1, true));
  take({.sequence = sequence_++, .timestamp = 7200, .marker = true, .payload = {0x00, 1, 2}});
  EXPECT_TRUE(assembler_->needs_keyframe());
  EXPECT_THAT(out_, ElementsAre(1));
}

TEST_F(Assembler, TheWindowBoundsWhatIsKept) {
  use(base::Codec::vp8, {.window = 32});
  take(frame(1, 1, true));
  (void)frame(2, 1); // lost
  for (std::uint32_t n = 3; n < 200; ++n) {
    take(frame(n, 1));
    EXPECT_LE(pool_.in_use(), 32u);
  }
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(frame(200, 5, true));
  EXPECT_THAT(out_, ElementsAre(1, 200));
}

TEST_F(Assembler, AKeyframeLargerThanTheWindowNeverHangs) {
  use(base::Codec::vp8, {.window = 16});
  take(frame(1, 40, true));
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_LE(pool_.in_use(), 16u);
  take(frame(2, 10, true));
  EXPECT_THAT(out_, ElementsAre(2));
}

TEST_F(Assembler, AJumpForwardStartsOver) {
  take(frame(1, 1, true));
  sequence_ += 20'000;
  take(frame(2, 1));
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(frame(3, 2, true));
  EXPECT_THAT(out_, ElementsAre(1, 3));
}

TEST_F(Assembler, ASenderThatStartsOverFarBehindIsFollowed) {
  take(frame(1, 1, true));
  sequence_ -= 20'000;
  for (std::uint32_t n = 2; n < 150; ++n)
    take(frame(n, 1, true));
  EXPECT_EQ(out_.back(), 149);
}

TEST_F(Assembler, ResetForgets) {
  take(frame(1, 1, true));
  take(frame(2, 2)[0]);
  EXPECT_EQ(pool_.in_use(), 1u);
  assembler_->reset(base::Codec::h264);
  EXPECT_EQ(pool_.in_use(), 0u);
  EXPECT_TRUE(assembler_->needs_keyframe());
}

TEST_F(Assembler, RandomLossNeverBreaksTheOrderOrADependency) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    use(base::Codec::vp8, {.window = 64, .most_wait = 200ms});
    sequence_ = kFirst;
    out_.clear();
    std::mt19937 random(seed);
    std::vector<bool> key(400);
    std::vector<Sent> wire;
    for (std::uint32_t n = 0; n < 400; ++n) {
      key[n] = n % 25 == 0;
      for (const Sent& sent : frame(n, 1 + random() % 6, key[n]))
        if (random() % 50 != 0) wire.push_back(sent);
    }
    for (std::size_t i = 0; i + 4 < wire.size(); i += 4)
      std::shuffle(wire.begin() + static_cast<long>(i), wire.begin() + static_cast<long>(i) + 4, random);
    for (const Sent& sent : wire) {
      take(sent);
      tick(5ms);
      EXPECT_LE(pool_.in_use(), 64u);
    }
    ASSERT_GT(out_.size(), 50u);
    for (std::size_t i = 1; i < out_.size(); ++i) {
      EXPECT_GT(out_[i], out_[i - 1]);
      EXPECT_TRUE(out_[i] == out_[i - 1] + 1 || key[static_cast<std::size_t>(out_[i])]) << out_[i];
    }
  }
}

// ---- H.264 and AV1 do not say in each packet whether it starts a frame.

const Buffer kSps = {0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40}, kPps = {0x68, 0xce, 0x3c, 0x80};

class H264Assembler : public Assembler {
 protected:
  void SetUp() override { use(base::Codec::h264); }
  Sent packet(std::uint32_t number, bool marker, Buffer payload) {
    return {
        .sequence = sequence_++, .timestamp = number * 3600, .marker = marker, .payload = std::move(payload)};
  }
  std::vector<Sent> key(std::uint32_t number) {
    return {packet(number, false, join({{0x78, 0, 7}, kSps, {0, 4}, kPps})),
            packet(number, false, {0x7c, 0x85, 1}), packet(number, true, {0x7c, 0x45, 2})};
  }
  std::vector<Sent> bare_key(std::uint32_t number) {
    return {packet(number, false, {0x7c, 0x85, 1}), packet(number, true, {0x7c, 0x45, 2})};
  }
  std::vector<Sent> delta(std::uint32_t number) {
    return {packet(number, false, {0x5c, 0x81, 1}), packet(number, true, {0x5c, 0x41, 2})};
  }
};

TEST_F(H264Assembler, GivesKeyAndDeltaFrames) {
  take(key(1));
  take(delta(2));
  EXPECT_THAT(out_, ElementsAre(1, 2));
  EXPECT_EQ(copy(last_->bytes()), (Buffer{0, 0, 0, 1, 0x41, 1, 2}));
}

TEST_F(H264Assembler, KeyframeWithSetsBehindAHoleIsTaken) {
  take(key(1));
  (void)delta(2);
  take(key(3));
  EXPECT_THAT(out_, ElementsAre(1, 3));
}

TEST_F(H264Assembler, KeyframeWithoutSetsNeedsItsPredecessorToKnowWhereItStarts) {
  take(key(1));
  (void)delta(2);
  const auto third = delta(3);
  take(bare_key(4)); // may have lost its first packet
  EXPECT_THAT(out_, ElementsAre(1));
  take(third);
  EXPECT_THAT(out_, ElementsAre(1, 4));
  EXPECT_EQ(copy(last_->bytes()), join({{0, 0, 0, 1}, kSps, {0, 0, 0, 1}, kPps, {0, 0, 0, 1, 0x65, 1, 2}}));
}

TEST_F(H264Assembler, KeyframeWithoutAnySetsIsNotAFrame) {
  take(delta(1));
  take(bare_key(2));
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_TRUE(assembler_->needs_keyframe());
  take(key(3));
  EXPECT_THAT(out_, ElementsAre(3));
}

TEST_F(H264Assembler, WhileWaitingOnlyPacketsThatMayBeReorderedAreKept) {
  for (std::uint32_t n = 1; n < 200; ++n) {
    take(delta(n));
    EXPECT_LE(pool_.in_use(), 100u);
  }
  const auto keyframe = key(200); // its first packet comes last, long after the others
  take(keyframe[1]);
  take(keyframe[2]);
  for (std::uint32_t n = 201; n < 290; ++n)
    take(delta(n));
  EXPECT_THAT(out_, IsEmpty());
  take(keyframe[0]);
  ASSERT_EQ(out_.size(), 90u);
  EXPECT_EQ(out_.front(), 200);
  EXPECT_EQ(pool_.in_use(), 0u);
}

TEST_F(H264Assembler, WhileWaitingAKeyframeMayStillGetItsFirstPackets) {
  for (std::uint32_t n = 1; n < 100; ++n)
    take(delta(n));
  const Sent sps = packet(100, false, kSps), pps = packet(100, false, kPps);
  take(bare_key(100));
  for (std::uint32_t n = 101; n < 190; ++n)
    take(delta(n));
  take(pps);
  EXPECT_THAT(out_, IsEmpty());
  take(sps);
  ASSERT_EQ(out_.size(), 90u);
  EXPECT_EQ(out_.front(), 100);
}

TEST_F(H264Assembler, WhileWaitingTheStartOfAKeyframeIsNotForgotten) {
  take(key(1));
  const auto lost = delta(2);
  take(delta(3));
  assembler_->give_up(lost[0].sequence);
  ASSERT_TRUE(assembler_->needs_keyframe());
  for (std::uint32_t n = 4; n < 100; ++n)
    take(delta(n));
  const auto keyframe = bare_key(100);
  take(keyframe[0]);
  for (std::uint32_t n = 101; n < 190; ++n)
    take(delta(n));
  take(keyframe[1]);
  ASSERT_EQ(out_.size(), 91u);
  EXPECT_EQ(out_[1], 100);
}

TEST_F(Assembler, Av1TemporalUnits) {
  use(base::Codec::av1);
  const auto packet = [&](std::uint32_t number, bool marker, Buffer payload) {
    take(Sent{sequence_++, number * 3600, marker, std::move(payload)});
  };
  packet(1, false, {0x68, 2, 0x08, 0xaa, 0x30, 1});
  packet(1, true, {0x90, 2});
  packet(2, true, {0x10, 0x30, 3});
  EXPECT_THAT(out_, ElementsAre(1, 2));
  EXPECT_EQ(copy(last_->bytes()), (Buffer{0x12, 0, 0x32, 1, 3}));
}

TEST_F(Assembler, Vp9SpatialLayersOfOnePictureAreOneFrame) {
  use(base::Codec::vp9);
  const auto packet = [&](std::uint32_t number, bool marker, Buffer payload) {
    take(Sent{sequence_++, number * 3600, marker, std::move(payload)});
  };
  packet(1, false, {0x2c, 0x00, 0, 0x82, 1});
  EXPECT_THAT(out_, IsEmpty());
  packet(1, true, {0x2c, 0x03, 0, 0x86, 2});
  packet(2, true, {0x6c, 0x00, 0, 0x86, 3});
  EXPECT_THAT(out_, ElementsAre(1, 2));
}

} // namespace
} // namespace plenum::rtp
