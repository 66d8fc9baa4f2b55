// VideoSendStream: the composed picture to one client: numbering, pacing, history, retransmission.
//
// Frames are shared (PacketizedFrame); this stream adds what is the client's own: payload type, SSRC,
// continuous sequence numbers and picture ids, a pacer, and a second of history as small records for NACK.
// Sequence numbers are given when the pacer lets a packet go, so that a dropped frame leaves no hole. After a
// drop, and at the start, only a keyframe may continue. `write_*` produce whole RTP packets; the caller
// protects and sends them. Owner: Peer. Thread: net. RFC 3550, RFC 4588; architecture 3.3, 4.5.
#pragma once

#include "base/random.hpp"
#include "base/units.hpp"
#include "cc/pacer.hpp"
#include "peer/leg_state.hpp"
#include "peer/time_line.hpp"
#include "rtp/packet.hpp"
#include "rtp/packetized_frame.hpp"
#include "rtp/rtcp_build.hpp"
#include "sdp/negotiate.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::peer {

struct VideoSendCounters {
  std::uint64_t frames = 0, packets = 0, bytes = 0, retransmitted = 0;
  std::uint64_t frames_skipped = 0; // while waiting for a keyframe
  std::uint64_t nacked = 0, nacked_too_old = 0;
  std::uint64_t rtx_over_budget = 0; // asked for, but a quarter of the rate was spent
};

class VideoSendStream {
 public:
  static constexpr std::size_t kPending = 1024; // packets waiting in the pacer
  static constexpr std::size_t kHistory = 512;  // packets that can be sent again; a second at 4 Mbit/s
  // Older packets are of no use to a decoder, and would keep their frames from the pool.
  static constexpr base::Duration kHistoryAge = std::chrono::seconds(1);

  VideoSendStream(base::Random& random, std::uint32_t ssrc, std::uint32_t rtx_ssrc);

  // nullopt: the client takes no video of ours. Another codec starts with a keyframe.
  void configure(const std::optional<sdp::NegotiatedCodec>& codec, const rtp::ExtensionMap& extensions,
                 std::string_view mid);
  // `counter`, shared by the streams of a transport, outlives this one.
  void number_transport(std::uint16_t& counter) { transport_sequence_ = &counter; }
  bool enabled() const { return codec_.has_value(); }
  const std::optional<sdp::NegotiatedCodec>& codec() const { return codec_; }

  // `congested`: frames that cannot leave in time are dropped up to the next keyframe; otherwise they are
  // sent soon, whatever the rate says.
  void set_rate(base::DataRate rate, bool congested);
  void set_round_trip(base::Duration rtt) { round_trip_ = rtt; }
  // Queues a frame; `rtp_time` 90 kHz on the room's line, `captured` when the picture was true.
  void send(base::Timestamp now, const rtp::PacketizedFrameRef& frame, std::uint32_t rtp_time,
            base::Timestamp captured);
  void on_nack(base::Timestamp now, std::uint16_t sequence);

  // Writes the next packet that may leave now into `out` (at least 1,300 bytes); 0 when none may.
  std::size_t write_next(base::Timestamp now, base::MutableBytes out);
  base::Timestamp next_release() const { return pacer_.next_release(); }
  // True once after something made a keyframe necessary for this client (start, drop).
  bool take_keyframe_need();
  void need_keyframe() { wants_key_ = true; } // the client said so (PLI, FIR)

  // For the sender report; nullopt before the first packet.
  std::optional<rtp::SenderInfo> report(base::Timestamp now, std::uint64_t ntp_now) const;
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t rtx_ssrc() const { return rtx_ssrc_; }

  // ---- for a successor
  std::uint16_t next_sequence() const { return sequence_; }
  std::uint16_t next_rtx_sequence() const { return rtx_sequence_; }
  SendMarks marks() const;
  void go_on_from(const SendMarks& marks, std::uint16_t sequence, std::uint16_t rtx_sequence);
  const VideoSendCounters& counters() const { return counters_; }
  std::uint64_t dropped_packets() const { return pacer_.dropped(); }

 private:
  struct Pending {
    rtp::PacketizedFrameRef frame;
    std::uint32_t index = 0;
    std::uint32_t rtp_time = 0;
    std::uint16_t picture_id = 0;
    std::uint16_t resend = 0; // retransmission of this sequence number, when `frame` is empty
  };
  struct Sent {
    rtp::PacketizedFrameRef frame;
    std::uint32_t index = 0;
    std::uint32_t rtp_time = 0;
    std::uint16_t sequence = 0, picture_id = 0;
    base::Timestamp first_sent{}, last_sent{};
  };

  bool queue(base::Timestamp now, cc::PacketClass packet_class, Pending pending, std::size_t bytes, bool key);
  std::size_t write_video(base::Timestamp now, const Pending& pending, base::MutableBytes out);
  std::size_t write_rtx(base::Timestamp now, std::uint16_t sequence, base::MutableBytes out);
  std::size_t write_payload(const rtp::PacketizedFrame& frame, std::uint32_t index, std::uint16_t picture_id,
                            base::MutableBytes out) const;
  rtp::ExtensionValues extension_values(base::Timestamp now);
  Sent* sent(std::uint16_t sequence);
  void forget_old(base::Timestamp now);
  bool afford_rtx(base::Timestamp now, std::size_t bytes);
  void forget_everything();

  std::uint32_t ssrc_, rtx_ssrc_;
  std::optional<sdp::NegotiatedCodec> codec_;
  rtp::ExtensionMap extensions_;
  std::string mid_;
  cc::Pacer pacer_;
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;
  std::vector<Sent> history_;
  std::uint16_t sequence_, rtx_sequence_;
  std::uint16_t picture_id_;
  std::uint16_t* transport_sequence_ = nullptr;
  std::uint16_t oldest_; // in the history
  base::DataRate rate_;
  std::int64_t rtx_credit_ = 0; // bytes
  base::Timestamp rtx_refilled_{}, wished_key_{};
  bool awaiting_key_ = true, wants_key_ = true;
  base::Duration round_trip_ = std::chrono::milliseconds(50);
  std::uint32_t last_rtp_time_ = 0;
  base::Timestamp last_captured_{};
  TimeLine line_;
  VideoSendCounters counters_;
};

} // namespace plenum::peer
