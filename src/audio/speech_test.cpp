// Levels, gain, talking edges, dominant speaker, decode selection.
#include "audio/decode_selection.hpp"
#include "audio/dominant_speaker.hpp"
#include "audio/gain.hpp"
#include "audio/levels.hpp"
#include "audio/test_sound.hpp"

#include <gtest/gtest.h>

namespace plenum::audio {
namespace {
using test::Tone;

TEST(Levels, AreRmsInDbov) {
  AudioFrame frame;
  EXPECT_EQ(rms_dbov(frame.view()), kSilenceDbov);
  EXPECT_EQ(rfc6464_level(kSilenceDbov), 127);
  Tone(1000, 1.0).fill(frame);
  EXPECT_NEAR(rms_dbov(frame.view()), -3.01F, 0.01F) << "full-scale sine";
  for (auto& s : frame.view())
    s = -1.0F;
  EXPECT_NEAR(rms_dbov(frame.view()), 0.0F, 0.001F);
  for (auto& s : frame.view())
    s = 3.0F;
  EXPECT_EQ(rfc6464_level(rms_dbov(frame.view())), 0);
  EXPECT_EQ(rfc6464_level(-20.4F), 20);
  EXPECT_NEAR(rms_dbov(std::vector<float>{0.1F, 0.1F, 0.1F}), -20.0F, 0.01F) << "odd length";
  EXPECT_EQ(rms_dbov({}), kSilenceDbov);
}

TEST(SpeechDetector, FollowsTheNoiseFloorButKeepsSteadyLoudSound) {
  SpeechDetector room_noise;
  bool speech = true;
  for (int i = 0; i < 3000; ++i)
    speech = room_noise.update(-52.0F);
  EXPECT_FALSE(speech) << "steady noise at -52 is learnt within a minute";
  EXPECT_TRUE(room_noise.update(-35.0F));
  SpeechDetector tone;
  for (int i = 0; i < 30'000; ++i)
    ASSERT_TRUE(tone.update(-20.0F)) << i;
  SpeechDetector silence;
  for (int i = 0; i < 100; ++i)
    ASSERT_FALSE(silence.update(kSilenceDbov));
}

TEST(SourceGain, LeavesTheSourceAloneByDefault) {
  SourceGain gain;
  gain.set_automatic(false);
  AudioFrame frame;
  Tone(500, 0.3).fill(frame);
  const auto before = frame.samples;
  frame.level_dbov = rms_dbov(frame.view());
  gain.apply(frame, true);
  EXPECT_EQ(before, frame.samples);
}

TEST(SourceGain, AutomaticGainReachesTheTargetWithinLimitsAndFreezesInPauses) {
  const auto settle = [](double amplitude, int frames, bool speech) {
    SourceGain gain;
    AudioFrame frame;
    Tone tone(500, amplitude);
    float level = 0;
    for (int i = 0; i < frames; ++i) {
      tone.fill(frame);
      frame.level_dbov = rms_dbov(frame.view());
      gain.apply(frame, speech);
      level = frame.level_dbov;
      EXPECT_NEAR(rms_dbov(frame.view()), level, 0.3F);
    }
    return std::pair(gain.automatic_db(), level);
  };
  EXPECT_NEAR(settle(0.05, 400, true).second, -20.0F, 0.5F); // −29 dBov
  EXPECT_NEAR(settle(0.5, 400, true).second, -20.0F, 0.5F);  // −9 dBov
  EXPECT_NEAR(settle(0.005, 500, true).first, 12.0F, 0.2F);  // −49 dBov: no more than 12 dB
  EXPECT_EQ(settle(0.005, 500, false).first, 0.0F);
  EXPECT_LT(settle(0.05, 25, true).first, 5.0F) << "half a second is not enough";
}

TEST(SourceGain, VolumeIsRampedNotStepped) {
  SourceGain gain;
  gain.set_automatic(false);
  AudioFrame frame;
  for (auto& s : frame.view())
    s = 0.5F;
  frame.level_dbov = rms_dbov(frame.view());
  gain.set_volume(0.0F);
  gain.apply(frame, true);
  EXPECT_LT(test::largest_step(frame.view()), 0.001F);
  EXPECT_EQ(frame.samples[959], 0.0F);
  for (auto& s : frame.view())
    s = 0.5F;
  gain.apply(frame, true);
  for (const float s : frame.view())
    ASSERT_EQ(s, 0.0F);
  EXPECT_EQ(frame.level_dbov, kSilenceDbov);
  gain.set_volume(-3.0F);
  EXPECT_EQ(gain.volume(), 0.0F);
  gain.set_volume(std::nanf(""));
  EXPECT_EQ(gain.volume(), 0.0F);
  gain.set_volume(99.0F);
  EXPECT_EQ(gain.volume(), 4.0F);
}

TEST(TalkingDetector, EdgesAt250And800Milliseconds) {
  TalkingDetector talk;
  int on_after = 0;
  for (int i = 1; i <= 50 && on_after == 0; ++i)
    if (talk.update(true)) on_after = i * 20;
  EXPECT_GE(on_after, 250);
  EXPECT_LE(on_after, 270);
  int off_after = 0;
  for (int i = 1; i <= 100 && off_after == 0; ++i)
    if (talk.update(false)) off_after = i * 20;
  EXPECT_EQ(off_after, 800);
}

TEST(TalkingDetector, ACoughIsNotTalkAndASyllableGapNoPause) {
  TalkingDetector talk;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(talk.update(true)); // 200 ms
  for (int i = 0; i < 60; ++i)
    EXPECT_FALSE(talk.update(false));
  int edges = 0;
  for (int i = 0; i < 500; ++i)
    edges += talk.update(i % 10 < 7) ? 1 : 0; // 140 ms on, 60 ms off
  EXPECT_EQ(edges, 1);
  EXPECT_TRUE(talk.talking());
}

class Debate {
 public:
  Debate() {
    for (std::size_t s = 0; s < 4; ++s)
      speakers.add(s);
  }
  // Ticks until the dominant speaker changes, or `most`.
  int run(int most, std::vector<float> levels) {
    for (int i = 1; i <= most; ++i) {
      for (std::size_t s = 0; s < levels.size(); ++s)
        speakers.update(s, levels[s], levels[s] > -50.0F);
      if (speakers.decide()) return i;
    }
    return most;
  }
  DominantSpeaker speakers{8};
};
constexpr float kQuiet = -90.0F;

TEST(DominantSpeaker, FirstTalkerLeadsAndStaysInSilence) {
  Debate debate;
  EXPECT_EQ(debate.run(100, {kQuiet, kQuiet, kQuiet}), 100);
  EXPECT_FALSE(debate.speakers.dominant());
  EXPECT_LE(debate.run(100, {kQuiet, -25, kQuiet}), 14);
  EXPECT_EQ(debate.speakers.dominant(), 1u);
  EXPECT_EQ(debate.run(500, {kQuiet, kQuiet, kQuiet}), 500);
  EXPECT_EQ(debate.speakers.dominant(), 1u);
}

TEST(DominantSpeaker, NextTalkerTakesOverWhenTheLeaderHasStopped) {
  Debate debate;
  debate.run(200, {-25, kQuiet});
  debate.run(60, {kQuiet, kQuiet});
  EXPECT_LE(debate.run(100, {kQuiet, -35}), 14);
  EXPECT_EQ(debate.speakers.dominant(), 1u);
}

TEST(DominantSpeaker, ALouderChallengerNeeds1500Milliseconds) {
  Debate debate;
  debate.run(300, {-35, kQuiet});
  ASSERT_EQ(debate.speakers.dominant(), 0u);
  const int ticks = debate.run(400, {-35, -15});
  EXPECT_EQ(debate.speakers.dominant(), 1u);
  EXPECT_GE(ticks, 75);
  EXPECT_LE(ticks, 160);
}

TEST(DominantSpeaker, EqualsAndInterjectionsDoNotFlip) {
  Debate debate;
  debate.run(300, {-25, kQuiet});
  EXPECT_EQ(debate.run(500, {-25, -25}), 500);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(debate.run(40, {-25, -10}), 40); // 0.8 s louder
    EXPECT_EQ(debate.run(100, {-25, kQuiet}), 100);
  }
  EXPECT_EQ(debate.speakers.dominant(), 0u);
}

TEST(DominantSpeaker, LeavingIsAChange) {
  Debate debate;
  debate.run(100, {-25});
  debate.speakers.remove(0);
  EXPECT_EQ(debate.run(10, {}), 1);
  EXPECT_FALSE(debate.speakers.dominant());
}

TEST(DecodeSelection, UpToTwelveAreAllDecoded) {
  DecodeSelection selection(64);
  for (std::size_t i = 0; i < 12; ++i)
    selection.add(i);
  selection.tick();
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_TRUE(selection.selected(i));
  EXPECT_FALSE(selection.selected(12));
}

TEST(DecodeSelection, AboveThatTheLoudestEightWithHold) {
  DecodeSelection selection(64);
  for (std::size_t i = 0; i < 40; ++i)
    selection.add(i);
  const auto tick = [&](std::size_t loud_from) {
    for (std::size_t i = 0; i < 40; ++i)
      selection.note_level(i, i >= loud_from && i < loud_from + 8 ? 20 : 90);
    selection.tick();
    std::size_t count = 0;
    for (std::size_t i = 0; i < 40; ++i)
      count += selection.selected(i) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(tick(10), 8u);
  EXPECT_TRUE(selection.selected(10));
  EXPECT_EQ(tick(12), 10u) << "two new ones, two on hold";
  EXPECT_TRUE(selection.selected(10));
  EXPECT_TRUE(selection.selected(19));
  for (int i = 0; i < 14; ++i)
    tick(12);
  EXPECT_TRUE(selection.selected(10)) << "280 ms";
  tick(12);
  EXPECT_FALSE(selection.selected(10)) << "held no longer than 300 ms";
  EXPECT_EQ(tick(24), 12u) << "never more than twelve";
  for (std::size_t i = 24; i < 32; ++i)
    EXPECT_TRUE(selection.selected(i));
  selection.remove(24);
  EXPECT_FALSE(selection.selected(24));
}

TEST(DecodeSelection, StoppedSourcesFreeTheirPlace) {
  DecodeSelection selection(64);
  for (std::size_t i = 0; i < 20; ++i)
    selection.add(i);
  for (std::size_t i = 0; i < 8; ++i)
    selection.note_level(i, 5); // and then no packet any more
  selection.tick();
  EXPECT_TRUE(selection.selected(0));
  for (int k = 0; k < 40; ++k) {
    selection.note_level(15, std::nullopt);
    selection.tick();
  }
  EXPECT_FALSE(selection.selected(0));
  EXPECT_TRUE(selection.selected(15)) << "no level extension: decoded when there is room";
}

} // namespace
} // namespace plenum::audio
