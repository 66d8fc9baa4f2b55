#include "api/eyeson/media_controller.hpp"

#include "api/eyeson/answers.hpp"
#include "api/eyeson/layout_request.hpp"
#include "api/eyeson/media_requests.hpp"
#include "api/eyeson/media_views.hpp"
#include "api/eyeson/routes.hpp"

namespace plenum::api::eyeson {

using base::ErrorCode;

void MediaController::add_routes(net::Router& router) {
  using C = MediaController;
  Routes routes(router, dialect_);
  const std::string room = "/rooms/:access_key";
  routes.add_access("POST", room + "/recording", this, &C::start_recording);
  routes.add_access("DELETE", room + "/recording", this, &C::stop_recording);
  routes.add_access("POST", room + "/snapshot", this, &C::take_snapshot);
  routes.add_access("GET", room + "/snapshots/:snapshot_id", this, &C::show_snapshot);
  routes.add_access("POST", room + "/broadcasts", this, &C::start_broadcast);
  for (const auto* path : {"/broadcasts", "/broadcasts/:platform"}) { // whatever the platform is called
    routes.add_access("PUT", room + path, this, &C::change_broadcast);
    routes.add_access("DELETE", room + path, this, &C::stop_broadcast);
  }
  routes.add_access("POST", room + "/layout", this, &C::set_layout);
  routes.add_access("POST", room + "/layers", this, &C::set_layer, {.body_bytes = kMostUpload});
  routes.add_access("DELETE", room + "/layers/:index", this, &C::clear_layer);
  routes.add_access("POST", room + "/playbacks", this, &C::start_playback);
  routes.add_access("DELETE", room + "/playbacks/:play_id", this, &C::stop_playback);
  const std::string forward = "/rooms/:room_id/forward";
  routes.add_account("POST", forward + "/source", this, &C::forward_source, 401);
  routes.add_account("POST", forward + "/mcu", this, &C::forward_canvas, 401);
  routes.add_account("POST", forward + "/playback", this, &C::forward_playback, 401);
  routes.add_account("DELETE", forward + "/:forward_id", this, &C::stop_forward, 401);
}

void MediaController::start_recording(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StartRecording{{}, access.member->id}, 201, 406);
}

void MediaController::stop_recording(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StopRecording{}, 200);
}

void MediaController::take_snapshot(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::TakeSnapshot{{}, access.member->id}, 201);
}

// From the archive: one that was deleted is gone, although the meeting has had it.
void MediaController::show_snapshot(const net::Request& request, net::Reply reply, const Access& access) {
  const auto id = base::IdBits::parse(request.path_param("snapshot_id"));
  if (!id) return reply.error(404, "Unknown snapshot");
  dialect_.hub.archive().find(
      store::ArchiveRow::Kind::snapshot, *id,
      [links = Links(dialect_, bases_for(dialect_, request).api), room = access.room->id,
       reply = std::move(reply)](const base::Result<store::ArchiveEntry>& found) mutable {
        const bool missing = found ? found->room != room : found.error().code == ErrorCode::not_found;
        if (missing) return reply.error(404, "Unknown snapshot");
        if (!found) return answer_error(reply, found.error());
        reply.json(200, archived_snapshot(links, *found));
      });
}

void MediaController::start_broadcast(const net::Request& request, net::Reply reply, const Access& access) {
  if (!access.room->options.broadcast_available)
    return reply.error(405, "Broadcasting is switched off in this meeting");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto command = broadcast_command(*params, dialect_.urls, access.member->id);
  if (!command) return answer_error(reply, command.error());
  dispatch(dialect_, std::move(reply), access, std::move(*command), 201, 406);
}

void MediaController::change_broadcast(const net::Request& request, net::Reply reply, const Access& access) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto url = player_url(*params);
  if (!url) return answer_error(reply, url.error());
  dispatch(dialect_, std::move(reply), access, room::ChangeBroadcast{{}, std::move(*url)}, 200);
}

void MediaController::stop_broadcast(const net::Request&, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StopBroadcast{}, 200);
}

