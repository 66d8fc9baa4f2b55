#include "room/decide_parts.hpp"
#include "room/texts.hpp"

#include <algorithm>

namespace plenum::room {

using base::ErrorCode;

namespace {

constexpr std::size_t kMostWhy = 1000; // bytes, of an explanation

std::uint32_t seconds_of(const Recording& recording, WallTime now) {
  const auto passed = std::chrono::round<std::chrono::seconds>(now - recording.started_at);
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, passed.count()));
}

// Media may be done with a recording that nobody has stopped (its disk is full): it stops first.
Events stopped_first(const Recording& recording, WallTime now) {
  if (recording.phase != RecordingPhase::running) return {};
  return {RecordingStopped{recording.id, now, seconds_of(recording, now)}};
}

bool over(const Recording& recording) {
  return recording.phase == RecordingPhase::ready || recording.phase == RecordingPhase::failed;
}

} // namespace

bool usable(std::string_view text, std::size_t most_bytes) {
  return text.size() <= most_bytes && valid_utf8(text);
}

void stop_recording(const State& state, WallTime now, Events& events) {
  const auto* running = state.running_recording();
  if (running != nullptr) events.push_back(RecordingStopped{running->id, now, seconds_of(*running, now)});
}

// --- recording

Decided decide_recording(const State& state, const StartRecording& command, const Context& context) {
  if (!state.options.recording_available)
    return refuse(ErrorCode::not_allowed, "recording is switched off in this room");
  if (unknown(state, command.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (state.running_recording() != nullptr || state.find(command.id) != nullptr)
    return refuse(ErrorCode::conflict, "a recording is already running");
  if (state.recordings.size() >= context.limits.recordings)
    return refuse(ErrorCode::unavailable, "the meeting has too many recordings");
  if (!context.can.recording)
    return refuse(ErrorCode::unavailable, "Recording is not available on this server");
  Recording started;
  started.id = command.id;
  started.by = command.by;
  started.started_at = context.now;
  return Events{RecordingStarted{std::move(started)}};
}

Decided decide_recording(const State& state, const StopRecording& command, const Context& context) {
  const auto* running = state.running_recording();
  if (running == nullptr || (command.id && command.id != running->id))
    return refuse(ErrorCode::not_found, "no recording is running");
  return stopped_first(*running, context.now);
}

Decided decide_recording(const State& state, const FinishRecording& command, const Context& context) {
  const auto* recording = state.find(command.id);
  if (recording == nullptr) return refuse(ErrorCode::not_found, "unknown recording");
  if (!usable(command.file, kMostUrl)) return refuse(ErrorCode::invalid, "unusable file name");
  if (over(*recording)) return Events{};
  auto events = stopped_first(*recording, context.now);
  events.push_back(RecordingReady{command.id, command.seconds, command.file, command.bytes});
  return events;
}

Decided decide_recording(const State& state, const FailRecording& command, const Context& context) {
  const auto* recording = state.find(command.id);
  if (recording == nullptr) return refuse(ErrorCode::not_found, "unknown recording");
  if (over(*recording)) return Events{};
  auto events = stopped_first(*recording, context.now);
  events.push_back(RecordingFailed{command.id, clip(command.why, kMostWhy)});
  return events;
}

// --- still pictures

Decided decide_snapshot(const State& state, const TakeSnapshot& command, const Context& context) {
  if (unknown(state, command.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (state.find(command.id) != nullptr)
    return refuse(ErrorCode::conflict, "there is such a snapshot already");
  if (state.snapshots.size() >= context.limits.snapshots)
    return refuse(ErrorCode::unavailable, "the meeting has too many snapshots");
  if (!context.can.snapshot)
    return refuse(ErrorCode::unavailable, "Snapshots are not available on this server");
  return Events{SnapshotWanted{command.id, command.by, context.now}};
}

Decided decide_snapshot(const State& state, const StoreSnapshot& command) {
  const auto* wanted = state.find(command.id);
  if (wanted == nullptr) return refuse(ErrorCode::not_found, "unknown snapshot");
  if (!usable(command.file, kMostUrl)) return refuse(ErrorCode::invalid, "unusable file name");
  if (wanted->ready) return Events{};
  return Events{SnapshotTaken{command.id, command.file, command.bytes}};
}

// --- broadcast

Decided decide_broadcast(const State& state, const StartBroadcast& command, const Context& context) {
  if (!state.options.broadcast_available)
    return refuse(ErrorCode::not_allowed, "broadcasting is switched off in this room");
  if (command.stream_url.empty() || !usable(command.stream_url, kMostUrl) ||
      !usable(command.player_url, kMostUrl) || !usable(command.id, kMostId))
    return refuse(ErrorCode::invalid, "unusable URL of a broadcast");
  if (unknown(state, command.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (!state.broadcasts.empty()) return refuse(ErrorCode::conflict, "a broadcast is already running");
  if (!context.can.broadcast)
    return refuse(ErrorCode::unavailable, "Broadcasting is not available on this server");
  return Events{
      BroadcastStarted{{command.id, command.by, command.stream_url, command.player_url, context.now}}};
}

Decided decide_broadcast(const State& state, const ChangeBroadcast& command) {
  if (!usable(command.player_url, kMostUrl)) return refuse(ErrorCode::invalid, "unusable player URL");
  Events events;
  bool found = false;
  for (const auto& broadcast : state.broadcasts) {
    if (!command.id.empty() && broadcast.id != command.id) continue;
    found = true;
    if (broadcast.player_url != command.player_url)
      events.push_back(BroadcastChanged{broadcast.id, command.player_url});
  }
  if (!found) return refuse(ErrorCode::not_found, "no broadcast is running");
  return events;
}

Decided decide_broadcast(const State& state, const StopBroadcast& command) {
  Events events;
  for (const auto& broadcast : state.broadcasts)
    if (command.id.empty() || broadcast.id == command.id) events.push_back(BroadcastEnded{broadcast.id});
  if (events.empty()) return refuse(ErrorCode::not_found, "no broadcast is running");
  return events;
}

Decided decide_broadcast(const State& state, const EndBroadcast& command) {
  Events events;
  for (const auto& broadcast : state.broadcasts)
    if (broadcast.id == command.id) events.push_back(BroadcastEnded{broadcast.id});
  return events;
}

} // namespace plenum::room
