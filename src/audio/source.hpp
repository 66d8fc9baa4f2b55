// AudioSource: one remote microphone or player: packets in, one 20 ms frame per tick out.
//
// Jitter buffer, decoder, FIFO (packets of any length become 20 ms), volume, level and speech detection. When
// sound is left out or begins from silence the seam is cross-faded over 5 ms. With `decode` off the packets
// are consumed in time but not decoded (large rooms, decode_selection.hpp). Allocates only when made; `reset`
// makes it as new. Owner: RoomAudio. Thread: audio.
#pragma once

#include "audio/frame.hpp"
#include "audio/gain.hpp"
#include "audio/jitter_buffer.hpp"
#include "audio/levels.hpp"
#include "audio/opus.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace plenum::audio {

// Which sound plays now, for lip-sync.
struct PlayoutPosition {
  std::uint32_t rtp_time = 0; // sender's RTP time of the first sample of the last frame, 48 kHz
  base::Duration delay{};     // of that sample, against the fastest packet of the last 2 s
  base::Duration target{};
};

struct SourceStats {
  JitterStats jitter;
  std::uint64_t undecodable = 0; // packets that libopus refused
};

class AudioSource {
 public:
  void put(base::Timestamp now, const AudioPacket& packet);
  const AudioFrame& tick(base::Timestamp now, bool decode = true);
  void reset();

  const AudioFrame& frame() const { return frame_; }
  // Level before volume and automatic gain.
  float input_dbov() const { return input_dbov_; }
  bool speech() const { return speech_; }
  SourceGain& gain() { return gain_; }
  PlayoutPosition position() const;
  SourceStats stats() const { return {.jitter = jitter_.stats(), .undecodable = undecodable_}; }

 private:
  static constexpr std::size_t kSplice = 240; // 5 ms
  static constexpr std::size_t kFifo = kFrameSamples + kMaxPacketSamples;

  void run(const PlayoutStep& step, bool decode);
  void run_packet(const PlayoutStep& step);
  void run_comfort(std::size_t samples);
  void splice_from(std::span<const float> old);
  void append(std::span<const float> sound);
  void append_silence(std::size_t samples);
  void finish_frame(bool decode);

  JitterBuffer jitter_;
  Decoder decoder_;
  SourceGain gain_;
  SpeechDetector detector_;
  AudioFrame frame_;
  std::array<float, kMaxPacketSamples> decoded_{};
  std::array<float, kFifo> fifo_{};
  std::size_t filled_ = 0;
  std::array<float, kSplice> splice_{};
  bool splicing_ = false;
  bool silent_ = true; // what was appended last is digital silence
  bool decoding_ = true;
  float input_dbov_ = kSilenceDbov;
  bool speech_ = false;
  std::uint32_t played_rtp_ = 0;
  std::uint64_t undecodable_ = 0;
};

} // namespace plenum::audio
