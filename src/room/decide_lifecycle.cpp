#include "room/decide_parts.hpp"
#include "room/texts.hpp"

#include <algorithm>

namespace plenum::room {

using base::ErrorCode;

namespace {
constexpr std::size_t kMostName = 255; // bytes
}

Decided decide_open(const State& state, const OpenRoom& command, const Context& context) {
  if (state.phase != Phase::unopened) return refuse(ErrorCode::conflict, "the meeting is already open");
  if (command.external_id.empty() || command.external_id.size() > kMostName)
    return refuse(ErrorCode::invalid, "a room id has 1 to 255 bytes");
  if (command.name.size() > kMostName) return refuse(ErrorCode::invalid, "the room name is too long");
  if (!valid_utf8(command.external_id) || !valid_utf8(command.name))
    return refuse(ErrorCode::invalid, "a text is not UTF-8");
  if (auto checked = check(command.options); !checked) return std::unexpected(checked.error());
  RoomOpened opened;
  opened.options = apply(command.defaults, command.options, Moment::opening);
  if (auto checked = check_layout(opened.options); !checked) return std::unexpected(checked.error());
  opened.room = command.room;
  opened.account = command.account;
  opened.external_id = command.external_id;
  opened.name = command.name;
  opened.guest_token = command.guest_token;
  opened.at = context.now;
  return Events{std::move(opened)};
}

Decided decide_lock(const State& state, const LockRoom& command) {
  if (!state.options.lock_available)
    return refuse(ErrorCode::not_allowed, "locking is switched off in this room");
  if (state.locked) return Events{};
  return Events{RoomLocked{command.by}};
}

Decided decide_unlock(const State& state, const UnlockRoom& command) {
  if (!state.locked) return Events{};
  return Events{RoomUnlocked{command.by}};
}

Decided decide_options(const State& state, const ChangeOptions& command) {
  if (auto checked = check(command.patch); !checked) return std::unexpected(checked.error());
  auto options = apply(state.options, command.patch, Moment::running);
  if (auto checked = check_layout(options); !checked) return std::unexpected(checked.error());
  if (options == state.options) return Events{};
  return Events{OptionsChanged{std::move(options)}};
}

Events end_room(const State& state, EndReason reason, WallTime now) {
  Events events;
  stop_recording(state, now, events);
  for (const auto& broadcast : state.broadcasts)
    events.push_back(BroadcastEnded{broadcast.id});
  for (const auto& playback : state.playbacks)
    events.push_back(PlaybackEnded{playback.id});
  for (const auto& forward : state.forwards)
    events.push_back(ForwardEnded{forward.id});
  for (const auto* member : state.present())
    events.push_back(MemberLeft{member->id, member->leg.id, LeaveReason::room_ended, now});
  events.push_back(RoomEnded{reason, now});
  return events;
}

Decided decide_end(const State& state, const EndRoom& command, const Context& context) {
  return end_room(state, command.reason, context.now);
}

Decided decide_idle(const State& state, const Context& context) {
  const auto since = std::max(state.empty_since, context.live.touched);
  if (state.present_count() > 0 || context.now - since < context.limits.idle) return Events{};
  return end_room(state, EndReason::idle, context.now);
}

} // namespace plenum::room
