// IpAddress, IpPrefix: addresses as values, strictly spelled, and which of them are public.
//
// Only the spellings of RFC 4001 3 are read (four decimal numbers without leading zeros; RFC 4291 without a
// zone): what another parser may read differently is no address. Owner: value. Thread: any. IANA
// special-purpose address registries.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace plenum::net {

struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{}; // IPv4: the first four

  auto operator<=>(const IpAddress&) const = default;
  static std::optional<IpAddress> parse(std::string_view text);
  static std::optional<IpAddress> from(const sockaddr& address); // nullopt: another family
  std::string text() const;
};

struct IpPrefix {
  IpAddress network;
  unsigned bits = 0;

  // "10.0.0.0/8", "fd00::/8", or a single address. nullopt: also when bits of the host are set.
  static std::optional<IpPrefix> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  bool operator==(const IpPrefix&) const = default;
};

// Globally reachable unicast. Not: loopback, private, link-local, shared, multicast, documentation,
// benchmark, metadata services, and IPv6 that carries an IPv4 address (mapped, translated, tunnelled),
// whatever that is.
bool is_public(const IpAddress& address);

} // namespace plenum::net
