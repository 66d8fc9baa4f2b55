#include "video/vpx_encoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vpx/vp8cx.h>

namespace plenum::video {
namespace {

constexpr int kClockRate = 90'000; // Hz, of pts
// libvpx's rate buffer in ms: a key frame may borrow from it, a second's worth at most.
constexpr unsigned kBufferSize = 1000, kBufferInitial = 500, kBufferOptimal = 600;

unsigned positive(int value) {
  return static_cast<unsigned>(value);
}

} // namespace

VpxEncoder::VpxEncoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings)
    : pool_(pool), settings_(settings),
      failed_(env.metrics.counter("plenum_video_encode_failed_total", "codec=\"vp8\"")),
      meter_(base::codec_meter(env.metrics, "vp8_encode")) {}

VpxEncoder::~VpxEncoder() {
  if (open_) vpx_codec_destroy(&codec_);
}

base::Result<std::unique_ptr<Encoder>> VpxEncoder::open(const base::Env& env, base::EncodedFramePool& pool,
                                                        EncoderSettings settings) {
  std::unique_ptr<VpxEncoder> encoder(new VpxEncoder(env, pool, settings));
  if (!encoder->start()) return base::fail(base::ErrorCode::internal, "libvpx refused the VP8 settings");
  return encoder;
}

bool VpxEncoder::start() {
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config_, 0) != VPX_CODEC_OK) return false;
  config_.g_w = positive(settings_.width);
  config_.g_h = positive(settings_.height);
  config_.g_timebase = {1, kClockRate};
  config_.g_threads = 1;
  config_.g_error_resilient = 0;
  config_.g_lag_in_frames = 0;
  config_.rc_end_usage = VPX_CBR;
  config_.rc_target_bitrate = positive(settings_.kbps);
  config_.rc_dropframe_thresh = 0;
  config_.rc_resize_allowed = 0;
  config_.rc_min_quantizer = 2;
  config_.rc_max_quantizer = 56;
  config_.rc_undershoot_pct = 100;
  config_.rc_overshoot_pct = 15;
  config_.rc_buf_sz = kBufferSize;
  config_.rc_buf_initial_sz = kBufferInitial;
  config_.rc_buf_optimal_sz = kBufferOptimal;
  config_.kf_mode = VPX_KF_DISABLED;
  if (vpx_codec_enc_init(&codec_, vpx_codec_vp8_cx(), &config_, 0) != VPX_CODEC_OK) return false;
  open_ = true;
  tune();
  return true;
}

void VpxEncoder::tune() {
  vpx_codec_control(&codec_, VP8E_SET_CPUUSED, settings_.vp8_speed);
  vpx_codec_control(&codec_, VP8E_SET_STATIC_THRESHOLD, 1U);
  vpx_codec_control(&codec_, VP8E_SET_TOKEN_PARTITIONS, static_cast<int>(VP8_ONE_TOKENPARTITION));
  vpx_codec_control(&codec_, VP8E_SET_NOISE_SENSITIVITY, 0U);
  vpx_codec_control(&codec_, VP8E_SET_SCREEN_CONTENT_MODE,
                    settings_.content == ContentHint::screen ? 1U : 0U);
  // A key frame costs at most half the optimal buffer, in percent of a frame's share (libwebrtc's rule), at
  // least 3×.
  const int most = static_cast<int>(kBufferOptimal) * settings_.fps / 20;
  vpx_codec_control(&codec_, VP8E_SET_MAX_INTRA_BITRATE_PCT, positive(std::max(300, most)));
}

void VpxEncoder::set_rate(int kbps, int fps) {
  EncoderSettings wanted = settings_;
  wanted.kbps = kbps;
  wanted.fps = fps;
  wanted = *checked(wanted);
  if (wanted.kbps == settings_.kbps && wanted.fps == settings_.fps) return;
  settings_ = wanted;
  config_.rc_target_bitrate = positive(settings_.kbps);
  if (vpx_codec_enc_config_set(&codec_, &config_) != VPX_CODEC_OK) failed_.add();
  tune();
}

void VpxEncoder::set_content(ContentHint content) {
  if (content == settings_.content) return;
  settings_.content = content;
  tune();
}

base::EncodedFrameRef VpxEncoder::encode(const FrameRef& picture, bool force_key, std::int64_t pts) {
  if (!picture || picture->width != settings_.width || picture->height != settings_.height) {
    failed_.add();
    return {};
  }
  const MutableI420View pixels = picture->pixels();
  vpx_img_wrap(&image_, VPX_IMG_FMT_I420, positive(pixels.width), positive(pixels.height), 1, pixels.y);
  image_.planes[VPX_PLANE_Y] = pixels.y;
  image_.planes[VPX_PLANE_U] = pixels.u;
  image_.planes[VPX_PLANE_V] = pixels.v;
  image_.stride[VPX_PLANE_Y] = pixels.stride_y;
  image_.stride[VPX_PLANE_U] = pixels.stride_u;
  image_.stride[VPX_PLANE_V] = pixels.stride_v;
  const auto metered = meter_.run();
  const vpx_enc_frame_flags_t flags = force_key || !started_ ? VPX_EFLAG_FORCE_KF : 0;
  const auto duration = positive(kClockRate / settings_.fps);
  if (vpx_codec_encode(&codec_, &image_, pts, duration, flags, VPX_DL_REALTIME) != VPX_CODEC_OK) {
    failed_.add();
    return {};
  }
  return collect(picture, pts);
}

base::EncodedFrameRef VpxEncoder::collect(const FrameRef& picture, std::int64_t pts) {
  vpx_codec_iter_t at = nullptr;
  while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_, &at)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0) continue;
    base::EncodedFrameRef frame = pool_.get(packet->data.frame.sz);
    std::memcpy(frame->storage.get(), packet->data.frame.buf, packet->data.frame.sz);
    frame->size = packet->data.frame.sz;
    frame->codec = base::Codec::vp8;
    frame->key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    frame->rtp_time = static_cast<std::uint32_t>(pts);
    frame->captured = picture->captured;
    frame->width = static_cast<std::uint16_t>(settings_.width);
    frame->height = static_cast<std::uint16_t>(settings_.height);
    started_ = true;
    return frame;
  }
  failed_.add();
  return {};
}

} // namespace plenum::video
