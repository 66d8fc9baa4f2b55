#include "sctp/association.hpp"

#include "base/check.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace plenum::sctp {

namespace {

// Its timers are for retransmission and delayed acknowledgement: hundreds of ms. Every tick wakes the thread.
constexpr base::Duration kTick = std::chrono::milliseconds(50);
constexpr std::size_t kMaxInbox = 512;
constexpr std::uint32_t kCommonHeaderBytes = 12;
constexpr std::size_t kMaxPacketBytes = 2048;
constexpr std::uint16_t kInitAttempts = 20;
constexpr std::uint32_t kPieceBytes = 32 * 1024; // longer messages arrive in pieces
constexpr std::uint32_t kBufferBytes = 256 * 1024;
// A port that just closed may still be known to usrsctp; this many others are used before it comes back.
constexpr std::size_t kPortsAtRest = 64;

struct FreeMalloced {
  void operator()(void* p) const { std::free(p); }
};

template <class Option>
bool set_option(struct ::socket* socket, int level, int name, const Option& option) {
  return usrsctp_setsockopt(socket, level, name, &option, sizeof option) == 0;
}

// Everything that browsers do not use is off: less code that foreign bytes can reach.
void configure_library() {
  usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_sendspace(kBufferBytes);
  usrsctp_sysctl_set_sctp_recvspace(kBufferBytes);
  // Keep-alive and talking state must survive a lost packet quickly; DTLS already proved the path.
  usrsctp_sysctl_set_sctp_rto_initial_default(500);
  usrsctp_sysctl_set_sctp_rto_min_default(200);
  usrsctp_sysctl_set_sctp_rto_max_default(5000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(2000);
}

} // namespace

// One delivery of usrsctp: a message, a piece of one, or a notification.
struct Incoming {
  std::unique_ptr<void, FreeMalloced> data;
  std::size_t length = 0;
  std::uint16_t stream = 0;
  std::uint32_t ppid = 0;
  int flags = 0;

  base::Bytes bytes() const { return {static_cast<const std::uint8_t*>(data.get()), length}; }
};

// What usrsctp knows an association by; its address is the SCTP address on both ends.
struct Port {
  Association* owner = nullptr;

  static int output(void* address, void* packet, std::size_t length, std::uint8_t, std::uint8_t);
  static int receive(struct ::socket*, union sctp_sockstore, void* data, std::size_t length,
                     struct sctp_rcvinfo info, int flags, void* port);
};

int Port::output(void* address, void* packet, std::size_t length, std::uint8_t, std::uint8_t) {
  auto* owner = static_cast<Port*>(address)->owner;
  if (owner == nullptr) return 0;
  if (length > kSctpMtu) {
    ++owner->counters_.oversized_packets;
    return 0;
  }
  ++owner->counters_.packets_out;
  owner->sink_.transmit_sctp({static_cast<const std::uint8_t*>(packet), length});
  return 0;
}

int Port::receive(struct ::socket*, union sctp_sockstore, void* data, std::size_t length,
                  struct sctp_rcvinfo info, int flags, void* port) {
  if (data == nullptr) return 1;
  Incoming incoming{.data = std::unique_ptr<void, FreeMalloced>(data),
                    .length = length,
                    .stream = info.rcv_sid,
                    .ppid = ntohl(info.rcv_ppid),
                    .flags = flags};
  if (auto* owner = static_cast<Port*>(port)->owner) owner->on_received(std::move(incoming));
  return 1;
}

SctpClock::SctpClock() {
  usrsctp_init_nothreads(0, &Port::output, nullptr);
  configure_library();
}

SctpClock::~SctpClock() {
  CHECK(live_ == 0);
  for (int attempt = 0; attempt < 100 && usrsctp_finish() != 0; ++attempt)
    usrsctp_handle_timers(1000);
}

void SctpClock::advance(base::Timestamp now) {
  if (!running_) {
    running_ = true;
    last_ = now;
    return;
  }
  const auto elapsed = base::to_ms(now - last_);
  if (elapsed <= 0) return;
  last_ += std::chrono::milliseconds(elapsed);
  usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed));
  for (std::size_t i = 0; i < ports_.size(); ++i)
    if (auto* owner = ports_[i]->owner) owner->deliver();
}

