// UrlGuard: the one gate for URLs that users give us to talk to (hooks, pictures, players, streams).
//
// `check` is for the moment when a URL is given: spelling, scheme, port, and hosts that can never be meant;
// it asks no network. `resolve` is for the moment before a connection: the name is looked up once, every
// address must be allowed, and the caller connects to exactly these (the name is not asked again, so that it
// cannot change meanwhile). Redirects are new URLs: refuse them, or send each through both again. What is
// refused is told with one text, so that it does not draw a map of our network. Owner: apps; used by
// net/outbound and api/. Thread: any; `resolve` blocks. docs/threats.md A15; WHATWG URL 3.5, Fetch 2.9.
#pragma once

#include "base/result.hpp"
#include "net/ip_address.hpp"
#include "net/url.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

enum class UrlUse {
  hook,      // https
  picture,   // https: layers, icons, avatars
  playback,  // https
  forward,   // https: WHIP
  broadcast, // rtmp, rtmps
};

struct UrlPolicy {
  bool plain_http = false;       // http wherever https is allowed
  std::vector<IpPrefix> allowed; // besides public addresses: for closed networks and tests
  std::vector<IpPrefix> denied;  // our own public addresses
};

class UrlGuard {
 public:
  // Every address of a name; blocks.
  using Lookup = std::function<base::Result<std::vector<IpAddress>>(const std::string& name)>;

  explicit UrlGuard(UrlPolicy policy, Lookup lookup = {}); // without: the system's

  // The URL as we understood it, without fragment; `to_text` writes the only spelling that goes further.
  // Error: invalid.
  base::Result<Url> check(std::string_view text, UrlUse use) const;
  // Errors: invalid (an address is not allowed), unavailable (the name has none now).
  base::Result<std::vector<IpAddress>> resolve(const Url& url) const;
  bool allows(const IpAddress& address) const;

 private:
  bool usable_name(std::string_view name) const;
  UrlPolicy policy_;
  Lookup lookup_;
};

std::string
to_text(const Url& url); // "https://[2001:db8::1]:8443/a?b": the port only when it is not the default

} // namespace plenum::net
