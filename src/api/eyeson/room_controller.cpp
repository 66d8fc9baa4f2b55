#include "api/eyeson/room_controller.hpp"

#include "api/eyeson/answers.hpp"
#include "api/eyeson/queries.hpp"
#include "api/eyeson/requests.hpp"
#include "api/eyeson/routes.hpp"
#include "api/eyeson/views.hpp"
#include "net/form.hpp"

namespace plenum::api::eyeson {

using base::ErrorCode;

void RoomController::add_routes(net::Router& router) {
  Routes routes(router, dialect_);
  routes.add_account("POST", "/rooms", this, &RoomController::open_room);
  routes.add_account("GET", "/rooms", this, &RoomController::list_rooms);
  routes.add_account("DELETE", "/rooms", this, &RoomController::refuse_empty_id);
  routes.add_access("GET", "/rooms/:access_key", this, &RoomController::show_room);
  routes.add("DELETE", "/rooms/:access_key", this, &RoomController::end_room);
  routes.add_account("GET", "/rooms/:room_id/users", this, &RoomController::list_users);
  routes.add_access("GET", "/rooms/:access_key/users/:user_id", this, &RoomController::show_user);
  routes.add_access("DELETE", "/rooms/:access_key/users/:user_id", this, &RoomController::kick);
  routes.add_access("POST", "/rooms/:access_key/lock", this, &RoomController::lock);
  routes.add_access("POST", "/rooms/:access_key/messages", this, &RoomController::send_message);
  const std::string presentation = "/rooms/:access_key/presentation";
  routes.add_access("POST", presentation, this, &RoomController::start_presentation);
  routes.add_access("PUT", presentation, this, &RoomController::change_presentation);
  routes.add_access("DELETE", presentation, this, &RoomController::stop_presentation);
  routes.add("POST", "/guests/:guest_token", this, &RoomController::register_guest);
}

void RoomController::open_room(const net::Request& request, net::Reply reply,
                               const hub::AccountInfo& account) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto open = open_request(*params, account.id);
  if (!open) return answer_error(reply, open.error());
  dialect_.hub.open_or_join(std::move(*open), answer_entered(dialect_, std::move(reply), request));
}

void RoomController::register_guest(const net::Request& request, net::Reply reply) {
  const auto& token = request.path_param("guest_token");
  const auto& directory = dialect_.hub.directory();
  const auto id = directory.by_guest_token(token);
  if (!id && id.error().code == ErrorCode::not_found) return refuse_guest(token, std::move(reply));
  if (!id) return answer_error(reply, id.error());
  // What is switched off comes before what is wrong with the parameters (eyeson-api 2.6).
  if (const auto* room = directory.find(*id); room != nullptr && !room->options.guests_allowed)
    return reply.error(405, "Guests are switched off in this meeting");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto identity = guest_identity(*params);
  if (!identity) return answer_error(reply, identity.error());
  dialect_.hub.register_guest(token, std::move(*identity),
                              answer_entered(dialect_, std::move(reply), request));
}

// Of no meeting, but perhaps of a permalink whose meeting does not run.
void RoomController::refuse_guest(const std::string& token, net::Reply reply) {
  dialect_.definitions.find_by_token(
      token, [reply = std::move(reply)](const base::Result<store::FoundDefinition>& found) mutable {
        if (found && !found->host) return reply.error(410, "The meeting is not running");
        if (!found && found.error().code != ErrorCode::not_found) return answer_error(reply, found.error());
        reply.error(401, "Invalid guest token");
      });
}

void RoomController::list_rooms(const net::Request& request, net::Reply reply,
                                const hub::AccountInfo& account) {
  const auto rooms = dialect_.hub.directory().list(account.id);
  json::array page;
  for (auto i = first_of(page_from_zero(request), kPage, rooms.size());
       i < rooms.size() && page.size() < kPage; ++i)
    page.push_back(room_summary(*rooms[i]));
  reply.json(200, page);
}

void RoomController::end_room(const net::Request& request, net::Reply reply) {
  const auto access = access_of(dialect_, request.path_param("access_key"));
  if (access)
    return dispatch(dialect_, std::move(reply), *access, room::EndRoom{room::EndReason::requested}, 204);
  if (access.error().code == ErrorCode::gone) return answer_error(reply, access.error());
  if (!has_authorization(request)) return answer_error(reply, access.error());
  force_stop(request, std::move(reply));
}

void RoomController::force_stop(const net::Request& request, net::Reply reply) {
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(403, "Invalid API key");
  const auto* room = dialect_.hub.directory().find(account->id, request.path_param("access_key"));
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

void RoomController::refuse_empty_id(const net::Request&, net::Reply reply, const hub::AccountInfo&) {
  reply.error(400, "The room id is missing");
}

void RoomController::list_users(const net::Request& request, net::Reply reply,
                                const hub::AccountInfo& account) {
  const auto* room = dialect_.hub.directory().find(account.id, request.path_param("room_id"));
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
  const auto* user = access.room->find_ref(request.path_param("user_id"));
  if (user == nullptr) return reply.error(404, "Unknown user");
  reply.json(200, user_details(*access.room, *user));
}

void RoomController::kick(const net::Request& request, net::Reply reply, const Access& access) {
  if (!access.room->options.kick_available)
    return reply.error(405, "Removing people is switched off in this meeting");
  const auto* user = access.room->find_ref(request.path_param("user_id"));
  if (user == nullptr) return reply.error(404, "Unknown user");
  dispatch(dialect_, std::move(reply), access, room::RemoveMember{user->id, false}, 200);
}

void RoomController::lock(const net::Request&, net::Reply reply, const Access& access) {
  if (!access.room->options.lock_available)
    return reply.error(403, "Locking is not available in this meeting");
  dispatch(dialect_, std::move(reply), access, room::LockRoom{access.member->id}, 201);
}

void RoomController::send_message(const net::Request& request, net::Reply reply, const Access& access) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto command = message_command(*params, access.member->id);
  if (!command) return answer_error(reply, command.error());
  dispatch(dialect_, std::move(reply), access, std::move(*command), 201);
}

void RoomController::start_presentation(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StartPresentation{access.member->id}, 201);
}

void RoomController::change_presentation(const net::Request&, net::Reply reply, const Access& access) {
  if (!access.room->presenter) return reply.error(404, "Nobody presents");
  reply.empty(200);
}

void RoomController::stop_presentation(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StopPresentation{}, 200);
}

} // namespace plenum::api::eyeson
