// Opus packets of strangers through libopus and our wrapper, with loss between them.
#include "audio/opus.hpp"
#include "fuzz/input.hpp"

#include <cmath>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const std::size_t channels = 1 + in.below(2);
  audio::Decoder decoder(channels);
  std::vector<float> out(audio::kMaxPacketSamples * channels);
  for (int step = 0; step < 40 && !in.empty(); ++step) {
    const auto kind = in.below(8);
    const auto payload = fuzz::copy(in.record());
    const auto announced = audio::opus_packet_samples(payload);
    CHECK(!announced || (*announced >= 120 && *announced <= audio::kMaxPacketSamples));
    (void)audio::opus_packet_has_fec(payload);
    (void)audio::opus_packet_is_dtx(payload);
    std::optional<std::size_t> samples;
    if (kind == 0) samples = decoder.decode_fec(payload, 120 * (1 + in.below(8)), out);
    if (kind == 1) samples = decoder.conceal(120 * (1 + in.below(48)), out);
    if (kind >= 2) samples = decoder.decode(payload, out);
    if (!samples) continue;
    CHECK(*samples <= audio::kMaxPacketSamples);
    for (std::size_t i = 0; i < *samples * channels; ++i)
      CHECK(std::isfinite(out[i]) && std::abs(out[i]) <= 4);
  }
  return 0;
}
