// Packets of a video stream in any order: frames leave in order, memory stays within the window.
#include "rtp/frame_assembler.hpp"
#include "fuzz/input.hpp"

#include <cstring>

using namespace plenum;

namespace {

constexpr std::size_t kWindow = 32;
constexpr std::array kCodecs = {base::Codec::vp8, base::Codec::vp9, base::Codec::h264, base::Codec::av1};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  base::EncodedFramePool frames;
  rtp::PacketPool pool(kWindow + 2);
  rtp::FrameAssembler assembler(kCodecs[in.below(4)], frames, {.window = kWindow});
  std::int64_t sequence = 65536, now = 1'000'000;
  std::uint32_t timestamp = 0;
  for (int step = 0; step < 300 && !in.empty(); ++step) {
    const auto kind = in.u8();
    now += std::int64_t{in.u8()} * 1000;
    const auto at = base::timestamp_us(now);
    if (kind == 255) assembler.reset(kCodecs[in.below(4)]);
    if (kind >= 250) {
      assembler.on_timer(at);
    } else if (kind >= 245) {
      assembler.give_up(std::max<std::int64_t>(0, sequence - in.u8()));
    } else {
      const std::int64_t jump = kind >= 240 ? std::int64_t{in.u16()} - 32768 : (kind >> 2) % 8 - 3;
      sequence = std::max<std::int64_t>(0, sequence + jump);
      if ((kind & 2) != 0) timestamp += 3600;
      const auto content = in.take(std::min<std::size_t>(in.u8(), rtp::Packet::kMostBytes));
      auto packet = pool.get();
      CHECK(packet);
      if (!content.empty()) std::memcpy(packet->buffer().data(), content.data(), content.size());
      packet->resize(content.size());
      const auto payload = packet->bytes();
      assembler.insert(at, sequence, {.marker = (kind & 1) != 0, .timestamp = timestamp}, payload, packet);
    }
    for (auto floor = assembler.floor(); assembler.pop(at); floor = assembler.floor())
      CHECK(assembler.floor() > floor);
    CHECK(pool.in_use() <= kWindow);
  }
  return 0;
}
