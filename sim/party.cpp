#include "sim/party.hpp"

#include "base/check.hpp"
#include "peer/browser.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <cstring>

namespace plenum::sim {
namespace {

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
  static const std::string offer = peer::browser_offer();
  return offer;
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
  auto made = peer::Peer::dial(env_, now, kit_.resources(), peer::browser_options(address), offer,
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
