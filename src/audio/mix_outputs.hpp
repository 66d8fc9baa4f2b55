// MixOutputs: which contributor has a private mix now.
//
// A source with a receiver of its own gets a private mix from the first frame in which it is heard (else one
// would hear oneself) and goes back to the shared one after 10 s without. At most `contributors` private
// mixes stand; for the length of a cross-fade there may be twice as many, and held ones give way, the longest
// silent first. Policy only: RoomAudio owns encoder and limiter number i of mix i. Owner: RoomAudio. Thread:
// audio.
#pragma once

#include "audio/mixer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace plenum::audio {

struct PrivateMix {
  bool used = false;
  bool fresh = false;             // began in this tick: prime its encoder, disable prediction
  bool contributing = false;      // heard in this tick
  std::size_t slot = 0;           // the source it leaves out
  std::uint32_t silent_ticks = 0; // since it last contributed
};

class MixOutputs {
 public:
  static constexpr std::size_t kMost = 2 * kMostContributors;
  static constexpr std::uint32_t kHoldTicks = 500; // 10 s

  explicit MixOutputs(std::size_t contributors = 6); // 1 … 16

  // Once per tick. `heard`: contributing sources (≤ 32) that have receivers of their own. True when the set
  // changed.
  bool update(std::span<const std::size_t> heard);
  // The source, or its last receiver, is gone. True when it had a private mix.
  bool release(std::size_t slot);

  std::optional<std::size_t> find(std::size_t slot) const;
  // 2 × contributors places; an index stays with its mix.
  std::span<const PrivateMix> mixes() const { return std::span(mixes_).first(2 * contributors_); }

 private:
  std::optional<std::size_t> free_place() const;
  bool evict_longest_silent();
  std::size_t used() const;

  std::size_t contributors_;
  std::array<PrivateMix, kMost> mixes_{};
};

} // namespace plenum::audio
