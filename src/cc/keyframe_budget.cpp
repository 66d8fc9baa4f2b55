#include "cc/keyframe_budget.hpp"

#include <algorithm>

namespace plenum::cc {

void KeyframeBudget::request(base::Timestamp now) {
  if (!open_) first_request_ = now;
  open_ = true;
  last_request_ = now;
  ++requested_;
}

bool KeyframeBudget::take(base::Timestamp now, base::DataRate bitrate) {
  if (next_due(bitrate) > now) return false;
  taken_ = true;
  taken_at_ = now;
  return true;
}

base::Timestamp KeyframeBudget::next_due(base::DataRate bitrate) const {
  if (!open_) return base::kNever;
  const base::Timestamp spaced = made_one_ ? last_key_ + spacing(bitrate) : first_request_;
  return taken_ ? std::max(spaced, taken_at_ + kLeastSpacing) : spaced;
}

base::Duration KeyframeBudget::spacing(base::DataRate bitrate) const {
  // 8·bytes / (rate/4) seconds, in microseconds. A rate below 1 kbit/s counts as that: no division by zero.
  const std::int64_t bps = std::max<std::int64_t>(bitrate.bps, 1000);
  const std::int64_t us = static_cast<std::int64_t>(last_key_bytes_) * 32 * 1'000'000 / bps;
  return std::max(kLeastSpacing, base::Duration(us));
}

void KeyframeBudget::on_keyframe(base::Timestamp now, std::size_t bytes, base::Timestamp encode_started) {
  if (last_request_ <= encode_started) open_ = false;
  taken_ = false;
  made_one_ = true;
  last_key_ = now;
  last_key_bytes_ = bytes;
  ++granted_;
}

bool FirFilter::is_new(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence) {
  const auto same = [&](const Entry& entry) {
    return entry.used && entry.sender_ssrc == sender_ssrc && entry.media_ssrc == media_ssrc;
  };
  const auto found = std::ranges::find_if(entries_, same);
  if (found != entries_.end()) {
    const bool fresh = found->sequence != sequence;
    found->sequence = sequence;
    return fresh;
  }
  entries_[oldest_] = {sender_ssrc, media_ssrc, sequence, true};
  oldest_ = (oldest_ + 1) % kMost;
  return true;
}

} // namespace plenum::cc
