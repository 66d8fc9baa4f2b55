#include "engine/door_link.hpp"

#include "base/alloc_counter.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "base/wipe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::engine {

link::Endpoint to_endpoint(const ice::TransportAddress& address) {
  link::Endpoint out;
  out.port = address.port;
  if (address.family == ice::Family::ipv4) {
    out.address[10] = out.address[11] = 0xff;
    std::memcpy(out.address.data() + 12, address.ip.data(), 4);
  } else {
    out.address = address.ip;
  }
  return out;
}

ice::TransportAddress to_address(const link::Endpoint& endpoint, bool tcp) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  ice::TransportAddress out;
  out.port = endpoint.port;
  out.transport = tcp ? ice::Transport::tcp : ice::Transport::udp;
  if (std::memcmp(endpoint.address.data(), kMapped.data(), kMapped.size()) == 0) {
    out.family = ice::Family::ipv4;
    std::memcpy(out.ip.data(), endpoint.address.data() + 12, 4);
  } else {
    out.family = ice::Family::ipv6;
    out.ip = endpoint.address;
  }
  return out;
}

DoorLink::DoorLink(const base::Env& env, EventLoop& loop, int listening, DoorLinkOwner& owner)
    : env_(env), loop_(loop), listening_(listening), owner_(owner),
      dropped_(env.metrics.counter("plenum_queue_dropped_total", "queue=\"door_link\"")) {
  // It was made by another program, and we ask it whenever anything is ready.
  CHECK(::fcntl(listening_, F_SETFL, O_NONBLOCK) == 0);
  loop_.watch(listening_, EPOLLIN, *this);
}

DoorLink::~DoorLink() {
  disconnect();
  abandon(std::move(inheritance_));
  loop_.forget(listening_);
  ::close(listening_);
}

void DoorLink::add(const std::string& ufrag, const std::string& password) {
  names_[ufrag] = password;
  if (connected()) send(link::Register{ufrag, password});
}

void DoorLink::remove(const std::string& ufrag) {
  if (names_.erase(ufrag) != 0 && connected()) send(link::Unregister{ufrag});
}

void DoorLink::closed(const std::string& ufrag, const ice::PairKey& pair) {
  if (connected())
    send(link::Closed{ufrag, to_endpoint(pair.remote), pair.local.transport == ice::Transport::tcp});
}

void DoorLink::stray(const ice::TransportAddress& from, const ice::PairKey& pair, base::Bytes datagram) {
  if (connected())
    send(link::Stray{to_endpoint(pair.local), to_endpoint(from), {datagram.begin(), datagram.end()}});
}

void DoorLink::on_ready(base::Timestamp now, std::uint32_t) {
  const base::alloc_counter::Allow cold;
  accept_door();
  if (connected()) flush();
  if (connected()) receive(now);
}

void DoorLink::accept_door() {
  const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  disconnect();
  connection_ = fd;
  ++epoch_;
  loop_.watch(connection_, EPOLLIN, *this);
  for (const auto& [ufrag, password] : names_)
    send(link::Register{ufrag, password});
  owner_.on_door_changed(loop_.now());
}

// By send: a confined worker may not call sendmsg (architecture 5.2).
bool DoorLink::deposit(const std::string& ufrag, link::DepositPart part, std::vector<std::uint8_t> bytes) {
  bool sent = false;
  if (connected() && queue_.empty()) {
    auto message = link::encode(link::Deposit{ufrag, part, bytes});
    sent = !message.empty() &&
           ::send(connection_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    base::wipe(message);
  }
  base::wipe(bytes);
  return sent;
}

bool DoorLink::keep(const std::string& ufrag, const ice::PairKey& pair) {
  if (!connected() || !queue_.empty()) return false;
  const auto bytes = link::encode(link::Kept{ufrag, to_endpoint(pair.local), to_endpoint(pair.remote)});
  return !bytes.empty() && ::send(connection_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

Inheritance DoorLink::take_inheritance() {
  handed_ = false;
  return std::exchange(inheritance_, {});
}

void DoorLink::abandon(Inheritance inheritance) {
  for (const auto& socket : inheritance.sockets)
    ::close(socket.fd);
  for (auto& leg : inheritance.legs)
    for (auto* part : {&leg.session, &leg.marks})
      base::wipe(*part);
}

void DoorLink::disconnect() {
  if (connection_ < 0) return;
  loop_.forget(connection_);
  ::close(connection_);
  connection_ = -1;
  queue_.clear();
  if (!handed_) abandon(std::exchange(inheritance_, {})); // half of it is of no use
  owner_.on_door_changed(loop_.now());
}

void DoorLink::receive(base::Timestamp now) {
  std::array<std::uint8_t, link::kDoorMessageBytes> bytes;
  for (int i = 0; i < 64 && connected(); ++i) {
    iovec vector{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const auto got = ::recvmsg(connection_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      disconnect();
      return;
    }
    int fd = -1;
    const auto* part = CMSG_FIRSTHDR(&header);
    if (part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
      std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    auto message = link::decode_door(base::Bytes(bytes).first(static_cast<std::size_t>(got)));
    if (message) {
      handle(now, *message, fd);
    } else if (fd >= 0) {
      ::close(fd);
    }
  }
}

void DoorLink::handle(base::Timestamp now, link::DoorMessage& message, int fd) {
  if (std::holds_alternative<link::Kept>(message) || std::holds_alternative<link::Deposit>(message)) {
    collect(message, fd);
    return;
  }
  if (std::holds_alternative<link::Handed>(message)) {
    handed_ = true;
    owner_.on_inheritance(now);
  } else if (const auto* registered = std::get_if<link::Registered>(&message)) {
    owner_.on_registered(registered->ufrag, registered->accepted);
  } else if (const auto* opened = std::get_if<link::Opened>(&message); opened != nullptr && fd >= 0) {
    owner_.on_opened(now, *opened, fd);
    return;
  } else if (const auto* stray = std::get_if<link::Stray>(&message)) {
    owner_.on_stray_returned(now, *stray);
  }
  if (fd >= 0) ::close(fd);
}

void DoorLink::collect(link::DoorMessage& message, int fd) {
  if (auto* kept = std::get_if<link::Kept>(&message)) {
    if (fd >= 0) inheritance_.sockets.push_back({std::move(*kept), fd});
    return;
  }
  if (fd >= 0) ::close(fd);
  auto& deposit = std::get<link::Deposit>(message);
  auto at = std::ranges::find(inheritance_.legs, deposit.ufrag, &Inheritance::Leg::ufrag);
  if (at == inheritance_.legs.end()) {
    inheritance_.legs.push_back({deposit.ufrag, {}, {}, {}});
    at = inheritance_.legs.end() - 1;
  }
  auto& part = deposit.part == link::DepositPart::outline   ? at->outline
               : deposit.part == link::DepositPart::session ? at->session
                                                            : at->marks;
  part = std::move(deposit.bytes);
}

void DoorLink::send(const link::DoorMessage& message) {
  if (queue_.size() >= kQueued) {
    dropped_.add();
    return;
  }
  queue_.push_back(link::encode(message));
  flush();
}

void DoorLink::flush() {
  while (!queue_.empty()) {
    const auto& bytes = queue_.front();
    const auto sent = ::send(connection_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)) { // else it may yet go
      disconnect();
      return;
    }
    if (sent < 0) break;
    queue_.pop_front();
  }
  loop_.watch(connection_, queue_.empty() ? std::uint32_t{EPOLLIN} : std::uint32_t{EPOLLIN} | EPOLLOUT,
              *this);
}

} // namespace plenum::engine
