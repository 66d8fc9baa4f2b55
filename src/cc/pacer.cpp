#include "cc/pacer.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace plenum::cc {

namespace {
constexpr std::int64_t kSlotsPerSecond = 200;
constexpr int kKeyDrainFactor = 4; // a keyframe is some ten deltas large
} // namespace

Pacer::Pacer(std::size_t capacity) {
  CHECK(capacity >= 1 && capacity <= 65536);
  for (Ring& one : rings_)
    one.items.resize(std::bit_ceil(capacity));
  set_rate(kLeastRate);
}

void Pacer::set_rate(base::DataRate rate) {
  const std::int64_t bps = std::max(rate, kLeastRate).bps * kFactorPercent / 100;
  bytes_per_slot_ = bps / 8 / kSlotsPerSecond;
}

bool Pacer::push(base::Timestamp now, PacketClass packet_class, const PacerItem& item) {
  const bool video = packet_class == PacketClass::video;
  Ring& to = ring(packet_class);
  if (video && awaiting_key_ && !item.key) {
    ++dropped_;
    return false;
  }
  if (to.size() == to.items.size()) {
    ++dropped_;
    if (video) await_key(); // what is queued is still whole and leaves
    return false;
  }
  if (video && item.key) {
    awaiting_key_ = false;
    ++keys_queued_;
  }
  to.items[to.tail++ & (to.items.size() - 1)] = {item, now};
  queued_bytes_ += item.bytes;
  return true;
}

void Pacer::await_key() {
  if (!awaiting_key_) key_need_ = true;
  awaiting_key_ = true;
}

std::optional<PacerRelease> Pacer::pop(base::Timestamp now) {
  refill(now);
  if (ring(PacketClass::audio).size() > 0) return release(PacketClass::audio, false);
  Ring& video = ring(PacketClass::video);
  if (expired(now)) {
    dropping_ = true;
    if (keys_queued_ == 0) await_key();
  }
  if (dropping_) {
    if (video.size() > 0 && !video.front().item.key) return release(PacketClass::video, true);
    dropping_ = false;
  }
  if (credit_ <= 0) return std::nullopt;
  for (const PacketClass next : {PacketClass::rtx, PacketClass::video, PacketClass::padding}) {
    if (ring(next).size() == 0) continue;
    if (next == PacketClass::video && video.front().item.key) last_key_out_ = now;
    return release(next, false);
  }
  return std::nullopt;
}

PacerRelease Pacer::release(PacketClass packet_class, bool dropped) {
  Ring& from = ring(packet_class);
  const PacerItem item = from.front().item;
  ++from.head;
  if (packet_class == PacketClass::video && item.key) --keys_queued_;
  queued_bytes_ -= item.bytes;
  if (dropped) {
    ++dropped_;
  } else {
    credit_ -= item.bytes;
  }
  return {.item = item, .packet_class = packet_class, .dropped = dropped};
}

// Credit comes in whole slots and never saves up: silence does not earn a burst.
void Pacer::refill(base::Timestamp now) {
  const auto per_slot = slot_bytes();
  if (!started_) {
    started_ = true;
    slot_time_ = now - now.time_since_epoch() % kSlot; // all peers' slots begin together: one wake-up for all
    credit_ = per_slot;
    return;
  }
  const std::int64_t slots = (now - slot_time_) / kSlot;
  if (slots <= 0) return;
  slot_time_ += slots * kSlot;
  credit_ = slots > kSlotsPerSecond ? per_slot : std::min(credit_ + slots * per_slot, per_slot);
}

std::int64_t Pacer::slot_bytes() const {
  if (drain_ == base::Duration{}) return bytes_per_slot_;
  const auto time = keys_queued_ > 0 ? kKeyDrainFactor * drain_ : drain_;
  return std::max(bytes_per_slot_, static_cast<std::int64_t>(queued_bytes_) * kSlot.count() / time.count());
}

bool Pacer::expired(base::Timestamp now) const {
  const Ring& video = ring(PacketClass::video);
  if (video.size() == 0 || video.front().item.key) return false;
  return now - std::max(video.front().since, last_key_out_) > kMostAge;
}

base::Timestamp Pacer::next_release() const {
  if (queued() == 0) return base::kNever;
  const bool drops = dropping_ && ring(PacketClass::video).size() > 0;
  if (!started_ || credit_ > 0 || drops || ring(PacketClass::audio).size() > 0) return slot_time_;
  return slot_time_ + (-credit_ / slot_bytes() + 1) * kSlot;
}

bool Pacer::take_keyframe_need() {
  return std::exchange(key_need_, false);
}

std::size_t Pacer::queued() const {
  std::size_t count = 0;
  for (const Ring& one : rings_)
    count += one.size();
  return count;
}

} // namespace plenum::cc