base::Timestamp SctpClock::next_deadline() const {
  return live_ == 0 ? base::kNever : last_ + kTick;
}

Port& SctpClock::acquire() {
  if (live_++ == 0) running_ = false; // idle time is not elapsed time
  if (free_.size() <= kPortsAtRest) return *ports_.emplace_back(std::make_unique<Port>());
  auto* port = free_.front();
  free_.pop_front();
  return *port;
}

void SctpClock::release(Port& port) {
  port.owner = nullptr;
  free_.push_back(&port);
  --live_;
}

Association::Association(SctpClock& clock, AssociationSink& sink, std::uint16_t local_port,
                         std::uint16_t remote_port)
    : clock_(clock), sink_(sink), port_(clock.acquire()), local_port_(local_port), remote_port_(remote_port) {
  port_.owner = this;
  usrsctp_register_address(&port_);
}

Association::~Association() {
  close();
  usrsctp_deregister_address(&port_);
  clock_.release(port_);
}

bool Association::connect() {
  if (state_ != SctpState::fresh) return false;
  state_ = SctpState::connecting;
  if (!open_socket()) {
    close();
    state_ = SctpState::down;
    return false;
  }
  deliver();
  return true;
}

bool Association::open_socket() {
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, &Port::receive, nullptr, 0, &port_);
  if (socket_ == nullptr || usrsctp_set_non_blocking(socket_, 1) != 0) return false;
  const linger abort_on_close{.l_onoff = 1, .l_linger = 0};
  const sctp_assoc_value resets{.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
  const sctp_initmsg init{.sinit_num_ostreams = kSctpStreams,
                          .sinit_max_instreams = kSctpStreams,
                          .sinit_max_attempts = kInitAttempts};
  const int on = 1;
  bool ok = set_option(socket_, SOL_SOCKET, SO_LINGER, abort_on_close) &&
            set_option(socket_, IPPROTO_SCTP, SCTP_NODELAY, on) &&
            set_option(socket_, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, resets) &&
            set_option(socket_, IPPROTO_SCTP, SCTP_INITMSG, init) &&
            set_option(socket_, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, kPieceBytes);
  for (const int type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT}) {
    const sctp_event event{
        .se_assoc_id = SCTP_ALL_ASSOC, .se_type = static_cast<std::uint16_t>(type), .se_on = 1};
    ok = ok && set_option(socket_, IPPROTO_SCTP, SCTP_EVENT, event);
  }
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_addr = &port_;
  address.sconn_port = htons(local_port_);
  if (!ok || usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
  address.sconn_port = htons(remote_port_);
  if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return false;
  sctp_paddrparams path{};
  std::memcpy(&path.spp_address, &address, sizeof address);
  path.spp_flags = SPP_PMTUD_DISABLE;
  path.spp_pathmtu = kSctpMtu - kCommonHeaderBytes; // usrsctp adds it
  return set_option(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

void Association::on_packet(base::Bytes packet) {
  if (socket_ == nullptr || packet.empty() || packet.size() > kMaxPacketBytes) return;
  ++counters_.packets_in;
  usrsctp_conninput(&port_, packet.data(), packet.size(), 0);
  deliver();
}

SendResult Association::send(std::uint16_t stream, std::uint32_t ppid, base::Bytes message) {
  if (state_ != SctpState::up || message.empty() || message.size() > kMaxSendBytes)
    return SendResult::refused;
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = stream;
  how.sendv_sndinfo.snd_flags = SCTP_EOR;
  how.sendv_sndinfo.snd_ppid = htonl(ppid);
  const auto sent =
      usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
  const int error = errno;
  deliver();
  if (sent < 0) return error == EWOULDBLOCK ? SendResult::would_block : SendResult::refused;
  ++counters_.messages_out;
  return SendResult::sent;
}

void Association::on_received(Incoming incoming) {
  if (inbox_.size() < kMaxInbox)
    inbox_.push_back(std::move(incoming));
  else
    ++counters_.inbox_overflow;
}

void Association::deliver() {
  if (delivering_) return;
  delivering_ = true;
  for (std::size_t i = 0; i < inbox_.size(); ++i) { // a sink that sends may add to it
    const auto incoming = std::move(inbox_[i]);
    if ((incoming.flags & MSG_NOTIFICATION) != 0)
      on_notification(incoming.bytes());
    else
      deliver_piece(incoming);
  }
  inbox_.clear();
  delivering_ = false;
}

void Association::deliver_piece(const Incoming& piece) {
  const bool last = (piece.flags & MSG_EOR) != 0;
  const bool continues = partial_open_ && piece.stream == partial_stream_;
  if (!continues) {
    if (last) {
      deliver_message(piece.stream, piece.ppid, piece.bytes());
      return;
    }
    partial_.clear(); // one message at a time is delivered in pieces
    partial_open_ = true;
    partial_dropped_ = false;
    partial_stream_ = piece.stream;
  }
  if (partial_.size() + piece.length > kMaxMessageBytes) partial_dropped_ = true;
  if (!partial_dropped_) partial_.insert(partial_.end(), piece.bytes().begin(), piece.bytes().end());
  if (!last) return;
  partial_open_ = false;
  if (partial_dropped_)
    ++counters_.oversized;
  else
    deliver_message(piece.stream, piece.ppid, partial_);
}

void Association::deliver_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes message) {
  if (message.size() > kMaxMessageBytes) {
    ++counters_.oversized;
    return;
  }
  ++counters_.messages_in;
  sink_.on_sctp_message(stream, ppid, message);
}

void Association::on_notification(base::Bytes notification) {
  std::uint16_t type = 0;
  if (notification.size() < sizeof type) return;
  std::memcpy(&type, notification.data(), sizeof type);
  if (type == SCTP_ASSOC_CHANGE) on_association_change(notification);
  if (type == SCTP_STREAM_RESET_EVENT) on_reset_event(notification);
  if (type == SCTP_PARTIAL_DELIVERY_EVENT) partial_open_ = false; // the rest will never come
}

void Association::on_association_change(base::Bytes notification) {
  sctp_assoc_change change{};
  if (notification.size() < sizeof change) return;
  std::memcpy(&change, notification.data(), sizeof change);
  if (change.sac_state == SCTP_COMM_UP && state_ == SctpState::connecting) {
    state_ = SctpState::up;
    sink_.on_sctp_up();
  } else if (change.sac_state == SCTP_RESTART) {
    partial_open_ = false;
  } else if (change.sac_state == SCTP_COMM_LOST || change.sac_state == SCTP_SHUTDOWN_COMP ||
             change.sac_state == SCTP_CANT_STR_ASSOC) {
    go_down();
  }
}

void Association::on_reset_event(base::Bytes notification) {
  sctp_stream_reset_event event{};
  if (notification.size() < sizeof event) return;
  std::memcpy(&event, notification.data(), sizeof event);
  if ((event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) == 0) return;
  for (auto rest = notification.subspan(sizeof event); rest.size() >= 2; rest = rest.subspan(2)) {
    std::uint16_t stream = 0;
    std::memcpy(&stream, rest.data(), sizeof stream);
    answer_reset(stream);
    sink_.on_sctp_stream_reset(stream);
  }
}

// RFC 8831, 6.7: a channel is closed when both directions are.
void Association::answer_reset(std::uint16_t stream) {
  if (socket_ == nullptr) return;
  alignas(sctp_reset_streams) std::array<std::uint8_t, sizeof(sctp_reset_streams) + sizeof stream> option{};
  const sctp_reset_streams head{
      .srs_assoc_id = SCTP_ALL_ASSOC, .srs_flags = SCTP_STREAM_RESET_OUTGOING, .srs_number_streams = 1};
  std::memcpy(option.data(), &head, sizeof head);
  std::memcpy(option.data() + sizeof head, &stream, sizeof stream);
  usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, option.data(), option.size());
}

void Association::go_down() {
  if (state_ == SctpState::down) return;
  state_ = SctpState::down;
  close();
  sink_.on_sctp_down();
}

void Association::close() {
  if (socket_ == nullptr) return;
  usrsctp_close(std::exchange(socket_, nullptr));
}

} // namespace plenum::sctp
