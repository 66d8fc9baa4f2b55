// JitterBuffer: orders the Opus packets of one source and says, 20 ms by 20 ms, what to play.
//
// Pure: packets and a time go in, playout steps come out; the owner decodes. Packets of 2.5 … 120 ms may be
// mixed. It waits until a packet has its target delay (arrival_delay.hpp), holds the line (growing the delay)
// while nothing has come, skips what is lost, and gives delay back by leaving out quiet sound: level ≤ −50
// dBov or 15 dB below the source's mean; only with 60 ms too much it drops loud sound too, at most once in 2
// s and cross-faded by the owner. A forged stream harms itself only: 128 slots, 5 s of timestamp, everything
// counted. No allocation at all. Owner: AudioSource. Thread: audio. RFC 3550 A.1 (sequence restart), RFC
// 7587.
#pragma once

#include "audio/arrival_delay.hpp"
#include "audio/frame.hpp"
#include "base/bytes.hpp"
#include "base/seq_unwrap.hpp"
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace plenum::audio {

struct AudioPacket {
  std::uint32_t ssrc = 0; // a new one restarts the stream
  std::uint16_t seq = 0;
  std::uint32_t rtp_time = 0;        // 48 kHz
  base::Bytes payload;               // Opus, 1 … 1275 bytes; copied
  std::optional<std::uint8_t> level; // RFC 6464: 0 loudest … 127 silence; empty without the extension
  bool marker = false;               // first packet of a talk spurt
};

enum class Playout : std::uint8_t {
  not_started, // no sound yet
  packet,      // decode `payload`
  fec,         // decode the copy of the lost frame inside `payload`
  conceal,     // continue the last sound (comfort noise after DTX)
  comfort,     // nothing for more than 120 ms: silence
};

struct PlayoutStep {
  Playout kind = Playout::not_started;
  base::Bytes payload;     // valid until the next put()
  std::size_t samples = 0; // this step's length per channel, multiple of 120
  std::size_t drop = 0;    // packet only: leave out this many samples of it, cross-faded (≤ samples)
};

struct JitterStats {
  std::uint64_t received = 0;
  std::uint64_t malformed = 0; // not Opus, or too long
  std::uint64_t duplicate = 0;
  std::uint64_t late = 0;        // came after its place was played
  std::uint64_t lost = 0;        // packets never seen when their place was played
  std::uint64_t discarded = 0;   // thrown away unplayed: too much delay or buffer full
  std::uint64_t fec = 0;         // frames repaired by the next packet
  std::uint64_t concealed = 0;   // steps
  std::uint64_t comfort = 0;     // steps
  std::uint64_t accelerated = 0; // pieces left out to give delay back
  std::uint64_t stretched = 0;   // pieces put in to gain delay
  std::uint64_t restarts = 0;    // new SSRC, sequence or timestamp line
};

class JitterBuffer {
 public:
  static constexpr std::size_t kSlots = 128;

  // `now`: arrival.
  void put(base::Timestamp now, const AudioPacket& packet);
  // The next step. `buffered`: samples already decoded but not played, 0 … 959, multiple of 120. Call again
  // (with the new `buffered`) until a frame is full; each answer but a wholly dropped packet has samples.
  PlayoutStep pop(base::Timestamp now, std::size_t buffered);
  // Level of what was decoded last, for streams without the level extension.
  void note_level(float dbov);

  // As new, without touching the unused payload bytes.
  void reset();

  base::Duration target() const { return arrivals_.target(); }
  // Delay of the sound played last, against the fastest packet of the last 2 s; for A/V sync.
  base::Duration delay() const { return delay_; }
  // RTP time of the sample that the next step starts with.
  std::uint32_t next_rtp_time() const { return static_cast<std::uint32_t>(next_rtp_); }
  std::size_t packets() const { return count_; }
  const JitterStats& stats() const { return stats_; }

 private:
  enum class State : std::uint8_t { empty, waiting, playing };
  struct Slot {
    std::int64_t seq = -1; // of the packet here, or of the one played from here
    std::int64_t rtp = 0;
    std::size_t samples = 0;
    std::uint16_t size = 0;
    bool present = false;
    bool marker = false;
    std::optional<std::uint8_t> level;
    std::array<std::uint8_t, kMaxOpusPayload> bytes;

    base::Bytes payload() const { return {bytes.data(), size}; }
  };

  Slot& slot(std::int64_t seq) { return slots_[static_cast<std::size_t>(seq) % kSlots]; }
  void restart();
  bool sequence_plausible(std::uint16_t seq);
  void check_timeline(base::Timestamp now, std::uint32_t rtp_time);
  bool take_late(base::Timestamp now, const AudioPacket& packet);
  void make_place(std::int64_t seq);
  void discard(Slot& old);
  Slot* oldest();
  void skip_stale(base::Timestamp play_at);

  PlayoutStep wait_or_play(base::Timestamp play_at, Slot* head, std::size_t room);
  PlayoutStep starve(std::size_t room);
  PlayoutStep bridge(base::Timestamp play_at, Slot& head, std::size_t room);
  PlayoutStep play(base::Timestamp play_at, Slot& head);
  PlayoutStep fill(std::size_t samples);
  void take_level(float dbov);
  std::size_t choose_drop(base::Timestamp play_at, const Slot& head);
  bool is_quiet(const Slot& head) const;
  bool wants_stretch(base::Timestamp play_at, const Slot& head) const;

  std::array<Slot, kSlots> slots_{};
  std::size_t count_ = 0;
  ArrivalDelay arrivals_;
  base::Unwrapper<std::uint16_t> seq_line_;
  base::Unwrapper<std::uint32_t> rtp_line_;
  std::optional<std::uint32_t> ssrc_;
  std::optional<std::uint16_t> restart_seq_; // the sequence number that would prove a restart

  State state_ = State::empty;
  bool anchored_ = false; // next_seq_ and highest_seq_ are of the present sequence line
  std::int64_t next_seq_ = 0;
  std::int64_t highest_seq_ = 0;
  std::int64_t next_rtp_ = 0;
  std::int64_t bridged_before_ = 0; // packets before this number were concealed up to next_rtp_
  std::size_t held_ = 0;            // samples concealed without moving on
  std::size_t filled_ = 0;          // samples concealed since the last packet
  bool dtx_ = false;
  bool grow_ = false;
  base::Timestamp last_arrival_{};
  base::Timestamp last_drop_{};
  base::Duration delay_{};
  bool has_levels_ = false;
  float last_level_ = kSilenceDbov;
  float mean_level_ = kSilenceDbov;
  JitterStats stats_;
};

} // namespace plenum::audio
