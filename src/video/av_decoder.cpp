#include "video/av_decoder.hpp"

#include <climits>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
}

namespace plenum::video {
namespace {

const char* decoder_name(base::Codec codec) {
  switch (codec) {
  case base::Codec::vp8:
    return "vp8";
  case base::Codec::vp9:
    return "vp9";
  case base::Codec::h264:
    return "h264";
  case base::Codec::av1:
    return "libdav1d";
  default:
    return "";
  }
}

std::string_view meter_name(base::Codec codec) {
  switch (codec) {
  case base::Codec::vp8:
    return "vp8_decode";
  case base::Codec::vp9:
    return "vp9_decode";
  case base::Codec::h264:
    return "h264_decode";
  default:
    return "av1_decode";
  }
}

// libavcodec's log callback is one per process and carries no user pointer.
void count_log(void*, int level, const char*, va_list) {
  if (level > AV_LOG_WARNING) return;
  static base::Counter& errors = base::Metrics::process().counter("plenum_av_log_total", "level=\"error\"");
  static base::Counter& warnings =
      base::Metrics::process().counter("plenum_av_log_total", "level=\"warning\"");
  (level <= AV_LOG_ERROR ? errors : warnings).add();
}

} // namespace

base::Result<std::unique_ptr<Decoder>> make_decoder(const base::Env& env, base::Codec codec,
                                                    DecoderLimits limits) {
  return AvDecoder::open(env, codec, limits);
}

AvDecoder::AvDecoder(const base::Env& env, base::Codec codec, DecoderLimits limits)
    : codec_(codec), limits_(limits), picture_(av_frame_alloc()), newest_(av_frame_alloc()),
      packet_(av_packet_alloc()), errors_(env.metrics.counter("plenum_video_decode_failed_total")),
      unsupported_(env.metrics.counter("plenum_video_decode_unsupported_total")),
      meter_(base::codec_meter(env.metrics, meter_name(codec))) {}

AvDecoder::~AvDecoder() {
  avcodec_free_context(&context_);
  av_frame_free(&picture_);
  av_frame_free(&newest_);
  av_packet_free(&packet_);
}

base::Result<std::unique_ptr<Decoder>> AvDecoder::open(const base::Env& env, base::Codec codec,
                                                       DecoderLimits limits) {
  av_log_set_callback(count_log);
  std::unique_ptr<AvDecoder> decoder(new AvDecoder(env, codec, limits));
  const bool works = decoder->start();
  avcodec_free_context(&decoder->context_); // until the first key frame
  if (!works) {
    return base::fail(base::ErrorCode::unavailable, "libavcodec cannot decode this codec here");
  }
  return decoder;
}

bool AvDecoder::start() {
  const AVCodec* codec = avcodec_find_decoder_by_name(decoder_name(codec_));
  if (codec == nullptr || picture_ == nullptr || newest_ == nullptr || packet_ == nullptr) return false;
  context_ = avcodec_alloc_context3(codec);
  if (context_ == nullptr) return false;
  context_->thread_count = 1; // the codec pool gives the parallelism; frame threads would add delay
  context_->flags |= AV_CODEC_FLAG_LOW_DELAY;
  context_->err_recognition = AV_EF_EXPLODE;
  context_->max_pixels = std::int64_t{limits_.max_width} * limits_.max_height;
  return avcodec_open2(context_, codec, nullptr) == 0;
}

// Pictures that the canvas cannot use or that libavcodec patched up.
bool AvDecoder::acceptable() const {
  const bool is_i420 = newest_->format == AV_PIX_FMT_YUV420P || newest_->format == AV_PIX_FMT_YUVJ420P;
  const bool fits = newest_->width >= 2 && newest_->width <= limits_.max_width && newest_->height >= 2 &&
                    newest_->height <= limits_.max_height;
  if (!is_i420 || !fits) unsupported_.add();
  return is_i420 && fits && newest_->decode_error_flags == 0 && (newest_->flags & AV_FRAME_FLAG_CORRUPT) == 0;
}

// Opened afresh at the next key frame: flushing alone keeps what a damaged header said (libavcodec's H.264
// decoder never lowers its reorder delay).
Decoded AvDecoder::fail() {
  errors_.add();
  avcodec_free_context(&context_);
  return {DecodeStatus::needs_key, {}};
}

// Without a buffer of its own the packet is copied by libavcodec, which adds the padding that its bit readers
// need.
bool AvDecoder::feed(const base::EncodedFrame& frame) {
  if (frame.size == 0 || frame.size > INT_MAX - AV_INPUT_BUFFER_PADDING_SIZE) return false;
  packet_->data = frame.storage.get();
  packet_->size = static_cast<int>(frame.size);
  packet_->flags = frame.key ? AV_PKT_FLAG_KEY : 0;
  const int sent = avcodec_send_packet(context_, packet_);
  packet_->data = nullptr;
  packet_->size = 0;
  return sent == 0;
}

Decoded AvDecoder::decode(const base::EncodedFrame& frame) {
  if (context_ == nullptr && !frame.key) return {DecodeStatus::needs_key, {}};
  const auto metered = meter_.run();
  if (frame.key && context_ != nullptr && context_->has_b_frames > 0) avcodec_free_context(&context_);
  if ((context_ == nullptr && !start()) || !feed(frame)) return fail();
  bool got_one = false;
  for (;
       ;) { // a VP9 superframe or an AV1 temporal unit may hold several pictures: the last is the one to show
    const int received = avcodec_receive_frame(context_, newest_);
    if (received == AVERROR(EAGAIN)) break;
    if (received < 0 || !acceptable()) return fail();
    av_frame_unref(picture_);
    av_frame_move_ref(picture_, newest_);
    got_one = true;
  }
  if (!got_one) return {DecodeStatus::nothing, {}};
  const AVFrame& p = *picture_;
  return {DecodeStatus::picture,
          {p.data[0], p.data[1], p.data[2], p.linesize[0], p.linesize[1], p.linesize[2], p.width, p.height}};
}

} // namespace plenum::video
