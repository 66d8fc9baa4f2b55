// AudioFrame: 20 ms of sound at 48 kHz, the unit that every part of the mixer passes on.
//
// One tick of the audio thread, one Opus frame and one AudioFrame are the same 960 samples, so nothing
// between jitter buffer and encoder has to re-block. Samples are float, full scale ±1, two channels
// interleaved as in Opus. Frames are large values: they live in their owner and are passed by reference.
// Owner: value. Thread: audio.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace plenum::audio {

inline constexpr int kSampleRate = 48'000;        // Hz
inline constexpr std::size_t kFrameSamples = 960; // per channel
inline constexpr std::size_t kMaxChannels = 2;
inline constexpr base::Duration kFrameDuration{20'000};
inline constexpr std::size_t kMaxOpusPayload =
    1275;                                      // bytes, RFC 6716 3.4 for one frame; larger ones are refused
inline constexpr float kSilenceDbov = -127.0F; // the quietest level RFC 6464 can say

struct AudioFrame {
  std::array<float, kFrameSamples * kMaxChannels> samples{};
  std::size_t channels = 1;        // 1 or 2
  float level_dbov = kSilenceDbov; // RMS, −127 … 0

  std::span<float> view() { return std::span(samples).first(kFrameSamples * channels); }
  std::span<const float> view() const { return std::span(samples).first(kFrameSamples * channels); }

  void silence() {
    samples.fill(0.0F);
    level_dbov = kSilenceDbov;
  }
  // Two channels become their mean; one channel stays.
  void to_mono() {
    if (channels == 1) return;
    for (std::size_t i = 0; i < kFrameSamples; ++i)
      samples[i] = 0.5F * (samples[2 * i] + samples[2 * i + 1]);
    channels = 1;
  }
};

} // namespace plenum::audio
