#include "api/eyeson/cable_session.hpp"

#include "api/eyeson/auth.hpp"
#include "api/eyeson/views.hpp"
#include "base/log.hpp"
#include "net/url.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

constexpr std::string_view kPlain = "actioncable-v1-json";
constexpr std::string_view kExtended = "actioncable-v1-ext-json";
constexpr std::string_view kUnsupported = "actioncable-unsupported";
constexpr std::string_view kTokenPrefix = "anycable-token.";
constexpr std::string_view kUsualIdentifier = R"({"channel":"RoomChannel"})";

std::string_view key_in(std::string_view offered) {
  return offered.starts_with(kTokenPrefix) ? offered.substr(kTokenPrefix.size()) : offered;
}

std::string_view channel_of(const std::string& identifier, json::value& parsed) {
  auto value = base::parse_json(identifier, {.bytes = 1024, .depth = 4});
  if (!value) return {};
  parsed = std::move(*value);
  return base::find_string(parsed, "channel").value_or("");
}

void refuse(net::Upgrade upgrade, std::string_view subprotocol) {
  auto socket = upgrade.accept(subprotocol, {});
  socket.send_text(std::string(R"({"type":"disconnect","reason":"unauthorized","reconnect":false})"));
  socket.close(1000);
}

} // namespace

std::optional<std::string> choose_subprotocol(const std::vector<std::string>& offered,
                                              std::string_view api_key_offered) {
  const auto has = [&](std::string_view name) { return std::ranges::find(offered, name) != offered.end(); };
  if (has(kPlain)) return std::string(kPlain);
  if (has(kUnsupported)) return std::string(kUnsupported);
  if (has(kExtended)) return std::nullopt;
  return std::string(api_key_offered);
}

CableSession::CableSession(Dialect& dialect, CableReader reader)
    : dialect_(dialect), reader_(std::move(reader)) {}

void CableSession::start(net::Upgrade upgrade, std::string_view subprotocol,
                         std::move_only_function<void()> closed) {
  net::WebSocketEvents events;
  events.on_text = [this](std::string_view text) { on_text(text); };
  events.on_close = [closed = std::move(closed)](const net::WebSocketClosed&) mutable { closed(); };
  socket_ = upgrade.accept(subprotocol, std::move(events), {.max_message_bytes = 64 * 1024});
  send({{"type", "welcome"}});
  ping();
}

void CableSession::ping() {
  ping_timer_ = dialect_.executor.after(kPing, [this] {
    send({{"type", "ping"}, {"message", base::unix_seconds(dialect_.env.clock.wall())}});
    ping();
  });
}

void CableSession::on_text(std::string_view text) {
  if (!socket_.open()) return;
  if (!frames_.take(dialect_.executor.now()))
    return dialect_.env.metrics.counter("plenum_cable_dropped_total").add();
  const auto parsed = base::parse_json(text, {.bytes = 64 * 1024, .depth = 8});
  if (!parsed) return; // never a reason to hang up (eyeson-api 5.4.5)
  const auto command = base::find_string(*parsed, "command").value_or("");
  const auto identifier = base::find_string(*parsed, "identifier");
  if (!identifier) return;
  if (command == "subscribe") {
    subscribe(std::string(*identifier));
  } else if (command == "unsubscribe") {
    unsubscribe(std::string(*identifier));
  } else if (command == "message" && reader_.member && identifiers_.contains(std::string(*identifier))) {
    on_action(base::find_string(*parsed, "data").value_or(""));
  }
}

void CableSession::subscribe(const std::string& identifier) {
  if (identifiers_.contains(identifier)) return; // clients repeat until confirmed; one confirmation each
  json::value parsed;
  const auto channel = channel_of(identifier, parsed);
  const bool room_channel = channel == "RoomChannel";
  const bool user_channel = channel == "UserChannel" && reader_.member;
  if ((!room_channel && !user_channel) || identifiers_.size() >= kIdentifiers)
    return send({{"identifier", identifier}, {"type", "reject_subscription"}});
  identifiers_.emplace(identifier, room_channel);
  send({{"identifier", identifier}, {"type", "confirm_subscription"}});
  if (!room_channel) return;
  if (!subscription_) subscription_ = dialect_.hub.subscribe(reader_.room, *this);
  send_documents(identifier);
}

void CableSession::unsubscribe(const std::string& identifier) {
  identifiers_.erase(identifier);
  const bool listens = std::ranges::any_of(identifiers_, [](const auto& item) { return item.second; });
  if (!listens) subscription_.cancel();
}

