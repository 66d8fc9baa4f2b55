#include "audio/levels.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::audio {
namespace {
constexpr float kFloorRise = 0.02F; // dB per frame: 1 dB/s
constexpr float kFloorFall = 0.1F;  // part of the way per frame
constexpr float kLowestFloor = -75.0F;
constexpr float kHighestFloor = -45.0F;
constexpr float kAboveFloor = 9.0F; // dB
constexpr float kQuietestSpeech = -55.0F;
} // namespace

float rms_dbov(std::span<const float> samples) {
  if (samples.empty()) return kSilenceDbov;
  // Eight partial sums: the compiler may keep them in one vector register, which one sum would forbid.
  std::array<float, 8> parts{};
  std::size_t i = 0;
  for (; i + parts.size() <= samples.size(); i += parts.size())
    for (std::size_t k = 0; k < parts.size(); ++k)
      parts[k] += samples[i + k] * samples[i + k];
  for (; i < samples.size(); ++i)
    parts[0] += samples[i] * samples[i];
  float sum = 0.0F;
  for (const float part : parts)
    sum += part;
  const float mean = sum / static_cast<float>(samples.size());
  return mean > 2e-13F ? 10.0F * std::log10(mean) : kSilenceDbov;
}

std::uint8_t rfc6464_level(float dbov) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(-dbov, 0.0F, 127.0F)));
}

float linear_gain(float db) {
  return std::pow(10.0F, db / 20.0F);
}

bool SpeechDetector::update(float dbov) {
  const bool speech = dbov >= std::max(kQuietestSpeech, floor_ + kAboveFloor);
  floor_ += dbov < floor_ ? (dbov - floor_) * kFloorFall : kFloorRise;
  floor_ = std::clamp(floor_, kLowestFloor, kHighestFloor);
  return speech;
}

} // namespace plenum::audio
