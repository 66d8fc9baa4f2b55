// Opus: decoder and encoder of one stream at 48 kHz; the only user of libopus.
//
// A decoder made with one channel turns stereo packets into mono itself. All input may be hostile: a bad
// packet is an empty answer, never a crash, and decoded samples are finite and within ±4. Nothing is
// allocated after construction. Owner: AudioSource and RoomAudio. Thread: audio. RFC 6716 (codec), RFC 7587
// (RTP, in-band FEC).
#pragma once

#include "audio/frame.hpp"
#include "base/bytes.hpp"
#include "base/cpu_meter.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct OpusDecoder;
struct OpusEncoder;

namespace plenum::audio {

inline constexpr std::size_t kMaxPacketSamples = 5760; // 120 ms, per channel

// Samples per channel (at 48 kHz) that a packet decodes to, from its TOC: 120 … 5760. Empty: not an Opus
// packet.
std::optional<std::size_t> opus_packet_samples(base::Bytes payload);
// The packet carries a low-rate copy of the frame before it (RFC 6716 4.2.4).
bool opus_packet_has_fec(base::Bytes payload);
// A discontinuous-transmission packet: TOC only, or TOC and one byte; the decoder makes comfort noise of it.
bool opus_packet_is_dtx(base::Bytes payload);

class Decoder {
 public:
  explicit Decoder(std::size_t channels = 1);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Each writes interleaved samples and answers how many per channel; `out` holds at least 5760 × channels.
  std::optional<std::size_t> decode(base::Bytes payload, std::span<float> out);
  // The frame before `next`, `samples` long (multiple of 120). Conceals if `next` carries no copy.
  std::optional<std::size_t> decode_fec(base::Bytes next, std::size_t samples, std::span<float> out);
  // Continues the last sound, fading; comfort noise after a DTX packet. `samples`: multiple of 120, ≤ 5760.
  std::optional<std::size_t> conceal(std::size_t samples, std::span<float> out);
  void reset();

 private:
  std::optional<std::size_t> run(const std::uint8_t* data, std::size_t size, std::size_t samples,
                                 std::span<float> out, bool fec);
  struct Free {
    void operator()(::OpusDecoder* state) const;
  };
  std::unique_ptr<::OpusDecoder, Free> state_;
  std::size_t channels_;
  base::CpuMeter meter_;
};

struct EncoderOptions {
  std::size_t channels = 1; // of the frames given; 2 is needed only while a stereo source is present
  bool force_mono = true;   // code one channel even if frames have two
  int bitrate_kbps = 40;    // 6 … 510
  bool constant_bitrate = false;
  bool inband_fec = true;
  int expected_loss_percent = 10; // 0 … 100: how much FEC is worth
  int complexity = 5;             // 0 … 10; 5 costs half of 10
};

class Encoder {
 public:
  explicit Encoder(const EncoderOptions& options = {});
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  // One 20 ms frame into `out` (≥ 1275 bytes): bytes written. There is no DTX: silence is a packet of a few
  // bytes too.
  std::size_t encode(const AudioFrame& frame, base::MutableBytes out);
  // The next packet does not lean on earlier ones: for a receiver that is about to come over from another
  // encoder.
  void disable_prediction_once() { prediction_off_ = true; }
  void set_bitrate(int kbps);
  void set_expected_loss(int percent);
  void reset();

 private:
  struct Free {
    void operator()(::OpusEncoder* state) const;
  };
  std::unique_ptr<::OpusEncoder, Free> state_;
  std::size_t channels_;
  base::CpuMeter meter_;
  bool prediction_off_ = false;
};

} // namespace plenum::audio
