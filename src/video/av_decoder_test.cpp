#include "video/av_decoder.hpp"
#include "video/encoder.hpp"
#include "video/scale.hpp"
#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
}

namespace plenum::video {
namespace {

using namespace testing_pictures;
using base::Codec;

constexpr int kWidth = 320, kHeight = 192, kGroup = 8, kFrames = 16; // a key frame every kGroup

base::EncodedFrameRef encoded(base::EncodedFramePool& pool, Codec codec, base::Bytes bytes, bool key) {
  base::EncodedFrameRef frame = pool.get(bytes.size());
  std::copy(bytes.begin(), bytes.end(), frame->storage.get());
  frame->size = bytes.size();
  frame->codec = codec;
  frame->key = key;
  return frame;
}

using Clip = std::vector<base::EncodedFrameRef>;

Clip ours(base::EncodedFramePool& pool, FramePool& pictures, Codec codec) {
  auto encoder = make_encoder({}, pool, codec, {.width = kWidth, .height = kHeight, .kbps = 600});
  Clip clip;
  for (int i = 0; i < kFrames; ++i) {
    clip.push_back((*encoder)->encode(moving(pictures, kWidth, kHeight, i), i % kGroup == 0, i * 3600));
  }
  return clip;
}

Clip vp9(base::EncodedFramePool& pool, FramePool& pictures) {
  vpx_codec_enc_cfg_t config{};
  vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &config, 0);
  config.g_w = kWidth;
  config.g_h = kHeight;
  config.g_lag_in_frames = 0;
  config.rc_target_bitrate = 600;
  vpx_codec_ctx_t codec{};
  EXPECT_EQ(vpx_codec_enc_init(&codec, vpx_codec_vp9_cx(), &config, 0), VPX_CODEC_OK);
  vpx_codec_control(&codec, VP8E_SET_CPUUSED, 8);
  Clip clip;
  for (int i = 0; i < kFrames; ++i) {
    const FrameRef picture = moving(pictures, kWidth, kHeight, i);
    vpx_image_t* image = vpx_img_alloc(nullptr, VPX_IMG_FMT_I420, kWidth, kHeight, 1);
    copy(picture->view(), {image->planes[0], image->planes[1], image->planes[2], image->stride[0],
                           image->stride[1], image->stride[2], kWidth, kHeight});
    vpx_codec_encode(&codec, image, i, 1, i % kGroup == 0 ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
    vpx_img_free(image);
    vpx_codec_iter_t at = nullptr;
    while (const auto* p = vpx_codec_get_cx_data(&codec, &at)) {
      if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
      const auto* bytes = static_cast<const std::uint8_t*>(p->data.frame.buf);
      clip.push_back(encoded(pool, Codec::vp9, {bytes, p->data.frame.sz}, i % kGroup == 0));
    }
  }
  vpx_codec_destroy(&codec);
  return clip;
}

// AV1 is made with whatever libavcodec has; a build without an AV1 encoder skips its tests.
Clip av1(base::EncodedFramePool& pool, FramePool& pictures) {
  const AVCodec* codec = avcodec_find_encoder_by_name("libaom-av1");
  if (codec == nullptr) return {};
  AVCodecContext* context = avcodec_alloc_context3(codec);
  context->width = kWidth;
  context->height = kHeight;
  context->pix_fmt = AV_PIX_FMT_YUV420P;
  context->time_base = {1, 25};
  context->gop_size = kGroup;
  context->keyint_min = kGroup;
  context->thread_count = 1;
  context->bit_rate = 600'000;
  for (const auto& [key, value] :
       {std::pair{"usage", "realtime"}, {"cpu-used", "8"}, {"lag-in-frames", "0"}}) {
    av_opt_set(context->priv_data, key, value, 0);
  }
  EXPECT_EQ(avcodec_open2(context, codec, nullptr), 0);
  AVFrame* input = av_frame_alloc();
  AVPacket* packet = av_packet_alloc();
  Clip clip;
  for (int i = 0; i < kFrames; ++i) {
    const FrameRef picture = moving(pictures, kWidth, kHeight, i);
    input->format = AV_PIX_FMT_YUV420P;
    input->width = kWidth;
    input->height = kHeight;
    input->pts = i;
    av_frame_get_buffer(input, 0);
    copy(picture->view(), {input->data[0], input->data[1], input->data[2], input->linesize[0],
                           input->linesize[1], input->linesize[2], kWidth, kHeight});
    avcodec_send_frame(context, input);
    av_frame_unref(input);
    while (avcodec_receive_packet(context, packet) == 0) {
      const bool key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
      clip.push_back(encoded(pool, Codec::av1, {packet->data, std::size_t(packet->size)}, key));
      av_packet_unref(packet);
    }
  }
  av_frame_free(&input);
  av_packet_free(&packet);
  avcodec_free_context(&context);
  return clip;
}

struct DecoderTest : testing::TestWithParam<Codec> {
  base::Metrics metrics;
  base::Env env{.metrics = metrics};
  base::EncodedFramePool encoded_pool;
  FramePool pictures{env, 4, "test"};
  Clip clip;
  std::unique_ptr<Decoder> decoder;

