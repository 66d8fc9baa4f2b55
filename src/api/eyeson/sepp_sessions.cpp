// SeppSessions: the door of signaling: the token is checked at the upgrade, nowhere else.
// eyeson-sepp 3.1, 3.2.
#include "api/eyeson/sepp_session.hpp"
#include "api/eyeson/views.hpp"

namespace plenum::api::eyeson {
namespace {

std::string_view bearer(const net::Request& request) {
  if (const auto token = request.query_value("auth_token")) return *token;
  auto header = request.header("Authorization").value_or("");
  if (header.starts_with("Bearer ")) header.remove_prefix(7);
  return header;
}

} // namespace

void SeppSessions::add_routes(net::Router& router) {
  router.add_upgrade("/call", [this](const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
    upgrade(request, std::move(upgrade_of));
  });
}

base::Result<SeppClient> SeppSessions::authorize(const net::Request& request) const {
  const auto refused = base::fail(base::ErrorCode::unauthorized, "invalid or expired token");
  const auto content = dialect_.token_key.verify(bearer(request));
  if (!content) return refused;
  const json::value claims(content->payload);
  const auto expires = base::find_int(claims, "exp");
  if (!expires || *expires <= base::unix_seconds(dialect_.env.clock.wall())) return refused;
  if (base::find_string(claims, "aud") != "eyeson-sepp") return refused;
  const auto conference = base::IdBits::parse(base::find_string(claims, "conf_id").value_or(""));
  const auto member = base::MemberId::parse(base::find_string(claims, "client_id").value_or(""));
  if (!conference || !member) return refused;
  return SeppClient{room_of_conference(*conference), *member};
}

void SeppSessions::upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
  const auto client = authorize(request.request);
  if (!client) return upgrade_of.refuse(401, client.error().text);
  const auto* room = dialect_.hub.directory().find(client->room);
  if (room == nullptr || room->find(client->member) == nullptr)
    return upgrade_of.refuse(410, "the meeting has ended");
  const auto number = ++next_;
  const auto resumed = [this, number, client = *client] {
    for (auto& [other, old] : sessions_)
      if (other != number) old->give_way(client);
  };
  auto& session = sessions_[number] = std::make_unique<SeppSession>(dialect_, news_, *client, resumed);
  session->start(std::move(upgrade_of), [this, number] { sessions_.erase(number); });
}

void SeppSessions::close_for_restart() {
  for (auto& [number, session] : sessions_)
    session->close_for_restart();
}

} // namespace plenum::api::eyeson
