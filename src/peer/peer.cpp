#include "peer/peer.hpp"

#include "base/check.hpp"
#include "cc/tile_rate.hpp"
#include "sdp/parse.hpp"
#include "sdp/write.hpp"

namespace plenum::peer {
namespace {

ice::Credentials to_ice(const sdp::IceCredentials& from) {
  return {from.ufrag, base::Secret(from.password)};
}

base::Result<std::vector<secure::Fingerprint>> fingerprints(const sdp::Negotiated& negotiated) {
  auto parsed = secure::Fingerprint::parse(negotiated.remote_fingerprint.algorithm + " " +
                                           negotiated.remote_fingerprint.value);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return std::vector{*parsed};
}

void choose_identity(base::Random& random, sdp::LocalMedia& media) {
  media.session_id = (random.u64() >> 2) | 1;
  media.cname = random.alphanumeric(16);
  // Three different numbers: a stream that shares an SSRC with another cannot be told apart.
  const auto first = random.u32();
  media.audio_ssrc = first | 1;
  media.video_ssrc = media.audio_ssrc + 1 + (random.u32() & 0xffff);
  media.video_rtx_ssrc = media.video_ssrc + 1 + (random.u32() & 0xffff);
}

rtp::ExtensionMap extension_map(const sdp::ExtensionIds& ids) {
  rtp::ExtensionMap map;
  map.set(rtp::ExtensionKind::mid, ids.mid);
  map.set(rtp::ExtensionKind::audio_level, ids.audio_level);
  map.set(rtp::ExtensionKind::transport_sequence, ids.transport_cc);
  map.set(rtp::ExtensionKind::abs_send_time, ids.abs_send_time);
  return map;
}

} // namespace

Peer::Peer(const base::Env& env, PeerResources resources, PeerOptions options, ice::Credentials local,
           PeerSink& sink)
    : env_(env), resources_(resources), options_(std::move(options)), local_(std::move(local)), sink_(sink),
      transport_(std::make_unique<Transport>(env, resources.dtls, resources.sctp, options_.ice_role, local_,
                                             static_cast<TransportSink&>(*this))),
      video_in_(resources.frames, clock_), audio_out_(env.random, options_.answer.media.audio_ssrc),
      video_out_(env.random, options_.answer.media.video_ssrc, options_.answer.media.video_rtx_ssrc) {
  apply_rate();
  if (options_.number_transport) {
    audio_out_.number_transport(transport_sequence_);
    video_out_.number_transport(transport_sequence_);
  }
}

base::Result<std::unique_ptr<Peer>> Peer::open(const base::Env& env, base::Timestamp now,
                                               PeerResources resources, PeerOptions options,
                                               std::string_view offer, PeerSink& sink) {
  auto parsed = sdp::parse(offer);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  choose_identity(env.random, options.answer.media);
  auto local = ice::make_credentials(env.random, options.ufrag_prefix);
  std::unique_ptr<Peer> peer(new Peer(env, resources, std::move(options), std::move(local), sink));
  auto negotiated =
      sdp::answer(*parsed, peer->options_.capabilities, peer->local_transport(), peer->options_.answer);
  if (!negotiated) return std::unexpected(std::move(negotiated).error());
  if (auto prints = fingerprints(*negotiated); !prints) return std::unexpected(std::move(prints).error());
  peer->begin(now);
  peer->adopt(now, std::move(*negotiated));
  return peer;
}

base::Result<std::unique_ptr<Peer>> Peer::dial(const base::Env& env, base::Timestamp now,
                                               PeerResources resources, PeerOptions options,
                                               std::string_view offer_template, PeerSink& sink) {
  auto parsed = sdp::parse(offer_template);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  choose_identity(env.random, options.answer.media);
  auto local = ice::make_credentials(env.random, options.ufrag_prefix);
  std::unique_ptr<Peer> peer(new Peer(env, resources, std::move(options), std::move(local), sink));
  // The state before any exchange: our own words, and nothing known of the other side.
  for (const auto& section : parsed->sections)
    peer->negotiated_.sections.push_back({.mid = section.mid, .kind = section.kind});
  peer->negotiated_.local = std::move(*parsed);
  peer->make_offer(now, false);
  peer->begin(now);
  return peer;
}

void Peer::begin(base::Timestamp now) {
  for (const auto& address : options_.local_addresses)
    transport_->agent().add_local_address(now, address);
  transport_->start(now);
}

sdp::LocalTransport Peer::local_transport() const {
  const auto print =
      inherited_fingerprint_.empty() ? resources_.certificate.fingerprint().text() : inherited_fingerprint_;
  const auto space = print.find(' ');
  sdp::LocalTransport out;
  out.ice = {local_.ufrag, std::string(local_.password.reveal())};
  out.fingerprint = {print.substr(0, space), print.substr(space + 1)};
  out.candidates = options_.candidates;
  out.ice_lite = options_.ice_role == ice::Role::lite;
  return out;
}

void Peer::adopt(base::Timestamp now, sdp::Negotiated negotiated) {
  const bool other_ice = negotiated.remote_ice != negotiated_.remote_ice;
  negotiated_ = std::move(negotiated);
  ++session_revision_;
  if (auto remote = remote_transport()) transport_->set_remote(now, std::move(*remote));
  if (other_ice && options_.ice_role == ice::Role::full) {
    for (const auto& text : negotiated_.remote_candidates)
      if (const auto candidate = ice::parse_candidate(text))
        transport_->agent().add_remote_candidate(now, *candidate);
  }
  adopt_media();
}

std::optional<RemoteTransport> Peer::remote_transport() const {
  auto remote = fingerprints(negotiated_);
  if (!remote) return std::nullopt;
  std::optional<DataPorts> data;
  if (negotiated_.data) data = DataPorts{negotiated_.data->local_port, negotiated_.data->remote_port};
  const auto role =
      negotiated_.role == sdp::SetupRole::active ? secure::DtlsRole::client : secure::DtlsRole::server;
  return RemoteTransport{to_ice(negotiated_.remote_ice), std::move(*remote), role, data};
}

void Peer::adopt_media() {
  const auto* audio = negotiated_.section(sdp::MediaKind::audio);
  audio_payload_type_.reset();
  if (audio != nullptr) {
    audio_extensions_ = extension_map(audio->extensions);
    if (sdp::receives(audio->direction) && !audio->receive.empty())
      audio_payload_type_ = audio->receive.front().payload_type;
    const bool send = sdp::sends(audio->direction) && audio->send;
    audio_out_.configure(send ? std::optional(audio->send->payload_type) : std::nullopt, audio_extensions_,
                         audio->mid);
  }
  const auto* video = negotiated_.section(sdp::MediaKind::video);
  if (video != nullptr) {
    video_extensions_ = extension_map(video->extensions);
    video_in_.set_codecs(sdp::receives(video->direction) ? video->receive
                                                         : std::vector<sdp::NegotiatedCodec>{});
    video_out_.configure(sdp::sends(video->direction) ? video->send : std::nullopt, video_extensions_,
                         video->mid);
    rate_.set_session_cap(video->receive_cap.value_or(base::DataRate{}));
    apply_rate();
  }
}

std::string Peer::local_description() const {
  return sdp::write(open_offer_ ? *open_offer_ : negotiated_.local);
}

base::Result<std::string> Peer::update(base::Timestamp now, std::string_view offer) {
  auto parsed = sdp::parse(offer);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  auto negotiated =
      sdp::answer(*parsed, options_.capabilities, local_transport(), options_.answer, &negotiated_);
  if (!negotiated) return std::unexpected(std::move(negotiated).error());
  const bool other_names = negotiated->remote_ice.ufrag != negotiated_.remote_ice.ufrag;
  // A client that has lost everything makes a new association, which needs a certificate that we have.
  const bool other_client =
      !inherited_fingerprint_.empty() && negotiated->remote_fingerprint != negotiated_.remote_fingerprint;
  if (other_client) inherited_fingerprint_.clear();
  if (other_names) {
    // The client restarts ICE: new names on our side too (RFC 8839, 4.4.1.1).
    local_ = ice::make_credentials(env_.random, options_.ufrag_prefix);
    transport_->restart_ice(now, local_);
  }
  if (other_names || other_client) { // the same answer again with what is new
    negotiated =
        sdp::answer(*parsed, options_.capabilities, local_transport(), options_.answer, &negotiated_);
    CHECK(negotiated);
  }
  open_offer_.reset();
  adopt(now, std::move(*negotiated));
  return local_description();
}

std::string Peer::make_offer(base::Timestamp now, bool ice_restart) {
  if (ice_restart) {
    ++session_revision_;
    local_ = ice::make_credentials(env_.random, options_.ufrag_prefix);
    transport_->restart_ice(now, local_);
  }
  open_offer_ = sdp::make_offer(negotiated_, local_transport(), options_.answer.session_attributes);
  return sdp::write(*open_offer_);
}

base::Result<void> Peer::apply_answer(base::Timestamp now, std::string_view answer) {
  if (!open_offer_) return base::fail(base::ErrorCode::conflict, "an answer without an offer of ours");
  auto parsed = sdp::parse(answer);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  auto negotiated =
      sdp::apply_answer(*open_offer_, *parsed, options_.capabilities, options_.answer, negotiated_);
  if (!negotiated) return std::unexpected(std::move(negotiated).error());
  open_offer_.reset();
  adopt(now, std::move(*negotiated));
  return {};
}

std::optional<sdp::Codec> Peer::video_codec() const {
  return video_out_.codec() ? std::optional(video_out_.codec()->codec) : std::nullopt;
}
bool Peer::sends_audio() const {
  return audio_payload_type_.has_value();
}
bool Peer::sends_video() const {
  const auto* video = negotiated_.section(sdp::MediaKind::video);
  return video != nullptr && sdp::receives(video->direction) && !video->receive.empty();
}

void Peer::on_transport_phase(Phase phase, std::string_view detail) {
  if (phase == Phase::connected && next_report_ == base::kNever) next_report_ = env_.clock.now();
  ++session_revision_; // there are keys now, or none of use any more
  sink_.on_phase(phase, detail);
}

void Peer::on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::PacketRef packet) {
  switch (transport_->on_datagram(now, pair, *packet)) {
  case Transport::Got::rtp:
    on_rtp(now, std::move(packet));
    break;
  case Transport::Got::rtcp:
    on_rtcp(now, packet->bytes());
    break;
  case Transport::Got::nothing:
    break;
  }
  if (next_report_ != base::kNever && arrivals_.next_deadline() <= now) send_transport_feedback(now);
}

