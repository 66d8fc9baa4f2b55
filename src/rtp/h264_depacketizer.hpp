// H.264 RTP payloads → Annex B access unit: single NAL units, STAP-A and FU-A.
//
// A keyframe is an access unit with an IDR slice. Parameter sets are remembered by id (bounded) and put in
// front of a keyframe that came without them; a keyframe whose sets never came is not a frame. Interleaved
// modes (STAP-B, MTAP, FU-B) are malformed here, because packetization-mode 2 is never negotiated. Thread:
// net. RFC 6184; H.264, 7.3, 7.4.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace plenum::rtp {

struct PayloadFacts;

enum class NalType : std::uint8_t {
  slice = 1,
  idr = 5,
  sei = 6,
  sps = 7,
  pps = 8,
  delimiter = 9,
  filler = 12,
  stap_a = 24,
  fu_a = 28,
};
constexpr NalType nal_type(std::uint8_t header) {
  return static_cast<NalType>(header & 0x1f);
}

class H264ParameterSets {
 public:
  static constexpr std::size_t kMostSps = 4, kMostPps = 8, kMostBytes = 256;

  // Remembers an SPS or PPS (NAL unit with header). Others, ids beyond the table and oversized ones are
  // ignored.
  void remember(base::Bytes nal);
  bool complete() const; // at least one of each
  // Calls `put(nal)` for each SPS, then each PPS.
  template <class F>
  void for_each(F&& put) const {
    for (const Set& set : sps_)
      if (set.size != 0) put(base::Bytes(set.bytes.data(), set.size));
    for (const Set& set : pps_)
      if (set.size != 0) put(base::Bytes(set.bytes.data(), set.size));
  }
  std::size_t annex_b_bytes() const; // all of them with start codes

 private:
  struct Set {
    std::array<std::uint8_t, kMostBytes> bytes;
    std::size_t size = 0;
  };
  std::array<Set, kMostSps> sps_;
  std::array<Set, kMostPps> pps_;
};

std::optional<PayloadFacts> inspect_h264(base::Bytes payload);
base::EncodedFrameRef join_h264(std::span<const base::Bytes> payloads, H264ParameterSets& sets,
                                base::EncodedFramePool& pool);

} // namespace plenum::rtp
