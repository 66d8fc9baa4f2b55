#include "audio/gain.hpp"

#include "audio/levels.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::audio {
namespace {
constexpr float kTargetDbfs = -20.0F;
constexpr float kMostDb = 12.0F;
constexpr float kPerFrame = 0.02F; // 20 ms of a 1 s time constant
constexpr float kLoudestVolume = 4.0F;
} // namespace

void SourceGain::set_volume(float linear) {
  volume_ = linear >= 0.0F ? std::min(linear, kLoudestVolume) : 0.0F;
}

void SourceGain::set_automatic(bool on) {
  automatic_ = on;
  if (!on) agc_db_ = 0.0F;
}

void SourceGain::apply(AudioFrame& frame, bool speech) {
  if (automatic_ && speech) {
    const float wanted = std::clamp(kTargetDbfs - frame.level_dbov, -kMostDb, kMostDb);
    agc_db_ += (wanted - agc_db_) * kPerFrame;
  }
  const float from = last_;
  const float to = volume_ * (agc_db_ == 0.0F ? 1.0F : linear_gain(agc_db_));
  last_ = to;
  if (from == 1.0F && to == 1.0F) return;
  const float step = (to - from) / static_cast<float>(kFrameSamples);
  for (std::size_t i = 0; i < kFrameSamples; ++i) {
    const float gain = from + step * static_cast<float>(i + 1);
    for (std::size_t c = 0; c < frame.channels; ++c)
      frame.samples[i * frame.channels + c] *= gain;
  }
  const float loudest = std::max(from, to);
  frame.level_dbov =
      loudest > 0.0F ? std::max(kSilenceDbov, frame.level_dbov + 20.0F * std::log10(loudest)) : kSilenceDbov;
}

void SourceGain::reset() {
  *this = SourceGain();
}

} // namespace plenum::audio
