// Sounds: what synthetic members say, as ready Opus packets, and what a verifying member hears.
//
// A voice is speech-shaped noise (syllables, so that codecs and detectors work as for people) over a pilot
// tone of a frequency that nobody else in the room has. The ear decodes the mix and looks for each pilot
// (Goertzel, half a second at a time): who is heard, and that one's own voice is not. Owner: Member. Thread:
// main.
#pragma once

#include "audio/opus.hpp"

#include <cstddef>
#include <vector>

namespace plenum::load {

struct Voice {
  std::vector<std::vector<std::uint8_t>> packets; // 20 ms each, a loop
  std::uint8_t level = 127;                       // RFC 6464
};

double pilot_hz(std::size_t member);
Voice make_voice(std::size_t member);
Voice make_silence();

class Ear {
 public:
  explicit Ear(std::size_t voices) : heard_(voices) {}

  void hear(base::Bytes payload);
  void begin(); // forgets what was heard so far
  std::size_t windows() const { return windows_; }
  // Part of the time that this member's pilot was in the mix, 0–1.
  double heard(std::size_t member) const;

 private:
  void measure();

  audio::Decoder decoder_;
  std::vector<float> sound_;
  std::vector<std::size_t> heard_; // windows, by member
  std::size_t windows_ = 0;
};

} // namespace plenum::load
