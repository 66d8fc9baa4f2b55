// KeyframeBudget: when one of our encoders makes its next keyframe (downlink, one per codec and tier).
//
// Every request (PLI, FIR, join, tier switch) of every receiver is merged into one; keyframes are spaced by
// max(300 ms, 8·last_key_bytes / (0.25·bitrate)), so that they take at most a quarter of the rate and a storm
// of requests cannot ruin the picture for everybody. FirFilter answers each FIR sequence number once per SSRC
// and belongs to the peer that receives them. Owner: engine/tier (budget), peer (filter). Thread: net. RFC
// 4585, 6.3.1; RFC 5104, 4.3.1.
#pragma once

#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace plenum::cc {

class KeyframeBudget {
 public:
  static constexpr base::Duration kLeastSpacing = std::chrono::milliseconds(300);

  // Somebody needs a keyframe. Merged with requests that are still open.
  void request(base::Timestamp now);
  // True: the frame to be encoded now must be a keyframe. Not again before on_keyframe, or before 300 ms have
  // passed without one (the encoder dropped the frame).
  bool take(base::Timestamp now, base::DataRate bitrate);
  // When `take` becomes true; kNever without a request.
  base::Timestamp next_due(base::DataRate bitrate) const;
  // A keyframe of `bytes` left the encoder. Requests made after `encode_started` stay open: their makers
  // cannot have been subscribed when it began.
  void on_keyframe(base::Timestamp now, std::size_t bytes, base::Timestamp encode_started);

  std::uint64_t requested() const { return requested_; } // all requests
  std::uint64_t granted() const { return granted_; }     // keyframes made

 private:
  base::Duration spacing(base::DataRate bitrate) const;

  bool open_ = false;
  base::Timestamp first_request_{}, last_request_{}; // of the open ones
  bool taken_ = false;
  base::Timestamp taken_at_{};
  bool made_one_ = false;
  base::Timestamp last_key_{};
  std::size_t last_key_bytes_ = 0;
  std::uint64_t requested_ = 0, granted_ = 0;
};

class FirFilter {
 public:
  static constexpr std::size_t kMost = 8; // SSRCs remembered; the oldest is forgotten

  // True for a sequence number not seen last from `sender_ssrc` about `media_ssrc`.
  bool is_new(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence);

 private:
  struct Entry {
    std::uint32_t sender_ssrc = 0, media_ssrc = 0;
    std::uint8_t sequence = 0;
    bool used = false;
  };
  std::array<Entry, kMost> entries_;
  std::size_t oldest_ = 0;
};

} // namespace plenum::cc
