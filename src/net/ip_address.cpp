#include "net/ip_address.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <vector>

namespace plenum::net {

namespace {

std::vector<IpPrefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<IpPrefix> out;
  for (const auto text : texts) {
    const auto prefix = IpPrefix::parse(text);
    CHECK(prefix.has_value());
    out.push_back(*prefix);
  }
  return out;
}

const std::vector<IpPrefix>& special_v4() {
  static const auto kList = prefixes({
      "0.0.0.0/8",        // this network
      "10.0.0.0/8",       // private
      "100.64.0.0/10",    // shared by carriers; metadata of one cloud
      "127.0.0.0/8",      // loopback
      "168.63.129.16/32", // wire server of one cloud
      "169.254.0.0/16",   // link-local; metadata of most clouds
      "172.16.0.0/12",    // private
      "192.0.0.0/24",     // protocol assignments; metadata of one cloud
      "192.0.2.0/24",     // documentation
      "192.88.99.0/24",   // 6to4 relays
      "192.168.0.0/16",   // private
      "198.18.0.0/15",    // benchmark
      "198.51.100.0/24",  // documentation
      "203.0.113.0/24",   // documentation
      "224.0.0.0/4",      // multicast
      "240.0.0.0/4",      // reserved, broadcast
  });
  return kList;
}

const std::vector<IpPrefix>& special_v6() { // within 2000::/3
  static const auto kList = prefixes({
      "2001::/23",     // protocol assignments: Teredo, ORCHID, benchmark
      "2001:db8::/32", // documentation
      "2002::/16",     // 6to4
      "3fff::/20",     // documentation
  });
  return kList;
}

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpAddress address;
  address.v6 = text.contains(':');
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, copy.c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  IpAddress out;
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(out.bytes.data(), &in.sin6_addr, 16);
    out.v6 = true;
    return out;
  }
  if (address.sa_family != AF_INET) return std::nullopt;
  sockaddr_in in{};
  std::memcpy(&in, &address, sizeof in);
  std::memcpy(out.bytes.data(), &in.sin_addr, 4);
  return out;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  CHECK(::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), out.data(), out.size()) != nullptr);
  return out.data();
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->v6 ? 128 : 32;
  IpPrefix prefix{*address, most};
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix.bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix.bits > most)
      return std::nullopt;
  }
  for (unsigned bit = prefix.bits; bit < most; ++bit)
    if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  return prefix;
}

bool IpPrefix::contains(const IpAddress& address) const {
  if (address.v6 != network.v6) return false;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (7 - bit % 8));
    if ((address.bytes[bit / 8] & mask) != (network.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool is_public(const IpAddress& address) {
  if (address.v6 && (address.bytes[0] & 0xe0) != 0x20) return false; // only 2000::/3 is given out
  const auto& special = address.v6 ? special_v6() : special_v4();
  return std::ranges::none_of(special, [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

} // namespace plenum::net
