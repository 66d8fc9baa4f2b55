#include "video/openh264_encoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <wels/codec_api.h>

namespace plenum::video {
namespace {

// openh264 wants a peak above the target; the tier's pacer smooths it.
int peak_bps(int kbps) {
  return kbps * 1250;
}

std::size_t frame_size(const SFrameBSInfo& info) {
  std::size_t size = 0;
  for (int i = 0; i < info.iLayerNum; ++i) {
    const SLayerBSInfo& layer = info.sLayerInfo[i];
    for (int n = 0; n < layer.iNalCount; ++n)
      size += static_cast<std::size_t>(layer.pNalLengthInByte[n]);
  }
  return size;
}

void copy_frame(const SFrameBSInfo& info, std::uint8_t* to) {
  for (int i = 0; i < info.iLayerNum; ++i) {
    const SLayerBSInfo& layer = info.sLayerInfo[i];
    std::size_t size = 0;
    for (int n = 0; n < layer.iNalCount; ++n)
      size += static_cast<std::size_t>(layer.pNalLengthInByte[n]);
    std::memcpy(to, layer.pBsBuf, size);
    to += size;
  }
}

} // namespace

OpenH264Encoder::OpenH264Encoder(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings)
    : pool_(pool), settings_(settings),
      failed_(env.metrics.counter("plenum_video_encode_failed_total", "codec=\"h264\"")),
      meter_(base::codec_meter(env.metrics, "h264_encode")) {}

OpenH264Encoder::~OpenH264Encoder() {
  if (encoder_ == nullptr) return;
  encoder_->Uninitialize();
  WelsDestroySVCEncoder(encoder_);
}

base::Result<std::unique_ptr<Encoder>>
OpenH264Encoder::open(const base::Env& env, base::EncodedFramePool& pool, EncoderSettings settings) {
  std::unique_ptr<OpenH264Encoder> encoder(new OpenH264Encoder(env, pool, settings));
  if (!encoder->start()) return base::fail(base::ErrorCode::internal, "openh264 refused the settings");
  return encoder;
}

bool OpenH264Encoder::start() {
  if (WelsCreateSVCEncoder(&encoder_) != 0 || encoder_ == nullptr) return false;
  int quiet = WELS_LOG_QUIET;
  encoder_->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);
  SEncParamExt p{};
  if (encoder_->GetDefaultParams(&p) != 0) return false;
  const auto fps = static_cast<float>(settings_.fps);
  p.iUsageType = settings_.content == ContentHint::screen ? SCREEN_CONTENT_REAL_TIME : CAMERA_VIDEO_REAL_TIME;
  p.iPicWidth = settings_.width;
  p.iPicHeight = settings_.height;
  p.fMaxFrameRate = fps;
  p.iTargetBitrate = settings_.kbps * 1000;
  p.iMaxBitrate = peak_bps(settings_.kbps);
  p.iRCMode = RC_BITRATE_MODE;
  p.bEnableFrameSkip = false;
  p.bEnableSceneChangeDetect = false;
  p.uiIntraPeriod = 0;
  p.iTemporalLayerNum = 1;
  p.iSpatialLayerNum = 1;
  p.iMultipleThreadIdc = 1;
  p.iComplexityMode = LOW_COMPLEXITY;
  p.iEntropyCodingModeFlag = 0;
  p.eSpsPpsIdStrategy = CONSTANT_ID;
  SSpatialLayerConfig& layer = p.sSpatialLayers[0];
  layer.iVideoWidth = settings_.width;
  layer.iVideoHeight = settings_.height;
  layer.fFrameRate = fps;
  layer.iSpatialBitrate = p.iTargetBitrate;
  layer.iMaxSpatialBitrate = p.iMaxBitrate;
  layer.uiProfileIdc = PRO_BASELINE;
  layer.uiLevelIdc = static_cast<ELevelIdc>(h264_level(settings_.width, settings_.height, settings_.fps));
  layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
  return encoder_->InitializeExt(&p) == 0;
}

void OpenH264Encoder::set_rate(int kbps, int fps) {
  EncoderSettings wanted = settings_;
  wanted.kbps = kbps;
  wanted.fps = fps;
  wanted = *checked(wanted);
  if (wanted.kbps == settings_.kbps && wanted.fps == settings_.fps) return;
  settings_ = wanted;
  // The peak must never be below the target: raised first, lowered last (it refuses otherwise).
  SBitrateInfo target{SPATIAL_LAYER_ALL, settings_.kbps * 1000};
  SBitrateInfo peak{SPATIAL_LAYER_ALL, peak_bps(settings_.kbps)};
  float rate = static_cast<float>(settings_.fps);
  int bad = encoder_->SetOption(ENCODER_OPTION_MAX_BITRATE, &peak) != 0;
  bad += encoder_->SetOption(ENCODER_OPTION_BITRATE, &target) != 0;
  if (bad > 0) {
    bad = encoder_->SetOption(ENCODER_OPTION_BITRATE, &target) != 0;
    bad += encoder_->SetOption(ENCODER_OPTION_MAX_BITRATE, &peak) != 0;
  }
  bad += encoder_->SetOption(ENCODER_OPTION_FRAME_RATE, &rate) != 0;
  if (bad > 0) failed_.add();
}

// The usage type is fixed while openh264 runs; camera settings serve screens well enough until the tier is
// reopened.
void OpenH264Encoder::set_content(ContentHint content) {
  settings_.content = content;
}

base::EncodedFrameRef OpenH264Encoder::encode(const FrameRef& picture, bool force_key, std::int64_t pts) {
  if (!picture || picture->width != settings_.width || picture->height != settings_.height) {
    failed_.add();
    return {};
  }
  const auto metered = meter_.run();
  if (force_key) encoder_->ForceIntraFrame(true);
  const MutableI420View pixels = picture->pixels();
  SSourcePicture source{};
  source.iColorFormat = videoFormatI420;
  source.iPicWidth = pixels.width;
  source.iPicHeight = pixels.height;
  source.iStride[0] = pixels.stride_y;
  source.iStride[1] = pixels.stride_u;
  source.iStride[2] = pixels.stride_v;
  source.pData[0] = pixels.y;
  source.pData[1] = pixels.u;
  source.pData[2] = pixels.v;
  source.uiTimeStamp = pts / 90; // ms
  SFrameBSInfo info{};
  const int failed = encoder_->EncodeFrame(&source, &info);
  const std::size_t size = failed == 0 ? frame_size(info) : 0;
  if (size == 0) {
    failed_.add();
    return {};
  }
  base::EncodedFrameRef frame = pool_.get(size);
  copy_frame(info, frame->storage.get());
  frame->size = size;
  frame->codec = base::Codec::h264;
  frame->key = info.eFrameType == videoFrameTypeIDR;
  frame->rtp_time = static_cast<std::uint32_t>(pts);
  frame->captured = picture->captured;
  frame->width = static_cast<std::uint16_t>(settings_.width);
  frame->height = static_cast<std::uint16_t>(settings_.height);
  return frame;
}

} // namespace plenum::video
