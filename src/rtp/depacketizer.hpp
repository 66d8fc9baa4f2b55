// Depacketizer: what one payload says about its frame, and a frame's payloads joined into one EncodedFrame.
//
// The common face of the four codec files; FrameAssembler knows only this. `inspect` is called once per
// packet and never keeps the bytes; `join` is the one ingress copy. H.264 keeps parameter sets between
// frames, hence a class. Owner: FrameAssembler. Thread: net.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"
#include "rtp/h264_depacketizer.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace plenum::rtp {

struct PayloadFacts {
  bool starts_frame = false; // surely the first packet of its frame; false: unknown (H.264, AV1) or not
  bool key = false;          // this packet proves that the frame is a keyframe
};

class Depacketizer {
 public:
  // vp8, vp9, h264 or av1 (CHECK).
  explicit Depacketizer(base::Codec codec);

  // nullopt: malformed.
  std::optional<PayloadFacts> inspect(base::Bytes payload) const;
  // All payloads of one frame in order. Sets codec, key, width and height (0 when the payload does not say)
  // and size. Empty: malformed, or an H.264 keyframe whose parameter sets never came.
  base::EncodedFrameRef join(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool);

  base::Codec codec() const { return codec_; }

 private:
  base::Codec codec_;
  H264ParameterSets parameter_sets_;
};

} // namespace plenum::rtp
