#include "api/eyeson/dialect.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

// Host is the client's word: only what can be an authority may come back in links.
bool plausible_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']';
  });
}

// What is not configured follows from the API's base.
Bases complete(Bases bases) {
  if (bases.gui.empty()) bases.gui = bases.api;
  if (bases.signaling.empty())
    bases.signaling = "ws" + bases.api.substr(4) + "/call"; // http → ws, https → wss
  return bases;
}

Bases from(const PublicAddresses& addresses) {
  return {addresses.api, addresses.gui, addresses.signaling, false};
}

} // namespace

Bases bases_for(const Dialect& dialect, const net::Request& request) {
  auto out = from(dialect.addresses);
  out.browser = request.header("User-Agent").value_or("").starts_with("Mozilla/");
  if (out.api.empty()) {
    const auto host = request.header("Host").value_or("");
    out.api =
        (request.secure ? "https://" : "http://") + std::string(plausible_host(host) ? host : "localhost");
  }
  return complete(std::move(out));
}

Bases configured_bases(const Dialect& dialect) {
  auto out = from(dialect.addresses);
  if (out.api.empty()) out.api = "http://localhost";
  return complete(std::move(out));
}

} // namespace plenum::api::eyeson
