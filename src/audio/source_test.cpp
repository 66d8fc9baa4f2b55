#include "audio/source.hpp"
#include "audio/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace plenum::audio {
namespace {
using base::Timestamp;
using test::Microphone;

class Listening {
 public:
  Listening() { source.gain().set_automatic(false); }
  void tick(const AudioPacket* packet, bool decode = true) {
    if (packet != nullptr) source.put(now, *packet);
    now += base::Duration(4'000);
    const auto& frame = source.tick(now, decode);
    heard.insert(heard.end(), frame.samples.begin(), frame.samples.begin() + kFrameSamples);
    now += base::Duration(16'000);
  }
  std::span<const float> last(std::size_t frames) const {
    return std::span(heard).last(frames * kFrameSamples);
  }
  AudioSource source;
  Timestamp now = base::timestamp_us(5'000'000);
  std::vector<float> heard;
};

TEST(AudioSource, PlaysTheToneAtItsLevel) {
  Listening ear;
  Microphone mic(440, 0.5, 1);
  for (int i = 0; i < 100; ++i) {
    const auto packet = mic.next();
    ear.tick(&packet);
  }
  EXPECT_NEAR(test::goertzel(ear.last(40), 440), 0.5, 0.05);
  EXPECT_NEAR(ear.source.input_dbov(), -9.0F, 1.0F);
  EXPECT_TRUE(ear.source.speech());
  EXPECT_LT(test::largest_step(ear.last(90)), 0.06F) << "a 440 Hz sine of 0.5 steps by 0.029";
}

TEST(AudioSource, IsSilentBeforeAndAfter) {
  Listening ear;
  ear.tick(nullptr);
  EXPECT_EQ(ear.source.frame().level_dbov, kSilenceDbov);
  Microphone mic(440, 0.5, 1);
  for (int i = 0; i < 50; ++i) {
    const auto packet = mic.next();
    ear.tick(&packet);
  }
  for (int i = 0; i < 30; ++i)
    ear.tick(nullptr);
  EXPECT_EQ(ear.source.frame().level_dbov, kSilenceDbov);
  EXPECT_FALSE(ear.source.speech());
  EXPECT_GE(ear.source.stats().jitter.comfort, 10u);
  EXPECT_LT(test::largest_step(ear.last(80)), 0.08F) << "no click at the end";
}

TEST(AudioSource, LossesAndReturnsDoNotClick) {
  Listening ear;
  Microphone mic(300, 0.4, 1);
  for (int i = 0; i < 300; ++i) {
    const auto packet = mic.next();
    ear.tick(i % 17 == 5 || (i > 100 && i < 130) ? nullptr : &packet);
  }
  EXPECT_GT(ear.source.stats().jitter.lost, 20u);
  EXPECT_LT(test::largest_step(ear.last(290)), 0.15F);
}

TEST(AudioSource, ReturnsFromComfortWithoutAStep) {
  for (const double hz : {60.0, 97.0, 150.0}) {
    for (const int kbps : {24, 128}) {
      Listening ear;
      Microphone mic(hz, 0.6, 1, {.bitrate_kbps = kbps});
      for (int i = 0; i < 100; ++i) {
        const auto packet = mic.next();
        ear.tick(i >= 40 && i < 60 ? nullptr : &packet);
      }
      const auto sound = ear.last(60);
      bool silent = false;
      for (std::size_t i = 1; i < sound.size(); ++i) {
        if (sound[i - 1] == 0.0F && sound[i] != 0.0F && silent) {
          ASSERT_LT(std::abs(sound[i]), 0.005F) << hz << " Hz " << kbps;
        }
        silent = i >= 5 && std::ranges::all_of(sound.subspan(i - 5, 5), [](float s) { return s == 0.0F; });
      }
    }
  }
}

// A fast sender clock makes the buffer leave out pieces of a loud tone: cross-faded, so no step.
TEST(AudioSource, AccelerationIsCrossFaded) {
  Listening ear;
  Microphone mic(1025, 0.4, 1); // 20.5 periods in 20 ms: a hard cut would turn the phase
  for (int i = 0; i < 2400; ++i) {
    const auto packet = mic.next();
    ear.tick(&packet);
    if (i % 120 != 119) continue;
    const auto extra = mic.next(); // 0.8 % too fast
    ear.source.put(ear.now, extra);
  }
  EXPECT_GE(ear.source.stats().jitter.accelerated, 5u);
  EXPECT_EQ(ear.source.stats().jitter.discarded, 0u);
  EXPECT_LT(test::largest_step(ear.last(2300)), 0.08F) << "the tone itself steps by 0.052";
  EXPECT_LE(ear.source.position().delay, base::Duration(350'000));
}

TEST(AudioSource, WithoutDecodingTimeStillRuns) {
  Listening ear;
  Microphone mic(440, 0.5, 1);
  for (int i = 0; i < 100; ++i) {
    const auto packet = mic.next();
    ear.tick(&packet, i < 30 || i >= 60);
    if (i >= 31 && i < 60) {
      ASSERT_EQ(ear.source.frame().level_dbov, kSilenceDbov);
    }
  }
  EXPECT_EQ(ear.source.stats().jitter.lost + ear.source.stats().jitter.late +
                ear.source.stats().jitter.concealed,
            0u);
  EXPECT_NEAR(test::goertzel(ear.last(30), 440), 0.5, 0.05);
  EXPECT_LT(test::largest_step(ear.last(41)), 0.08F) << "comes back without a click";
}

TEST(AudioSource, PositionFollowsTheSendersClock) {
  Listening ear;
  Microphone mic(440, 0.5, 1);
  std::uint32_t sent = 0, before = 0;
  for (int i = 0; i < 100; ++i) {
    const auto packet = mic.next(127); // quiet: delay may shrink at will
    sent = packet.rtp_time;
    before = ear.source.position().rtp_time;
    ear.tick(&packet);
  }
  const auto at = ear.source.position();
  EXPECT_EQ(at.rtp_time - before, kFrameSamples);
  EXPECT_EQ(at.delay, base::Duration(static_cast<std::int64_t>(sent - at.rtp_time) * 125 / 6 + 4'000));
  EXPECT_EQ(at.target, ArrivalDelay::kMin);
}

TEST(AudioSource, ResetIsAsNew) {
  Listening ear;
  Microphone mic(440, 0.5, 1);
  for (int i = 0; i < 60; ++i) {
    const auto packet = mic.next();
    ear.tick(&packet);
  }
  ear.source.gain().set_volume(0.0F);
  ear.source.reset();
  EXPECT_EQ(ear.source.stats().jitter.received, 0u);
  ear.tick(nullptr);
  EXPECT_EQ(ear.source.frame().level_dbov, kSilenceDbov);
  EXPECT_EQ(ear.source.gain().volume(), 1.0F);
}

TEST(AudioSource, GarbagePayloadsNeverCrash) {
  base::SeededRandom random(3);
  Listening ear;
  std::vector<std::uint8_t> bytes(kMaxOpusPayload);
  std::uint16_t seq = 0;
  std::uint32_t rtp = 0;
  for (int i = 0; i < 3000; ++i) {
    random.fill(bytes);
    const AudioPacket packet{
        .ssrc = 9, .seq = seq++, .rtp_time = rtp, .payload = base::Bytes(bytes).first(random.u32() % 300)};
    rtp += static_cast<std::uint32_t>(opus_packet_samples(packet.payload).value_or(960));
    ear.tick(&packet);
    for (const float s : ear.last(1))
      ASSERT_LE(std::abs(s), 4.0F);
    if (i % 100 == 0) ear.heard.clear();
  }
  EXPECT_GT(ear.source.stats().jitter.malformed + ear.source.stats().undecodable, 100u);
}

} // namespace
} // namespace plenum::audio
