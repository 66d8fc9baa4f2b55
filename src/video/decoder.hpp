// Decoder: one incoming stream from compressed frames to pictures.
//
// Gives a view of the decoder's own picture, valid until the next call, so that the scaler reads it without a
// copy. After any error the decoder forgets its references and skips everything up to the next key frame:
// better the last good picture than a broken one. Hostile headers cannot make it allocate beyond the limits.
// Owner: engine's video source. Thread: one at a time (codec pool strand).
#pragma once

#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/result.hpp"
#include "video/frame.hpp"

#include <cstdint>
#include <memory>

namespace plenum::video {

struct DecoderLimits {
  int max_width = 4096, max_height = 4096; // px
};

enum class DecodeStatus : std::uint8_t {
  picture,   // `picture` is set
  nothing,   // fine, but nothing to show (a hidden or delayed frame)
  needs_key, // failed or waiting: ask the sender for a key frame
};

struct Decoded {
  DecodeStatus status = DecodeStatus::nothing;
  I420View picture; // until the next decode()
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // `frame.key` says whether decoding may start here. H.264 is Annex B with parameter sets in band, VP9 and
  // AV1 are whole superframes and temporal units.
  virtual Decoded decode(const base::EncodedFrame& frame) = 0;
  virtual base::Codec codec() const = 0;
};

// VP8, VP9, H.264 or AV1. Fails (unavailable) for codecs that this build of libavcodec lacks.
base::Result<std::unique_ptr<Decoder>> make_decoder(const base::Env& env, base::Codec codec,
                                                    DecoderLimits limits = {});

} // namespace plenum::video