  void SetUp() override {
    decoder = open();
    switch (GetParam()) {
    case Codec::vp9:
      clip = vp9(encoded_pool, pictures);
      break;
    case Codec::av1:
      clip = av1(encoded_pool, pictures);
      if (clip.empty()) GTEST_SKIP() << "this libavcodec cannot encode AV1";
      break;
    default:
      clip = ours(encoded_pool, pictures, GetParam());
    }
    ASSERT_EQ(clip.size(), std::size_t{kFrames});
    ASSERT_TRUE(clip[0]->key && clip[kGroup]->key && !clip[1]->key);
  }
  std::unique_ptr<Decoder> open(DecoderLimits limits = {}) {
    auto made = make_decoder(env, GetParam(), limits);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  base::EncodedFrameRef copy_of(const base::EncodedFrame& frame, std::size_t size) {
    return encoded(encoded_pool, frame.codec, frame.bytes().first(size), frame.key);
  }
  double quality(const Decoded& decoded, int time) {
    if (decoded.status != DecodeStatus::picture || decoded.picture.width != kWidth) return 0;
    return psnr(decoded.picture, moving(pictures, kWidth, kHeight, time)->view());
  }
};

TEST_P(DecoderTest, EveryFrameGivesItsPictureAtOnce) {
  for (int i = 0; i < kFrames; ++i)
    EXPECT_GT(quality(decoder->decode(*clip[std::size_t(i)]), i), 27) << i;
  EXPECT_EQ(metrics.counter("plenum_video_decode_failed_total").value(), 0u);
}

TEST_P(DecoderTest, WaitsForAKeyFrame) {
  for (int i = 1; i < kGroup; ++i) {
    EXPECT_EQ(decoder->decode(*clip[std::size_t(i)]).status, DecodeStatus::needs_key);
  }
  EXPECT_GT(quality(decoder->decode(*clip[kGroup]), kGroup), 27);
}

TEST_P(DecoderTest, RubbishFailsAndTheNextKeyRecovers) {
  EXPECT_GT(quality(decoder->decode(*clip[0]), 0), 27);
  std::vector<std::uint8_t> rubbish(300, 0xff);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, rubbish.size()}) {
    const auto bad = encoded(encoded_pool, GetParam(), base::Bytes(rubbish).first(size), true);
    EXPECT_NE(decoder->decode(*bad).status, DecodeStatus::picture) << size;
  }
  EXPECT_GT(quality(decoder->decode(*clip[kGroup]), kGroup), 27);
  EXPECT_GT(quality(decoder->decode(*clip[kGroup + 1]), kGroup + 1), 27);
}

TEST_P(DecoderTest, TruncatedFramesNeverCrash) {
  for (std::size_t part = 0; part <= 16; ++part) {
    for (const int at : {0, 1}) {
      decoder->decode(*clip[0]);
      const auto& whole = *clip[std::size_t(at)];
      decoder->decode(*copy_of(whole, whole.size * part / 17));
    }
    EXPECT_GT(quality(decoder->decode(*clip[kGroup]), kGroup), 27) << part;
  }
}

TEST_P(DecoderTest, MutatedFramesNeverCrash) {
  base::SeededRandom random(7);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 3; ++i) {
      const auto& whole = *clip[std::size_t(i)];
      const auto bad = copy_of(whole, whole.size);
      const auto changes = 1 + random.u32() % 8;
      for (std::uint32_t n = 0; n < changes; ++n) {
        // Half of them in the headers.
        const std::size_t reach = n % 2 == 0 ? std::min<std::size_t>(40, bad->size) : bad->size;
        bad->storage[random.u32() % reach] = static_cast<std::uint8_t>(random.u32());
      }
      const Decoded decoded = decoder->decode(*bad);
      if (decoded.status == DecodeStatus::picture) {
        EXPECT_LE(decoded.picture.width, 4096);
        // Touches the corners, for AddressSanitizer.
        const auto& v = decoded.picture;
        EXPECT_GE(int{v.y[0]} + v.y[(v.height - 1) * v.stride_y + v.width - 1] + v.v[0], 0);
      }
    }
    EXPECT_GT(quality(decoder->decode(*clip[kGroup]), kGroup), 27) << round;
  }
}

TEST_P(DecoderTest, RefusesPicturesBeyondItsLimits) {
  const auto strict = open({.max_width = 300, .max_height = 300});
  EXPECT_EQ(strict->decode(*clip[0]).status, DecodeStatus::needs_key);
  EXPECT_GE(metrics.counter("plenum_video_decode_failed_total").value(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, DecoderTest, testing::Values(Codec::vp8, Codec::vp9, Codec::h264, Codec::av1),
                         [](const auto& info) {
                           switch (info.param) {
                           case Codec::vp8:
                             return std::string("vp8");
                           case Codec::vp9:
                             return std::string("vp9");
                           case Codec::h264:
                             return std::string("h264");
                           default:
                             return std::string("av1");
                           }
                         });

// A VP8 key frame header that claims 16383×16383.
TEST(AvDecoder, AHugeHeaderAllocatesNothing) {
  base::EncodedFramePool pool;
  auto decoder = make_decoder({}, Codec::vp8);
  std::vector<std::uint8_t> bytes{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f};
  bytes.resize(200);
  EXPECT_EQ((*decoder)->decode(*encoded(pool, Codec::vp8, bytes, true)).status, DecodeStatus::needs_key);
}

TEST(AvDecoder, LibraryMessagesAreCounted) {
  base::EncodedFramePool pool;
  auto decoder = make_decoder({}, Codec::vp8);
  auto& errors = base::Metrics::process().counter("plenum_av_log_total", "level=\"error\"");
  auto& warnings = base::Metrics::process().counter("plenum_av_log_total", "level=\"warning\"");
  const auto before = errors.value() + warnings.value();
  testing::internal::CaptureStderr();
  const std::vector<std::uint8_t> bytes(64, 0);
  (*decoder)->decode(*encoded(pool, Codec::vp8, bytes, true));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_GT(errors.value() + warnings.value(), before);
}

TEST(AvDecoder, UnknownCodecsAreAnError) {
  EXPECT_FALSE(make_decoder({}, Codec::opus));
}

} // namespace
} // namespace plenum::video
