#include "room/decide_parts.hpp"
#include "room/texts.hpp"

#include <algorithm>

namespace plenum::room {

using base::ErrorCode;

namespace {

constexpr std::size_t kMostName = 255;     // bytes
constexpr std::size_t kMostAvatar = 2048;  // bytes
constexpr std::size_t kMostPlatform = 100; // bytes

base::Result<void> check_identity(const Identity& identity) {
  if (blank(identity.name)) return refuse(ErrorCode::invalid, "a name is missing");
  if (identity.name.size() > kMostName) return refuse(ErrorCode::invalid, "the name is too long");
  if (identity.external_id.size() > kMostName) return refuse(ErrorCode::invalid, "the user id is too long");
  if (identity.avatar && identity.avatar->size() > kMostAvatar)
    return refuse(ErrorCode::invalid, "the avatar URL is too long");
  const auto fields = base::write_json(identity.custom_fields);
  if (fields.size() > kMostCustomFieldBytes)
    return refuse(ErrorCode::invalid, "the custom fields are too large");
  for (const auto& text : {identity.name, identity.external_id, identity.avatar.value_or(""), fields})
    if (!valid_utf8(text)) return refuse(ErrorCode::invalid, "a text is not UTF-8");
  return {};
}

const Member* find_regular(const State& state, const std::string& external_id) {
  const auto at = std::ranges::find_if(
      state.members, [&](const Member& m) { return !m.guest && m.external_id == external_id; });
  return at == state.members.end() ? nullptr : &*at;
}

Decided update(const Member& known, const Identity& identity) {
  if (known.name == identity.name && known.avatar == identity.avatar) return Events{};
  return Events{MemberRenamed{known.id, identity.name, identity.avatar}};
}

const Member* with_leg(const State& state, MemberId id, PeerId leg) {
  const auto* member = state.find(id);
  return member != nullptr && member->present && member->leg.id == leg ? member : nullptr;
}

} // namespace

void leave(const State& state, const Member& member, LeaveReason reason, WallTime now, Events& events) {
  const auto gone = std::ranges::count_if(
      events, [](const Event& event) { return std::holds_alternative<MemberLeft>(event); });
  if (state.present_count() == static_cast<std::size_t>(gone) + 1) stop_recording(state, now, events);
  for (const auto& playback : state.playbacks)
    if (playback.replaces == member.id) end_playback(state, playback, events);
  for (const auto& forward : state.forwards)
    if (forward.what == ForwardWhat::source && forward.member == member.id)
      events.push_back(ForwardEnded{forward.id});
  if (state.presenter == member.id) events.push_back(PresentationEnded{member.id});
  events.push_back(MemberLeft{member.id, member.leg.id, reason, now});
}

Decided decide_register(const State& state, const RegisterMember& command, const Context& context) {
  const auto& identity = command.identity;
  if (auto checked = check_identity(identity); !checked) return std::unexpected(checked.error());
  if (identity.guest && !state.options.guests_allowed)
    return refuse(ErrorCode::not_allowed, "guests are switched off in this room");
  if (!identity.guest && !identity.external_id.empty())
    if (const auto* known = find_regular(state, identity.external_id)) return update(*known, identity);
  if (state.locked) return refuse(ErrorCode::locked, "the meeting is locked");
  if (state.members.size() >= context.limits.registered)
    return refuse(ErrorCode::unavailable, "the meeting knows too many people");

  MemberRegistered registered;
  registered.member = command.member;
  // A guest's id is its own claim: it must not be taken for somebody who has the id already.
  const bool taken = identity.guest && state.find_ref(identity.external_id) != nullptr;
  registered.external_id =
      identity.external_id.empty() || taken ? command.member.hex() : identity.external_id;
  registered.name = identity.name;
  registered.avatar = identity.avatar;
  registered.guest = identity.guest;
  registered.custom_fields = identity.custom_fields;
  registered.access_token = command.access_token;
  registered.at = context.now;
  return Events{std::move(registered)};
}

Decided decide_join(const State& state, const JoinMember& command, const Context& context) {
  const auto* member = state.find(command.member);
  if (member == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  auto platform = clip(command.platform, kMostPlatform);
  if (member->present)
    return Events{
        LegReplaced{member->id, command.leg, member->leg.id, std::move(platform), command.video_on}};
  if (state.locked && member->guest) return refuse(ErrorCode::locked, "the meeting is locked");
  if (state.present_count() >= context.limits.present)
    return refuse(ErrorCode::unavailable, "the meeting is full");
  return Events{MemberJoined{member->id, command.leg, std::move(platform), command.video_on, context.now}};
}

Decided decide_leave(const State& state, const LeaveRoom& command, const Context& context) {
  const auto* member = state.find(command.member);
  if (member == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  if (!member->present || (command.leg && command.leg != member->leg.id)) return Events{};
  Events events;
  leave(state, *member, LeaveReason::left, context.now, events);
  return events;
}

Decided decide_remove(const State& state, const RemoveMember& command, const Context& context) {
  if (!command.by_owner && !state.options.kick_available)
    return refuse(ErrorCode::not_allowed, "removing people is switched off in this room");
  const auto* member = state.find(command.member);
  if (member == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  if (!member->present) return Events{};
  Events events;
  leave(state, *member, LeaveReason::removed, context.now, events);
  return events;
}

Decided decide_leg(const State& state, const ConnectLeg& command) {
  const auto* member = with_leg(state, command.member, command.leg);
  if (member == nullptr || member->leg.connected) return Events{};
  return Events{LegConnected{member->id, member->leg.id}};
}

Decided decide_leg(const State& state, const LoseLeg& command, const Context& context) {
  const auto* member = with_leg(state, command.member, command.leg);
  if (member == nullptr) return Events{};
  Events events;
  if (command.final) {
    const auto reason = member->leg.ever_connected ? LeaveReason::lost : LeaveReason::no_media;
    leave(state, *member, reason, context.now, events);
  } else if (!member->leg.transport_lost_at) {
    events.push_back(LegLost{member->id, member->leg.id, context.now});
  }
  return events;
}

Decided decide_leg(const State& state, const LoseSignaling& command, const Context& context) {
  const auto* member = with_leg(state, command.member, command.leg);
  if (member == nullptr || member->leg.signaling_lost_at) return Events{};
  return Events{SignalingLost{member->id, context.now}};
}

Decided decide_leg(const State& state, const RestoreSignaling& command) {
  const auto* member = with_leg(state, command.member, command.leg);
  if (member == nullptr || !member->leg.signaling_lost_at) return Events{};
  return Events{SignalingRestored{member->id}};
}

Decided decide_grace(const State& state, const Context& context) {
  const auto over = [&](const std::optional<WallTime>& since) {
    return since && context.now - *since >= context.limits.grace;
  };
  Events events;
  for (const auto* member : state.present())
    if (over(member->leg.transport_lost_at) || over(member->leg.signaling_lost_at))
      leave(state, *member, LeaveReason::lost, context.now, events);
  return events;
}

} // namespace plenum::room
