#include "audio/mix_outputs.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::audio {

MixOutputs::MixOutputs(std::size_t contributors) : contributors_(contributors) {
  CHECK(contributors >= 1 && contributors <= kMostContributors);
}

std::size_t MixOutputs::used() const {
  return static_cast<std::size_t>(
      std::count_if(mixes_.begin(), mixes_.end(), [](const PrivateMix& m) { return m.used; }));
}

std::optional<std::size_t> MixOutputs::find(std::size_t slot) const {
  for (std::size_t i = 0; i < mixes_.size(); ++i)
    if (mixes_[i].used && mixes_[i].slot == slot) return i;
  return std::nullopt;
}

std::optional<std::size_t> MixOutputs::free_place() const {
  for (std::size_t i = 0; i < 2 * contributors_; ++i)
    if (!mixes_[i].used) return i;
  return std::nullopt;
}

bool MixOutputs::evict_longest_silent() {
  PrivateMix* victim = nullptr;
  for (auto& mix : mixes_) {
    if (!mix.used || mix.contributing) continue;
    if (victim == nullptr || mix.silent_ticks > victim->silent_ticks) victim = &mix;
  }
  if (victim == nullptr) return false;
  *victim = {};
  return true;
}

bool MixOutputs::update(std::span<const std::size_t> heard) {
  bool changed = false;
  for (auto& mix : mixes_) {
    if (!mix.used) continue;
    mix.fresh = false;
    mix.contributing = std::find(heard.begin(), heard.end(), mix.slot) != heard.end();
    mix.silent_ticks = mix.contributing ? 0 : mix.silent_ticks + 1;
    if (mix.silent_ticks <= kHoldTicks) continue;
    mix = {};
    changed = true;
  }
  for (const auto slot : heard) {
    if (find(slot)) continue;
    const auto place = free_place();
    // Full only by held ones (at most 2 × contributors are heard): one of them gives way below.
    const bool evicted = !place && evict_longest_silent();
    const auto at = evicted ? free_place() : place;
    CHECK(at.has_value());
    mixes_[*at] = {.used = true, .fresh = true, .contributing = true, .slot = slot};
    changed = true;
  }
  while (used() > contributors_ && evict_longest_silent())
    changed = true;
  return changed;
}

bool MixOutputs::release(std::size_t slot) {
  const auto at = find(slot);
  if (at) mixes_[*at] = {};
  return at.has_value();
}

} // namespace plenum::audio
