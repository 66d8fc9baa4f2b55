#include "audio/limiter.hpp"

#include "audio/levels.hpp"
#include "base/check.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::audio {
namespace {
constexpr float kReleasePerSample = 1.0F / 3840.0F; // 80 ms
constexpr float kReleased = 0.999F;                 // −0.009 dB; close to 1 a float would never arrive
} // namespace

float Limiter::window_minimum(float needed) {
  if (low_count_ > 0 && lows_[low_first_].at + kWindow <= position_) {
    low_first_ = (low_first_ + 1) % kWindow;
    --low_count_;
  }
  while (low_count_ > 0 && lows_[(low_first_ + low_count_ - 1) % kWindow].gain >= needed)
    --low_count_;
  if (needed < 1.0F) lows_[(low_first_ + low_count_++) % kWindow] = {position_, needed};
  return low_count_ == 0 ? 1.0F : lows_[low_first_].gain;
}

float Limiter::step(float sample) {
  const float size = std::abs(sample);
  const float minimum = window_minimum(size > kThreshold ? kThreshold / size : 1.0F);
  released_ = std::min(minimum, released_ + (1.0F - released_) * kReleasePerSample);
  if (minimum == 1.0F && released_ > kReleased) released_ = 1.0F;
  ++position_;

  box_sum_ += static_cast<double>(released_) - static_cast<double>(box_[box_at_]);
  box_[box_at_] = released_;
  box_at_ = (box_at_ + 1) % kWindow;
  ones_ = released_ == 1.0F ? std::min(ones_ + 1, kWindow) : 0;

  const float delayed = delay_[delay_at_];
  delay_[delay_at_] = sample;
  delay_at_ = (delay_at_ + 1) % kDelay;
  if (!limiting()) {
    box_sum_ = static_cast<double>(kWindow);
    return delayed;
  }
  const auto gain = static_cast<float>(box_sum_ / static_cast<double>(kWindow));
  return std::clamp(delayed * gain, -kThreshold, kThreshold); // rounding only
}

void Limiter::process(AudioFrame& frame) {
  CHECK(frame.channels == 1);
  const auto sound = frame.view();
  const bool loud = std::any_of(sound.begin(), sound.end(), [](float s) { return std::abs(s) > kThreshold; });
  if (!loud && !limiting() && low_count_ == 0) {
    for (float& sample : sound) {
      std::swap(sample, delay_[delay_at_]);
      delay_at_ = delay_at_ + 1 == kDelay ? 0 : delay_at_ + 1;
    }
    position_ += kFrameSamples;
  } else {
    for (float& sample : sound)
      sample = step(sample);
  }
  frame.level_dbov = rms_dbov(sound);
}

} // namespace plenum::audio