void MediaController::set_layout(const net::Request& request, net::Reply reply, const Access& access) {
  if (!access.room->options.layout_available)
    return reply.error(405, "Layouts are switched off in this meeting");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto patch = layout_patch(*params, access.room->options);
  if (!patch) return answer_error(reply, patch.error());
  dispatch(dialect_, std::move(reply), access, room::SetLayout{access.member->id, std::move(*patch)}, 200);
}

void MediaController::set_layer(const net::Request& request, net::Reply reply, const Access& access) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto layer = layer_of(*params, dialect_.urls, access.member->id);
  if (!layer) return answer_error(reply, layer.error());
  if (const auto* file = params->file("file")) {
    const auto extension = check_upload(*file, *layer, access.room->options);
    if (!extension) return answer_error(reply, extension.error());
    if (!dialect_.keep_upload) return reply.error(503, "Layers are not available on this server");
    auto kept = dialect_.keep_upload(file->data, *extension);
    if (!kept) return answer_error(reply, kept.error());
    layer->asset = std::move(*kept);
    layer->image_url.clear();
  }
  dispatch(dialect_, std::move(reply), access, room::SetLayer{std::move(*layer)}, 201);
}

void MediaController::clear_layer(const net::Request& request, net::Reply reply, const Access& access) {
  const auto z = layer_index(request.path_param("index"));
  if (!z) return answer_error(reply, z.error());
  dispatch(dialect_, std::move(reply), access, room::ClearLayer{*z}, 200);
}

void MediaController::start_playback(const net::Request& request, net::Reply reply, const Access& access) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto command = playback_command(*params, dialect_.urls, *access.room, access.member->id);
  if (!command) return answer_error(reply, command.error());
  dispatch(dialect_, std::move(reply), access, std::move(*command), 201);
}

void MediaController::stop_playback(const net::Request& request, net::Reply reply, const Access& access) {
  dispatch(dialect_, std::move(reply), access, room::StopPlayback{request.path_param("play_id")}, 200);
}

// --- forwards

void MediaController::forward_source(const net::Request& request, net::Reply reply,
                                     const hub::AccountInfo& account) {
  start_forward(request, std::move(reply), account, room::ForwardWhat::source);
}
void MediaController::forward_canvas(const net::Request& request, net::Reply reply,
                                     const hub::AccountInfo& account) {
  start_forward(request, std::move(reply), account, room::ForwardWhat::canvas);
}
void MediaController::forward_playback(const net::Request& request, net::Reply reply,
                                       const hub::AccountInfo& account) {
  start_forward(request, std::move(reply), account, room::ForwardWhat::playback);
}

void MediaController::start_forward(const net::Request& request, net::Reply reply,
                                    const hub::AccountInfo& account, room::ForwardWhat what) {
  const auto* room = dialect_.hub.directory().find(account.id, request.path_param("room_id"));
  if (room == nullptr) return reply.error(404, "No running meeting with this id");
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto command = forward_command(*params, dialect_.urls, *room, what);
  if (!command) return answer_error(reply, command.error());
  forward(std::move(reply), account, room->id, std::move(*command), 201);
}

void MediaController::stop_forward(const net::Request& request, net::Reply reply,
                                   const hub::AccountInfo& account) {
  const auto* room = dialect_.hub.directory().find(account.id, request.path_param("room_id"));
  if (room == nullptr) return reply.error(404, "No running meeting with this id");
  forward(std::move(reply), account, room->id, room::StopForward{request.path_param("forward_id")}, 200);
}

void MediaController::forward(net::Reply reply, const hub::AccountInfo& account, base::RoomId room,
                              room::Command command, int success) {
  dialect_.hub.dispatch(room, std::move(command), hub::Principal::owner(account.id),
                        [reply = std::move(reply), success](base::Result<hub::Committed> done) mutable {
                          if (done) return reply.empty(success);
                          const auto& error = done.error();
                          if (error.code == ErrorCode::gone)
                            return reply.error(404, "No running meeting with this id");
                          if (error.code == ErrorCode::conflict) return reply.error(400, error.text);
                          answer_error(reply, error);
                        });
}

} // namespace plenum::api::eyeson
