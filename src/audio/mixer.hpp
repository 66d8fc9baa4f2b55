// Mixer: who is heard (MixPlan) and the sums (Mixer).
//
// MixPlan takes the loudest 6 audible sources; a place is kept for 200 ms after it was last deserved, and
// each entry and exit is a 10 ms fade. Mixer sums in integers of 2^−23: integer addition is exact, so "shared
// − own" has exactly the samples that a sum without that source would have; not one bit of one's own voice
// comes back. Fixed arrays, no allocation after construction. Owner: RoomAudio. Thread: audio.
#pragma once

#include "audio/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace plenum::audio {

inline constexpr std::size_t kMostContributors = 16; // upper bound of the configuration

enum class Fade : std::uint8_t { none, in, out };

struct Contribution {
  std::size_t slot = 0;
  Fade fade = Fade::none;
};

class MixPlan {
 public:
  static constexpr std::uint64_t kHoldTicks = 10; // 200 ms

  struct Candidate {
    std::size_t slot = 0;
    float level_dbov = kSilenceDbov;
  };

  // `most`: 1 … 16 sources heard at once.
  explicit MixPlan(std::size_t most = 6);

  // Once per 20 ms with the audible sources (reordered here). The answer has at most 2 × most entries: those
  // heard and those fading out.
  std::span<const Contribution> update(std::span<Candidate> audible);
  // The source is going away: it fades out in the next update.
  void expel(std::size_t slot);

 private:
  struct Place {
    std::size_t slot = 0;
    std::uint64_t deserved = 0;
    bool audible = false;
    bool expelled = false;
  };

  void leave(std::size_t index);
  bool make_room();

  std::size_t most_;
  std::array<Place, kMostContributors> places_{};
  std::size_t taken_ = 0;
  std::array<Contribution, 2 * kMostContributors> plan_{};
  std::size_t planned_ = 0;
  std::uint64_t tick_ = 0;
};

class Mixer {
 public:
  static constexpr std::size_t kMost = 2 * kMostContributors;

  Mixer();
  void begin();
  // Index for `without`, in order of calls: 0, 1, … At most 32 per frame. Two channels are folded into one.
  std::size_t add(const AudioFrame& frame, Fade fade);
  void shared(AudioFrame& out) const;
  void without(std::size_t index, AudioFrame& out) const;

 private:
  using Line = std::array<std::int32_t, kFrameSamples>;
  Line sum_{};
  std::vector<Line> own_;
  std::size_t count_ = 0;
};

} // namespace plenum::audio
