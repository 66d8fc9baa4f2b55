#include "api/eyeson/media_views.hpp"

#include "api/eyeson/views.hpp"
#include "base/clock.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

json::object archived_user(const store::ArchiveEntry& entry) {
  return {{"id", entry.by_external_id},
          {"name", entry.by_name},
          {"avatar", entry.by_avatar ? json::value(*entry.by_avatar) : json::value(nullptr)},
          {"guest", entry.by_guest},
          {"joined_at", base::iso8601(std::max(entry.by_joined_at, entry.room_opened_at))}};
}

// Lists are filtered by `started_at`, so it stays after the end.
json::object archived_room(const store::ArchiveEntry& entry) {
  const bool open = !entry.room_ended_at;
  return {{"id", entry.room_external_id},
          {"name", entry.room_name},
          {"ready", open},
          {"started_at", base::iso8601(entry.room_opened_at)},
          {"shutdown", !open},
          {"guest_token", entry.guest_token}};
}

json::object recording_object(const Links& links, base::IdBits id, base::WallTime created_at,
                              json::value duration, json::value download) {
  return {{"id", id.hex()},
          {"created_at", base::unix_seconds(created_at)},
          {"duration", std::move(duration)},
          {"links", json::object{{"self", links.recording(id)}, {"download", std::move(download)}}}};
}

json::object snapshot_object(base::IdBits id, base::WallTime created_at, json::value download,
                             json::object creator) {
  return {{"id", id.hex()},
          {"name", std::to_string(base::unix_seconds(created_at))},
          {"links", json::object{{"download", std::move(download)}}},
          {"creator", std::move(creator)},
          {"created_at", base::iso8601(created_at)}};
}

json::value duration_of(room::RecordingPhase phase, std::uint32_t seconds) {
  return phase == room::RecordingPhase::running ? json::value(nullptr) : json::value(seconds);
}

} // namespace

json::object user_or_owner(const room::State& room, base::MemberId by) {
  if (const auto* member = room.find(by)) return user_details(room, *member);
  return {{"id", ""},
          {"name", room.name},
          {"avatar", nullptr},
          {"guest", false},
          {"joined_at", base::iso8601(room.opened_at)}};
}

json::object recording_view(const room::State& room, const room::Recording& recording, const Links& links) {
  auto out = recording_object(links, recording.id.bits, recording.started_at,
                              duration_of(recording.phase, recording.seconds),
                              links.recording_file(room.id, recording.id.bits, recording.file));
  out["user"] = user_or_owner(room, recording.by);
  out["room"] = room_summary(room);
  return out;
}

json::object snapshot_view(const room::State& room, const room::Snapshot& snapshot, const Links& links) {
  auto out =
      snapshot_object(snapshot.id.bits, snapshot.at, links.snapshot_file(room.id, snapshot.at, snapshot.file),
                      user_or_owner(room, snapshot.by));
  out["room"] = room_summary(room);
  return out;
}

json::array ready_snapshots(const room::State& room, const Links& links) {
  json::array out;
  for (const auto& one : room.snapshots)
    if (one.ready) out.push_back(snapshot_view(room, one, links));
  return out;
}

json::object archived_recording(const Links& links, const store::ArchiveEntry& entry) {
  auto out = recording_object(links, entry.id, entry.created_at, duration_of(entry.phase, entry.seconds),
                              links.recording_file(entry.room, entry.id, entry.file));
  out["user"] = archived_user(entry);
  out["room"] = archived_room(entry);
  return out;
}

json::object archived_snapshot(const Links& links, const store::ArchiveEntry& entry) {
  auto out =
      snapshot_object(entry.id, entry.created_at,
                      links.snapshot_file(entry.room, entry.created_at, entry.file), archived_user(entry));
  out["room"] = archived_room(entry);
  return out;
}

} // namespace plenum::api::eyeson
