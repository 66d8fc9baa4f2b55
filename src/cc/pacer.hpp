// Pacer: spreads the packets of one peer in time, so that a keyframe does not overflow the link.
//
// Leaky bucket at 2.0 × the peer's rate in slots of 5 ms, or as fast as `drain_within` demands: an estimate
// that is only low because it is young must not pile up frames. Audio leaves at once and is charged; then
// RTX, video and padding in this order. Delta-frame video older than 300 ms means that the rate is too high
// for the link: it is dropped up to the next keyframe, which `take_keyframe_need()` reports once. Keyframes
// are never dropped for age (the next one would be no smaller), and the deltas behind one are aged from the
// moment it left. Items are opaque; assign RTP sequence numbers at release, so that drops leave no hole.
// Owner: peer. Thread: net. Architecture 4.5.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::cc {

enum class PacketClass : std::uint8_t { audio, rtx, video, padding }; // in order of priority
constexpr std::size_t kPacketClasses = 4;

struct PacerItem {
  std::uint32_t slot = 0;  // the owner's name for the packet
  std::uint16_t bytes = 0; // on the wire
  bool key = false;        // part of a keyframe
};

struct PacerRelease {
  PacerItem item;
  PacketClass packet_class = PacketClass::video;
  bool dropped = false; // give the slot back, do not send
};

class Pacer {
 public:
  static constexpr base::Duration kSlot = std::chrono::milliseconds(5);
  static constexpr base::Duration kMostAge = std::chrono::milliseconds(300);
  static constexpr std::int64_t kFactorPercent = 200;
  static constexpr base::DataRate kLeastRate = base::DataRate::kbps(50);

  // `capacity`: items per class, rounded up to a power of two.
  explicit Pacer(std::size_t capacity = 1024);

  void set_rate(base::DataRate rate); // the peer's estimate or budget; the factor is applied here
  // Whatever the rate, what waits leaves within about this time, keyframes within four times it; 0 (default):
  // the rate is a limit, and what waits too long is dropped.
  void drain_within(base::Duration time) { drain_ = time; }
  // False: not taken (ring full, or delta video while a keyframe is awaited). The owner keeps the slot and
  // must not push the rest of that frame: a key item is taken for the beginning of a whole keyframe.
  bool push(base::Timestamp now, PacketClass packet_class, const PacerItem& item);
  // The next packet to send (or to drop) now; nullopt until next_release().
  std::optional<PacerRelease> pop(base::Timestamp now);
  // When pop will have something; kNever when empty. Past values mean now.
  base::Timestamp next_release() const;
  // True once after video was dropped or refused for space: ask the encoder for a keyframe or switch tier.
  bool take_keyframe_need();

  std::size_t queued() const; // packets
  std::size_t queued_bytes() const { return queued_bytes_; }
  std::uint64_t dropped() const { return dropped_; } // video for age, everything for full rings

 private:
  struct Queued {
    PacerItem item;
    base::Timestamp since{};
  };
  struct Ring {
    std::vector<Queued> items;
    std::size_t head = 0, tail = 0;
    std::size_t size() const { return tail - head; }
    Queued& front() { return items[head & (items.size() - 1)]; }
    const Queued& front() const { return items[head & (items.size() - 1)]; }
  };

  Ring& ring(PacketClass packet_class) { return rings_[static_cast<std::size_t>(packet_class)]; }
  const Ring& ring(PacketClass packet_class) const { return rings_[static_cast<std::size_t>(packet_class)]; }
  PacerRelease release(PacketClass packet_class, bool dropped);
  void refill(base::Timestamp now);
  std::int64_t slot_bytes() const; // that may leave in one slot
  bool expired(base::Timestamp now) const;
  void await_key();

  std::array<Ring, kPacketClasses> rings_;
  std::int64_t bytes_per_slot_ = 0; // by the rate
  base::Duration drain_{};
  std::int64_t credit_ = 0;     // bytes; negative after a burst
  base::Timestamp slot_time_{}; // start of the slot last credited
  bool started_ = false;
  base::Timestamp last_key_out_{};
  bool awaiting_key_ = false, key_need_ = false;
  bool dropping_ = false;       // video in the ring is to be dropped up to the next keyframe
  std::size_t keys_queued_ = 0; // key items in the video ring
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

} // namespace plenum::cc
