#include "api/eyeson/views.hpp"

#include "api/eyeson/cable_views.hpp"
#include "base/clock.hpp"
#include "base/json_described.hpp"
#include "net/turn_credentials.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

constexpr std::int64_t kTokenSeconds = 3600;
constexpr std::int64_t kTurnSeconds = 86'400;

std::string_view media_mode(room::MediaMode mode) {
  switch (mode) {
  case room::MediaMode::direct_pair:
    return "ptp";
  case room::MediaMode::direct_screen:
    return "screencast";
  case room::MediaMode::composed:
    return "disabled";
  }
  return "disabled";
}

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::value layout_users(const room::RoomOptions& options) {
  return options.layout_users ? base::to_json(*options.layout_users) : json::value(nullptr);
}

json::value layout_map(const room::RoomOptions& options) {
  if (!options.layout_map) return nullptr;
  json::array rows;
  for (const auto& box : *options.layout_map) {
    json::array row{box.rect.x, box.rect.y, box.rect.w, box.rect.h};
    if (box.fit != room::BoxFit::cover)
      row.emplace_back(box.fit == room::BoxFit::contain ? "contain" : "auto");
    rows.push_back(std::move(row));
  }
  return rows;
}

json::object links(const Bases& bases, const room::State& room, const room::Member& member) {
  const bool guests = room.options.guests_allowed;
  return {{"self", bases.api + "/rooms/" + member.access_token},
          {"gui", bases.gui + "/?" + member.access_token},
          {"guest_join", guests ? bases.gui + "/?guest=" + room.guest_token : std::string()},
          {"websocket", bases.api + "/rt?access_key=" + member.access_token}};
}

std::string auth_token(const Dialect& dialect, const room::State& room, const room::Member& member) {
  const json::object claims{{"iss", "eyeson-comapi"},
                            {"client_id", client_id(member)},
                            {"exp", base::unix_seconds(dialect.env.clock.wall()) + kTokenSeconds},
                            {"conf_id", conference_id(room)},
                            {"aud", "eyeson-sepp"}};
  return dialect.token_key.sign(claims).value_or("");
}

json::object signaling(const Dialect& dialect, const Bases& bases, const room::State& room,
                       const room::Member& member) {
  json::array turn;
  if (const auto& addresses = dialect.addresses; !addresses.turn_servers.empty()) {
    const auto until = base::unix_seconds(dialect.env.clock.wall()) + kTurnSeconds;
    auto credentials = net::turn_credentials(addresses.turn_secret, client_id(member), until);
    turn.push_back(json::object{{"urls", base::to_json(addresses.turn_servers)},
                                {"username", std::move(credentials.username)},
                                {"password", std::move(credentials.password)}});
  }
  auto stun = dialect.addresses.stun_servers;
  if (stun.empty() && !bases.browser && !dialect.addresses.own_stun.empty())
    stun.push_back(dialect.addresses.own_stun);
  return {{"type", "sepp"},
          {"options", json::object{{"client_id", client_id(member)},
                                   {"conf_id", conference_id(room)},
                                   {"auth_token", auth_token(dialect, room, member)},
                                   {"endpoint", bases.signaling},
                                   {"stun_servers", base::to_json(stun)},
                                   {"turn_servers", std::move(turn)}}}};
}

} // namespace

std::string client_id(const room::Member& member) {
  return member.id.hex();
}

std::string conference_id(const room::State& room) {
  return conference_id(room.id);
}

std::string conference_id(base::RoomId room) {
  room.bits.random ^= 1;
  return room.bits.hex();
}

base::RoomId room_of_conference(base::IdBits conference) {
  conference.random ^= 1;
  return {conference};
}

json::object options_view(const room::RoomOptions& o) {
  return {{"show_names", o.show_names},
          {"show_label", o.show_label},
          {"exit_url", text_or_null(o.exit_url)},
          {"recording_available", o.recording_available},
          {"broadcast_available", o.broadcast_available},
          {"layout_available", o.layout_available},
          {"layout", o.layout == room::LayoutMode::custom ? "custom" : "auto"},
          {"reaction_available", o.reaction_available},
          {"suggest_guest_names", o.suggest_guest_names},
          {"lock_available", o.lock_available},
          {"kick_available", o.kick_available},
          {"sfu_mode", media_mode(o.media_mode)},
          {"layout_users", layout_users(o)},
          {"layout_name", text_or_null(o.layout_name)},
          {"layout_map", layout_map(o)},
          {"voice_activation", o.voice_activation},
          {"custom_fields", o.custom_fields},
          {"widescreen", o.widescreen},
          {"background_color", room::to_text(o.background)}};
}

json::object room_summary(const room::State& room) {
  return {{"id", room.external_id},
          {"name", room.name},
          {"ready", room.open()},
          {"started_at", room.open() ? json::value(base::iso8601(room.opened_at)) : json::value(nullptr)},
          {"shutdown", !room.open()},
          {"guest_token", room.options.guests_allowed ? room.guest_token : std::string()}};
}

json::object user_details(const room::State&, const room::Member& member) {
  return {{"id", member.external_id},
          {"name", member.name},
          {"avatar", text_or_null(member.avatar)},
          {"guest", member.guest},
          {"joined_at", base::iso8601(member.joined_at.value_or(member.registered_at))}};
}

json::object participant(const room::State& room, const room::Member& member) {
  return {{"id", member.external_id}, {"room_id", room.external_id},
          {"name", member.name},      {"avatar", text_or_null(member.avatar)},
          {"guest", member.guest},    {"online", member.present}};
}

json::value presentation(const room::State& room) {
  const auto* member = room.presenter ? room.find(room.presenter) : nullptr;
  if (member == nullptr) return nullptr;
  return json::object{{"room", room_summary(room)}, {"user", user_details(room, *member)}};
}

json::object room_response(const Dialect& dialect, const Bases& bases, const room::State& room,
                           const room::Member& member, const std::string& team) {
  const Links files(dialect, bases.api);
  return {{"access_key", member.access_token},
          {"ready", room.open()},
          {"locked", room.locked},
          {"room", room_summary(room)},
          {"team", json::object{{"name", team}}},
          {"user", json::object{{"id", member.external_id},
                                {"room_id", room.external_id},
                                {"name", member.name},
                                {"avatar", text_or_null(member.avatar)},
                                {"guest", member.guest},
                                {"blocked", false},
                                {"ready", true}}},
          {"links", links(bases, room, member)},
          {"options", options_view(room.options)},
          {"playbacks", running_playbacks(room)},
          {"presentation", presentation(room)},
          {"broadcasts", running_broadcasts(room)},
          {"recording", running_recording(room, files)},
          {"snapshots", ready_snapshots(room, files)},
          {"waiting_list", json::array()},
          {"signaling", signaling(dialect, bases, room, member)}};
}

} // namespace plenum::api::eyeson
