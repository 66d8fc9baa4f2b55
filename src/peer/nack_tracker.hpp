// NackTracker: which packets of one incoming video stream are missing, and when to ask for them.
//
// A gap is asked for at once when the packet after it arrives 10 ms or later, else after one reordering
// window (10 ms), then again every round trip (20–200 ms), at most 10 times and for at most 1 s; then it is
// given up and the assembler falls back to a keyframe. The list is a fixed array: a loss larger than it is a
// keyframe case anyway. Owner: ReceiveStream. Thread: net. RFC 4585, 6.2.1; architecture 4.4.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace plenum::peer {

class NackTracker {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr base::Duration kReordering = std::chrono::milliseconds(10);
  static constexpr int kTries = 10;
  static constexpr base::Duration kLife = std::chrono::seconds(1);

  // An unwrapped sequence number arrived (also by retransmission).
  void on_packet(base::Timestamp now, std::int64_t sequence);
  // Everything below is of no use any more.
  void forget_below(std::int64_t sequence);
  void reset();
  void set_round_trip(base::Duration rtt);

  // Fills `out` with the numbers to ask for now; returns how many.
  std::size_t collect(base::Timestamp now, std::span<std::uint16_t> out);
  // Takes out one number that was asked for in vain; false when there is none.
  bool take_given_up(base::Timestamp now, std::int64_t& sequence);
  base::Timestamp next_deadline() const; // kNever: nothing missing

  std::size_t missing() const { return count_; }
  std::uint64_t overflows() const { return overflows_; } // gaps too large to follow

 private:
  struct Missing {
    std::int64_t sequence = 0;
    base::Timestamp since{}, ask_at{};
    int tries = 0;
  };
  void add(base::Timestamp now, std::int64_t from, std::int64_t to);
  void erase(std::size_t index);

  std::array<Missing, kMost> missing_{};
  std::size_t count_ = 0;
  std::int64_t highest_ = -1;
  base::Duration retry_ = std::chrono::milliseconds(100);
  std::uint64_t overflows_ = 0;
};

} // namespace plenum::peer
