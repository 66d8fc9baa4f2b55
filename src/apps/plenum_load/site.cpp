#include "apps/plenum_load/site.hpp"

#include "base/clock.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

namespace plenum::load {
namespace {

std::string text(const base::json::value& in, std::string_view key) {
  return std::string(base::find_string(in, key).value_or(""));
}

base::Result<Seat> read_seat(const base::json::value& document, const std::string& name) {
  const auto* signaling = base::find(document, "signaling");
  const auto* options = signaling == nullptr ? nullptr : base::find(*signaling, "options");
  if (options == nullptr) return base::fail(base::ErrorCode::invalid, "no signaling in the room document");
  return Seat{name, text(*options, "client_id"), text(*options, "conf_id"),
              text(*options, "endpoint") + "?auth_token=" + text(*options, "auth_token")};
}

} // namespace

base::Result<base::json::value> Site::call(const std::string& method, const std::string& path,
                                           const base::json::value& body) const {
  net::FetchRequest request{method, url_ + path, {{"Content-Type", "application/json"}}, {}};
  if (!api_key_.empty()) request.headers.emplace_back("Authorization", api_key_);
  if (!body.is_null()) request.body = base::write_json(body);
  const auto got = net::fetch(request);
  if (!got) return std::unexpected(got.error());
  if (got->status < 200 || got->status > 204)
    return base::fail(base::ErrorCode::unavailable,
                      fmt::format("{} {}: {} {}", method, net::redact_target(path), got->status, got->body));
  return got->body.empty() ? base::json::value(nullptr) : base::parse_json(got->body).value_or(nullptr);
}

base::Result<OpenRoom> Site::open_room(const std::string& id, const std::string& host_name) const {
  const auto before = base::Clock::system().now();
  const auto document = call("POST", "/rooms",
                             base::json::object{{"id", id},
                                                {"name", id},
                                                {"user", base::json::object{{"name", host_name}}},
                                                {"options", base::json::object{{"widescreen", true}}}});
  if (!document) return std::unexpected(document.error());
  auto host = read_seat(*document, host_name);
  if (!host) return std::unexpected(host.error());
  OpenRoom out{.id = id,
               .access_key = text(*document, "access_key"),
               .guest_token = {},
               .host = std::move(*host),
               .took = base::Clock::system().now() - before};
  if (const auto* room = base::find(*document, "room")) out.guest_token = text(*room, "guest_token");
  return out;
}

base::Result<Seat> Site::take_seat(const OpenRoom& room, const std::string& name) const {
  const auto document = call("POST", "/guests/" + room.guest_token, base::json::object{{"name", name}});
  if (!document) return std::unexpected(document.error());
  return read_seat(*document, name);
}

base::Result<void> Site::end_room(const std::string& id) const {
  const auto done = call("DELETE", "/rooms/" + net::percent_encode(id), nullptr);
  if (!done) return std::unexpected(done.error());
  return {};
}

} // namespace plenum::load
