// RoomAudio: the sound of one room; the class the engine's audio thread drives.
//
// Sources (microphones, players) and receivers (legs, recorders) come and go by small integer handles that
// the caller chooses. Each tick: decode, level, choose the loudest, mix, limit, encode. All receivers that
// are not being heard share one encoder; each heard source's own receivers get a private mix without it.
// Listeners without an own source (recorders) always get the shared mix. Nothing is encoded that nobody
// receives. All packets of one tick carry the same RTP time, which moves on by 960 per tick whoever encodes:
// call tick() once for each 20 ms, late ones too. add_* may allocate; put() and tick() do not. Owner:
// engine's audio loop. Thread: audio.
#pragma once

#include "audio/decode_selection.hpp"
#include "audio/dominant_speaker.hpp"
#include "audio/limiter.hpp"
#include "audio/mix_outputs.hpp"
#include "audio/mixer.hpp"
#include "audio/opus.hpp"
#include "audio/source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace plenum::audio {

using SourceHandle = std::uint32_t;
using ReceiverHandle = std::uint32_t;

struct RoomAudioOptions {
  std::size_t max_sources = 1024;
  std::size_t max_receivers = 4096;
  std::size_t contributors = 6; // heard at once, 1 … 16
  std::size_t decode_all_up_to = 12;
  std::size_t decode_loudest = 8;
  float audible_dbov = -60.0F; // quieter sources are not in the mix
  bool automatic_gain = true;  // for sources added later
  std::uint32_t first_rtp_time = 0;
  EncoderOptions encoder; // one channel
};

struct MixPacket {
  base::Bytes payload;                       // one Opus packet; valid during the call
  std::uint32_t rtp_time = 0;                // 48 kHz, the same line for shared and private
  std::span<const ReceiverHandle> receivers; // never empty; valid during the call
  bool shared = true;
  std::uint8_t level = 127; // RFC 6464, of the mix
};

struct SourceLevel {
  SourceHandle source = 0;
  std::uint8_t level = 127; // RFC 6464, as it came in
  bool talking = false;
};

// What a tick tells, in this order: talking edges, dominant speaker, levels (each 200 ms), packets.
class RoomAudioListener {
 public:
  virtual ~RoomAudioListener() = default;
  virtual void on_talking(SourceHandle source, bool talking) = 0;
  virtual void on_dominant_speaker(std::optional<SourceHandle> source) = 0;
  virtual void on_levels(std::span<const SourceLevel> levels) = 0;
  virtual void on_mix(const MixPacket& packet) = 0;
};

struct RoomAudioStats {
  std::uint64_t ticks = 0;
  std::uint64_t shared_encodes = 0;
  std::uint64_t private_encodes = 0;
  std::uint64_t switches = 0;       // beginnings and ends of private mixes
  std::uint64_t unknown_source = 0; // packets for a handle that is not here
  std::size_t sources = 0;
  std::size_t receivers = 0;
  std::size_t decoding = 0;     // sources decoded in the last tick
  std::size_t contributors = 0; // in the last tick
  std::size_t private_mixes = 0;
};

class RoomAudio {
 public:
  explicit RoomAudio(const RoomAudioOptions& options = {});
  ~RoomAudio();
  RoomAudio(const RoomAudio&) = delete;
  RoomAudio& operator=(const RoomAudio&) = delete;

  // False: the handle is taken, or the room is full.
  bool add_source(SourceHandle source);
  // A source that is heard fades out in the next tick. Unknown handles are ignored.
  void remove_source(SourceHandle source);
  // 0 … 4, 1 is as it came. 0 also ends talking.
  void set_volume(SourceHandle source, float linear);
  // `own`: the source that this receiver must not hear; it may be added before or after.
  bool add_receiver(ReceiverHandle receiver, std::optional<SourceHandle> own = std::nullopt);
  void remove_receiver(ReceiverHandle receiver);
  // kbit/s 6 … 510, percent 0 … 100; all encoders.
  void set_encoding(int bitrate_kbps, int expected_loss_percent);

  // `now`: arrival of the packet.
  void put(base::Timestamp now, SourceHandle source, const AudioPacket& packet);
  void tick(base::Timestamp now, RoomAudioListener& listener);

  std::optional<PlayoutPosition> position(SourceHandle source) const;
  std::optional<SourceStats> source_stats(SourceHandle source) const;
  RoomAudioStats stats() const;

 private:
  struct Slot {
    std::unique_ptr<AudioSource> source; // stays for the next user of the slot
    SourceHandle handle = 0;
    bool used = false;
    bool leaving = false; // fading out; its handle is free again
    std::size_t own_receivers = 0;
  };
  struct Receiver {
    ReceiverHandle handle = 0;
    std::optional<SourceHandle> own;
    std::size_t group = kNoGroup;
  };
  struct Output { // encoder and limiter of one mix
    Encoder encoder;
    Limiter limiter;
    bool running = false;
  };
  struct Named {
    SourceHandle handle = 0;
    std::size_t slot = 0;
  };
  static constexpr std::size_t kSharedGroup = MixOutputs::kMost;
  static constexpr std::size_t kNoGroup = kSharedGroup + 1;
  static constexpr std::size_t kNoMix = Mixer::kMost;

  std::optional<std::size_t> slot_of(SourceHandle source) const;
  void play_sources(base::Timestamp now);
  void report_speech(RoomAudioListener& listener);
  void report_levels(RoomAudioListener& listener);
  void mix_sources();
  void free_leavers();
  void group_receivers();
  std::span<const ReceiverHandle> receivers_of(std::size_t group) const;
  void encode_shared(RoomAudioListener& listener);
  void encode_private(std::size_t mix, RoomAudioListener& listener);
  void emit(Output& output, const AudioFrame& frame, std::size_t group, RoomAudioListener& listener);

  RoomAudioOptions options_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> used_slots_;
  std::vector<Named> names_; // sorted by handle
  std::vector<Receiver> receivers_;
  bool regroup_ = true;

  DecodeSelection selection_;
  DominantSpeaker speakers_;
  MixPlan plan_;
  Mixer mixer_;
  MixOutputs outputs_;
  std::vector<MixPlan::Candidate> candidates_;
  std::vector<SourceLevel> levels_;
  std::vector<std::size_t> mix_index_; // of each slot in this tick's mix, or kNoMix

  Output shared_;
  std::vector<Output> private_;
  AudioFrame mixed_;        // shared, before its limiter
  AudioFrame limited_;      // shared, after
  AudioFrame last_limited_; // of the tick before: what a new encoder is primed with
  AudioFrame own_frame_;
  std::vector<ReceiverHandle> grouped_;
  std::array<std::size_t, kNoGroup + 1> group_end_{};
  std::array<std::uint8_t, kMaxOpusPayload> packet_{};
  std::uint32_t rtp_time_;
  RoomAudioStats stats_;
};

} // namespace plenum::audio
