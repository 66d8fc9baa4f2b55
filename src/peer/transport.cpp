#include "peer/transport.hpp"

#include "base/alloc_counter.hpp"
#include "rtp/packet.hpp"

namespace plenum::peer {

std::string_view to_string(Phase phase) {
  switch (phase) {
  case Phase::connecting:
    return "connecting";
  case Phase::connected:
    return "connected";
  case Phase::disconnected:
    return "disconnected";
  case Phase::failed:
    return "failed";
  case Phase::closed:
    return "closed";
  }
  return "closed";
}

Transport::Transport(const base::Env& env, secure::DtlsContext& dtls, sctp::SctpClock& sctp, ice::Role role,
                     ice::Credentials local, TransportSink& sink)
    : env_(env), dtls_context_(dtls), sctp_clock_(sctp), sink_(sink),
      agent_(env, {.role = role, .local = std::move(local)}, *this) {
  begin_dtls(); // knows no fingerprint yet, so it never connects; set_remote replaces it
}

void Transport::begin_dtls() {
  data_.reset();
  srtp_.reset();
  keys_.reset();
  continued_ = false;
  dtls_ = std::make_unique<secure::Dtls>(dtls_context_, remote_.our_role, remote_.fingerprints,
                                         static_cast<secure::DtlsSink&>(*this));
  open_data();
  dtls_started_ = dtls_failed_ = false;
}

void Transport::open_data() {
  if (!remote_.data || data_ || continued_) return;
  data_ = std::make_unique<sctp::DataChannel>(sctp_clock_, static_cast<sctp::DataChannelSink&>(*this),
                                              remote_.data->local, remote_.data->remote);
}

void Transport::start(base::Timestamp now) {
  agent_.start(now);
  settle(now);
}

void Transport::restart_ice(base::Timestamp now, ice::Credentials local) {
  agent_.restart(now, std::move(local));
}

bool Transport::go_on_with(base::Timestamp now, RemoteTransport remote, const ice::PairKey& pair,
                           std::uint32_t priority, const secure::SrtpKeys& keys,
                           const secure::SrtpMarks& marks) {
  auto srtp = secure::SrtpSession::create(keys);
  if (!srtp || !(*srtp)->can_continue()) return false;
  remote_ = std::move(remote);
  begin_dtls();
  continued_ = dtls_started_ = true; // never started: whatever the client sends belongs to the old one
  data_.reset();
  srtp_ = std::move(*srtp);
  srtp_->go_on_from(marks);
  keys_ = keys;
  phase_ = Phase::connected; // whoever continues it knows, and is not told
  agent_.go_on_with(now, remote_.ice, pair, priority);
  return true;
}

const secure::SrtpKeys* Transport::keys() const {
  const auto ice = agent_.view();
  const bool can = srtp_ && keys_ && srtp_->can_continue() && pair_ && ice.selected == pair_ &&
                   !ice.restarting && pair_->local.transport == ice::Transport::udp &&
                   phase_ != Phase::closed && phase_ != Phase::failed;
  return can ? &*keys_ : nullptr;
}

void Transport::set_remote(base::Timestamp now, RemoteTransport remote) {
  if (phase_ == Phase::closed) return;
  agent_.set_remote_credentials(remote.ice);
  const bool same = remote.fingerprints == remote_.fingerprints;
  if (same) remote.our_role = remote_.our_role; // the association lives, and so do its roles
  remote_ = std::move(remote);
  if (same) {
    const bool before = data_ != nullptr;
    open_data();
    if (data_ && !before && srtp_) data_->connect(); // a data section that came with a later offer
    return;
  }
  begin_dtls();
  become(Phase::connecting, "the client has another certificate");
  settle(now);
}

void Transport::on_pair_lost(base::Timestamp now, const ice::PairKey& pair) {
  if (phase_ == Phase::closed) return;
  if (pair_ == pair) pair_.reset();
  agent_.on_pair_lost(now, pair);
}

// A pair to send on is what DTLS waits for.
void Transport::settle(base::Timestamp now) {
  if (!pair_ || dtls_started_) return;
  dtls_started_ = true;
  dtls_->start(now);
}

Transport::Got Transport::on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::Packet& packet) {
  const auto bytes = packet.mutable_bytes();
  if (bytes.empty() || phase_ == Phase::closed) return Got::nothing;
  const auto first = bytes[0];
  if (first <= 3) {
    ++counters_.stun;
    agent_.on_stun(now, pair, bytes);
    settle(now);
    return Got::nothing;
  }
  if (!agent_.is_validated(pair)) {
    ++counters_.unvalidated;
    return Got::nothing;
  }
  if (first >= 20 && first <= 63) {
    on_dtls_datagram(now, pair, bytes);
    return Got::nothing;
  }
  if (first < 128 || first > 191) {
    ++counters_.unknown;
    return Got::nothing;
  }
  if (!srtp_) {
    ++counters_.early;
    return Got::nothing;
  }
  const bool control = rtp::is_rtcp(bytes);
  const auto size = control ? srtp_->unprotect_rtcp(bytes) : srtp_->unprotect_rtp(bytes);
  if (!size) {
    ++counters_.undecrypted;
    return Got::nothing;
  }
  packet.resize(*size);
  agent_.on_authentic_traffic(now, pair);
  ++(control ? counters_.rtcp : counters_.rtp);
  return control ? Got::rtcp : Got::rtp;
}

