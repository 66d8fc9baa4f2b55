// Encoder: pictures of one size to one stream. One per (codec, tier), shared by everybody who watches it.
//
// No B frames, no look-ahead: one picture in, at most one frame out at once. Key frames come only when forced
// (and first). H.264 frames are Annex B with SPS and PPS before each IDR, constrained baseline, one slice;
// `rtp_time` is the low 32 bits of the given time, `captured` is the picture's. Owner: engine's tier. Thread:
// one at a time (codec pool).
#pragma once

#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/result.hpp"
#include "video/frame.hpp"

#include <cstdint>
#include <memory>

namespace plenum::video {

struct EncoderSettings {
  int width = 1280, height = 720; // px, even, 16–4096
  int kbps = 1200;                // 20–50,000
  int fps = 25;                   // 1–60
  ContentHint content = ContentHint::camera;
  int vp8_speed = -8; // libvpx cpu-used, -16 (fastest) to -4
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // `pts`: 90 kHz, rising. Empty when the frame has another size or the library failed (both counted).
  virtual base::EncodedFrameRef encode(const FrameRef& picture, bool force_key, std::int64_t pts) = 0;
  // From the next frame on, without a key frame. Values are clamped to the ranges above.
  virtual void set_rate(int kbps, int fps) = 0;
  virtual void set_content(ContentHint content) = 0; // camera or screen tuning, live
  virtual base::Codec codec() const = 0;
};

// VP8 (libvpx) or H.264 (x264, or openh264 when built without it). `pool` outlives the encoder and its
// frames.
base::Result<std::unique_ptr<Encoder>> make_encoder(const base::Env& env, base::EncodedFramePool& pool,
                                                    base::Codec codec, EncoderSettings settings);

// Shared by the encoders. Invalid: size odd or out of range. Rates are clamped.
base::Result<EncoderSettings> checked(EncoderSettings settings);
// H.264 level (31 = 3.1) that allows this picture size and rate, at least 3.1 (RFC 6184 profile-level-id
// 42e01f).
int h264_level(int width, int height, int fps);

} // namespace plenum::video
