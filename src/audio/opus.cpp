#include "audio/opus.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <opus/opus.h>

namespace plenum::audio {
namespace {
constexpr float kLoudest = 4.0F;
constexpr int kSilkConfigs = 16; // TOC configurations below this one have a SILK layer (RFC 6716 table 2)
} // namespace

std::optional<std::size_t> opus_packet_samples(base::Bytes payload) {
  if (payload.empty()) return std::nullopt;
  const int samples =
      opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()), kSampleRate);
  if (samples <= 0 || samples > static_cast<int>(kMaxPacketSamples)) return std::nullopt;
  return static_cast<std::size_t>(samples);
}

bool opus_packet_has_fec(base::Bytes payload) {
  if (payload.size() < 2 || (payload[0] >> 3) >= kSilkConfigs) return false;
  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), nullptr,
                                      frames.data(), sizes.data(), nullptr);
  if (count <= 0 || sizes[0] < 1) return false;
  // The first bits of a SILK frame are, per channel, one voice flag for each 20 ms and then the FEC flag.
  const int per_frame = opus_packet_get_samples_per_frame(payload.data(), kSampleRate);
  const int silk_frames = std::max(1, per_frame / static_cast<int>(kFrameSamples));
  const int channels = opus_packet_get_nb_channels(payload.data());
  for (int channel = 1; channel <= channels; ++channel) {
    const int bit = channel * (silk_frames + 1) - 1;
    if ((frames[0][0] & (0x80 >> bit)) != 0) return true;
  }
  return false;
}

bool opus_packet_is_dtx(base::Bytes payload) {
  return payload.size() <= 2;
}

void Decoder::Free::operator()(::OpusDecoder* state) const {
  opus_decoder_destroy(state);
}

Decoder::Decoder(std::size_t channels)
    : channels_(channels), meter_(base::codec_meter(base::Metrics::process(), "opus_decode")) {
  CHECK(channels == 1 || channels == 2);
  int error = OPUS_OK;
  state_.reset(opus_decoder_create(kSampleRate, static_cast<int>(channels), &error));
  CHECK(state_ != nullptr && error == OPUS_OK);
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

std::optional<std::size_t> Decoder::run(const std::uint8_t* data, std::size_t size, std::size_t samples,
                                        std::span<float> out, bool fec) {
  CHECK(out.size() >= samples * channels_);
  const auto metered = meter_.run();
  const int got = opus_decode_float(state_.get(), data, static_cast<opus_int32>(size), out.data(),
                                    static_cast<int>(samples), fec ? 1 : 0);
  if (got <= 0) return std::nullopt;
  const auto count = static_cast<std::size_t>(got);
  // Forged packets can decode to anything; the comparisons are false for NaN, which so becomes silence.
  for (float& sample : out.first(count * channels_)) {
    if (!(std::abs(sample) <= kLoudest)) {
      sample = sample > kLoudest ? kLoudest : sample < -kLoudest ? -kLoudest : 0.0F;
    }
  }
  return count;
}

std::optional<std::size_t> Decoder::decode(base::Bytes payload, std::span<float> out) {
  if (payload.empty()) return std::nullopt;
  return run(payload.data(), payload.size(), kMaxPacketSamples, out, false);
}
std::optional<std::size_t> Decoder::decode_fec(base::Bytes next, std::size_t samples, std::span<float> out) {
  if (next.empty() || samples == 0 || samples > kMaxPacketSamples) return std::nullopt;
  return run(next.data(), next.size(), samples, out, true);
}
std::optional<std::size_t> Decoder::conceal(std::size_t samples, std::span<float> out) {
  if (samples == 0 || samples > kMaxPacketSamples) return std::nullopt;
  return run(nullptr, 0, samples, out, false);
}
void Decoder::reset() {
  opus_decoder_ctl(state_.get(), OPUS_RESET_STATE);
}

void Encoder::Free::operator()(::OpusEncoder* state) const {
  opus_encoder_destroy(state);
}

Encoder::Encoder(const EncoderOptions& options)
    : channels_(options.channels), meter_(base::codec_meter(base::Metrics::process(), "opus_encode")) {
  CHECK(channels_ == 1 || channels_ == 2);
  int error = OPUS_OK;
  state_.reset(opus_encoder_create(kSampleRate, static_cast<int>(channels_), OPUS_APPLICATION_VOIP, &error));
  CHECK(state_ != nullptr && error == OPUS_OK);
  auto* state = state_.get();
  opus_encoder_ctl(state, OPUS_SET_VBR(options.constant_bitrate ? 0 : 1));
  opus_encoder_ctl(state, OPUS_SET_INBAND_FEC(options.inband_fec ? 1 : 0));
  opus_encoder_ctl(state, OPUS_SET_COMPLEXITY(std::clamp(options.complexity, 0, 10)));
  opus_encoder_ctl(state, OPUS_SET_DTX(0));
  if (options.force_mono) opus_encoder_ctl(state, OPUS_SET_FORCE_CHANNELS(1));
  set_bitrate(options.bitrate_kbps);
  set_expected_loss(options.expected_loss_percent);
}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

std::size_t Encoder::encode(const AudioFrame& frame, base::MutableBytes out) {
  CHECK(frame.channels == channels_ && out.size() >= kMaxOpusPayload);
  const auto metered = meter_.run();
  if (prediction_off_) opus_encoder_ctl(state_.get(), OPUS_SET_PREDICTION_DISABLED(1));
  const int size = opus_encode_float(state_.get(), frame.samples.data(), static_cast<int>(kFrameSamples),
                                     out.data(), static_cast<opus_int32>(kMaxOpusPayload));
  if (prediction_off_) opus_encoder_ctl(state_.get(), OPUS_SET_PREDICTION_DISABLED(0));
  prediction_off_ = false;
  CHECK(size > 0);
  return static_cast<std::size_t>(size);
}
void Encoder::set_bitrate(int kbps) {
  opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(std::clamp(kbps, 6, 510) * 1000));
}
void Encoder::set_expected_loss(int percent) {
  opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100)));
}
void Encoder::reset() {
  opus_encoder_ctl(state_.get(), OPUS_RESET_STATE);
}

} // namespace plenum::audio
