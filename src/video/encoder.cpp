#include "video/encoder.hpp"

#include "video/openh264_encoder.hpp"
#include "video/vpx_encoder.hpp"
#include "video/x264_encoder.hpp"

#include <algorithm>
#include <array>

namespace plenum::video {
namespace {

// ITU-T H.264 table A-1: macroblocks a second and a frame.
struct Level {
  int number;
  int rate, size;
};
constexpr std::array<Level, 6> kLevels = {{{31, 108'000, 3'600},
                                           {32, 216'000, 5'120},
                                           {40, 245'760, 8'192},
                                           {42, 522'240, 8'704},
                                           {50, 589'824, 22'080},
                                           {51, 983'040, 36'864}}};

} // namespace

int h264_level(int width, int height, int fps) {
  const int blocks = (width + 15) / 16 * ((height + 15) / 16);
  for (const auto& level : kLevels) {
    if (blocks <= level.size && blocks * fps <= level.rate) return level.number;
  }
  return 52;
}

base::Result<EncoderSettings> checked(EncoderSettings s) {
  const auto good = [](int side) { return side >= 16 && side <= 4096 && side % 2 == 0; };
  if (!good(s.width) || !good(s.height)) {
    return base::fail(base::ErrorCode::invalid, "picture sizes are even and between 16 and 4096");
  }
  s.kbps = std::clamp(s.kbps, 20, 50'000);
  s.fps = std::clamp(s.fps, 1, 60);
  s.vp8_speed = std::clamp(s.vp8_speed, -16, -4);
  return s;
}

base::Result<std::unique_ptr<Encoder>> make_encoder(const base::Env& env, base::EncodedFramePool& pool,
                                                    base::Codec codec, EncoderSettings settings) {
  const auto valid = checked(settings);
  if (!valid) return std::unexpected(valid.error());
  switch (codec) {
  case base::Codec::vp8:
    return VpxEncoder::open(env, pool, *valid);
  case base::Codec::h264:
#ifdef PLENUM_X264
    return X264Encoder::open(env, pool, *valid);
#else
    return OpenH264Encoder::open(env, pool, *valid);
#endif
  default:
    return base::fail(base::ErrorCode::invalid, "only VP8 and H.264 are encoded");
  }
}

} // namespace plenum::video
