#include "peer/nack_tracker.hpp"

#include <algorithm>

namespace plenum::peer {

using namespace std::chrono_literals;

void NackTracker::on_packet(base::Timestamp now, std::int64_t sequence) {
  if (highest_ < 0) {
    highest_ = sequence;
    return;
  }
  if (sequence > highest_) {
    add(now, highest_ + 1, sequence);
    highest_ = sequence;
    return;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (missing_[i].sequence == sequence) {
      erase(i);
      return;
    }
  }
}

void NackTracker::add(base::Timestamp now, std::int64_t from, std::int64_t to) {
  if (to - from > static_cast<std::int64_t>(kMost - count_)) {
    // Too much to ask for: the hole stays in the assembler, which gives it up and waits for a keyframe.
    ++overflows_;
    count_ = 0;
    return;
  }
  for (auto sequence = from; sequence < to; ++sequence)
    missing_[count_++] = {sequence, now, now + kReordering, 0};
}

void NackTracker::erase(std::size_t index) {
  std::move(missing_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
            missing_.begin() + static_cast<std::ptrdiff_t>(count_),
            missing_.begin() + static_cast<std::ptrdiff_t>(index));
  --count_;
}

void NackTracker::forget_below(std::int64_t sequence) {
  const auto end = missing_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto kept =
      std::remove_if(missing_.begin(), end, [&](const Missing& m) { return m.sequence < sequence; });
  count_ = static_cast<std::size_t>(kept - missing_.begin());
}

void NackTracker::reset() {
  count_ = 0;
  highest_ = -1;
}

void NackTracker::set_round_trip(base::Duration rtt) {
  retry_ = std::clamp<base::Duration>(rtt, 20ms, 200ms);
}

std::size_t NackTracker::collect(base::Timestamp now, std::span<std::uint16_t> out) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count_ && found < out.size(); ++i) {
    auto& missing = missing_[i];
    if (missing.ask_at > now || missing.tries >= kTries) continue;
    out[found++] = static_cast<std::uint16_t>(missing.sequence);
    ++missing.tries;
    missing.ask_at = now + retry_;
  }
  return found;
}

bool NackTracker::take_given_up(base::Timestamp now, std::int64_t& sequence) {
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& missing = missing_[i];
    const bool in_vain = missing.tries >= kTries && missing.ask_at <= now;
    if (!in_vain && now - missing.since < kLife) continue;
    sequence = missing.sequence;
    erase(i);
    return true;
  }
  return false;
}

base::Timestamp NackTracker::next_deadline() const {
  auto next = base::kNever;
  for (std::size_t i = 0; i < count_; ++i)
    next = std::min({next, missing_[i].ask_at, missing_[i].since + kLife});
  return next;
}

} // namespace plenum::peer
