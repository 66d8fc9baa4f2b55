#include "base/alloc_counter.hpp"
#include "video/decoder.hpp"
#include "video/encoder.hpp"
#include "video/openh264_encoder.hpp"
#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace plenum::video {
namespace {

using namespace testing_pictures;
using base::Codec;

struct Kind {
  const char* name;
  Codec codec;
  bool openh264;
};

struct EncoderTest : testing::TestWithParam<Kind> {
  base::Metrics metrics;
  base::Env env{.metrics = metrics};
  base::EncodedFramePool encoded;
  FramePool frames{env, 40, "test"};
  std::int64_t pts = 0;
  int fps = 25;

  std::unique_ptr<Encoder> make(EncoderSettings settings) {
    fps = settings.fps;
    auto made = GetParam().openh264 ? OpenH264Encoder::open(env, encoded, *checked(settings))
                                    : make_encoder(env, encoded, GetParam().codec, settings);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  base::EncodedFrameRef encode(Encoder& encoder, const FrameRef& picture, bool key = false) {
    pts += 90'000 / fps;
    return encoder.encode(picture, key, pts);
  }
  std::uint64_t failed() {
    const auto* label = GetParam().codec == Codec::vp8 ? "codec=\"vp8\"" : "codec=\"h264\"";
    return metrics.counter("plenum_video_encode_failed_total", label).value();
  }
};

std::vector<FrameRef> clip(FramePool& pool, int width, int height, int count) {
  std::vector<FrameRef> all;
  for (int i = 0; i < count; ++i)
    all.push_back(moving(pool, width, height, i, 20));
  return all;
}

TEST_P(EncoderTest, RoundTripLooksTheSame) {
  const auto encoder = make({.width = 640, .height = 360, .kbps = 1500});
  auto decoder = make_decoder(env, GetParam().codec);
  ASSERT_TRUE(decoder);
  for (int i = 0; i < 20; ++i) {
    const FrameRef picture = moving(frames, 640, 360, i);
    picture->captured = base::timestamp_us(1000 + i);
    const auto frame = encode(*encoder, picture);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->codec, GetParam().codec);
    EXPECT_EQ(frame->key, i == 0);
    EXPECT_EQ(frame->captured, picture->captured);
    EXPECT_EQ(frame->rtp_time, static_cast<std::uint32_t>(pts));
    EXPECT_EQ(frame->width, 640);
    const Decoded decoded = (*decoder)->decode(*frame);
    ASSERT_EQ(decoded.status, DecodeStatus::picture) << i;
    ASSERT_EQ(decoded.picture.width, 640);
    ASSERT_EQ(decoded.picture.height, 360);
    EXPECT_GT(psnr(decoded.picture, picture->view()), 32.0) << i;
    EXPECT_TRUE(near(at(decoded.picture, 600, 20), at(picture, 600, 20), 12));
  }
}

TEST_P(EncoderTest, KeyFramesComeOnlyWhenForced) {
  const auto encoder = make({.width = 320, .height = 180, .kbps = 400});
  for (int i = 0; i < 60; ++i) {
    // Every tenth picture is another scene altogether.
    const FrameRef picture =
        i % 10 == 9 ? plain(frames, 320, 180, i % 20 == 9 ? kRed : kBlue) : moving(frames, 320, 180, i);
    const bool force = i == 23 || i == 24;
    const auto frame = encode(*encoder, picture, force);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->key, i == 0 || force) << i;
  }
}

// The sum of frame sizes over a time follows the rate that was set, without a key frame.
TEST_P(EncoderTest, ObeysTheBitrateLive) {
  const auto encoder = make({.width = 640, .height = 360, .kbps = 1200});
  const auto pictures = clip(frames, 640, 360, 30);
  const auto run = [&](int count) {
    std::size_t bytes = 0;
    for (int i = 0; i < count; ++i) {
      const auto frame = encode(*encoder, pictures[std::size_t(i * 11) % pictures.size()]);
      if (!frame) continue;
      EXPECT_FALSE(i > 0 && frame->key);
      bytes += frame->size;
    }
    return static_cast<double>(bytes) * 8 * fps / 1000 / count; // kbit/s
  };
  run(50);
  EXPECT_NEAR(run(100), 1200, 300);
  encoder->set_rate(500, 25);
  run(50);
  EXPECT_NEAR(run(100), 500, 125);
  // Fewer frames a second: each may be larger.
  fps = 10;
  encoder->set_rate(500, 10);
  run(20);
  EXPECT_NEAR(run(60), 500, 150);
  EXPECT_EQ(failed(), 0u);
}

