#include "door/tuple_sockets.hpp"

#include <fmt/format.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace plenum::door {
namespace {

constexpr int kReceiveBufferBytes = 1 << 20; // a burst of first checks while the door opens sockets
constexpr int kBacklog = 128;

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool is_link_local(const ice::TransportAddress& a) {
  return a.family == ice::Family::ipv6 && a.ip[0] == 0xfe && (a.ip[1] & 0xc0) == 0x80;
}

// A socket address; link-local ones name their interface.
socklen_t to_sockaddr(const ice::TransportAddress& address, std::uint32_t interface, sockaddr_storage& out) {
  const auto length = address.to_sockaddr(out);
  if (is_link_local(address)) reinterpret_cast<sockaddr_in6&>(out).sin6_scope_id = interface;
  return length;
}

// not_found: this machine has no such address or family.
std::unexpected<base::Error> refuse(const char* what, const ice::TransportAddress& address) {
  const int reason = errno;
  const bool absent = reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL;
  return base::fail(absent ? base::ErrorCode::not_found : base::ErrorCode::unavailable,
                    fmt::format("{} {}: {}", what, address.text(), std::strerror(reason)));
}

Fd open_socket(const ice::TransportAddress& address, int type) {
  const int family = address.family == ice::Family::ipv6 ? AF_INET6 : AF_INET;
  Fd fd(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd && family == AF_INET6 && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) return {};
  return fd;
}

bool bind_to(int fd, const ice::TransportAddress& address, std::uint32_t interface) {
  sockaddr_storage where{};
  const auto length = to_sockaddr(address, interface, where);
  return length != 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&where), length) == 0;
}

struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
};

// The address that a datagram was sent to, from its control messages.
std::optional<ice::TransportAddress> destination(msghdr& message, std::uint16_t port,
                                                 std::uint32_t& interface) {
  for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = info.ipi_addr};
      return ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address),
                                                  ice::Transport::udp);
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      interface = info.ipi6_ifindex;
      sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = info.ipi6_addr};
      return ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address),
                                                  ice::Transport::udp);
    }
  }
  return std::nullopt;
}

ice::TransportAddress named(int fd, ice::Transport transport, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage where{};
  socklen_t length = sizeof where;
  if (name(fd, reinterpret_cast<sockaddr*>(&where), &length) != 0) return {};
  return ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(where), transport)
      .value_or(ice::TransportAddress{});
}

} // namespace

ice::TransportAddress local_address(int fd, ice::Transport transport) {
  return named(fd, transport, [](int f, sockaddr* a, socklen_t* l) { return ::getsockname(f, a, l); });
}

ice::TransportAddress remote_address(int fd, ice::Transport transport) {
  return named(fd, transport, [](int f, sockaddr* a, socklen_t* l) { return ::getpeername(f, a, l); });
}

base::Result<Fd> open_wildcard_udp(const ice::TransportAddress& address) {
  auto fd = open_socket(address, SOCK_DGRAM);
  if (!fd) return refuse("cannot open UDP", address);
  const bool v6 = address.family == ice::Family::ipv6;
  const bool options =
      set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) &&
      (v6 ? set(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set(fd.get(), IPPROTO_IP, IP_PKTINFO, 1));
  set(fd.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes); // the kernel's limit is good enough
  if (!options || !bind_to(fd.get(), address, 0)) return refuse("cannot bind UDP", address);
  return fd;
}

base::Result<Fd> open_tcp_listener(const ice::TransportAddress& address) {
  auto fd = open_socket(address, SOCK_STREAM);
  if (!fd) return refuse("cannot open TCP", address);
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1); // inherited by accepted sockets
  if (!bind_to(fd.get(), address, 0) || ::listen(fd.get(), kBacklog) != 0)
    return refuse("cannot bind TCP", address);
  return fd;
}

