#include "room/decide_parts.hpp"
#include "room/layout_solver.hpp"

#include <algorithm>

namespace plenum::room {

using base::ErrorCode;

namespace {

bool voice_driven(const RoomOptions& options) {
  const bool plain = !options.layout_users && !options.layout_name && !options.layout_map;
  return options.voice_activation || plain;
}

const Speech* speech_of(const Live& live, MemberId member) {
  const auto at = live.speech.find(member);
  return at == live.speech.end() ? nullptr : &at->second;
}

// Who has talked for long enough without a spot; the one that began first.
MemberId waiting_speaker(const State& state, const Context& context) {
  MemberId chosen;
  WallTime began = WallTime::max();
  for (const auto member : candidates(state)) {
    if (std::ranges::find(state.seats, member, &Seat::member) != state.seats.end()) continue;
    const auto* speech = speech_of(context.live, member);
    if (speech == nullptr || !speech->talking) continue;
    if (context.now - speech->since < context.limits.talk_before_tile || speech->since >= began) continue;
    chosen = member;
    began = speech->since;
  }
  return chosen;
}

bool given_by_layout(const State& state, std::size_t spot) {
  const auto& users = state.options.layout_users;
  if (!users) return false;
  if (state.options.layout == LayoutMode::custom) return true;
  return spot < users->size() && !(*users)[spot].empty() && (*users)[spot] != " ";
}

// The spot whose holder has been silent for the longest time; among equals the last one.
std::optional<std::size_t> silent_spot(const State& state, const Context& context) {
  std::optional<std::size_t> chosen;
  WallTime longest = WallTime::max();
  for (std::size_t i = 0; i < state.seats.size(); ++i) {
    const auto& seat = state.seats[i];
    const auto* member = state.find(seat.member);
    if (member == nullptr || given_by_layout(state, i)) continue;
    if (context.now - seat.since < context.limits.tile_kept) continue;
    const auto* speech = speech_of(context.live, seat.member);
    if (speech != nullptr && speech->talking) continue;
    const auto silent_since = speech != nullptr ? speech->since : member->joined_at.value_or(WallTime{});
    if (silent_since > longest) continue;
    chosen = i;
    longest = silent_since;
  }
  return chosen;
}

} // namespace

Decided decide_layout(const State& state, const SetLayout& command) {
  if (!state.options.layout_available)
    return refuse(ErrorCode::not_allowed, "changing the layout is switched off in this room");
  if (unknown(state, command.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (auto checked = check(command.patch); !checked) return std::unexpected(checked.error());
  auto options = apply_layout(state.options, command.patch);
  if (auto checked = check_layout(options); !checked) return std::unexpected(checked.error());
  if (options == state.options) return Events{};
  return Events{OptionsChanged{std::move(options)}};
}

Decided decide_video(const State& state, const SwitchVideo& command) {
  const auto* member = state.find(command.member);
  if (member == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  if (!member->present || member->video_on == command.on) return Events{};
  return Events{VideoSwitched{member->id, command.on}};
}

Decided decide_presentation(const State& state, const StartPresentation& command) {
  const auto* member = state.find(command.member);
  if (member == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  // Nobody would see it, and only leaving would end it.
  if (!member->present) return refuse(ErrorCode::conflict, "only who is in the meeting can present");
  if (state.presenter == command.member) return Events{};
  if (state.presenter) return refuse(ErrorCode::conflict, "somebody else presents");
  return Events{PresentationStarted{command.member}};
}

Decided decide_presentation(const State& state, const StopPresentation&) {
  if (!state.presenter) return Events{};
  return Events{PresentationEnded{state.presenter}};
}

Decided decide_tiles(const State& state, const Context& context) {
  if (!voice_driven(state.options) || state.presenter) return Events{};
  const auto speaker = waiting_speaker(state, context);
  if (!speaker) return Events{};
  const auto spot = silent_spot(state, context);
  if (!spot) return Events{};
  LayoutChanged changed{state.seats, state.tiles};
  changed.seats[*spot] = {speaker, context.now, {}};
  changed.tiles[*spot].member = speaker;
  const auto* replacing = replacement(state, speaker);
  changed.tiles[*spot].playback = replacing == nullptr ? "" : replacing->id;
  return Events{std::move(changed)};
}

} // namespace plenum::room
