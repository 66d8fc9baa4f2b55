#include "apps/plenum_load/clips.hpp"

#include "rtp/h264_packetizer.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace plenum::load {
namespace {

constexpr std::size_t kFileHeader = 32, kFrameHeader = 12;
constexpr std::uint64_t kMostFileBytes = 64 << 20;
constexpr std::size_t kIntactBytes = 12, kDamageEvery = 37; // headers stay, so that a decoder sets out
constexpr int kFullRate = 1000;                             // kbit/s of 640 x 480

std::uint32_t little_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0] | at[1] << 8 | at[2] << 16) | std::uint32_t{at[3]} << 24;
}

std::unexpected<base::Error> refuse(const std::filesystem::path& file, std::string_view why) {
  return base::fail(base::ErrorCode::invalid, fmt::format("{}: {}", file.string(), why));
}

// VP8: RFC 6386, 9.1. H.264: an IDR picture begins the clip and nothing else does.
bool is_key(VideoCodec codec, const std::vector<std::uint8_t>& frame, std::size_t index) {
  return codec == VideoCodec::vp8 ? !frame.empty() && (frame[0] & 1U) == 0 : index == 0;
}

void damage(base::EncodedFrame& frame) {
  for (std::size_t at = kIntactBytes; at < frame.size; at += kDamageEvery)
    frame.storage[at] ^= 0x5a;
}

} // namespace

base::Result<std::vector<std::vector<std::uint8_t>>> read_ivf(const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::file_size(file, failed) > kMostFileBytes || failed) return refuse(file, "unreadable");
  std::ifstream in(file, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.size() < kFileHeader || std::memcmp(bytes.data(), "DKIF", 4) != 0) return refuse(file, "not IVF");
  std::vector<std::vector<std::uint8_t>> frames;
  for (auto at = kFileHeader; at + kFrameHeader <= bytes.size();) {
    const std::size_t size = little_u32(&bytes[at]);
    at += kFrameHeader;
    if (size == 0 || size > bytes.size() - at) return refuse(file, "cut off");
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    frames.emplace_back(from, from + static_cast<std::ptrdiff_t>(size));
    at += size;
  }
  if (frames.empty()) return refuse(file, "no frames");
  return frames;
}

base::Result<void> Clips::read(const std::filesystem::path& file, VideoCodec codec, bool broken) {
  Clip clip;
  if (std::sscanf(file.stem().c_str(), "%*[^-]-%dx%d-%d-%d", &clip.width, &clip.height, &clip.kbps,
                  &clip.take) != 4)
    return refuse(file, "not named codec-WIDTHxHEIGHT-KBPS-TAKE.ivf");
  const auto frames = read_ivf(file);
  if (!frames) return std::unexpected(frames.error());
  for (std::size_t i = 0; i < frames->size(); ++i) {
    const auto& bytes = (*frames)[i];
    auto frame = frames_.get(bytes.size());
    std::ranges::copy(bytes, frame->storage.get());
    frame->size = bytes.size();
    frame->codec = codec == VideoCodec::vp8 ? base::Codec::vp8 : base::Codec::h264;
    frame->key = is_key(codec, bytes, i);
    if (broken) damage(*frame);
    auto packetized = packetized_.get(std::move(frame));
    const bool done = codec == VideoCodec::vp8
                          ? rtp::packetize_vp8(*packetized, {})
                          : rtp::packetize_h264(*packetized, rtp::H264Mode::non_interleaved);
    if (!done) return refuse(file, fmt::format("frame {} cannot be sent", i));
    clip.frames.push_back(std::move(packetized));
  }
  if (!clip.frames.front()->frame->key) return refuse(file, "does not begin with a keyframe");
  all_.push_back(std::move(clip));
  return {};
}

base::Result<std::unique_ptr<Clips>> Clips::load(const std::filesystem::path& directory, VideoCodec codec,
                                                 bool broken) {
  auto out = std::make_unique<Clips>();
  const std::string_view prefix = codec == VideoCodec::vp8 ? "vp8-" : "h264-";
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const auto& path = entry.path();
    if (path.extension() != ".ivf" || !path.filename().string().starts_with(prefix)) continue;
    if (auto read = out->read(path, codec, broken); !read) return std::unexpected(read.error());
  }
  if (out->all_.empty())
    return base::fail(
        base::ErrorCode::not_found,
        fmt::format("no {}*.ivf in '{}': make some with plenum-clips", prefix, directory.string()));
  std::ranges::sort(out->all_, {}, [](const Clip& c) { return std::pair(c.kbps, c.take); });
  return out;
}

const Clip& Clips::fitting(base::DataRate budget, std::size_t seed) const {
  int best = all_.front().kbps;
  for (const auto& clip : all_)
    if (clip.kbps <= budget.in_kbps()) best = std::max(best, clip.kbps);
  std::vector<const Clip*> takes;
  for (const auto& clip : all_)
    if (clip.kbps == best) takes.push_back(&clip);
  return *takes[seed % takes.size()];
}

const Clip& Clips::full(std::size_t seed) const {
  return fitting(base::DataRate::kbps(kFullRate), seed);
}

} // namespace plenum::load
