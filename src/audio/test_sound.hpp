// Sounds and measurements for the tests of this folder: tones, a Goertzel filter, Opus packets by hand.
// Not part of the library. Thread: test.
#pragma once

#include "audio/frame.hpp"
#include "audio/jitter_buffer.hpp"
#include "audio/opus.hpp"
#include "base/random.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace plenum::audio::test {

class Tone {
 public:
  Tone(double hz, double amplitude) : step_(2 * std::numbers::pi * hz / kSampleRate), amplitude_(amplitude) {}
  void fill(AudioFrame& frame) {
    frame.channels = 1;
    for (std::size_t i = 0; i < kFrameSamples; ++i, phase_ += step_)
      frame.samples[i] = static_cast<float>(amplitude_ * std::sin(phase_));
  }

 private:
  double step_, amplitude_, phase_ = 0;
};

// Amplitude of a sine of this frequency in the sound.
inline double goertzel(std::span<const float> sound, double hz) {
  const double k = 2 * std::cos(2 * std::numbers::pi * hz / kSampleRate);
  double a = 0, b = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    // Hann window: a neighbour's side lobes must not look like a tone.
    const double w = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) /
                                          static_cast<double>(sound.size()));
    const double c = 2 * w * static_cast<double>(sound[i]) + k * a - b;
    b = a;
    a = c;
  }
  return 2 * std::sqrt(std::max(0.0, a * a + b * b - k * a * b)) / static_cast<double>(sound.size());
}

inline float largest_step(std::span<const float> sound) {
  float most = 0;
  for (std::size_t i = 1; i < sound.size(); ++i)
    most = std::max(most, std::abs(sound[i] - sound[i - 1]));
  return most;
}

// An endless microphone: encodes a tone into packets with running numbers.
class Microphone {
 public:
  Microphone(double hz, double amplitude, std::uint32_t ssrc, EncoderOptions options = {})
      : tone_(hz, amplitude), encoder_(options), ssrc_(ssrc) {}
  AudioPacket next(std::uint8_t level = 20) {
    tone_.fill(frame_);
    return pack(level);
  }
  AudioPacket silent() {
    frame_.silence();
    return pack(127);
  }

 private:
  AudioPacket pack(std::uint8_t level) {
    size_ = encoder_.encode(frame_, bytes_);
    const AudioPacket packet{.ssrc = ssrc_,
                             .seq = seq_++,
                             .rtp_time = rtp_,
                             .payload = base::Bytes(bytes_).first(size_),
                             .level = level};
    rtp_ += kFrameSamples;
    return packet;
  }
  Tone tone_;
  Encoder encoder_;
  AudioFrame frame_;
  std::uint32_t ssrc_, rtp_ = 1'000;
  std::uint16_t seq_ = 100;
  std::size_t size_ = 0;
  std::array<std::uint8_t, kMaxOpusPayload> bytes_{};
};

} // namespace plenum::audio::test
