// TransportAddress: an IP address, a port and a transport, as one small value.
//
// One spelling per address: an IPv4-mapped IPv6 address becomes IPv4, so that a dual-stack socket and an IPv4
// socket agree on who somebody is. PairKey names a candidate pair: our end and theirs. The door may include
// only ice/stun_message.hpp, which includes this file. Owner: value. Thread: any. RFC 8445 (pairs), RFC 5952
// (text).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace plenum::ice {

enum class Transport : std::uint8_t { udp, tcp };
enum class Family : std::uint8_t { none, ipv4, ipv6 };

std::string_view to_string(Transport transport); // "udp", "tcp"

struct TransportAddress {
  std::array<std::uint8_t, 16> ip{}; // network order; IPv4 uses the first four, the rest is zero
  std::uint16_t port = 0;
  Family family = Family::none;
  Transport transport = Transport::udp;

  auto operator<=>(const TransportAddress&) const = default;

  bool valid() const { return family != Family::none; }
  bool is_unspecified() const; // 0.0.0.0 or ::
  std::string ip_text() const; // "192.0.2.1", "2001:db8::1"; "" when not valid
  std::string text() const;    // "192.0.2.1:10000", "[2001:db8::1]:10000"

  // Numeric addresses only: names never reach a resolver.
  static std::optional<TransportAddress> parse(std::string_view ip, std::uint16_t port,
                                               Transport transport = Transport::udp);
  // The inverse of text(): the port is required.
  static std::optional<TransportAddress> parse_with_port(std::string_view text,
                                                         Transport transport = Transport::udp);
  static std::optional<TransportAddress> from_sockaddr(const sockaddr& from, Transport transport);
  // Fills `out` and returns the length for bind, connect and sendto; 0 when not valid. Scope ids are not
  // kept.
  std::uint32_t to_sockaddr(sockaddr_storage& out) const;
};

struct PairKey {
  TransportAddress local;
  TransportAddress remote;

  auto operator<=>(const PairKey&) const = default;
  std::string text() const; // "udp 192.0.2.1:10000 <- 198.51.100.7:51000"
};

std::size_t hash_of(const TransportAddress& address) noexcept;

} // namespace plenum::ice

template <>
struct std::hash<plenum::ice::TransportAddress> {
  std::size_t operator()(const plenum::ice::TransportAddress& a) const noexcept {
    return plenum::ice::hash_of(a);
  }
};
template <>
struct std::hash<plenum::ice::PairKey> {
  std::size_t operator()(const plenum::ice::PairKey& k) const noexcept {
    return plenum::ice::hash_of(k.local) * 0x9E3779B97F4A7C15U ^ plenum::ice::hash_of(k.remote);
  }
};
