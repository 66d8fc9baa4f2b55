#include "sim/media.hpp"

#include <algorithm>

namespace plenum::sim {
namespace {

constexpr std::size_t kNumberAt = 10; // behind tag, start code and dimensions
constexpr std::size_t kHead = 14;
constexpr std::uint8_t kToc = 0x78; // hybrid, full band, 20 ms, one frame

std::uint8_t filler(std::uint32_t number, std::size_t index) {
  return static_cast<std::uint8_t>(number * 31 + index * 7 + (index >> 8));
}

void write_head(base::MutableBytes out, bool key) {
  std::fill_n(out.begin(), kNumberAt, std::uint8_t{0});
  out[0] = key ? 0x10 : 0x11; // shown; bit 0 clear: a keyframe
  out[3] = 0x9d;
  out[4] = 0x01;
  out[5] = 0x2a;
  out[6] = 160;
  out[8] = 120;
}

} // namespace

base::EncodedFrameRef make_frame(base::EncodedFramePool& pool, bool key, std::uint32_t number,
                                 std::size_t bytes) {
  auto frame = pool.get(std::max(bytes, kHead));
  frame->codec = base::Codec::vp8;
  frame->key = key;
  frame->size = std::max(bytes, kHead);
  const auto out = frame->buffer().first(frame->size);
  write_head(out, key);
  base::store_u32(&out[kNumberAt], number);
  for (std::size_t i = kHead; i < out.size(); ++i)
    out[i] = filler(number, i);
  return frame;
}

std::optional<std::uint32_t> read_frame(const base::EncodedFrame& frame) {
  const auto bytes = frame.bytes();
  if (bytes.size() < kHead) return std::nullopt;
  const auto number = base::load_u32(&bytes[kNumberAt]);
  for (std::size_t i = kHead; i < bytes.size(); ++i)
    if (bytes[i] != filler(number, i)) return std::nullopt;
  return number;
}

std::array<std::uint8_t, kPacketBytes> make_packet(std::uint32_t number) {
  std::array<std::uint8_t, kPacketBytes> out{};
  out[0] = kToc;
  base::store_u32(&out[1], number);
  for (std::size_t i = 5; i < out.size(); ++i)
    out[i] = filler(number, i);
  return out;
}

std::optional<std::uint32_t> read_packet(base::Bytes payload) {
  if (payload.size() != kPacketBytes || payload[0] != kToc) return std::nullopt;
  const auto number = base::load_u32(&payload[1]);
  for (std::size_t i = 5; i < payload.size(); ++i)
    if (payload[i] != filler(number, i)) return std::nullopt;
  return number;
}

} // namespace plenum::sim