void CableSession::send_documents(const std::string& identifier) {
  const auto* room = dialect_.hub.directory().find(reader_.room);
  if (room == nullptr) return disconnect("remote", false);
  if (!reader_.member || !room->open()) {
    send_message(identifier, room_update(*room));
    if (!room->open()) disconnect("remote", false); // it ended in this very moment
    return;
  }
  const auto* member = room->find(reader_.member);
  if (member == nullptr) return disconnect("remote", false);
  const auto team = dialect_.hub.directory().account(room->account);
  const auto document = room_response(dialect_, reader_.bases, *room, *member, team ? team->name : "");
  // Browsers start on either; Android starts on room_ready only (eyeson-sepp 2.6).
  send_message(identifier, {{"type", "room_setup"}, {"content", document}});
  send_message(identifier, {{"type", "room_ready"}, {"content", document}});
}

void CableSession::on_action(std::string_view data) {
  const auto parsed = base::parse_json(data, {.bytes = 16 * 1024, .depth = 8});
  if (!parsed) return;
  const auto action = base::find_string(*parsed, "action").value_or("");
  if (action == "user_joins") {
    dialect_.hub.touch(reader_.room);
  } else if (action == "stfu") {
    dialect_.hub.dispatch(reader_.room, room::RequestMute{reader_.member}, hub::Principal::of(reader_.member),
                          [](const base::Result<hub::Committed>&) {});
  }
}

void CableSession::send(const json::object& frame) {
  socket_.send_text(base::write_json(frame));
}

void CableSession::send_message(const std::string& identifier, const json::object& message) {
  send({{"identifier", identifier}, {"message", message}});
}

void CableSession::on_event(std::uint64_t, const room::Event& event, const room::State& state) {
  const auto messages =
      reader_.member ? participant_messages(event, state, reader_.member) : observer_messages(event, state);
  for (const auto& message : messages)
    for (const auto& [identifier, room_channel] : identifiers_)
      if (room_channel) send_message(identifier, message);
  if (std::holds_alternative<room::RoomEnded>(event)) disconnect("remote", false);
}

void CableSession::disconnect(std::string_view reason, bool reconnect, std::uint16_t code) {
  json::object frame{{"type", "disconnect"}, {"reason", reason}, {"reconnect", reconnect}};
  // One client dereferences the identifier of every frame after welcome (eyeson-api 5.4.7).
  const auto room = std::ranges::find_if(identifiers_, [](const auto& item) { return item.second; });
  frame["identifier"] = room == identifiers_.end() ? kUsualIdentifier : std::string_view(room->first);
  send(frame);
  subscription_.cancel();
  ping_timer_.reset();
  socket_.close(code);
}

void CableSession::close_for_restart() {
  // No close frame: one client would take it for the end of the meeting (eyeson-sepp 1.6).
  disconnect("server_restart", true, net::kWithoutGoodbye);
}

void CableSessions::add_routes(net::Router& router) {
  router.add_upgrade("/rt", [this](const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
    upgrade(request, std::move(upgrade_of));
  });
}

base::Result<CableReader> CableSessions::authorize(const net::UpgradeRequest& request) const {
  const auto& r = request.request;
  const auto refused = base::fail(base::ErrorCode::unauthorized, "unauthorized");
  if (const auto key = r.query_value("access_key")) {
    const auto access = access_of(dialect_, *key);
    if (!access) return refused;
    return CableReader{access->room->id, access->member->id, bases_for(dialect_, r)};
  }
  auto account = account_of(dialect_, r);
  const auto try_key = [&](std::string_view key) {
    if (!account && !key.empty()) account = dialect_.hub.directory().account_by_key(key);
  };
  for (const auto& offered : request.subprotocols)
    try_key(key_in(offered));
  try_key(r.query_value("api_key").value_or(""));
  if (!account) return refused;
  // Clients append the id unescaped: a plus is a plus first, then a space (eyeson-api 5.1).
  for (const auto plus : {net::Plus::is_literal, net::Plus::is_space}) {
    const auto query = net::parse_query(r.raw_query, plus);
    if (!query) continue;
    for (const auto& item : *query) {
      if (item.name != "room_id" || !item.value) continue;
      const auto* room = dialect_.hub.directory().find(account->id, *item.value);
      if (room != nullptr) return CableReader{room->id, {}, bases_for(dialect_, r)};
    }
  }
  return refused;
}

void CableSessions::upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
  std::string_view key_offered;
  for (const auto& offered : request.subprotocols)
    if (key_offered.empty() && dialect_.hub.directory().account_by_key(key_in(offered)))
      key_offered = offered;
  const auto chosen = choose_subprotocol(request.subprotocols, key_offered);
  if (!chosen) { // there is nothing that it would understand
    upgrade_of.accept({}, {}).close(1000);
    return;
  }
  const auto& subprotocol = *chosen;
  auto reader = authorize(request);
  if (!reader) return refuse(std::move(upgrade_of), subprotocol);
  const auto number = ++next_;
  auto& session = sessions_[number] = std::make_unique<CableSession>(dialect_, std::move(*reader));
  session->start(std::move(upgrade_of), subprotocol, [this, number] { sessions_.erase(number); });
}

void CableSessions::close_for_restart() {
  for (auto& [number, session] : sessions_)
    session->close_for_restart();
}

} // namespace plenum::api::eyeson