TEST_P(EncoderTest, RefusesAForeignSizeAndGoesOn) {
  const auto encoder = make({.width = 320, .height = 180});
  EXPECT_FALSE(encode(*encoder, moving(frames, 640, 360, 0)));
  EXPECT_FALSE(encode(*encoder, {}));
  EXPECT_EQ(failed(), 2u);
  EXPECT_TRUE(encode(*encoder, moving(frames, 320, 180, 0)));
}

TEST_P(EncoderTest, ContentHintAndExtremeRatesKeepItRunning) {
  const auto encoder = make({.width = 320, .height = 180, .content = ContentHint::screen});
  for (const auto [kbps, rate] : {std::pair{1, 1}, {1'000'000, 1000}, {-5, -5}, {300, 25}}) {
    encoder->set_rate(kbps, rate);
    encoder->set_content(kbps > 10 ? ContentHint::camera : ContentHint::screen);
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(encode(*encoder, moving(frames, 320, 180, i)));
  }
}

// operator new only: what the C libraries take from malloc is written down in README.md.
TEST_P(EncoderTest, AllocatesNothingWhenWarm) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "needs PLENUM_CHECKS without a sanitizer";
  const auto encoder = make({.width = 320, .height = 180, .kbps = 300});
  const auto pictures = clip(frames, 320, 180, 10);
  encoded.warm(2);
  for (int i = 0; i < 30; ++i)
    encode(*encoder, pictures[std::size_t(i % 10)], i == 20);
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  for (int i = 0; i < 60; ++i) {
    if (i == 30) encoder->set_rate(200, 20);
    encode(*encoder, pictures[std::size_t(i % 10)], i == 40);
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
}

std::vector<base::Bytes> nal_units(base::Bytes annex_b) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i + 3 < annex_b.size(); ++i) {
    if (annex_b[i] == 0 && annex_b[i + 1] == 0 && annex_b[i + 2] == 1) starts.push_back(i + 3);
  }
  std::vector<base::Bytes> units;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] - 3 : annex_b.size();
    units.push_back(annex_b.subspan(starts[i], end - starts[i]));
  }
  return units;
}

TEST_P(EncoderTest, H264IsConstrainedBaselineWithHeadersBeforeEachKey) {
  if (GetParam().codec != Codec::h264) GTEST_SKIP();
  struct Case {
    int width, height, level;
  };
  for (const auto c : {Case{1280, 720, 31}, Case{640, 360, 31}, Case{1280, 960, 32}}) {
    const auto encoder = make({.width = c.width, .height = c.height, .kbps = 1000});
    const FrameRef picture = moving(frames, c.width, c.height, 0);
    for (int i = 0; i < 3; ++i) {
      const auto frame = encode(*encoder, picture, i == 2);
      ASSERT_TRUE(frame);
      const auto units = nal_units(frame->bytes());
      std::vector<int> types;
      for (const auto& unit : units) {
        if ((unit[0] & 31) != 6) types.push_back(unit[0] & 31); // x264 signs its first frame with an SEI
      }
      if (i == 1) {
        EXPECT_EQ(types, (std::vector{1}));
        continue;
      }
      EXPECT_EQ(types, (std::vector{7, 8, 5}));
      ASSERT_GE(units[0].size(), 4u);
      EXPECT_EQ(units[0][1], 0x42) << "profile_idc: baseline";
      EXPECT_EQ(units[0][2] & 0xc0, 0xc0) << "constraint_set0 and 1: constrained baseline";
      EXPECT_EQ(int{units[0][3]}, c.level);
    }
  }
}

std::vector<Kind> kinds() {
#ifdef PLENUM_X264
  return {{"vp8", Codec::vp8, false}, {"x264", Codec::h264, false}, {"openh264", Codec::h264, true}};
#else
  return {{"vp8", Codec::vp8, false}, {"openh264", Codec::h264, false}};
#endif
}
INSTANTIATE_TEST_SUITE_P(All, EncoderTest, testing::ValuesIn(kinds()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MakeEncoder, RefusesWhatItCannotEncode) {
  base::EncodedFramePool pool;
  EXPECT_FALSE(make_encoder({}, pool, Codec::vp9, {}));
  EXPECT_FALSE(make_encoder({}, pool, Codec::opus, {}));
  for (const auto [w, h] : {std::pair{0, 0}, {641, 480}, {640, 8}, {5000, 480}, {-640, 480}}) {
    EXPECT_FALSE(make_encoder({}, pool, Codec::vp8, {.width = w, .height = h})) << w;
  }
}

} // namespace
} // namespace plenum::video
