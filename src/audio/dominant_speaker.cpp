#include "audio/dominant_speaker.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::audio {
namespace {
constexpr float kImmediate = 0.2F;      // 20 ms of 100 ms
constexpr float kMedium = 0.02F / 0.6F; // of 600 ms
constexpr float kLengthy = 0.01F;       // of 2 s
constexpr float kLeadShort = 1.05F;
constexpr float kLeadMedium = 1.15F;
constexpr float kNotFarBehind = 0.4F;
constexpr int kContestTicks = 75; // 1.5 s
} // namespace

bool TalkingDetector::update(bool speech) {
  run_ = std::clamp(run_ + (speech ? 1 : -1), 0, kOnTicks); // a short gap between syllables costs little
  pause_ = speech ? 0 : std::min(pause_ + 1, kOffTicks);
  const bool before = talking_;
  if (!talking_ && run_ >= kOnTicks) talking_ = true;
  if (talking_ && pause_ >= kOffTicks) talking_ = false;
  return talking_ != before;
}

DominantSpeaker::DominantSpeaker(std::size_t capacity) : speakers_(capacity) {}

void DominantSpeaker::add(std::size_t slot) {
  CHECK(slot < speakers_.size());
  speakers_[slot] = {.present = true};
}

void DominantSpeaker::remove(std::size_t slot) {
  CHECK(slot < speakers_.size());
  speakers_[slot] = {};
  if (dominant_ != slot) return;
  dominant_.reset();
  changed_ = true;
}

bool DominantSpeaker::update(std::size_t slot, float level_dbov, bool speech) {
  auto& speaker = speakers_[slot];
  const float loudness = speech ? std::clamp((level_dbov + 60.0F) / 60.0F, 0.0F, 1.0F) : 0.0F;
  speaker.immediate += (loudness - speaker.immediate) * kImmediate;
  speaker.medium += (loudness - speaker.medium) * kMedium;
  speaker.lengthy += (loudness - speaker.lengthy) * kLengthy;
  return speaker.talk.update(speech);
}

bool DominantSpeaker::beats(const Speaker& challenger, const Speaker& leader) {
  return challenger.immediate > leader.immediate * kLeadShort &&
         challenger.medium > leader.medium * kLeadMedium &&
         challenger.lengthy > leader.lengthy * kNotFarBehind;
}

bool DominantSpeaker::decide() {
  const bool was_changed = changed_;
  changed_ = false;
  const bool contested = dominant_ && speakers_[*dominant_].talk.talking();
  std::optional<std::size_t> winner;
  for (std::size_t i = 0; i < speakers_.size(); ++i) {
    auto& speaker = speakers_[i];
    if (!speaker.present || dominant_ == i) continue;
    if (!speaker.talk.talking()) {
      speaker.leading_ticks = 0;
      continue;
    }
    if (contested) {
      const int step = beats(speaker, speakers_[*dominant_]) ? 1 : -1;
      speaker.leading_ticks = std::clamp(speaker.leading_ticks + step, 0, kContestTicks);
      if (speaker.leading_ticks < kContestTicks) continue;
    }
    if (!winner || speaker.medium > speakers_[*winner].medium) winner = i;
  }
  if (!winner) return was_changed;
  dominant_ = winner;
  for (auto& speaker : speakers_)
    speaker.leading_ticks = 0;
  return true;
}

} // namespace plenum::audio
