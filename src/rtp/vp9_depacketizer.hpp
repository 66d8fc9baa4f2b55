// VP9 RTP payloads → superframe: strip the payload descriptors, join all spatial layers of a picture.
//
// Two or more layer frames are followed by a superframe index (VP9 bitstream, annex B), because decoders
// behind libavcodec split by it; the last shown picture of the superframe is the one to use. Thread: net. RFC
// 9628.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace plenum::rtp {

struct PayloadFacts;

struct Vp9Descriptor {
  bool inter_predicted = false; // P
  bool flexible = false;        // F
  bool begins_layer_frame = false, ends_layer_frame = false;
  std::optional<std::uint16_t> picture_id; // 7 or 15 bits
  std::uint8_t temporal = 0, spatial = 0;
  bool inter_layer = false;            // D
  std::uint16_t width = 0, height = 0; // of the highest layer, from the scalability structure
  std::size_t bytes = 0;               // of the descriptor
};

std::optional<Vp9Descriptor> parse_vp9_descriptor(base::Bytes payload);
std::optional<PayloadFacts> inspect_vp9(base::Bytes payload);
base::EncodedFrameRef join_vp9(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool);

} // namespace plenum::rtp
