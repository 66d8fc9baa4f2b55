// AV1 RTP payloads → temporal unit in the low-overhead format: OBU elements joined, every OBU with its size
// field.
//
// A temporal delimiter is put in front (it never travels in RTP); tile lists and padding are dropped. The N
// bit of the aggregation header marks a keyframe. Thread: net. AV1 RTP specification 1.0, 4.3 to 4.5; AV1
// bitstream, 5.3.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"

#include <optional>
#include <span>

namespace plenum::rtp {

struct PayloadFacts;

std::optional<PayloadFacts> inspect_av1(base::Bytes payload);
base::EncodedFrameRef join_av1(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool);

} // namespace plenum::rtp
