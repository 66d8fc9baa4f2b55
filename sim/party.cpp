#include "sim/party.hpp"

#include "base/check.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <cstring>

namespace plenum::sim {
namespace {

constexpr std::string_view kOffer =
    "v=0\r\n"
    "o=- 1 1 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0 1 2\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=mid:0\r\n"
    "a=sendrecv\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-rsize\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "a=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
    "a=mid:1\r\n"
    "a=sendrecv\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-rsize\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=rtpmap:96 VP8/90000\r\n"
    "a=rtcp-fb:96 goog-remb\r\n"
    "a=rtcp-fb:96 transport-cc\r\n"
    "a=rtcp-fb:96 ccm fir\r\n"
    "a=rtcp-fb:96 nack\r\n"
    "a=rtcp-fb:96 nack pli\r\n"
    "a=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "a=mid:2\r\n"
    "a=sctp-port:5000\r\n"
    "a=max-message-size:262144\r\n";

secure::Certificate make_certificate(base::WallTime now) {
  auto made = secure::Certificate::generate(now);
  CHECK(made);
  return std::move(*made);
}

std::unique_ptr<secure::DtlsContext> make_context(const secure::Certificate& certificate) {
  auto made = secure::DtlsContext::create(certificate);
  CHECK(made);
  return std::move(*made);
}

} // namespace

std::string_view offer_template() {
  return kOffer;
}

Kit::Kit(const base::Env& env, sctp::SctpClock& clock)
    : certificate(make_certificate(env.clock.wall())), dtls(make_context(certificate)), sctp(clock) {}

base::Result<void> Party::open(base::Timestamp now, std::string_view offer, peer::PeerOptions options) {
  auto made = peer::Peer::open(env_, now, kit_.resources(), std::move(options), offer,
                               static_cast<peer::PeerSink&>(*this));
  if (!made) return std::unexpected(std::move(made).error());
  peer_ = std::move(*made);
  return {};
}

bool Party::go_on(base::Timestamp now, const peer::LegSession& session, const peer::LegMarks& marks,
                  peer::PeerOptions options) {
  peer_ = peer::Peer::go_on(env_, now, kit_.resources(), std::move(options), session, marks,
                            static_cast<peer::PeerSink&>(*this));
  if (peer_) on_phase(peer::Phase::connected, "continued in place");
  return peer_ != nullptr;
}

void Party::reopen(base::Timestamp now, const peer::LegSession& session, peer::PeerOptions options) {
  peer_ = peer::Peer::reopen(env_, now, kit_.resources(), std::move(options), session,
                             static_cast<peer::PeerSink&>(*this));
}

base::Result<void> Party::dial(base::Timestamp now, const ice::TransportAddress& address,
                               std::string_view offer) {
  peer::PeerOptions options;
  options.ice_role = ice::Role::full;
  options.local_addresses = {address};
  options.number_transport = true;
  options.candidates = {ice::candidate_value(ice::make_host_candidate(address, 8000))};
  auto made = peer::Peer::dial(env_, now, kit_.resources(), std::move(options), offer,
                               static_cast<peer::PeerSink&>(*this));
  if (!made) return std::unexpected(std::move(made).error());
  peer_ = std::move(*made);
  return {};
}

void Party::on_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) {
  auto packet = kit_.packets.get();
  if (!peer_ || !packet || datagram.size() > rtp::Packet::kMostBytes || datagram.empty()) return;
  std::memcpy(packet->buffer().data(), datagram.data(), datagram.size());
  packet->resize(datagram.size());
  peer_->on_datagram(now, pair, std::move(packet));
}

void Party::on_deadline(base::Timestamp now) {
  if (!peer_) return;
  if (next_frame_ <= now) make_picture(now);
  if (next_packet_ <= now) make_sound(now);
  if (peer_->next_deadline() <= now) peer_->on_deadline(now);
}

base::Timestamp Party::next_deadline() const {
  return peer_ ? std::min({peer_->next_deadline(), next_frame_, next_packet_}) : base::kNever;
}

void Party::make_picture(base::Timestamp now) {
  next_frame_ = now + camera.period;
  if (!in_phase(peer::Phase::connected)) return; // encoders start when the connection is up
  const bool key = std::exchange(key_wanted_, false);
  auto frame = take_picture
                   ? take_picture(key)
                   : make_frame(kit_.frames, key, frames_made, key ? camera.key_bytes : camera.delta_bytes);
  if (frame) send_frame(now, std::move(frame));
}

void Party::send_frame(base::Timestamp now, base::EncodedFrameRef frame) {
  if (!first_frame_) first_frame_ = now;
  ++frames_made;
  keys_made += frame->key ? 1U : 0U;
  auto packetized = kit_.packetized.get(std::move(frame));
  CHECK(rtp::packetize_vp8(*packetized, {}));
  const auto ticks = (now - *first_frame_).count() * 9 / 100;
  peer_->send_video(now, packetized, video_line + static_cast<std::uint32_t>(ticks), now);
}

void Party::make_sound(base::Timestamp now) {
  next_packet_ = now + packet_period;
  if (!in_phase(peer::Phase::connected)) return;
  if (record_sound) {
    send_packet(now, record_sound());
  } else {
    send_packet(now, make_packet(packets_made));
  }
}

void Party::send_packet(base::Timestamp now, base::Bytes opus) {
  if (!first_packet_) first_packet_ = now;
  ++packets_made;
  const auto ticks = (now - *first_packet_).count() * 48 / 1000;
  peer_->send_audio(now, opus, audio_line + static_cast<std::uint32_t>(ticks), 20, now);
}

void Party::on_phase(peer::Phase phase, std::string_view detail) {
  phases.push_back({env_.clock.now(), phase, std::string(detail)});
}

void Party::on_audio(base::Timestamp now, const peer::IncomingAudio& packet) {
  packets.push_back({now, packet.captured, read_packet(packet.payload), packet.sequence});
  if (on_sound) on_sound(packet.payload);
}

void Party::on_video(base::Timestamp now, base::EncodedFrameRef frame) {
  frames.push_back({now, frame->captured, read_frame(*frame), frame->key});
  if (on_picture) on_picture(*frame);
}

void Party::on_keyframe_wish(base::Timestamp) {
  ++keyframe_wishes;
  key_wanted_ = true;
}

} // namespace plenum::sim
