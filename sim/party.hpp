// Party: one end of a simulated call: a Peer, its camera and microphone, and a record of all that happened.
//
// `dial` makes it a browser's stand-in (full ICE, first offer, transport-wide numbers), `open` the server's
// end. How datagrams travel is the Carrier's business: a simulated Network, or real sockets. Owner: the test.
// Thread: the test's.
#pragma once

#include "peer/peer.hpp"
#include "sim/media.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace plenum::sim {

// What the peers of one process share. SctpClock exists once per process and is given.
struct Kit {
  Kit(const base::Env& env, sctp::SctpClock& sctp);
  peer::PeerResources resources() { return {packets, frames, *dtls, certificate, sctp}; }

  secure::Certificate certificate;
  std::unique_ptr<secure::DtlsContext> dtls;
  sctp::SctpClock& sctp;
  rtp::PacketPool packets;
  base::EncodedFramePool frames;
  rtp::PacketizedFramePool packetized;
};

class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual void carry(const ice::PairKey& pair, base::Bytes datagram) = 0;
};

struct PhaseChange {
  base::Timestamp at;
  peer::Phase phase;
  std::string detail;
};
struct SeenFrame {
  base::Timestamp at, captured;
  std::optional<std::uint32_t> number; // nullopt: not one of ours, or damaged
  bool key = false;
};
struct HeardPacket {
  base::Timestamp at, captured;
  std::optional<std::uint32_t> number;
  std::uint16_t sequence = 0;
};

// What a browser offers: Opus, VP8 with RTX, the data channel, and the usual extensions.
std::string_view offer_template();

class Party final : private peer::PeerSink {
 public:
  Party(const base::Env& env, Kit& kit, Carrier& carrier) : env_(env), kit_(kit), carrier_(carrier) {}

  base::Result<void> open(base::Timestamp now, std::string_view offer, peer::PeerOptions options);
  base::Result<void> dial(base::Timestamp now, const ice::TransportAddress& address,
                          std::string_view offer = offer_template());
  // As a process that takes the place of another one, with what that one left behind.
  bool go_on(base::Timestamp now, const peer::LegSession& session, const peer::LegMarks& marks,
             peer::PeerOptions options);
  void reopen(base::Timestamp now, const peer::LegSession& session, peer::PeerOptions options);
  peer::Peer& peer() { return *peer_; }
  void hang_up() { peer_.reset(); }

  void on_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram);
  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const;

  void switch_camera(base::Timestamp now, bool on) { next_frame_ = on ? now : base::kNever; }
  void switch_microphone(base::Timestamp now, bool on) { next_packet_ = on ? now : base::kNever; }
  void send_frame(base::Timestamp now, base::EncodedFrameRef frame);
  void send_packet(base::Timestamp now, base::Bytes opus);

  bool in_phase(peer::Phase phase) const { return !phases.empty() && phases.back().phase == phase; }

  CameraOptions camera;
  std::uint32_t audio_line = 1000, video_line = 5000; // first RTP times
  base::Duration packet_period = std::chrono::milliseconds(20);
  // Instead of the numbered ones: frames and packets of the test's own.
  std::function<base::EncodedFrameRef(bool key)> take_picture;
  std::function<std::vector<std::uint8_t>()> record_sound;
  std::function<void(base::EncodedFrame&)> on_picture;
  std::function<void(base::Bytes)> on_sound;
  std::function<void()> on_spent; // see PeerSink::on_marks_spent

  std::vector<PhaseChange> phases;
  std::vector<SeenFrame> frames;
  std::vector<HeardPacket> packets;
  std::vector<std::string> texts;
  std::uint32_t frames_made = 0, keys_made = 0, packets_made = 0;
  int data_opens = 0, keyframe_wishes = 0, pairs_closed = 0;

 private:
  void make_picture(base::Timestamp now);
  void make_sound(base::Timestamp now);

  void transmit(const ice::PairKey& pair, base::Bytes datagram) override { carrier_.carry(pair, datagram); }
  void on_pair_closed(const ice::PairKey&) override { ++pairs_closed; }
  void on_phase(peer::Phase phase, std::string_view detail) override;
  void on_audio(base::Timestamp now, const peer::IncomingAudio& packet) override;
  void on_video(base::Timestamp now, base::EncodedFrameRef frame) override;
  void on_data_open() override { ++data_opens; }
  void on_data_text(std::string_view text) override { texts.emplace_back(text); }
  void on_keyframe_wish(base::Timestamp) override;
  void on_marks_spent() override {
    if (on_spent) on_spent();
  }

  base::Env env_;
  Kit& kit_;
  Carrier& carrier_;
  std::unique_ptr<peer::Peer> peer_;
  base::Timestamp next_frame_ = base::kNever, next_packet_ = base::kNever;
  std::optional<base::Timestamp> first_frame_, first_packet_;
  bool key_wanted_ = true;
};

} // namespace plenum::sim
