#include "video/x264_encoder.hpp"

#ifdef PLENUM_X264

#include <algorithm>
#include <cstring>
#include <utility>
#include <x264.h>

namespace plenum::video {
namespace {

constexpr int kBufferMs = 600; // VBV: what a key frame may borrow

void ignore_log(void*, int, const char*, va_list) {}

} // namespace

struct X264Encoder::Library {
  x264_param_t settings{};
  x264_t* encoder = nullptr;
  x264_picture_t in{}, out{};
};

X264Encoder::X264Encoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings)
    : pool_(pool), settings_(settings), opened_fps_(settings.fps), x264_(std::make_unique<Library>()),
      failed_(env.metrics.counter("plenum_video_encode_failed_total", "codec=\"h264\"")),
      meter_(base::codec_meter(env.metrics, "h264_encode")) {}

X264Encoder::~X264Encoder() {
  if (x264_->encoder != nullptr) x264_encoder_close(x264_->encoder);
}

base::Result<std::unique_ptr<Encoder>> X264Encoder::open(const base::Env& env, base::EncodedFramePool& pool,
                                                         EncoderSettings settings) {
  std::unique_ptr<X264Encoder> encoder(new X264Encoder(env, pool, settings));
  if (!encoder->start()) return base::fail(base::ErrorCode::internal, "x264 refused the settings");
  return encoder;
}

bool X264Encoder::start() {
  x264_param_t& p = x264_->settings;
  if (x264_param_default_preset(&p, "superfast", "zerolatency") != 0) return false;
  p.pf_log = ignore_log;
  p.i_log_level = X264_LOG_NONE;
  p.i_threads = 1;
  p.b_sliced_threads = 0;
  p.i_width = settings_.width;
  p.i_height = settings_.height;
  p.i_csp = X264_CSP_I420;
  p.i_fps_num = static_cast<std::uint32_t>(settings_.fps);
  p.i_fps_den = 1;
  p.b_vfr_input = 0;
  p.i_level_idc = h264_level(settings_.width, settings_.height, settings_.fps);
  p.i_keyint_max = X264_KEYINT_MAX_INFINITE;
  p.i_scenecut_threshold = 0;
  p.i_bframe = 0;
  p.b_repeat_headers = 1;
  p.b_annexb = 1;
  p.b_aud = 0;
  p.analyse.b_psnr = p.analyse.b_ssim = 0;
  p.vui.b_fullrange = 0;
  p.rc.i_rc_method = X264_RC_ABR;
  apply_rate();
  if (x264_param_apply_profile(&p, "baseline") != 0) return false;
  x264_->encoder = x264_encoder_open(&p);
  x264_picture_init(&x264_->in);
  return x264_->encoder != nullptr;
}

// See the header: x264 budgets per frame at the frame rate it was opened with.
void X264Encoder::apply_rate() {
  auto& rc = x264_->settings.rc;
  const int kbps = std::max(1, settings_.kbps * opened_fps_ / settings_.fps);
  rc.i_bitrate = rc.i_vbv_max_bitrate = kbps;
  rc.i_vbv_buffer_size = std::max(1, settings_.kbps * kBufferMs / 1000);
}

void X264Encoder::set_rate(int kbps, int fps) {
  EncoderSettings wanted = settings_;
  wanted.kbps = kbps;
  wanted.fps = fps;
  wanted = *checked(wanted);
  if (wanted.kbps == settings_.kbps && wanted.fps == settings_.fps) return;
  settings_ = wanted;
  apply_rate();
  if (x264_encoder_reconfig(x264_->encoder, &x264_->settings) != 0) failed_.add();
}

// Superfast has no tuning that helps screens; the rate control adapts by itself.
void X264Encoder::set_content(ContentHint content) {
  settings_.content = content;
}

base::EncodedFrameRef X264Encoder::encode(const FrameRef& picture, bool force_key, std::int64_t pts) {
  if (!picture || picture->width != settings_.width || picture->height != settings_.height) {
    failed_.add();
    return {};
  }
  const MutableI420View pixels = picture->pixels();
  x264_picture_t& in = x264_->in;
  in.img.i_csp = X264_CSP_I420;
  in.img.i_plane = 3;
  in.img.plane[0] = pixels.y;
  in.img.plane[1] = pixels.u;
  in.img.plane[2] = pixels.v;
  in.img.i_stride[0] = pixels.stride_y;
  in.img.i_stride[1] = pixels.stride_u;
  in.img.i_stride[2] = pixels.stride_v;
  in.i_pts = pts;
  in.i_type = force_key ? X264_TYPE_IDR : X264_TYPE_AUTO;

  x264_nal_t* units = nullptr;
  int count = 0;
  const auto metered = meter_.run();
  const int size = x264_encoder_encode(x264_->encoder, &units, &count, &in, &x264_->out);
  if (size <= 0) {
    failed_.add();
    return {};
  }
  base::EncodedFrameRef frame = pool_.get(static_cast<std::size_t>(size));
  std::memcpy(frame->storage.get(), units[0].p_payload,
              static_cast<std::size_t>(size)); // contiguous by contract
  frame->size = static_cast<std::size_t>(size);
  frame->codec = base::Codec::h264;
  frame->key = x264_->out.b_keyframe != 0;
  frame->rtp_time = static_cast<std::uint32_t>(pts);
  frame->captured = picture->captured;
  frame->width = static_cast<std::uint16_t>(settings_.width);
  frame->height = static_cast<std::uint16_t>(settings_.height);
  return frame;
}

} // namespace plenum::video

#endif
