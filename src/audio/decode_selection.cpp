#include "audio/decode_selection.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::audio {
namespace {
constexpr std::uint64_t kHoldTicks = 15;    // 300 ms
constexpr std::uint64_t kHeardTicks = 15;   // no packet for longer: nothing to decode
constexpr std::uint64_t kFirstTick = 1'000; // so that "never" is long ago
constexpr std::uint8_t kUnknownLevel = 50;
} // namespace

DecodeSelection::DecodeSelection(std::size_t capacity, std::size_t all_up_to, std::size_t loudest)
    : entries_(capacity), all_up_to_(std::max(all_up_to, loudest)), loudest_(loudest), tick_(kFirstTick) {
  order_.reserve(capacity);
}

void DecodeSelection::add(std::size_t slot) {
  CHECK(slot < entries_.size() && !entries_[slot].present);
  entries_[slot] = {.present = true};
  ++present_;
}

void DecodeSelection::remove(std::size_t slot) {
  CHECK(slot < entries_.size() && entries_[slot].present);
  entries_[slot] = {};
  --present_;
}

void DecodeSelection::note_level(std::size_t slot, std::optional<std::uint8_t> rfc6464) {
  entries_[slot].level = rfc6464.value_or(kUnknownLevel);
  entries_[slot].heard = tick_;
}

void DecodeSelection::tick() {
  ++tick_;
  if (present_ <= all_up_to_) {
    for (auto& entry : entries_)
      entry.selected = entry.present;
    return;
  }
  order_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].present && tick_ - entries_[i].heard <= kHeardTicks) order_.push_back(i);
  const auto louder = [this](std::size_t a, std::size_t b) {
    const auto& x = entries_[a];
    const auto& y = entries_[b];
    if (x.level != y.level) return x.level < y.level;
    return x.selected != y.selected ? x.selected : a < b; // equals do not take turns
  };
  const auto top = static_cast<std::ptrdiff_t>(std::min(loudest_, order_.size()));
  std::partial_sort(order_.begin(), order_.begin() + top, order_.end(), louder);
  for (auto it = order_.begin(); it != order_.begin() + top; ++it)
    entries_[*it].ranked = tick_;

  order_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].selected = false;
    if (entries_[i].present && tick_ - entries_[i].ranked <= kHoldTicks) order_.push_back(i);
  }
  std::sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return entries_[a].ranked != entries_[b].ranked ? entries_[a].ranked > entries_[b].ranked : a < b;
  });
  if (order_.size() > all_up_to_) order_.resize(all_up_to_);
  for (const auto slot : order_)
    entries_[slot].selected = true;
}

} // namespace plenum::audio
