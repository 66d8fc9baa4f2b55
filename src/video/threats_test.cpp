// Attacks of the class A13 (docs/threats.md) on the decoders of video and pictures.
#include "video/av_decoder.hpp"
#include "video/encoder.hpp"
#include "video/image_load.hpp"
#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

namespace plenum::video {
namespace {

using namespace testing_pictures;
using base::Codec;

constexpr DecoderLimits kLimits{.max_width = 512, .max_height = 512};

struct Threats : testing::Test {
  base::Metrics metrics;
  base::Env env{.metrics = metrics};
  base::EncodedFramePool encoded;
  FramePool pictures{env, 8, "test"};

  base::EncodedFrameRef key_frame(Codec codec, int width, int height) {
    auto encoder = make_encoder(env, encoded, codec, {.width = width, .height = height, .kbps = 300});
    return (*encoder)->encode(moving(pictures, width, height, 3), true, 0);
  }
  std::uint64_t failures() { return metrics.counter("plenum_video_decode_failed_total").value(); }
};

TEST_F(Threats, A13_AResolutionStormIsFollowedWithinTheLimits) {
  for (const Codec codec : {Codec::vp8, Codec::h264}) {
    std::vector<base::EncodedFrameRef> storm;
    for (const auto& [width, height] :
         {std::pair{16, 16}, {512, 16}, {16, 512}, {322, 180}, {512, 512}, {514, 512}, {64, 1024}})
      storm.push_back(key_frame(codec, width, height));
    auto decoder = *AvDecoder::open(env, codec, kLimits);
    for (int round = 0; round < 50; ++round)
      for (std::size_t i = 0; i < storm.size(); ++i) {
        const auto decoded =
            decoder->decode(*storm[(i * 3 + static_cast<std::size_t>(round)) % storm.size()]);
        if (decoded.status != DecodeStatus::picture) continue;
        ASSERT_LE(decoded.picture.width, kLimits.max_width);
        ASSERT_LE(decoded.picture.height, kLimits.max_height);
      }
    const auto last = decoder->decode(*storm[4]);
    EXPECT_EQ(last.status, DecodeStatus::picture);
    EXPECT_GE(failures(), 90U); // the two that are too large, every time
  }
}

// VP8: 14 bits of width and height right behind the start code; no encoder is needed for this lie.
TEST_F(Threats, A13_HeadersOfSixteenThousandPixelsAllocateNothing) {
  auto decoder = *AvDecoder::open(env, Codec::vp8, kLimits);
  const auto honest = key_frame(Codec::vp8, 64, 64);
  for (const int side : {0, 1, 513, 16'383}) {
    auto lie = encoded.get(honest->size);
    std::copy(honest->bytes().begin(), honest->bytes().end(), lie->buffer().begin());
    lie->size = honest->size;
    lie->codec = Codec::vp8;
    lie->key = true;
    for (const std::size_t at : {6U, 8U}) {
      lie->buffer()[at] = static_cast<std::uint8_t>(side);
      lie->buffer()[at + 1] = static_cast<std::uint8_t>(side >> 8);
    }
    const auto decoded = decoder->decode(*lie);
    if (decoded.status == DecodeStatus::picture)
      EXPECT_LE(decoded.picture.width, kLimits.max_width) << side;
    else
      EXPECT_NE(side, 64);
  }
  EXPECT_GE(failures(), 2U);
  EXPECT_EQ(decoder->decode(*honest).status, DecodeStatus::picture);
}

// A PNG of 60,000 × 60,000 pixels is 45 bytes long until somebody believes it.
TEST_F(Threats, A13_PictureBombsAreRefusedByTheirHeader) {
  std::vector<std::uint8_t> png = {0x89, 'P', 'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,
                                   0,    13,  'I',  'H',  'D',  'R',  0,    0,    0xea, 0x60,
                                   0,    0,   0xea, 0x60, 8,    6,    0,    0,    0};
  png.insert(png.end(), {0xaa, 0xbb, 0xcc, 0xdd, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82});
  EXPECT_FALSE(load_image(png));
  // WebP, lossless: 16,384 × 16,384.
  const std::vector<std::uint8_t> webp = {'R',  'I',  'F',  'F',  22,   0,   0,  0, 'W', 'E',
                                          'B',  'P',  'V',  'P',  '8',  'L', 10, 0, 0,   0,
                                          0x2f, 0xff, 0xff, 0xff, 0x0f, 0,   0,  0, 0,   0};
  const auto refused = load_image(webp);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::too_large);
  // An animation: the flag alone is enough.
  const std::vector<std::uint8_t> animated = {'R', 'I', 'F', 'F', 22,  0,   0,  0, 'W', 'E',
                                              'B', 'P', 'V', 'P', '8', 'X', 10, 0, 0,   0,
                                              2,   0,   0,   0,   9,   0,   0,  9, 0,   0};
  EXPECT_FALSE(load_image(animated));
}

} // namespace
} // namespace plenum::video
