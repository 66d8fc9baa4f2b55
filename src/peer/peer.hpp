// Peer: one browser, without I/O: SDP, transport, one sound and one picture in each direction, RTCP.
//
// `open` answers an offer; then datagrams go in with `on_datagram`, everything that leaves goes to the
// PeerSink, and `next_deadline` says when to call `on_deadline`. Sound to the client is sent at once, the
// picture through a pacer. The same class in the full ICE role is a browser's stand-in for simulations and
// the load lab (`dial`). Owner: engine. Thread: net. Architecture 2.2–2.4, 4.3–4.5, 4.10.
#pragma once

#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/result.hpp"
#include "cc/arrivals.hpp"
#include "cc/keyframe_budget.hpp"
#include "cc/send_rate.hpp"
#include "cc/sent_meter.hpp"
#include "peer/audio_send_stream.hpp"
#include "peer/leg_state.hpp"
#include "peer/reception.hpp"
#include "peer/sender_clock.hpp"
#include "peer/transport.hpp"
#include "peer/video_receive_stream.hpp"
#include "peer/video_send_stream.hpp"
#include "sdp/negotiate.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::peer {

struct IncomingAudio {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint32_t rtp_time = 0;        // 48 kHz
  base::Bytes payload;               // Opus; valid during the call
  std::optional<std::uint8_t> level; // RFC 6464
  bool marker = false;
  base::Timestamp captured{}; // on our clock, as far as known
};

// Called from inside the peer's methods; must not destroy the peer.
class PeerSink {
 public:
  virtual ~PeerSink() = default;
  virtual void transmit(const ice::PairKey& pair, base::Bytes datagram) = 0;
  virtual void on_pair_closed(const ice::PairKey& pair) = 0;
  virtual void on_phase(Phase phase, std::string_view detail) = 0;
  virtual void on_audio(base::Timestamp now, const IncomingAudio& packet) = 0;
  virtual void on_video(base::Timestamp now, base::EncodedFrameRef frame) = 0;
  virtual void on_data_open() = 0;
  virtual void on_data_text(std::string_view text) = 0;
  // Nothing more may leave before a successor knows new marks: ask the peer for marks() and tell it covered()
  // or uncovered(), now, from inside the call.
  virtual void on_marks_spent() {}
  virtual void
  on_keyframe_wish(base::Timestamp now) = 0; // this client cannot go on without a keyframe of ours
};

// What all peers of a worker share; outlives them.
struct PeerResources {
  rtp::PacketPool& packets;
  base::EncodedFramePool& frames;
  secure::DtlsContext& dtls;
  const secure::Certificate& certificate;
  sctp::SctpClock& sctp;
};

struct PeerOptions {
  ice::Role ice_role = ice::Role::lite;               // full: a stand-in for a browser
  std::vector<ice::TransportAddress> local_addresses; // full only: where checks leave from
  bool number_transport = false; // transport-wide sequence numbers on what we send, where negotiated
  // Not zero: pace the picture at this rate, whatever budget the receiver grants (the load lab's cameras).
  base::DataRate fixed_pace{};
  sdp::Capabilities capabilities = sdp::Capabilities::full();
  sdp::AnswerOptions answer;           // media identity and the dialect's quirks; SSRCs are chosen by `open`
  std::vector<std::string> candidates; // ours, as text
  std::string ufrag_prefix;            // of the ICE name; the door admits only names with our prefix
};

struct PeerStats {
  Phase phase = Phase::connecting;
  TransportCounters transport;
  secure::SrtpCounters srtp; // of the present DTLS association
  VideoReceiveCounters video_in;
  rtp::AssemblerCounters assembler;
  VideoSendCounters video_out;
  std::uint64_t paced_out = 0; // video packets that were too late for the link and not sent
  std::uint64_t audio_in = 0, audio_out = 0;
  std::uint64_t audio_lost = 0, video_lost = 0; // from their senders to us
  std::uint64_t plis_sent = 0, nacks_sent = 0, plis_received = 0, firs_received = 0;
  std::uint64_t transport_feedback_sent = 0, transport_feedback_received = 0;
  std::uint64_t malformed = 0; // RTP or RTCP that decrypted but did not parse
  base::Duration round_trip{};
  base::DataRate budget;
};

class Peer final : private TransportSink {
 public:
  static base::Result<std::unique_ptr<Peer>> open(const base::Env& env, base::Timestamp now,
                                                  PeerResources resources, PeerOptions options,
                                                  std::string_view offer, PeerSink& sink);
  // The other side of `open`: makes the first offer, with the sections and codecs of `offer_template` (SDP
  // without a transport), which local_description() then holds; apply_answer() connects.
  static base::Result<std::unique_ptr<Peer>> dial(const base::Env& env, base::Timestamp now,
                                                  PeerResources resources, PeerOptions options,
                                                  std::string_view offer_template, PeerSink& sink);
  // Goes on where the peer of another process stopped; the client notices nothing (A of architecture 5.3).
  // `options`: what is ours to know, candidates and prefix. It is connected at once, without a word to
  // the sink, and sends nothing before its own marks are covered. nullptr: not possible.
  static std::unique_ptr<Peer> go_on(const base::Env& env, base::Timestamp now, PeerResources resources,
                                     PeerOptions options, const LegSession& session, const LegMarks& marks,
                                     PeerSink& sink);
  // A leg of another process with new names and another certificate: make_offer() must tell the client (B).
  static std::unique_ptr<Peer> reopen(const base::Env& env, base::Timestamp now, PeerResources resources,
                                      PeerOptions options, const LegSession& session, PeerSink& sink);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const sdp::Negotiated& negotiated() const { return negotiated_; }
  std::string local_description() const; // what we said last
  const ice::Credentials& credentials() const { return local_; }
  // A later offer of the client: our answer. With new ICE credentials of theirs, ours change too (an ICE
  // restart).
  base::Result<std::string> update(base::Timestamp now, std::string_view offer);
  std::string make_offer(base::Timestamp now, bool ice_restart);
  base::Result<void> apply_answer(base::Timestamp now, std::string_view answer);

