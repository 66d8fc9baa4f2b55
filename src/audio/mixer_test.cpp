#include "audio/mix_outputs.hpp"
#include "audio/mixer.hpp"
#include "audio/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace plenum::audio {
namespace {
AudioFrame random_frame(base::SeededRandom& random, float amplitude) {
  AudioFrame frame;
  for (auto& s : frame.view())
    s = amplitude * (static_cast<float>(random.u32()) / 2147483648.0F - 1.0F);
  return frame;
}

TEST(Mixer, MixMinusIsSampleExact) {
  base::SeededRandom random(11);
  for (std::size_t n = 1; n <= Mixer::kMost; n += 5) {
    std::vector<AudioFrame> frames;
    std::vector<Fade> fades;
    for (std::size_t i = 0; i < n; ++i) {
      frames.push_back(random_frame(random, i % 3 == 0 ? 1.7F : i % 3 == 1 ? 0.3F : 1e-4F));
      fades.push_back(static_cast<Fade>(i % 3));
    }
    Mixer all;
    all.begin();
    for (std::size_t i = 0; i < n; ++i)
      ASSERT_EQ(all.add(frames[i], fades[i]), i);
    for (std::size_t left_out = 0; left_out < n; ++left_out) {
      Mixer others;
      others.begin();
      for (std::size_t i = 0; i < n; ++i)
        if (i != left_out) others.add(frames[i], fades[i]);
      AudioFrame expected, got;
      others.shared(expected);
      all.without(left_out, got);
      ASSERT_TRUE(std::ranges::equal(expected.view(), got.view())) << n << " sources, without " << left_out;
      ASSERT_EQ(expected.level_dbov, got.level_dbov);
    }
  }
}

TEST(Mixer, SharedIsTheSum) {
  base::SeededRandom random(12);
  const auto a = random_frame(random, 0.4F), b = random_frame(random, 0.4F);
  Mixer mixer;
  mixer.begin();
  mixer.add(a, Fade::none);
  mixer.add(b, Fade::none);
  AudioFrame out;
  mixer.shared(out);
  for (std::size_t i = 0; i < kFrameSamples; ++i)
    ASSERT_NEAR(out.samples[i], a.samples[i] + b.samples[i], 3e-7F);
  mixer.begin();
  mixer.shared(out);
  EXPECT_EQ(*std::ranges::max_element(out.view()), 0.0F);
  EXPECT_EQ(out.level_dbov, kSilenceDbov);
}

TEST(Mixer, AloneOneHearsNothing) {
  base::SeededRandom random(13);
  Mixer mixer;
  mixer.begin();
  const auto me = mixer.add(random_frame(random, 1.0F), Fade::none);
  AudioFrame out;
  mixer.without(me, out);
  for (const float s : out.view())
    ASSERT_EQ(s, 0.0F);
}

TEST(Mixer, FadesLastTenMilliseconds) {
  AudioFrame ones, out;
  for (auto& s : ones.view())
    s = 0.5F;
  Mixer mixer;
  mixer.begin();
  mixer.add(ones, Fade::in);
  mixer.shared(out);
  EXPECT_EQ(out.samples[0], 0.0F);
  EXPECT_NEAR(out.samples[240], 0.25F, 1e-3F);
  EXPECT_EQ(out.samples[480], 0.5F);
  mixer.begin();
  mixer.add(ones, Fade::out);
  mixer.shared(out);
  EXPECT_EQ(out.samples[0], 0.5F);
  EXPECT_EQ(out.samples[480], 0.0F);
  EXPECT_EQ(out.samples[959], 0.0F);
}

TEST(Mixer, StereoIsFolded) {
  AudioFrame frame, out;
  frame.channels = 2;
  for (std::size_t i = 0; i < kFrameSamples; ++i)
    frame.samples[2 * i] = 0.5F;
  Mixer mixer;
  mixer.begin();
  mixer.add(frame, Fade::none);
  mixer.shared(out);
  EXPECT_EQ(out.channels, 1u);
  EXPECT_EQ(out.samples[500], 0.25F);
}

using Candidates = std::vector<MixPlan::Candidate>;
std::vector<std::size_t> slots_with(std::span<const Contribution> plan, Fade fade) {
  std::vector<std::size_t> slots;
  for (const auto& c : plan)
    if (c.fade == fade) slots.push_back(c.slot);
  std::ranges::sort(slots);
  return slots;
}

TEST(MixPlan, TakesTheLoudest) {
  MixPlan plan(2);
  Candidates all{{1, -40}, {2, -20}, {3, -30}};
  EXPECT_EQ(slots_with(plan.update(all), Fade::in), (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(slots_with(plan.update(all), Fade::none), (std::vector<std::size_t>{2, 3}));
}

TEST(MixPlan, HoldsAPlaceFor200Milliseconds) {
  MixPlan plan(2);
  Candidates before{{1, -20}, {2, -20}};
  plan.update(before);
  for (std::uint64_t i = 0; i < MixPlan::kHoldTicks; ++i) {
    Candidates now{{1, -20}, {2, -50}, {3, -30}};
    EXPECT_EQ(slots_with(plan.update(now), Fade::none), (std::vector<std::size_t>{1, 2})) << i;
  }
  Candidates now{{1, -20}, {2, -50}, {3, -30}};
  const auto swap = plan.update(now);
  EXPECT_EQ(slots_with(swap, Fade::out), (std::vector<std::size_t>{2}));
  EXPECT_EQ(slots_with(swap, Fade::in), (std::vector<std::size_t>{3}));
}

TEST(MixPlan, ASilentHolderMakesRoomAtOnce) {
  MixPlan plan(1);
  Candidates one{{1, -20}};
  plan.update(one);
  Candidates two{{2, -30}};
  const auto swap = plan.update(two);
  EXPECT_EQ(slots_with(swap, Fade::out), (std::vector<std::size_t>{1}));
  EXPECT_EQ(slots_with(swap, Fade::in), (std::vector<std::size_t>{2}));
}

TEST(MixPlan, LeavesAfterSilenceAndWhenExpelled) {
  MixPlan plan(3);
  Candidates both{{1, -20}, {2, -20}};
  plan.update(both);
  plan.expel(2);
  Candidates one{{1, -20}};
  EXPECT_EQ(slots_with(plan.update(one), Fade::out), (std::vector<std::size_t>{2}));
  Candidates none;
  for (std::uint64_t i = 0; i < MixPlan::kHoldTicks; ++i)
    EXPECT_EQ(plan.update(none).size(), 1u);
  EXPECT_EQ(slots_with(plan.update(none), Fade::out), (std::vector<std::size_t>{1}));
  EXPECT_TRUE(plan.update(none).empty());
}

TEST(MixPlan, NeverMoreThanItsPlaces) {
  base::SeededRandom random(14);
  MixPlan plan(6);
  for (int i = 0; i < 2000; ++i) {
    Candidates all;
    for (std::size_t s = 0; s < 30; ++s)
      if (random.u32() % 3 == 0) all.push_back({s, -static_cast<float>(random.u32() % 60)});
    const auto now = plan.update(all);
    ASSERT_LE(now.size(), 12u);
    ASSERT_LE(now.size() - slots_with(now, Fade::out).size(), 6u);
    std::vector<std::size_t> seen;
    for (const auto& c : now)
      seen.push_back(c.slot);
    std::ranges::sort(seen);
    ASSERT_EQ(std::ranges::adjacent_find(seen), seen.end()) << "nobody twice";
  }
}

TEST(MixOutputs, PrivateAtOnceSharedAfterTenSeconds) {
  MixOutputs outputs(6);
  const std::vector<std::size_t> me{5}, nobody;
  EXPECT_FALSE(outputs.update(nobody));
  EXPECT_TRUE(outputs.update(me));
  ASSERT_TRUE(outputs.find(5));
  EXPECT_TRUE(outputs.mixes()[*outputs.find(5)].fresh);
  EXPECT_FALSE(outputs.update(me));
  EXPECT_FALSE(outputs.mixes()[*outputs.find(5)].fresh);
  for (std::uint32_t i = 0; i < MixOutputs::kHoldTicks; ++i)
    ASSERT_FALSE(outputs.update(nobody)) << i;
  ASSERT_TRUE(outputs.find(5));
  EXPECT_TRUE(outputs.update(nobody));
  EXPECT_FALSE(outputs.find(5));
}

TEST(MixOutputs, HeldOnesGiveWayTheLongestSilentFirst) {
  MixOutputs outputs(2);
  outputs.update(std::vector<std::size_t>{1});
  outputs.update(std::vector<std::size_t>{2});
  outputs.update(std::vector<std::size_t>{3});
  EXPECT_FALSE(outputs.find(1));
  EXPECT_TRUE(outputs.find(2));
  EXPECT_TRUE(outputs.find(3));
  // A cross-fade of everybody: all four are heard for one tick, each without the own voice.
  outputs.update(std::vector<std::size_t>{2, 3, 4, 5});
  for (std::size_t s = 2; s <= 5; ++s)
    EXPECT_TRUE(outputs.find(s)) << s;
  outputs.update(std::vector<std::size_t>{4, 5});
  EXPECT_FALSE(outputs.find(2));
  EXPECT_FALSE(outputs.find(3));
  EXPECT_TRUE(outputs.release(4));
  EXPECT_FALSE(outputs.release(4));
}

TEST(MixOutputs, EveryHeardSourceAlwaysHasAMix) {
  base::SeededRandom random(15);
  MixOutputs outputs(3);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::size_t> heard;
    for (std::size_t s = 0; s < 20 && heard.size() < 6; ++s)
      if (random.u32() % 6 == 0) heard.push_back(s);
    outputs.update(heard);
    std::size_t used = 0;
    for (const auto& mix : outputs.mixes())
      used += mix.used ? 1 : 0;
    for (const auto s : heard)
      ASSERT_TRUE(outputs.find(s));
    ASSERT_LE(used, std::max<std::size_t>(3, heard.size()));
  }
}

} // namespace
} // namespace plenum::audio
