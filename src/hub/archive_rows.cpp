#include "hub/archive_rows.hpp"

namespace plenum::hub {

namespace {

store::ArchiveRow row_of(const room::State& state, base::MemberId by) {
  store::ArchiveRow row;
  row.room = state.id;
  row.account = state.account;
  row.room_external_id = state.external_id;
  row.room_name = state.name;
  row.guest_token = state.guest_token;
  row.room_opened_at = state.opened_at;
  const auto* member = state.find(by);
  if (member == nullptr) return row; // by the owner
  row.by_external_id = member->external_id;
  row.by_name = member->name;
  row.by_avatar = member->avatar;
  row.by_guest = member->guest;
  row.by_joined_at = member->joined_at.value_or(member->registered_at);
  return row;
}

struct Visit {
  const room::State& state;
  using Row = std::optional<store::ArchiveRow>;

  Row recording(base::RecordingId id) const {
    const auto* recording = state.find(id);
    if (recording == nullptr) return std::nullopt;
    auto row = row_of(state, recording->by);
    row.kind = store::ArchiveRow::Kind::recording;
    row.id = id.bits;
    row.created_at = recording->started_at;
    row.phase = recording->phase;
    row.seconds = recording->seconds;
    row.file = recording->file;
    row.bytes = recording->bytes;
    return row;
  }
  Row operator()(const room::RecordingStarted& e) const { return recording(e.recording.id); }
  Row operator()(const room::RecordingStopped& e) const { return recording(e.id); }
  Row operator()(const room::RecordingReady& e) const { return recording(e.id); }
  Row operator()(const room::RecordingFailed& e) const { return recording(e.id); }
  Row operator()(const room::SnapshotTaken& e) const {
    const auto* snapshot = state.find(e.id);
    if (snapshot == nullptr) return std::nullopt;
    auto row = row_of(state, snapshot->by);
    row.kind = store::ArchiveRow::Kind::snapshot;
    row.id = e.id.bits;
    row.created_at = snapshot->at;
    row.phase = room::RecordingPhase::ready;
    row.file = snapshot->file;
    row.bytes = snapshot->bytes;
    return row;
  }
  template <class Event>
  Row operator()(const Event&) const {
    return std::nullopt;
  }
};

} // namespace

std::optional<store::ArchiveRow> archive_row(const room::Event& event, const room::State& after) {
  return std::visit(Visit{after}, event);
}

} // namespace plenum::hub