  // What a client wants of an outgoing picture and what it sends.
  std::optional<sdp::Codec> video_codec() const;
  bool sends_audio() const;
  bool sends_video() const;
  base::DataRate video_budget() const { return rate_.budget(); }

  void on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::PacketRef packet);
  void on_pair_lost(base::Timestamp now, const ice::PairKey& pair); // its socket is gone
  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const;

  void send_audio(base::Timestamp now, base::Bytes payload, std::uint32_t rtp_time, std::uint8_t level,
                  base::Timestamp captured);
  void send_video(base::Timestamp now, const rtp::PacketizedFrameRef& frame, std::uint32_t rtp_time,
                  base::Timestamp captured);
  bool send_text(std::string_view text) { return transport_->send_text(text); }

  void need_keyframe(base::Timestamp now) { video_in_.need_keyframe(now); }
  void send_picture_loss(); // at once and unlimited: what a misbehaving client does
  // The bitrate that the client's tile deserves; 0: not on the canvas, no keyframes are asked for.
  void set_video_wish(base::Timestamp now, base::DataRate cap);
  void close(); // politely; then destroy it

  // ---- for a successor in another process. `session` changes only when session_revision() does.
  LegSession session() const; // with keys only when marks() would be of use
  std::uint32_t session_revision() const { return session_revision_; }
  bool can_continue() const { return transport_->keys() != nullptr; }
  LegMarks marks(base::Timestamp now); // can_continue() must hold
  void covered(const LegMarks& marks); // the successor would begin there: we send no further
  void uncovered();                    // nobody keeps marks: we send as we like
  bool continued() const { return transport_->continued(); }
  bool runs_on(const ice::PairKey& pair) const { return transport_->pair() == pair; }
  PeerStats stats() const;

 private:
  Peer(const base::Env& env, PeerResources resources, PeerOptions options, ice::Credentials local,
       PeerSink& sink);

  sdp::LocalTransport local_transport() const;
  void begin(base::Timestamp now);
  void adopt(base::Timestamp now, sdp::Negotiated negotiated);
  void adopt_media();
  std::optional<RemoteTransport> remote_transport() const;
  void on_rtp(base::Timestamp now, rtp::PacketRef packet);
  void on_audio_packet(base::Timestamp now, const rtp::RtpView& view, const rtp::ExtensionValues& values);
  void deliver_video(base::Timestamp now);
  // peer_rtcp.cpp
  void on_rtcp(base::Timestamp now, base::Bytes datagram);
  void on_sender_report(base::Timestamp now, const rtp::SenderReport& report);
  void on_report_blocks(base::Timestamp now, const rtp::ReportBlocks& blocks);
  void send_reports(base::Timestamp now);
  void send_feedback(base::Timestamp now);
  void send_transport_feedback(base::Timestamp now);
  void send_remb(base::Timestamp now, rtp::RtcpBuilder& builder);
  std::uint32_t reporter_ssrc() const { return options_.answer.media.audio_ssrc; }
  void apply_rate() {
    const bool fixed = options_.fixed_pace.bps > 0;
    video_out_.set_rate(fixed ? options_.fixed_pace : rate_.budget(), fixed || rate_.congested());
  }
  void release_video(base::Timestamp now);
  void wish_keyframe(base::Timestamp now);

  void transmit(const ice::PairKey& pair, base::Bytes datagram) override { sink_.transmit(pair, datagram); }
  void on_pair_closed(const ice::PairKey& pair) override { sink_.on_pair_closed(pair); }
  void on_pair_selected() override { ++session_revision_; } // keys are of use from now on
  void on_marks_spent() override { sink_.on_marks_spent(); }
  void on_transport_phase(Phase phase, std::string_view detail) override;
  void on_data_open() override { sink_.on_data_open(); }
  void on_data_text(std::string_view text) override { sink_.on_data_text(text); }

  base::Env env_;
  PeerResources resources_;
  PeerOptions options_;
  ice::Credentials local_;
  PeerSink& sink_;
  sdp::Negotiated negotiated_;
  std::optional<sdp::SessionDescription> open_offer_; // ours, unanswered
  std::string inherited_fingerprint_; // of the process before us: the client still knows that one
  std::uint32_t session_revision_ = 1;
  std::unique_ptr<Transport> transport_;

  rtp::ExtensionMap audio_extensions_, video_extensions_;
  SenderClock clock_;
  VideoReceiveStream video_in_;
  std::optional<std::uint8_t> audio_payload_type_;
  Reception audio_in_;
  bool audio_seen_ = false;
  AudioSendStream audio_out_;
  VideoSendStream video_out_;
  std::uint16_t transport_sequence_ = 0;
  cc::Arrivals arrivals_;
  cc::SendRate rate_;
  cc::SentMeter sent_;
  cc::FirFilter firs_;
  base::Duration round_trip_ = std::chrono::milliseconds(50);
  base::Timestamp next_report_ = base::kNever;
  base::DataRate video_wish_ = base::DataRate::kbps(1000), announced_wish_{};
  PeerStats stats_;
};

} // namespace plenum::peer