void Transport::on_dtls_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) {
  if (continued_) {
    ++counters_.orphaned;
    return;
  }
  const base::alloc_counter::Allow cold; // handshakes and data messages, never media
  ++counters_.dtls;
  // A client may begin DTLS on a pair that it has checked but not nominated yet: answer where it asked.
  if (!pair_) pair_ = pair;
  settle(now);
  dtls_->on_datagram(now, datagram);
}

void Transport::on_deadline(base::Timestamp now) {
  if (phase_ == Phase::closed) return;
  agent_.on_deadline(now);
  if (dtls_->next_deadline() <= now) dtls_->on_deadline(now);
  settle(now);
}

base::Timestamp Transport::next_deadline() const {
  if (phase_ == Phase::closed) return base::kNever;
  return std::min(agent_.next_deadline(), dtls_->next_deadline());
}

bool Transport::send_rtp(base::MutableBytes buffer, std::size_t length) {
  if (!media_ready()) return false;
  auto size = srtp_->protect_rtp(buffer, length);
  if (!size && srtp_->at_limit()) {
    sink_.on_marks_spent();
    size = srtp_->protect_rtp(buffer, length);
  }
  if (size) sink_.transmit(*pair_, buffer.first(*size));
  return size.has_value();
}

bool Transport::send_rtcp(base::MutableBytes buffer, std::size_t length) {
  if (!media_ready()) return false;
  auto size = srtp_->protect_rtcp(buffer, length);
  if (!size && srtp_->at_limit()) {
    sink_.on_marks_spent();
    size = srtp_->protect_rtcp(buffer, length);
  }
  if (size) sink_.transmit(*pair_, buffer.first(*size));
  return size.has_value();
}

bool Transport::send_text(std::string_view text) {
  return data_ && data_->send_text(text);
}

void Transport::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed; // first: what follows is not news
  data_.reset();
  dtls_->close();
}

void Transport::become(Phase phase, std::string_view detail) {
  if (phase == phase_ || phase_ == Phase::closed) return;
  phase_ = phase;
  sink_.on_transport_phase(phase, detail);
}

// ---- from ICE

void Transport::transmit_stun(const ice::PairKey& pair, base::Bytes message) {
  sink_.transmit(pair, message);
}
void Transport::on_pair_selected(const ice::PairKey& pair) {
  pair_ = pair;
  sink_.on_pair_selected();
}
void Transport::on_pair_closed(const ice::PairKey& pair) {
  if (pair_ == pair) pair_.reset();
  sink_.on_pair_closed(pair);
}

void Transport::on_ice_state(ice::State state) {
  if (dtls_failed_) return; // ICE cannot make good what the certificate broke
  switch (state) {
  case ice::State::fresh:
  case ice::State::checking:
    break;
  case ice::State::connected:
    if (srtp_) become(Phase::connected, "ICE is back");
    break;
  case ice::State::disconnected:
    become(Phase::disconnected, "no sign of life for 5 s");
    break;
  case ice::State::failed:
    become(Phase::failed,
           agent_.view().counters.checks_received == 0 ? "no connectivity check seen" : "consent lost");
    break;
  }
}

// ---- from DTLS

void Transport::transmit_dtls(base::Bytes datagram) {
  if (pair_) sink_.transmit(*pair_, datagram);
}

void Transport::on_dtls_connected(const secure::SrtpKeys& keys) {
  auto srtp = secure::SrtpSession::create(keys);
  if (!srtp) {
    dtls_failed_ = true;
    become(Phase::failed, srtp.error().text);
    return;
  }
  srtp_ = std::move(*srtp);
  keys_ = keys;
  if (data_) data_->connect();
  become(Phase::connected, "DTLS is up, " + std::string(secure::to_string(keys.profile)));
}

void Transport::on_dtls_data(base::Bytes data) {
  if (data_) data_->on_packet(data);
}

void Transport::on_dtls_ended(secure::DtlsState state, std::string_view reason) {
  // A close_notify is the client leaving; how it ends is for signaling to say.
  dtls_failed_ = state == secure::DtlsState::failed;
  become(state == secure::DtlsState::closed ? Phase::disconnected : Phase::failed, reason);
}

// ---- from the data channel

void Transport::transmit_sctp(base::Bytes packet) {
  dtls_->send(packet);
}
void Transport::on_data_channel_open() {
  sink_.on_data_open();
}
void Transport::on_data_channel_message(base::Bytes message, bool) {
  sink_.on_data_text(base::as_text(message));
}

} // namespace plenum::peer
