#include "video/tile.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::video {

Tile::Tile(const base::Env& env)
    : overwritten_(env.metrics.counter("plenum_tile_overwritten_total")),
      skipped_(env.metrics.counter("plenum_tile_skipped_total")) {}

Tile::~Tile() {
  for (auto& slot : slots_)
    FrameRef::adopt(slot.exchange(nullptr, std::memory_order_acquire));
}

void Tile::publish(FrameRef picture) {
  CHECK(picture);
  picture->sequence = ++published_;
  auto& slot = slots_[published_ % kSlots];
  const FrameRef oldest = FrameRef::adopt(slot.exchange(picture.detach(), std::memory_order_acq_rel));
  if (oldest) overwritten_.add();
}

TileTarget Tile::target() const {
  const auto packed = target_.load(std::memory_order_relaxed);
  return {static_cast<int>(packed & 0xffff), static_cast<int>(packed >> 16 & 0xffff),
          static_cast<Fit>(packed >> 32)};
}

void Tile::set_target(TileTarget target) {
  CHECK(target.width >= 0 && target.width <= 0xffff && target.height >= 0 && target.height <= 0xffff);
  const auto packed = static_cast<std::uint64_t>(target.width) |
                      static_cast<std::uint64_t>(target.height) << 16 |
                      static_cast<std::uint64_t>(target.fit) << 32;
  target_.store(packed, std::memory_order_relaxed); // a number on its own, it guards nothing
}

void Tile::take_arrivals() {
  for (auto& slot : slots_) {
    if (slot.load(std::memory_order_relaxed) == nullptr) continue;
    FrameRef picture = FrameRef::adopt(slot.exchange(nullptr, std::memory_order_acq_rel));
    // The producer may pass us while we sweep: a picture older than the one shown can turn up a tick later.
    if (picture && picture->sequence > shown_sequence_) waiting_[waiting_count_++] = std::move(picture);
  }
  std::sort(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_),
            [](const FrameRef& a, const FrameRef& b) { return a->sequence < b->sequence; });
}

void Tile::drop_waiting(std::size_t count) {
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_);
  std::move(waiting_.begin() + static_cast<std::ptrdiff_t>(count), end, waiting_.begin());
  for (std::size_t i = waiting_count_ - count; i < waiting_count_; ++i)
    waiting_[i] = {};
  waiting_count_ -= count;
}

const FrameRef& Tile::pick(Timestamp now, base::Duration delay) {
  take_arrivals();
  // Entries before `next` are due, or too many wait: the last of them is shown, the others never.
  std::size_t next = waiting_count_ > kWaiting ? waiting_count_ - kWaiting : 0;
  for (std::size_t i = next; i < waiting_count_; ++i) {
    if (waiting_[i]->captured + delay <= now) next = i + 1;
  }
  if (next == 0) return shown_;
  shown_ = std::move(waiting_[next - 1]);
  shown_sequence_ = shown_->sequence;
  changed_at_ = now;
  skipped_.add(next - 1);
  drop_waiting(next);
  return shown_;
}

void Tile::clear() {
  take_arrivals();
  if (waiting_count_ > 0) shown_sequence_ = waiting_[waiting_count_ - 1]->sequence;
  drop_waiting(waiting_count_);
  shown_ = {};
}

} // namespace plenum::video