void Peer::on_rtp(base::Timestamp now, rtp::PacketRef packet) {
  const auto view = rtp::RtpView::parse(packet->bytes());
  if (!view) {
    ++stats_.malformed;
    return;
  }
  const bool audio = view->header.payload_type == audio_payload_type_;
  if (!audio && !video_in_.takes(view->header.payload_type)) return;
  const auto values = rtp::read_extensions(*view, audio ? audio_extensions_ : video_extensions_);
  if (values.transport_sequence) arrivals_.on_packet(now, *values.transport_sequence, view->header.marker);
  if (audio) {
    on_audio_packet(now, *view, values);
  } else {
    video_in_.on_packet(now, *view, std::move(packet));
    deliver_video(now);
  }
}

void Peer::on_audio_packet(base::Timestamp now, const rtp::RtpView& view,
                           const rtp::ExtensionValues& values) {
  if (view.payload.empty()) return;
  if (!audio_seen_ || audio_in_.ssrc() != view.header.ssrc) {
    audio_in_.start(view.header.ssrc, 48'000);
    clock_.forget(MediaStream::audio);
    audio_seen_ = true;
  }
  audio_in_.on_packet(now, view.header.sequence, view.header.timestamp, false);
  ++stats_.audio_in;
  IncomingAudio packet;
  packet.ssrc = view.header.ssrc;
  packet.sequence = view.header.sequence;
  packet.rtp_time = view.header.timestamp;
  packet.payload = view.payload;
  if (values.audio_level) packet.level = values.audio_level->dbov;
  packet.marker = view.header.marker;
  packet.captured = clock_.captured(MediaStream::audio, view.header.timestamp, now);
  sink_.on_audio(now, packet);
}

void Peer::deliver_video(base::Timestamp now) {
  while (auto frame = video_in_.pop(now))
    sink_.on_video(now, std::move(frame));
}

void Peer::send_audio(base::Timestamp now, base::Bytes payload, std::uint32_t rtp_time, std::uint8_t level,
                      base::Timestamp captured) {
  if (!transport_->media_ready()) return;
  auto packet = resources_.packets.get();
  if (!packet) return;
  const auto buffer = packet->buffer();
  const auto room = buffer.first(buffer.size() - secure::kSrtpTailroom);
  const auto size = audio_out_.write(now, payload, rtp_time, level, captured, room);
  sent_.add(now, size);
  if (size != 0 && transport_->send_rtp(buffer, size)) ++stats_.audio_out;
}

void Peer::send_video(base::Timestamp now, const rtp::PacketizedFrameRef& frame, std::uint32_t rtp_time,
                      base::Timestamp captured) {
  if (!transport_->media_ready()) return;
  video_out_.send(now, frame, rtp_time, captured);
  release_video(now);
}

void Peer::release_video(base::Timestamp now) {
  while (video_out_.next_release() <= now) {
    auto packet = resources_.packets.get();
    if (!packet) return;
    const auto buffer = packet->buffer();
    const auto size = video_out_.write_next(now, buffer.first(buffer.size() - secure::kSrtpTailroom));
    if (size == 0) break;
    sent_.add(now, size);
    transport_->send_rtp(buffer, size);
  }
  wish_keyframe(now);
}

void Peer::wish_keyframe(base::Timestamp now) {
  if (video_out_.take_keyframe_need()) sink_.on_keyframe_wish(now);
}

void Peer::set_video_wish(base::Timestamp now, base::DataRate cap) {
  video_in_.set_wanted(now, cap.bps > 0);
  video_wish_ = cap.bps > 0 ? cap : base::DataRate::kbps(100);
  if (cc::differs(announced_wish_, video_wish_) && next_report_ != base::kNever) next_report_ = now;
}

void Peer::on_pair_lost(base::Timestamp now, const ice::PairKey& pair) {
  transport_->on_pair_lost(now, pair);
}

void Peer::on_deadline(base::Timestamp now) {
  transport_->on_deadline(now);
  if (!transport_->media_ready()) return;
  video_in_.on_deadline(now);
  deliver_video(now);
  send_feedback(now);
  if (arrivals_.next_deadline() <= now) send_transport_feedback(now);
  if (next_report_ <= now) send_reports(now);
  release_video(now);
}

base::Timestamp Peer::next_deadline() const {
  const auto transport = transport_->next_deadline();
  if (!transport_->media_ready()) return transport;
  return std::min({transport, video_in_.next_deadline(), arrivals_.next_deadline(), next_report_,
                   video_out_.next_release()});
}

void Peer::close() {
  transport_->close();
}

PeerStats Peer::stats() const {
  auto out = stats_;
  out.phase = transport_->phase();
  out.transport = transport_->counters();
  if (const auto* srtp = transport_->srtp_counters()) out.srtp = *srtp;
  out.video_in = video_in_.counters();
  out.assembler = video_in_.assembler_counters();
  out.video_out = video_out_.counters();
  out.paced_out = video_out_.dropped_packets();
  out.audio_lost = static_cast<std::uint64_t>(std::max<std::int64_t>(0, audio_in_.lost()));
  out.plis_sent = video_in_.keyframe_requests();
  out.round_trip = round_trip_;
  out.budget = rate_.budget();
  return out;
}

} // namespace plenum::peer
