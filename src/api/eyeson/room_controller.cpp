#include "api/eyeson/room_controller.hpp"

#include "api/eyeson/requests.hpp"
#include "api/eyeson/views.hpp"
#include "net/form.hpp"

#include <algorithm>
#include <charconv>

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;

constexpr std::size_t kPage = 25;

std::size_t page_of(const net::Request& request) {
  const auto text = request.query_value("page").value_or("");
  std::size_t page = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page);
  return error == std::errc() && end == text.data() + text.size() ? page : 0;
}

} // namespace

void RoomController::add_routes(net::Router& router) {
  const auto plain = [this](void (RoomController::*handler)(const net::Request&, net::Reply)) {
    return [this, handler](const net::Request& request, net::Reply reply) {
      (this->*handler)(request, std::move(reply));
    };
  };
  router.add("POST", "/rooms", plain(&RoomController::open_room));
  router.add("GET", "/rooms", plain(&RoomController::list_rooms));
  router.add("GET", "/rooms/:key", with_access(&RoomController::show_room));
  router.add("DELETE", "/rooms/:key", plain(&RoomController::end_room));
  router.add("GET", "/rooms/:key/users", plain(&RoomController::list_users));
  router.add("GET", "/rooms/:key/users/:user", with_access(&RoomController::show_user));
  router.add("DELETE", "/rooms/:key/users/:user", with_access(&RoomController::kick));
  router.add("POST", "/rooms/:key/lock", with_access(&RoomController::lock));
  router.add("POST", "/rooms/:key/messages", with_access(&RoomController::send_message));
  router.add("POST", "/rooms/:key/presentation", with_access(&RoomController::start_presentation));
  router.add("PUT", "/rooms/:key/presentation", with_access(&RoomController::change_presentation));
  router.add("DELETE", "/rooms/:key/presentation", with_access(&RoomController::stop_presentation));
  router.add("POST", "/guests/:token", plain(&RoomController::register_guest));
  router.add_cors("/"); // every path, unknown ones included (eyeson-api 0.7)
}

net::Handler RoomController::with_access(AccessHandler handler) {
  return [this, handler](const net::Request& request, net::Reply reply) {
    const auto access = access_of(dialect_, request.path_param("key"));
    if (!access) return answer_error(reply, access.error());
    (this->*handler)(request, std::move(reply), *access);
  };
}

hub::Completion<hub::Entered> RoomController::answer_entered(net::Reply reply, const net::Request& request) {
  return [this, reply = std::move(reply),
          bases = bases_for(dialect_, request)](base::Result<hub::Entered> entered) mutable {
    if (!entered) return answer_error(reply, entered.error());
    const auto& directory = dialect_.hub.directory();
    const auto* room = directory.find(entered->room);
    const auto* member = room == nullptr ? nullptr : room->find(entered->member);
    if (member == nullptr) return reply.error(410, "Access key expired");
    const auto team = directory.account(room->account);
    reply.json(201, room_response(dialect_, bases, *room, *member, team ? team->name : ""));
  };
}

void RoomController::open_room(const net::Request& request, net::Reply reply) {
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(403, "Invalid API key");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto open = open_request(*params, account->id);
  if (!open) return answer_error(reply, open.error());
  dialect_.hub.open_or_join(std::move(*open), answer_entered(std::move(reply), request));
}

void RoomController::register_guest(const net::Request& request, net::Reply reply) {
  const auto& token = request.path_param("token");
  const auto& directory = dialect_.hub.directory();
  const auto id = directory.by_guest_token(token);
  if (!id && id.error().code == ErrorCode::not_found) return reply.error(401, "Invalid guest token");
  if (!id) return answer_error(reply, id.error());
  // What is switched off comes before what is wrong with the parameters (eyeson-api 2.6).
  if (const auto* room = directory.find(*id); room != nullptr && !room->options.guests_allowed)
    return reply.error(405, "Guests are switched off in this meeting");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto identity = guest_identity(*params);
  if (!identity) return answer_error(reply, identity.error());
  dialect_.hub.register_guest(token, std::move(*identity), answer_entered(std::move(reply), request));
}

void RoomController::list_rooms(const net::Request& request, net::Reply reply) {
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(403, "Invalid API key");
  const auto rooms = dialect_.hub.directory().list(account->id);
  json::array page;
  const auto first = page_of(request);
  for (auto i = first > rooms.size() ? rooms.size() : first * kPage; i < rooms.size() && page.size() < kPage;
       ++i)
    page.push_back(room_summary(*rooms[i]));
  reply.json(200, page);
}

