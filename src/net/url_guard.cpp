#include "net/url_guard.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <netdb.h>

namespace plenum::net {

namespace {

constexpr std::size_t kMostBytes = 2048, kMostAddresses = 16, kMostName = 253, kMostLabel = 63;

std::unexpected<base::Error> refused() {
  return base::fail(base::ErrorCode::invalid, "this URL cannot be used");
}

bool scheme_fits(const std::string& scheme, UrlUse use, bool plain_http) {
  if (use == UrlUse::broadcast) return scheme == "rtmp" || scheme == "rtmps";
  return scheme == "https" || (plain_http && scheme == "http");
}

// Ports of other services, which a web request could be made to talk to (Fetch 2.9, "bad port").
bool bad_port(std::uint16_t port) {
  constexpr std::array<std::uint16_t, 83> kBad{
      0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,   37,   42,   43,
      53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,  110,  111,  113,  115,  117,  119,
      123,  135,  137,  139,  143,  161,  179,  389,  427,  465,  512,  513,  514,  515,  526,  530,  531,
      532,  540,  548,  554,  556,  563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049,
      3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697};
  return std::ranges::find(kBad, port) != kBad.end() || port == 10080;
}

// The last label is a number in some spelling: a name to us, an address to others (WHATWG URL 3.5).
bool ends_in_a_number(std::string_view name) {
  auto last = name.substr(name.rfind('.') + 1);
  const auto all = [](std::string_view text, std::string_view of) {
    return text.find_first_not_of(of) == std::string_view::npos;
  };
  if (all(last, "0123456789")) return true;
  if (!last.starts_with("0x")) return false;
  last.remove_prefix(2);
  return all(last, "0123456789abcdef");
}

bool well_formed_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName) return false;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (name.find_first_not_of(kAllowed) != std::string_view::npos || ends_in_a_number(name)) return false;
  for (std::size_t start = 0; start <= name.size();) {
    const auto end = std::min(name.find('.', start), name.size());
    if (end == start || end - start > kMostLabel || name[start] == '-' || name[end - 1] == '-') return false;
    start = end + 1;
  }
  return true;
}

// Names that mean something inside a network only (RFC 6761, 6762, 8375, and habits).
bool inner_name(std::string_view name) {
  if (!name.contains('.')) return true;
  constexpr std::array<std::string_view, 11> kSuffixes{".localhost", ".local", ".internal",   ".intranet",
                                                       ".home.arpa", ".lan",   ".home",       ".corp",
                                                       ".private",   ".onion", ".localdomain"};
  return std::ranges::any_of(kSuffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
}

base::Result<std::vector<IpAddress>> ask_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* raw = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw); error != 0)
    return base::fail(base::ErrorCode::unavailable,
                      std::string("name not resolved: ") + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const auto* at = list.get(); at != nullptr; at = at->ai_next)
    if (const auto address = IpAddress::from(*at->ai_addr)) addresses.push_back(*address);
  return addresses;
}

} // namespace

UrlGuard::UrlGuard(UrlPolicy policy, Lookup lookup)
    : policy_(std::move(policy)), lookup_(lookup ? std::move(lookup) : Lookup(ask_system)) {}

bool UrlGuard::allows(const IpAddress& address) const {
  const auto within = [&](const IpPrefix& prefix) { return prefix.contains(address); };
  if (std::ranges::any_of(policy_.allowed, within)) return true;
  return is_public(address) && std::ranges::none_of(policy_.denied, within);
}

// Inner names make sense only where inner addresses are allowed.
bool UrlGuard::usable_name(std::string_view name) const {
  return well_formed_name(name) && (!policy_.allowed.empty() || !inner_name(name));
}

base::Result<Url> UrlGuard::check(std::string_view text, UrlUse use) const {
  if (text.size() > kMostBytes) return refused();
  auto url = parse_url(text.substr(0, text.find('#')));
  if (!url || !scheme_fits(url->scheme, use, policy_.plain_http) || bad_port(url->port)) return refused();
  if (const auto address = IpAddress::parse(url->host)) {
    if (!allows(*address)) return refused();
    url->host = address->text();
    return *url;
  }
  if (!usable_name(url->host)) return refused();
  return *url;
}

base::Result<std::vector<IpAddress>> UrlGuard::resolve(const Url& url) const {
  std::vector<IpAddress> addresses;
  if (const auto literal = IpAddress::parse(url.host)) {
    addresses.push_back(*literal);
  } else {
    auto found = lookup_(url.host);
    if (!found) return found;
    addresses = std::move(*found);
  }
  if (addresses.empty()) return base::fail(base::ErrorCode::unavailable, "name not resolved: no address");
  // One bad address spoils the name: nobody mixes them without a reason.
  if (!std::ranges::all_of(addresses, [&](const IpAddress& address) { return allows(address); }))
    return refused();
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  return addresses;
}

std::string to_text(const Url& url) {
  const bool v6 = url.host.contains(':');
  std::string out = url.scheme + "://" + (v6 ? "[" + url.host + "]" : url.host);
  if (default_port(url.scheme) != url.port) out += ":" + std::to_string(url.port);
  return out + url.target;
}

} // namespace plenum::net
