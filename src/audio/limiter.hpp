// Limiter: keeps a mix within full scale without clipping.
//
// Looks 5 ms ahead: the gain is the smallest one needed inside a 5 ms window, smoothed by a 5 ms box, with an
// 80 ms release. A box over window minima never exceeds the gain that the delayed sample needs, so the output
// cannot exceed the threshold; below it samples pass bit for bit, delayed by 239. One per distinct mix;
// copying it hands a mix over without a seam. Mono. Owner: RoomAudio. Thread: audio.
#pragma once

#include "audio/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace plenum::audio {

class Limiter {
 public:
  static constexpr std::size_t kWindow = 240;        // samples, 5 ms
  static constexpr std::size_t kDelay = kWindow - 1; // samples
  static constexpr float kThreshold = 0.891F;        // −1 dBFS

  void process(AudioFrame& frame);
  bool limiting() const { return ones_ < kWindow; }

 private:
  float step(float sample);
  float window_minimum(float needed);

  // A queue of (position, gain) with rising gains: its front is the minimum of the window.
  struct Low {
    std::uint64_t at = 0;
    float gain = 1.0F;
  };
  std::array<float, kDelay> delay_{};
  std::size_t delay_at_ = 0;
  std::array<Low, kWindow> lows_{};
  std::size_t low_first_ = 0;
  std::size_t low_count_ = 0;
  std::array<float, kWindow> box_ = filled_with_ones();
  std::size_t box_at_ = 0;
  double box_sum_ = static_cast<double>(kWindow);
  std::size_t ones_ = kWindow; // gains of exactly 1 at the end of the box
  float released_ = 1.0F;
  std::uint64_t position_ = 0;

  static constexpr std::array<float, kWindow> filled_with_ones() {
    std::array<float, kWindow> a{};
    a.fill(1.0F);
    return a;
  }
};

} // namespace plenum::audio
