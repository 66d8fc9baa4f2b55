// VpxEncoder: VP8 by libvpx in realtime CBR mode, one thread.
//
// Settings follow what libwebrtc uses for calls: no error resilience (we repair by RTX and key frames), no
// frame dropping (a tier is shared; the canvas decides the rate), static threshold 1, key frames limited to
// about a third of a second of the rate (max intra bitrate), 0.5–1 s rate buffer. Screen content switches
// libvpx's screen mode. libvpx allocates at open and when the size changes, not per frame. Owner: engine's
// tier. Thread: codec pool strand.
#pragma once

#include "base/cpu_meter.hpp"
#include "video/encoder.hpp"

#include <vpx/vpx_encoder.h>

namespace plenum::video {

class VpxEncoder final : public Encoder {
 public:
  static base::Result<std::unique_ptr<Encoder>> open(const base::Env& env, base::EncodedFramePool& pool,
                                                     EncoderSettings settings);
  ~VpxEncoder() override;

  base::EncodedFrameRef encode(const FrameRef& picture, bool force_key, std::int64_t pts) override;
  void set_rate(int kbps, int fps) override;
  void set_content(ContentHint content) override;
  base::Codec codec() const override { return base::Codec::vp8; }

 private:
  VpxEncoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings);
  bool start();
  void tune();
  base::EncodedFrameRef collect(const FrameRef& picture, std::int64_t pts);

  base::EncodedFramePool& pool_;
  EncoderSettings settings_;
  vpx_codec_enc_cfg_t config_{};
  vpx_codec_ctx_t codec_{};
  vpx_image_t image_{};
  bool open_ = false;
  bool started_ = false; // a frame was encoded
  base::Counter& failed_;
  base::CpuMeter meter_;
};

} // namespace plenum::video
