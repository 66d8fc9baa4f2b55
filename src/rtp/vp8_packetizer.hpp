// VP8 frame → RTP payloads of nearly equal size, each with a five- or six-byte descriptor.
//
// Picture id (15 bits, always) and TL0PICIDX (optional) stand at fixed places, so that each receiver's send
// stream rewrites them in its own copy and stays continuous over tier switches. Thread: net. RFC 7741.
#pragma once

#include "base/bytes.hpp"
#include "rtp/packetized_frame.hpp"

#include <cstdint>
#include <optional>

namespace plenum::rtp {

struct Vp8Layer {               // of a frame that we send
  std::uint16_t picture_id = 0; // low 15 bits
  std::optional<std::uint8_t> tl0_index;
  std::uint8_t temporal = 0; // 0–3, written with tl0_index
  bool layer_sync = false;
  bool non_reference = false; // no later frame depends on this one
};

// Fills `out->slices` and `out->headers` from `out->frame`. False (and nothing filled) for an empty frame or
// `most_payload` < 16.
bool packetize_vp8(PacketizedFrame& out, const Vp8Layer& layer,
                   std::size_t most_payload = kDefaultMostPayload);

// Overwrites picture id and, where present, TL0PICIDX of a payload made by packetize_vp8. False if it has
// none.
bool rewrite_vp8(base::MutableBytes payload, std::uint16_t picture_id, std::optional<std::uint8_t> tl0_index);

} // namespace plenum::rtp
