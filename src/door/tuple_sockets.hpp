// The sockets of the media port: wildcard UDP, the TCP listener, and one connected UDP socket per admitted
// pair.
//
// All of them carry SO_REUSEPORT, which the kernel grants only to sockets of the same effective uid; that is
// why the door opens them and never a worker. The local address of every datagram comes from IP_PKTINFO,
// because replies must leave from the address that the client knows. Owner: door. Thread: door. ip(7),
// ipv6(7), udp(7), sock_diag(7).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "door/fd.hpp"
#include "ice/stun_message.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace plenum::door {

inline constexpr std::size_t kDatagramBytes = 2048;

struct Tuple {
  ice::TransportAddress local, remote;
  std::uint32_t interface = 0; // index, for link-local IPv6 only
};

struct Received {
  Tuple tuple;
  std::array<std::uint8_t, kDatagramBytes> buffer;
  std::size_t size = 0;
  base::Bytes bytes() const { return base::Bytes(buffer).first(size); }
};

// port 0: the kernel chooses; read it back with local_address(). ErrorCode::not_found: no such address or
// family here.
base::Result<Fd> open_wildcard_udp(const ice::TransportAddress& address);
base::Result<Fd> open_tcp_listener(const ice::TransportAddress& address);
ice::TransportAddress local_address(int fd, ice::Transport transport);
ice::TransportAddress remote_address(int fd, ice::Transport transport);

enum class Receive { datagram, skipped, empty };
// Reads one datagram of a wildcard socket. `skipped`: it was longer than the buffer or told no local address.
Receive receive_wildcard(int fd, std::uint16_t local_port, Received& out);
// Reads one datagram of a socket that open_pair_socket() has just opened.
Receive receive_pair(int fd, const Tuple& pair, Received& out);

// Answers through a wildcard socket, from the very address that the datagram came to.
bool reply(int wildcard, const Tuple& to, base::Bytes bytes);

// Opened, bound and connected; the caller drains it, because between bind and connect it catches foreign
// datagrams.
base::Result<Fd> open_pair_socket(const Tuple& pair);

// Whether some process of this machine has the socket of this pair, as the kernel tells (sock_diag(7)). Only
// a door can open one. False also when the kernel does not say.
bool is_pair_open(const ice::PairKey& pair);

} // namespace plenum::door
