#include "cc/arrivals.hpp"

#include <algorithm>

namespace plenum::cc {

void Arrivals::on_packet(base::Timestamp now, std::uint16_t transport_sequence, bool marker) {
  ++packets_;
  if (!recorder_.on_packet(transport_sequence, now)) {
    ++too_old_;
    return;
  }
  due_ = std::min(due_, now + kMostInterval);
  if (marker) due_ = std::min(due_, built_any_ ? std::max(now, last_built_ + kLeastInterval) : now);
}

std::size_t Arrivals::build(base::Timestamp now, base::MutableBytes out, std::uint32_t sender_ssrc,
                            std::uint32_t media_ssrc) {
  if (now < due_) return 0;
  const std::size_t bytes = recorder_.build(out, sender_ssrc, media_ssrc);
  if (!recorder_.pending()) {
    due_ = base::kNever;
    last_built_ = now;
    built_any_ = true;
  }
  return bytes;
}

} // namespace plenum::cc
