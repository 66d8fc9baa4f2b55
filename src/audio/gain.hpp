// SourceGain: a source's volume and its slow automatic gain.
//
// The automatic part moves with a time constant of 1 s toward a speech level of −20 dBFS, within ±12 dB, and
// is frozen while there is no speech: pauses are never pumped up. Changes are ramped over the frame, so no
// step is heard. Owner: AudioSource. Thread: audio.
#pragma once

#include "audio/frame.hpp"

namespace plenum::audio {

class SourceGain {
 public:
  // 1 leaves the source alone; 0 … 4.
  void set_volume(float linear);
  void set_automatic(bool on);
  // Scales the frame and its level; `speech`: the frame before scaling is speech.
  void apply(AudioFrame& frame, bool speech);
  float volume() const { return volume_; }
  float automatic_db() const { return agc_db_; }
  void reset();

 private:
  float volume_ = 1.0F;
  bool automatic_ = true;
  float agc_db_ = 0.0F;
  float last_ = 1.0F; // linear gain at the end of the last frame
};

} // namespace plenum::audio
