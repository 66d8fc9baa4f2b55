// Levels: how loud a frame is, and whether it is speech.
//
// dBov as in RFC 6464: RMS against the largest sample value, so a full-scale sine is −3. The speech detector
// is an energy detector above a slowly rising noise floor; browsers have removed noise before, so more would
// not pay. The floor stops at −45 dBov: a steady loud sound (music, a test tone) stays "speech". Owner:
// value. Thread: audio.
#pragma once

#include "audio/frame.hpp"

#include <cstdint>
#include <span>

namespace plenum::audio {

// −127 … 0 (more if samples exceed full scale).
float rms_dbov(std::span<const float> samples);
// 0 loudest … 127 silence.
std::uint8_t rfc6464_level(float dbov);
float linear_gain(float db);

class SpeechDetector {
 public:
  // Once per 20 ms frame.
  bool update(float dbov);
  float floor_dbov() const { return floor_; }

 private:
  float floor_ = -60.0F;
};

} // namespace plenum::audio
