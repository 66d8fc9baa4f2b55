// The jitter buffer: packets of one sound in any order, played 20 ms by 20 ms. Each step has samples, a frame
// fills in a bounded number of steps, payloads come from what was put in.
#include "audio/jitter_buffer.hpp"
#include "audio/opus.hpp"
#include "fuzz/input.hpp"

#include <memory>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  auto buffer = std::make_unique<audio::JitterBuffer>();
  std::int64_t now_us = 1'000'000;
  std::uint16_t sequence = in.u16();
  std::uint32_t rtp_time = in.u32();
  for (int step = 0; step < 400 && !in.empty(); ++step) {
    const auto kind = in.u8();
    now_us += std::int64_t{in.u8()} * (kind % 16 == 15 ? 20'000 : 200);
    const auto now = base::timestamp_us(now_us);
    if (kind < 160) {
      sequence = static_cast<std::uint16_t>(sequence + (kind < 120 ? 1 : kind < 150 ? kind - 135 : in.u16()));
      rtp_time += kind < 130 ? 960 : kind < 150 ? in.u16() : in.u32();
      audio::AudioPacket packet{.ssrc = kind == 159 ? in.u32() : 1, .seq = sequence, .rtp_time = rtp_time};
      if ((kind & 1) != 0) packet.level = static_cast<std::uint8_t>(in.u8() & 127);
      packet.marker = (kind & 2) != 0;
      const auto payload = fuzz::copy(in.take(in.u8() % 32 + (kind == 7 ? 1300 : 1)));
      packet.payload = payload;
      buffer->put(now, packet);
      CHECK(buffer->packets() <= audio::JitterBuffer::kSlots);
      continue;
    }
    std::size_t buffered = in.u8() % 8 * 120;
    for (int steps = 0; buffered < 960; ++steps) {
      CHECK(steps < 300);
      const auto played = buffer->pop(now, buffered);
      if (played.kind == audio::Playout::not_started) break;
      CHECK(played.samples > 0 && played.samples % 120 == 0 && played.samples <= audio::kMaxPacketSamples);
      CHECK(played.drop <= played.samples);
      CHECK((played.kind != audio::Playout::packet && played.kind != audio::Playout::fec) ||
            !played.payload.empty());
      buffered += played.samples - played.drop;
    }
  }
  return 0;
}
