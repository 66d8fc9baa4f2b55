// plenum-clips: writes the clips that plenum-load replays: faces in the sizes and rates that senders use, as
// VP8 and H.264 in IVF files, made by the encoders that Plenum has.
#include "base/env.hpp"
#include "bench/face.hpp"
#include "video/encoder.hpp"
#include "video/frame_pool.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace {

namespace base = plenum::base;
namespace video = plenum::video;
namespace fs = std::filesystem;

struct Format {
  int width, height, kbps;
};
constexpr std::array<Format, 4> kFormats = {
    {{640, 480, 1000}, {480, 360, 600}, {320, 240, 300}, {160, 120, 150}}};
constexpr int kFps = 25;

void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<char>(value >> shift & 255U));
}
void put_u16(std::string& out, int value) {
  out.push_back(static_cast<char>(value & 255));
  out.push_back(static_cast<char>(value >> 8));
}

std::string ivf_header(base::Codec codec, const Format& format, std::uint32_t frames) {
  std::string out = "DKIF";
  put_u16(out, 0);
  put_u16(out, 32);
  out += codec == base::Codec::vp8 ? "VP80" : "H264";
  put_u16(out, format.width);
  put_u16(out, format.height);
  put_u32(out, kFps);
  put_u32(out, 1);
  put_u32(out, frames);
  put_u32(out, 0);
  return out;
}

bool write_clip(const fs::path& file, base::Codec codec, const Format& format, std::uint32_t frames,
                std::uint32_t take) {
  const base::Env env;
  base::EncodedFramePool pool;
  auto encoder = video::make_encoder(
      env, pool, codec,
      {.width = format.width, .height = format.height, .kbps = format.kbps, .fps = kFps, .vp8_speed = -6});
  if (!encoder) return false;
  video::FramePool pictures(env, 2, "clips");
  std::string out = ivf_header(codec, format, frames);
  for (std::uint32_t i = 0; i < frames; ++i) {
    const auto picture = pictures.get(format.width, format.height);
    auto pixels = picture->pixels();
    plenum::bench::draw_face(pixels, i, take);
    const auto encoded = (*encoder)->encode(picture, i == 0, std::int64_t{i} * 90'000 / kFps);
    if (!encoded) return false;
    put_u32(out, static_cast<std::uint32_t>(encoded->size));
    put_u32(out, i);
    put_u32(out, 0);
    const auto bytes = encoded->bytes();
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  // Whole or not at all: a second run must not take a torn file for a clip.
  const auto part = file.string() + ".part";
  std::ofstream(part, std::ios::binary) << out;
  std::error_code failed;
  fs::rename(part, file, failed);
  return !failed;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App cli("plenum-clips: writes clips for plenum-load; those that exist stay.");
  std::string directory;
  std::string codecs = "all";
  std::uint32_t frames = 250, takes = 3;
  cli.add_option("directory", directory, "where to")->required();
  cli.add_option("--codec", codecs, "vp8, h264 or all")->capture_default_str();
  cli.add_option("--frames", frames, "of each clip, 25 a second, at most 512")->capture_default_str();
  cli.add_option("--takes", takes, "different faces of each size")->capture_default_str();
  CLI11_PARSE(cli, argc, argv);
  fs::create_directories(directory);
  for (const auto& format : kFormats)
    for (std::uint32_t take = 0; take < takes; ++take)
      for (const auto codec : {base::Codec::vp8, base::Codec::h264}) {
        const std::string_view name = codec == base::Codec::vp8 ? "vp8" : "h264";
        if (codecs != "all" && codecs != name) continue;
        const auto file = fs::path(directory) / fmt::format("{}-{}x{}-{}-{}.ivf", name, format.width,
                                                            format.height, format.kbps, take);
        if (fs::exists(file)) continue;
        if (!write_clip(file, codec, format, std::min(frames, 512U), take)) {
          fmt::print(stderr, "plenum-clips: cannot write {}\n", file.string());
          return 1;
        }
      }
  return 0;
}
