// Transport-wide congestion control feedback, both ways: what arrived when, per transport sequence number.
//
// TwccRecorder keeps the last `kWindow` arrivals of one transport and writes feedback packets from the oldest
// not yet reported. A packet that arrives after its neighbours were reported moves the start back, so that it
// is reported late instead of never (libwebrtc does the same; senders ignore what they know). TwccFeedback
// reads such packets: validated completely first, then walked. Owner: cc/arrivals. Thread: net.
// draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
#pragma once

#include "base/bytes.hpp"
#include "base/seq_unwrap.hpp"
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace plenum::rtp {

class TwccRecorder {
 public:
  static constexpr std::int64_t kWindow = 4096;      // sequence numbers remembered
  static constexpr std::size_t kMostStatuses = 1000; // per feedback packet

  // Duplicates keep their first time. Returns false for a packet too old to be reported.
  bool on_packet(std::uint16_t sequence, base::Timestamp arrival);
  // Writes one whole RTCP packet (type 205, format 15) into `out` and marks its packets as reported. Returns
  // its size, 0 when nothing is pending. Call until 0: long reports are split. `out` ≥ 64 bytes, sensibly
  // 1,200.
  std::size_t build(base::MutableBytes out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc);

  bool pending() const { return started_ && next_ <= highest_; }

 private:
  static constexpr std::int64_t kNotReceived = INT64_MIN;
  std::int64_t& at(std::int64_t sequence) {
    return arrival_us_[static_cast<std::size_t>(sequence % kWindow)];
  }
  void restart(std::int64_t sequence);
  void forget_between(std::int64_t from, std::int64_t to);

  base::Unwrapper<std::uint16_t> unwrapper_;
  std::array<std::int64_t, kWindow> arrival_us_{};
  bool started_ = false;
  std::int64_t next_ = 0;    // first not yet reported
  std::int64_t highest_ = 0; // highest received
  std::uint8_t feedback_count_ = 0;
  unsigned too_old_run_ = 0;
};

struct TwccStatus {
  std::uint16_t sequence = 0;
  bool received = false;
  std::int64_t arrival_us = 0; // receiver's clock, wraps every 2^24 · 64 ms; valid when received
};

class TwccFeedback {
 public:
  // `content` is what follows the two SSRCs. nullopt unless chunks and deltas cover the announced count
  // exactly.
  static std::optional<TwccFeedback> parse(base::Bytes content);

  std::uint16_t base_sequence() const { return base_sequence_; }
  std::uint16_t status_count() const { return status_count_; }
  std::uint8_t feedback_count() const { return feedback_count_; }
  // One status after the other; nullopt after the last.
  std::optional<TwccStatus> next();

 private:
  explicit TwccFeedback(base::Bytes content);
  bool find_deltas();
  bool load_chunk();
  unsigned symbol(); // 0 not received, 1 small delta, 2 large delta, 3 reserved

  base::Bytes content_;
  std::uint16_t base_sequence_ = 0, status_count_ = 0;
  std::uint8_t feedback_count_ = 0;
  std::size_t chunk_at_ = 8, delta_at_ = 0;
  std::uint16_t chunk_ = 0;
  unsigned chunk_left_ = 0;
  std::uint32_t given_ = 0;
  std::int64_t clock_us_ = 0;
  bool failed_ = false;
};

} // namespace plenum::rtp
