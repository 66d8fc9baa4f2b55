// VP8 RTP payloads → frame: strip the payload descriptors, read the frame tag.
//
// Thread: net. RFC 7741, 4.2 and 4.3; RFC 6386, 9.1.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace plenum::rtp {

struct PayloadFacts;

struct Vp8Descriptor {
  bool non_reference = false;
  bool starts_partition = false;
  std::uint8_t partition = 0;
  std::optional<std::uint16_t> picture_id; // 7 or 15 bits
  std::optional<std::uint8_t> tl0_index;
  std::uint8_t temporal = 0;
  std::size_t bytes = 0; // of the descriptor
};

std::optional<Vp8Descriptor> parse_vp8_descriptor(base::Bytes payload);
std::optional<PayloadFacts> inspect_vp8(base::Bytes payload);
base::EncodedFrameRef join_vp8(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool);

} // namespace plenum::rtp