void RoomController::end_room(const net::Request& request, net::Reply reply) {
  const auto& key = request.path_param("key");
  const auto access = access_of(dialect_, key);
  if (access) return dispatch(std::move(reply), *access, room::EndRoom{room::EndReason::requested}, 204);
  if (access.error().code == ErrorCode::gone) return answer_error(reply, access.error());
  if (!has_authorization(request)) return answer_error(reply, access.error());
  force_stop(request, std::move(reply));
}

void RoomController::force_stop(const net::Request& request, net::Reply reply) {
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(403, "Invalid API key");
  const auto* room = dialect_.hub.directory().find(account->id, request.path_param("key"));
  if (room == nullptr) return reply.error(404, "No running meeting with this id");
  dialect_.hub.dispatch(room->id, room::EndRoom{room::EndReason::requested},
                        hub::Principal::owner(account->id),
                        [reply = std::move(reply)](base::Result<hub::Committed> done) mutable {
                          if (!done && done.error().code == ErrorCode::gone)
                            return reply.error(404, "No running meeting with this id");
                          if (!done) return answer_error(reply, done.error());
                          reply.empty(204);
                        });
}

void RoomController::list_users(const net::Request& request, net::Reply reply) {
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(403, "Invalid API key");
  const auto* room = dialect_.hub.directory().find(account->id, request.path_param("key"));
  if (room == nullptr) return reply.error(404, "No running meeting with this id");
  const json::value wanted(std::string(request.query_value("online").value_or("")));
  const auto online = net::to_bool(&wanted);
  json::array users;
  for (const auto& member : room->members)
    if (!online || *online == member.present) users.push_back(participant(*room, member));
  reply.json(200, users);
}

void RoomController::show_room(const net::Request& request, net::Reply reply, const Access& access) {
  const auto team = dialect_.hub.directory().account(access.room->account);
  reply.json(200, room_response(dialect_, bases_for(dialect_, request), *access.room, *access.member,
                                team ? team->name : ""));
}

void RoomController::show_user(const net::Request& request, net::Reply reply, const Access& access) {
  const auto* user = access.room->find_ref(request.path_param("user"));
  if (user == nullptr) return reply.error(404, "Unknown user");
  reply.json(200, user_details(*access.room, *user));
}

void RoomController::kick(const net::Request& request, net::Reply reply, const Access& access) {
  if (!access.room->options.kick_available)
    return reply.error(405, "Removing people is switched off in this meeting");
  const auto* user = access.room->find_ref(request.path_param("user"));
  if (user == nullptr) return reply.error(404, "Unknown user");
  dispatch(std::move(reply), access, room::RemoveMember{user->id, false}, 200);
}

void RoomController::lock(const net::Request&, net::Reply reply, const Access& access) {
  if (!access.room->options.lock_available)
    return reply.error(403, "Locking is not available in this meeting");
  dispatch(std::move(reply), access, room::LockRoom{access.member->id}, 201);
}

void RoomController::send_message(const net::Request& request, net::Reply reply, const Access& access) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto command = message_command(*params, access.member->id);
  if (!command) return answer_error(reply, command.error());
  dispatch(std::move(reply), access, std::move(*command), 201);
}

void RoomController::start_presentation(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(std::move(reply), access, room::StartPresentation{access.member->id}, 201);
}

void RoomController::change_presentation(const net::Request&, net::Reply reply, const Access& access) {
  if (!access.room->presenter) return reply.error(404, "Nobody presents");
  reply.empty(200);
}

void RoomController::stop_presentation(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(std::move(reply), access, room::StopPresentation{}, 200);
}

void RoomController::dispatch(net::Reply reply, const Access& access, room::Command command, int success) {
  dialect_.hub.dispatch(access.room->id, std::move(command), hub::Principal::of(access.member->id),
                        [reply = std::move(reply), success](base::Result<hub::Committed> done) mutable {
                          if (!done && done.error().code == ErrorCode::gone)
                            return reply.error(410, "Access key expired"); // ended in this very moment
                          if (!done) return answer_error(reply, done.error());
                          reply.empty(success);
                        });
}

} // namespace plenum::api::eyeson
