#include "audio/levels.hpp"
#include "audio/limiter.hpp"
#include "audio/test_sound.hpp"

#include <gtest/gtest.h>

namespace plenum::audio {
namespace {
std::vector<float> limit(Limiter& limiter, std::span<const float> sound) {
  std::vector<float> out;
  AudioFrame frame;
  for (std::size_t at = 0; at + kFrameSamples <= sound.size(); at += kFrameSamples) {
    std::copy_n(sound.begin() + static_cast<std::ptrdiff_t>(at), kFrameSamples, frame.samples.begin());
    limiter.process(frame);
    out.insert(out.end(), frame.samples.begin(), frame.samples.begin() + kFrameSamples);
  }
  return out;
}
std::vector<float> noise(std::size_t frames, float amplitude, std::uint64_t seed) {
  base::SeededRandom random(seed);
  std::vector<float> sound(frames * kFrameSamples);
  for (auto& s : sound)
    s = amplitude * (static_cast<float>(random.u32() % 20'001) / 10'000.0F - 1.0F);
  return sound;
}

TEST(Limiter, IsBitExactBelowTheThreshold) {
  Limiter limiter;
  const auto in = noise(20, 0.89F, 1);
  const auto out = limit(limiter, in);
  for (std::size_t i = Limiter::kDelay; i < out.size(); ++i)
    ASSERT_EQ(out[i], in[i - Limiter::kDelay]);
  EXPECT_FALSE(limiter.limiting());
}

TEST(Limiter, NeverExceedsTheThreshold) {
  for (const float amplitude : {1.0F, 1.5F, 4.0F, 24.0F}) {
    Limiter limiter;
    auto in = noise(50, amplitude, 2);
    for (std::size_t i = 0; i < in.size(); i += 1013)
      in[i] = i % 2 == 0 ? 30.0F : -30.0F; // lone spikes
    for (std::size_t i = 10'000; i < 20'000; ++i)
      in[i] *= 0.01F;
    for (const float s : limit(limiter, in))
      ASSERT_LE(std::abs(s), Limiter::kThreshold);
  }
}

TEST(Limiter, RecoversExactlyAfterLimiting) {
  Limiter limiter;
  auto in = noise(80, 0.5F, 3);
  in[500] = 2.0F;
  const auto out = limit(limiter, in);
  EXPECT_LT(std::abs(out[500 + Limiter::kDelay]), 1.0F);
  EXPECT_GT(out[500 + Limiter::kDelay], 0.8F) << "no more than necessary";
  for (std::size_t i = 60'000; i < out.size(); ++i)
    ASSERT_EQ(out[i], in[i - Limiter::kDelay]);
}

// Clipping is a gain that jumps; a look-ahead limiter arrives at the peak in 240 even steps.
TEST(Limiter, GainMovesSmoothlyIntoAPeak) {
  Limiter limiter;
  std::vector<float> in(10 * kFrameSamples, 0.4F);
  in[2000] = 3.0F;
  for (std::size_t i = 4000; i < 4010; ++i)
    in[i] = -6.0F;
  const auto out = limit(limiter, in);
  float before = 1.0F;
  for (std::size_t i = Limiter::kDelay; i < out.size(); ++i) {
    const float gain = out[i] / in[i - Limiter::kDelay];
    ASSERT_NEAR(gain, before, 1.01F / 240.0F) << i;
    before = gain;
  }
  EXPECT_NEAR(out[2000 + Limiter::kDelay], Limiter::kThreshold, 1e-3F);
}

TEST(Limiter, LoudToneStaysATone) {
  Limiter limiter;
  test::Tone tone(1000, 2.0);
  AudioFrame frame;
  std::vector<float> in;
  for (int i = 0; i < 50; ++i) {
    tone.fill(frame);
    in.insert(in.end(), frame.samples.begin(), frame.samples.begin() + kFrameSamples);
  }
  const auto out = limit(limiter, in);
  const auto late = std::span(out).last(24'000);
  EXPECT_NEAR(test::goertzel(late, 1000), 0.88, 0.03);
  EXPECT_LT(test::goertzel(late, 3000), 0.01) << "clipping would make harmonics";
}

TEST(Limiter, ACopyGoesOnWithoutASeam) {
  Limiter one;
  auto in = noise(10, 1.4F, 4);
  limit(one, std::span(in).first(5 * kFrameSamples));
  Limiter two = one;
  EXPECT_EQ(limit(one, std::span(in).last(5 * kFrameSamples)),
            limit(two, std::span(in).last(5 * kFrameSamples)));
}

} // namespace
} // namespace plenum::audio