Receive receive_wildcard(int fd, std::uint16_t local_port, Received& out) {
  sockaddr_storage from{};
  Control control;
  iovec data{out.buffer.data(), out.buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const auto got = ::recvmsg(fd, &message, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Receive::empty : Receive::skipped;
  if ((message.msg_flags & MSG_TRUNC) != 0) return Receive::skipped;
  const auto remote =
      ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(from), ice::Transport::udp);
  out.tuple.interface = 0;
  const auto local = destination(message, local_port, out.tuple.interface);
  if (!remote || !local) return Receive::skipped;
  out.tuple.local = *local;
  out.tuple.remote = *remote;
  out.size = static_cast<std::size_t>(got);
  return Receive::datagram;
}

Receive receive_pair(int fd, const Tuple& pair, Received& out) {
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  const auto got = ::recvfrom(fd, out.buffer.data(), out.buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                              reinterpret_cast<sockaddr*>(&from), &length);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Receive::empty : Receive::skipped;
  const auto remote =
      ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(from), ice::Transport::udp);
  if (!remote || static_cast<std::size_t>(got) > out.buffer.size()) return Receive::skipped;
  out.tuple = {.local = pair.local, .remote = *remote, .interface = pair.interface};
  out.size = static_cast<std::size_t>(got);
  return Receive::datagram;
}

bool reply(int wildcard, const Tuple& to, base::Bytes bytes) {
  sockaddr_storage where{};
  Control control;
  iovec data{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}; // sendmsg does not write
  msghdr message{};
  message.msg_name = &where;
  message.msg_namelen = to_sockaddr(to.remote, to.interface, where);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  auto* c = CMSG_FIRSTHDR(&message);
  sockaddr_storage local{};
  to_sockaddr(to.local, to.interface, local);
  if (to.local.family == ice::Family::ipv6) {
    const in6_pktinfo info{.ipi6_addr = reinterpret_cast<const sockaddr_in6&>(local).sin6_addr,
                           .ipi6_ifindex = to.interface};
    *c = {.cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
    message.msg_controllen = CMSG_SPACE(sizeof info);
  } else {
    const in_pktinfo info{.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(local).sin_addr};
    *c = {.cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
    message.msg_controllen = CMSG_SPACE(sizeof info);
  }
  return ::sendmsg(wildcard, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

base::Result<Fd> open_pair_socket(const Tuple& pair) {
  auto fd = open_socket(pair.local, SOCK_DGRAM);
  if (!fd) return refuse("cannot open UDP", pair.local);
  if (!set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) || !bind_to(fd.get(), pair.local, pair.interface))
    return refuse("cannot bind UDP", pair.local);
  sockaddr_storage remote{};
  const auto length = to_sockaddr(pair.remote, pair.interface, remote);
  if (length == 0 || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&remote), length) != 0)
    return refuse("cannot connect UDP", pair.remote);
  return fd;
}

// Asked as if a datagram came in, which is the swapped order of this interface: the best socket for it, which
// is the pair's own or a wildcard.
bool is_pair_open(const ice::PairKey& pair) {
  const Fd asked(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!asked) return false;
  const bool v6 = pair.local.family == ice::Family::ipv6;
  struct {
    nlmsghdr head{};
    inet_diag_req_v2 body{};
  } request;
  request.head = {
      .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST};
  request.body.sdiag_family = v6 ? AF_INET6 : AF_INET;
  request.body.sdiag_protocol = IPPROTO_UDP;
  request.body.idiag_states = ~0U;
  auto& id = request.body.id;
  id.idiag_sport = htons(pair.remote.port);
  id.idiag_dport = htons(pair.local.port);
  std::memcpy(id.idiag_src, pair.remote.ip.data(), v6 ? 16 : 4);
  std::memcpy(id.idiag_dst, pair.local.ip.data(), v6 ? 16 : 4);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(asked.get(), &request, sizeof request, 0) != sizeof request) return false;

  alignas(nlmsghdr) std::array<char, 4096> buffer;
  const auto got = ::recv(asked.get(), buffer.data(), buffer.size(), 0);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg)))) return false;
  nlmsghdr head{};
  inet_diag_msg found{};
  std::memcpy(&head, buffer.data(), sizeof head);
  std::memcpy(&found, buffer.data() + NLMSG_HDRLEN, sizeof found);
  const auto size = std::size_t{v6 ? 16U : 4U};
  return head.nlmsg_type == SOCK_DIAG_BY_FAMILY && found.id.idiag_dport == htons(pair.remote.port) &&
         found.id.idiag_sport == htons(pair.local.port) &&
         std::memcmp(found.id.idiag_dst, pair.remote.ip.data(), size) == 0 &&
         std::memcmp(found.id.idiag_src, pair.local.ip.data(), size) == 0;
}

} // namespace plenum::door
