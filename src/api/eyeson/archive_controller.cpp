#include "api/eyeson/archive_controller.hpp"

#include "api/eyeson/media_views.hpp"
#include "api/eyeson/queries.hpp"
#include "api/eyeson/routes.hpp"
#include "room/commands.hpp"

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using Kind = store::ArchiveRow::Kind;
using Entries = std::vector<store::ArchiveEntry>;

json::object view(const Links& links, const store::ArchiveEntry& entry) {
  return entry.kind == Kind::recording ? archived_recording(links, entry) : archived_snapshot(links, entry);
}

// Empty or absent: no bound.
base::Result<std::optional<AskedTime>> time_of(const net::Request& request, std::string_view name) {
  const auto text = request.query_value(name).value_or("");
  if (text.empty()) return std::nullopt;
  const auto time = parse_time(text);
  if (!time) return base::fail(ErrorCode::invalid, std::string(name) + " is no ISO 8601 time");
  return time;
}

base::Result<store::ArchiveFilter> filter_of(const net::Request& request) {
  store::ArchiveFilter out;
  const auto opened = time_of(request, "started_at");
  const auto since = time_of(request, "since"), until = time_of(request, "until");
  for (const auto* one : {&opened, &since, &until})
    if (!*one) return std::unexpected(one->error());
  if (*opened) {
    out.opened_at = (*opened)->at;
    if ((*opened)->whole_second) out.precision = std::chrono::seconds(1);
  }
  if (*since) out.since = (*since)->at;
  if (*until) out.until = (*until)->at;
  return out;
}

} // namespace

void ArchiveController::add_routes(net::Router& router) {
  using C = ArchiveController;
  Routes routes(router, dialect_);
  routes.add_account("GET", "/rooms/:room_id/recordings", this, &C::list_recordings);
  routes.add_account("GET", "/recordings/:recording_id", this, &C::show_recording);
  routes.add_account("DELETE", "/recordings/:recording_id", this, &C::delete_recording);
  routes.add_account("GET", "/rooms/:room_id/snapshots", this, &C::list_snapshots);
  routes.add_account("GET", "/snapshots/:snapshot_id", this, &C::show_snapshot);
  routes.add_account("DELETE", "/snapshots/:snapshot_id", this, &C::delete_snapshot);
}

void ArchiveController::list_recordings(const net::Request& request, net::Reply reply,
                                        const hub::AccountInfo& account) {
  list(request, std::move(reply), account, Kind::recording);
}
void ArchiveController::show_recording(const net::Request& request, net::Reply reply,
                                       const hub::AccountInfo& account) {
  show(request, std::move(reply), account, Kind::recording, request.path_param("recording_id"));
}
void ArchiveController::list_snapshots(const net::Request& request, net::Reply reply,
                                       const hub::AccountInfo& account) {
  list(request, std::move(reply), account, Kind::snapshot);
}
void ArchiveController::show_snapshot(const net::Request& request, net::Reply reply,
                                      const hub::AccountInfo& account) {
  show(request, std::move(reply), account, Kind::snapshot, request.path_param("snapshot_id"));
}

void ArchiveController::list(const net::Request& request, net::Reply reply, const hub::AccountInfo& account,
                             Kind kind) {
  const auto filter = filter_of(request);
  if (!filter) return answer_error(reply, filter.error());
  dialect_.hub.archive().list(kind, account.id, request.path_param("room_id"), *filter,
                              page_from_one(request),
                              [links = Links(dialect_, bases_for(dialect_, request).api),
                               reply = std::move(reply)](base::Result<Entries> found) mutable {
                                if (!found && found.error().code == ErrorCode::not_found)
                                  return reply.error(404, "Unknown room");
                                if (!found) return answer_error(reply, found.error());
                                json::array out;
                                for (const auto& entry : *found)
                                  out.push_back(view(links, entry));
                                reply.json(200, out);
                              });
}

void ArchiveController::show(const net::Request& request, net::Reply reply, const hub::AccountInfo& account,
                             Kind kind, const std::string& id) {
  const auto bits = base::IdBits::parse(id);
  if (!bits) return reply.error(404, "Not found");
  dialect_.hub.archive().find(
      kind, *bits,
      [links = Links(dialect_, bases_for(dialect_, request).api), account = account.id,
       reply = std::move(reply)](const base::Result<store::ArchiveEntry>& found) mutable {
        const bool missing = found ? found->account != account : found.error().code == ErrorCode::not_found;
        if (missing) return reply.error(404, "Not found");
        if (!found) return answer_error(reply, found.error());
        reply.json(200, view(links, *found));
      });
}

void ArchiveController::delete_snapshot(const net::Request& request, net::Reply reply,
                                        const hub::AccountInfo& account) {
  const auto id = base::IdBits::parse(request.path_param("snapshot_id"));
  if (!id) return reply.error(404, "Not found");
  remove(std::move(reply), account, Kind::snapshot, *id);
}

void ArchiveController::delete_recording(const net::Request& request, net::Reply reply,
                                         const hub::AccountInfo& account) {
  const auto id = base::IdBits::parse(request.path_param("recording_id"));
  if (!id) return reply.error(404, "Not found");
  dialect_.hub.archive().find(
      Kind::recording, *id,
      [this, account, reply = std::move(reply)](const base::Result<store::ArchiveEntry>& found) mutable {
        const bool missing =
            found ? found->account != account.id : found.error().code == ErrorCode::not_found;
        if (missing) return reply.error(404, "Not found");
        if (!found) return answer_error(reply, found.error());
        discard(*found, account, [this, account, id = found->id, reply = std::move(reply)]() mutable {
          remove(std::move(reply), account, Kind::recording, id);
        });
      });
}

void ArchiveController::discard(const store::ArchiveEntry& entry, const hub::AccountInfo& account,
                                std::move_only_function<void()> then) {
  const base::RecordingId id{entry.id};
  const bool over = entry.phase == room::RecordingPhase::ready || entry.phase == room::RecordingPhase::failed;
  if (over || dialect_.hub.directory().find(entry.room) == nullptr) return then();
  dialect_.hub.dispatch(
      entry.room, room::StopRecording{id}, hub::Principal::owner(account.id),
      [this, room = entry.room, id, then = std::move(then)](const base::Result<hub::Committed>&) mutable {
        dialect_.hub.dispatch(
            room, room::FailRecording{id, "deleted"}, hub::Principal::media(),
            [then = std::move(then)](const base::Result<hub::Committed>&) mutable { then(); });
      });
}

void ArchiveController::remove(net::Reply reply, const hub::AccountInfo& account, Kind kind,
                               base::IdBits id) {
  dialect_.hub.archive().remove(
      kind, id, account.id,
      [reply = std::move(reply)](const base::Result<store::ArchiveEntry>& gone) mutable {
        if (!gone && gone.error().code == ErrorCode::not_found) return reply.error(404, "Not found");
        if (!gone) return answer_error(reply, gone.error());
        reply.empty(200);
      });
}

} // namespace plenum::api::eyeson
