#include "ice/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace plenum::ice {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

TransportAddress make_ipv4(const std::uint8_t* ip, std::uint16_t port, Transport transport) {
  TransportAddress address{.port = port, .family = Family::ipv4, .transport = transport};
  std::memcpy(address.ip.data(), ip, 4);
  return address;
}

TransportAddress make_ipv6(const std::uint8_t* ip, std::uint16_t port, Transport transport) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip)) return make_ipv4(ip + 12, port, transport);
  TransportAddress address{.port = port, .family = Family::ipv6, .transport = transport};
  std::memcpy(address.ip.data(), ip, 16);
  return address;
}

} // namespace

std::string_view to_string(Transport transport) {
  return transport == Transport::udp ? "udp" : "tcp";
}

bool TransportAddress::is_unspecified() const {
  return std::ranges::all_of(ip, [](std::uint8_t b) { return b == 0; });
}

std::string TransportAddress::ip_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int af = family == Family::ipv4 ? AF_INET : AF_INET6;
  if (!valid() || inet_ntop(af, ip.data(), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

std::string TransportAddress::text() const {
  if (family == Family::ipv6) return fmt::format("[{}]:{}", ip_text(), port);
  return fmt::format("{}:{}", ip_text(), port);
}

std::optional<TransportAddress> TransportAddress::parse(std::string_view ip, std::uint16_t port,
                                                        Transport transport) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (ip.empty() || ip.size() >= text.size()) return std::nullopt;
  ip.copy(text.data(), ip.size());
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text.data(), bytes.data()) == 1) return make_ipv4(bytes.data(), port, transport);
  if (inet_pton(AF_INET6, text.data(), bytes.data()) == 1) return make_ipv6(bytes.data(), port, transport);
  return std::nullopt;
}

std::optional<TransportAddress> TransportAddress::parse_with_port(std::string_view text,
                                                                  Transport transport) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto ip = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  const bool bracketed = ip.size() >= 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  if (bracketed != ip.contains(':')) return std::nullopt; // "::1:80" is ambiguous
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return parse(ip, port, transport);
}

std::optional<TransportAddress> TransportAddress::from_sockaddr(const sockaddr& from, Transport transport) {
  if (from.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &from, sizeof in);
    std::array<std::uint8_t, 4> ip{};
    std::memcpy(ip.data(), &in.sin_addr, ip.size());
    return make_ipv4(ip.data(), ntohs(in.sin_port), transport);
  }
  if (from.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &from, sizeof in);
    return make_ipv6(in.sin6_addr.s6_addr, ntohs(in.sin6_port), transport);
  }
  return std::nullopt;
}

std::uint32_t TransportAddress::to_sockaddr(sockaddr_storage& out) const {
  out = {};
  if (family == Family::ipv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, ip.data(), 4);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  if (family == Family::ipv6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, ip.data(), 16);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  return 0;
}

std::string PairKey::text() const {
  return fmt::format("{} {} <- {}", to_string(local.transport), local.text(), remote.text());
}

std::size_t hash_of(const TransportAddress& address) noexcept {
  // FNV-1a: the keys are few per peer, and an attacker's choice of addresses is bounded by admission.
  std::size_t hash = 0xcbf29ce484222325U;
  const auto mix = [&hash](std::size_t byte) { hash = (hash ^ byte) * 0x100000001b3U; };
  for (const auto byte : address.ip)
    mix(byte);
  mix(address.port & 0xffU);
  mix(static_cast<std::size_t>(address.port) >> 8);
  mix(static_cast<std::size_t>(address.transport) * 4 + static_cast<std::size_t>(address.family));
  return hash;
}

} // namespace plenum::ice
