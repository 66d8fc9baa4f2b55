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

} // namespace

Bases bases_for(const Dialect& dialect, const net::Request& request) {
  Bases out{dialect.addresses.api, dialect.addresses.gui, dialect.addresses.signaling,
            request.header("User-Agent").value_or("").starts_with("Mozilla/")};
  if (out.api.empty()) {
    const auto host = request.header("Host").value_or("");
    out.api =
        (request.secure ? "https://" : "http://") + std::string(plausible_host(host) ? host : "localhost");
  }
  if (out.gui.empty()) out.gui = out.api;
  if (out.signaling.empty()) out.signaling = "ws" + out.api.substr(4) + "/call"; // http → ws, https → wss
  return out;
}

} // namespace plenum::api::eyeson
