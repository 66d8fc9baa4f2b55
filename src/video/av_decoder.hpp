// AvDecoder: libavcodec's VP8, VP9, H.264 and (through libdav1d) AV1 decoders, single-threaded and without
// delay.
//
// libavcodec's decoder of VP8 is as fast as libvpx's and one interface serves all codecs. Its log lines are
// counted (plenum_av_log_total), not printed: hostile input must not fill a disk. Concealed pictures count as
// errors. Owner: engine's video source. Thread: one at a time (codec pool strand).
#pragma once

#include "base/cpu_meter.hpp"
#include "video/decoder.hpp"

struct AVCodecContext;
struct AVFrame;
struct AVPacket;

namespace plenum::video {

class AvDecoder final : public Decoder {
 public:
  static base::Result<std::unique_ptr<Decoder>> open(const base::Env& env, base::Codec codec,
                                                     DecoderLimits limits);
  ~AvDecoder() override;

  Decoded decode(const base::EncodedFrame& frame) override;
  base::Codec codec() const override { return codec_; }

 private:
  AvDecoder(const base::Env& env, base::Codec codec, DecoderLimits limits);
  bool start();
  bool feed(const base::EncodedFrame& frame);
  bool acceptable() const;
  Decoded fail();

  base::Codec codec_;
  DecoderLimits limits_;
  AVCodecContext* context_ = nullptr; // none: waiting for a key frame
  AVFrame* picture_ = nullptr;
  AVFrame* newest_ = nullptr;
  AVPacket* packet_ = nullptr;
  base::Counter& errors_;
  base::Counter& unsupported_;
  base::CpuMeter meter_;
};

} // namespace plenum::video
