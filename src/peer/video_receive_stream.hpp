// VideoReceiveStream: the camera or screen of one client, from decrypted RTP packets to decodable frames.
//
// Unwraps retransmissions (RFC 4588), follows losses (NackTracker), assembles frames, asks for keyframes, and
// counts what reports need. A new SSRC or another payload type restarts the stream: clients change both when
// they replace a track. Owner: Peer. Thread: net. Architecture 2.3, 4.3, 4.4.
#pragma once

#include "base/encoded_frame.hpp"
#include "base/units.hpp"
#include "cc/keyframe_requests.hpp"
#include "peer/nack_tracker.hpp"
#include "peer/reception.hpp"
#include "peer/sender_clock.hpp"
#include "rtp/frame_assembler.hpp"
#include "rtp/packet.hpp"
#include "rtp/packet_pool.hpp"
#include "sdp/negotiate.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace plenum::peer {

struct VideoReceiveCounters {
  std::uint64_t packets = 0, bytes = 0, retransmitted = 0,
                useless = 0; // useless: malformed RTX, unknown SSRC
  std::uint64_t restarts = 0;
};

class VideoReceiveStream {
 public:
  VideoReceiveStream(base::EncodedFramePool& frames, SenderClock& clock);

  // What the client may send; also after each renegotiation.
  void set_codecs(const std::vector<sdp::NegotiatedCodec>& codecs);
  bool takes(std::uint8_t payload_type) const;

  void on_packet(base::Timestamp now, const rtp::RtpView& view, rtp::PacketRef packet);
  // The next decodable frame, `captured` set from the sender's clock; empty when there is none.
  base::EncodedFrameRef pop(base::Timestamp now);

  void on_sender_report(base::Timestamp now, std::uint64_t ntp, std::uint32_t rtp_time);
  void on_round_trip(base::Duration rtt) { nacks_.set_round_trip(rtt); }
  // The decoder or the canvas needs a fresh start (tile grew, decoder lost its references).
  void need_keyframe(base::Timestamp now) { keyframes_.need(now); }
  // Nobody looks at this stream: keyframes are not asked for.
  void set_wanted(base::Timestamp now, bool wanted);

  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const;
  std::size_t collect_nacks(base::Timestamp now, std::span<std::uint16_t> out) {
    return nacks_.collect(now, out);
  }
  bool poll_keyframe_request(base::Timestamp now) { return keyframes_.poll(now); }

  bool active() const { return main_ssrc_.has_value(); }
  std::uint32_t ssrc() const { return main_ssrc_.value_or(0); }
  Reception& reception() { return reception_; }
  const VideoReceiveCounters& counters() const { return counters_; }
  const rtp::AssemblerCounters& assembler_counters() const { return assembler_.counters(); }
  std::uint64_t keyframe_requests() const { return keyframes_.sent(); }

 private:
  struct Incoming { // one payload type
    base::Codec codec = base::Codec::none;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> rtx_payload_type;
  };
  const Incoming* codec_of(std::uint8_t payload_type, bool& retransmission) const;
  void restart(const Incoming& codec, std::uint32_t ssrc);
  void take(base::Timestamp now, rtp::RtpHeader header, base::Bytes payload, rtp::PacketRef packet,
            bool retransmitted);

  std::vector<Incoming> codecs_;
  SenderClock& clock_;
  rtp::FrameAssembler assembler_;
  NackTracker nacks_;
  cc::KeyframeRequests keyframes_;
  Reception reception_;
  std::optional<std::uint32_t> main_ssrc_;
  std::uint8_t payload_type_ = 0;
  bool wanted_ = true;
  VideoReceiveCounters counters_;
};

} // namespace plenum::peer
