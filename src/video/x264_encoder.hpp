// X264Encoder: H.264 constrained baseline by x264, superfast and zerolatency, one thread (built with
// PLENUM_X264).
//
// Rate: ABR under a VBV of 600 ms. x264 cannot change its frame rate while running; as it budgets per frame,
// we give it the bitrate times (its fps / the real fps). No scene cut detection: key frames are forced by the
// tier's policy only. GPL: see NOTICE. Owner: engine's tier. Thread: codec pool strand.
#pragma once

#ifdef PLENUM_X264

#include "base/cpu_meter.hpp"
#include "video/encoder.hpp"

#include <cstdint>
#include <memory>

namespace plenum::video {

class X264Encoder final : public Encoder {
 public:
  static base::Result<std::unique_ptr<Encoder>> open(const base::Env& env, base::EncodedFramePool& pool,
                                                     EncoderSettings settings);
  ~X264Encoder() override;

  base::EncodedFrameRef encode(const FrameRef& picture, bool force_key, std::int64_t pts) override;
  void set_rate(int kbps, int fps) override;
  void set_content(ContentHint content) override;
  base::Codec codec() const override { return base::Codec::h264; }

 private:
  struct Library; // x264's own types, kept out of this header
  X264Encoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings);
  bool start();
  void apply_rate();

  base::EncodedFramePool& pool_;
  EncoderSettings settings_;
  int opened_fps_;
  std::unique_ptr<Library> x264_;
  base::Counter& failed_;
  base::CpuMeter meter_;
};

} // namespace plenum::video

#endif
