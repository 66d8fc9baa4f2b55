// OpenH264Encoder: H.264 constrained baseline by openh264 (BSD), for builds without x264.
//
// Cheapest of all encoders per frame (docs/costs.md). No frame skipping and no scene change detection, for
// the same reasons as in the other encoders. Owner: engine's tier. Thread: codec pool strand.
#pragma once

#include "base/cpu_meter.hpp"
#include "video/encoder.hpp"

class ISVCEncoder;

namespace plenum::video {

class OpenH264Encoder final : public Encoder {
 public:
  static base::Result<std::unique_ptr<Encoder>> open(const base::Env& env, base::EncodedFramePool& pool,
                                                     EncoderSettings settings);
  ~OpenH264Encoder() override;

  base::EncodedFrameRef encode(const FrameRef& picture, bool force_key, std::int64_t pts) override;
  void set_rate(int kbps, int fps) override;
  void set_content(ContentHint content) override;
  base::Codec codec() const override { return base::Codec::h264; }

 private:
  OpenH264Encoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings);
  bool start();

  base::EncodedFramePool& pool_;
  EncoderSettings settings_;
  ISVCEncoder* encoder_ = nullptr;
  base::Counter& failed_;
  base::CpuMeter meter_;
};

} // namespace plenum::video
