// One speaker from packets to 20 ms frames, with the real decoder: sound is always finite and bounded.
#include "audio/source.hpp"
#include "fuzz/input.hpp"

#include <cmath>
#include <memory>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  auto source = std::make_unique<audio::AudioSource>();
  std::int64_t now_us = 1'000'000;
  std::uint16_t sequence = 0;
  std::uint32_t rtp_time = 0;
  for (int step = 0; step < 100 && !in.empty(); ++step) {
    const auto kind = in.u8();
    for (auto packets = kind % 4; packets > 0; --packets) {
      const auto payload = fuzz::copy(in.record());
      source->put(base::timestamp_us(now_us),
                  {.ssrc = 1, .seq = sequence, .rtp_time = rtp_time, .payload = payload});
      sequence = static_cast<std::uint16_t>(sequence + (kind < 240 ? 1 : in.u16()));
      rtp_time += kind < 250 ? 960 : in.u32();
    }
    now_us += 20'000;
    const auto& frame = source->tick(base::timestamp_us(now_us), kind % 8 != 0);
    for (const float sample : frame.view())
      CHECK(std::isfinite(sample) && std::abs(sample) <= 16);
    CHECK(std::isfinite(source->input_dbov()));
  }
  return 0;
}
