#include "audio/mixer.hpp"

#include "audio/levels.hpp"
#include "base/check.hpp"

#include <algorithm>

namespace plenum::audio {
namespace {
constexpr std::size_t kFadeSamples = 480; // 10 ms
constexpr float kScale = 8'388'608.0F;    // 2^23
constexpr float kLoudest = 4.0F;          // 32 × 4 × 2^23 still fits 32 bits
} // namespace

MixPlan::MixPlan(std::size_t most) : most_(most) {
  CHECK(most >= 1 && most <= kMostContributors);
}

void MixPlan::leave(std::size_t index) {
  plan_[planned_++] = {places_[index].slot, Fade::out};
  places_[index] = places_[--taken_];
}

// A place held by someone who is silent right now can be given away without anybody noticing.
bool MixPlan::make_room() {
  std::optional<std::size_t> oldest;
  for (std::size_t i = 0; i < taken_; ++i) {
    if (places_[i].audible) continue;
    if (!oldest || places_[i].deserved < places_[*oldest].deserved) oldest = i;
  }
  if (!oldest) return false;
  leave(*oldest);
  return true;
}

std::span<const Contribution> MixPlan::update(std::span<Candidate> audible) {
  ++tick_;
  planned_ = 0;
  std::sort(audible.begin(), audible.end(), [](const Candidate& a, const Candidate& b) {
    return a.level_dbov != b.level_dbov ? a.level_dbov > b.level_dbov : a.slot < b.slot;
  });
  const auto top = audible.first(std::min(most_, audible.size()));
  const auto in = [](std::span<const Candidate> list, std::size_t slot) {
    return std::any_of(list.begin(), list.end(), [slot](const Candidate& c) { return c.slot == slot; });
  };
  for (auto& place : std::span(places_).first(taken_)) {
    place.audible = in(audible, place.slot);
    if (in(top, place.slot)) place.deserved = tick_;
  }
  for (std::size_t i = taken_; i-- > 0;)
    if (places_[i].expelled || tick_ - places_[i].deserved > kHoldTicks) leave(i);

  std::array<std::size_t, kMostContributors> entering{};
  std::size_t count = 0;
  for (const auto& candidate : top) {
    const auto held = std::span(places_).first(taken_);
    const bool has_place =
        std::any_of(held.begin(), held.end(), [&](const Place& p) { return p.slot == candidate.slot; });
    if (has_place || (taken_ == most_ && !make_room())) continue;
    places_[taken_++] = {.slot = candidate.slot, .deserved = tick_, .audible = true};
    entering[count++] = candidate.slot;
  }
  for (const auto& place : std::span(places_).first(taken_)) {
    const auto end = entering.begin() + static_cast<std::ptrdiff_t>(count);
    const bool is_new = std::find(entering.begin(), end, place.slot) != end;
    plan_[planned_++] = {place.slot, is_new ? Fade::in : Fade::none};
  }
  return std::span(plan_).first(planned_);
}

void MixPlan::expel(std::size_t slot) {
  for (auto& place : std::span(places_).first(taken_))
    if (place.slot == slot) place.expelled = true;
}

Mixer::Mixer() : own_(kMost) {}

void Mixer::begin() {
  sum_.fill(0);
  count_ = 0;
}

std::size_t Mixer::add(const AudioFrame& frame, Fade fade) {
  CHECK(count_ < kMost);
  auto& own = own_[count_];
  const bool stereo = frame.channels == 2;
  for (std::size_t i = 0; i < kFrameSamples; ++i) {
    float sample = stereo ? 0.5F * (frame.samples[2 * i] + frame.samples[2 * i + 1]) : frame.samples[i];
    if (fade != Fade::none) {
      const float ramp = i < kFadeSamples ? static_cast<float>(i) / static_cast<float>(kFadeSamples) : 1.0F;
      sample *= fade == Fade::in ? ramp : 1.0F - ramp;
    }
    sample = std::clamp(sample, -kLoudest, kLoudest) * kScale;
    own[i] = static_cast<std::int32_t>(sample + (sample < 0.0F ? -0.5F : 0.5F));
    sum_[i] += own[i];
  }
  return count_++;
}

void Mixer::shared(AudioFrame& out) const {
  out.channels = 1;
  for (std::size_t i = 0; i < kFrameSamples; ++i)
    out.samples[i] = static_cast<float>(sum_[i]) / kScale;
  out.level_dbov = rms_dbov(out.view());
}

void Mixer::without(std::size_t index, AudioFrame& out) const {
  CHECK(index < count_);
  const auto& own = own_[index];
  out.channels = 1;
  for (std::size_t i = 0; i < kFrameSamples; ++i)
    out.samples[i] = static_cast<float>(sum_[i] - own[i]) / kScale;
  out.level_dbov = rms_dbov(out.view());
}

} // namespace plenum::audio
