#include "room/decide.hpp"

#include "room/decide_parts.hpp"
#include "room/evolve.hpp"
#include "room/layout_solver.hpp"

#include <algorithm>

namespace plenum::room {

namespace {

struct Decide {
  const State& state;
  const Context& context;

  Decided operator()(const OpenRoom& c) const { return decide_open(state, c, context); }
  Decided operator()(const RegisterMember& c) const { return decide_register(state, c, context); }
  Decided operator()(const JoinMember& c) const { return decide_join(state, c, context); }
  Decided operator()(const LeaveRoom& c) const { return decide_leave(state, c, context); }
  Decided operator()(const RemoveMember& c) const { return decide_remove(state, c, context); }
  Decided operator()(const ConnectLeg& c) const { return decide_leg(state, c); }
  Decided operator()(const LoseLeg& c) const { return decide_leg(state, c, context); }
  Decided operator()(const LoseSignaling& c) const { return decide_leg(state, c, context); }
  Decided operator()(const RestoreSignaling& c) const { return decide_leg(state, c); }
  Decided operator()(const ExpireGrace&) const { return decide_grace(state, context); }
  Decided operator()(const SwitchVideo& c) const { return decide_video(state, c); }
  Decided operator()(const RequestMute& c) const { return decide_mute(state, c); }
  Decided operator()(const StartPresentation& c) const { return decide_presentation(state, c); }
  Decided operator()(const StopPresentation& c) const { return decide_presentation(state, c); }
  Decided operator()(const ReconsiderTiles&) const { return decide_tiles(state, context); }
  Decided operator()(const SendMessage& c) const { return decide_message(state, c, context); }
  Decided operator()(const LockRoom& c) const { return decide_lock(state, c); }
  Decided operator()(const UnlockRoom& c) const { return decide_unlock(state, c); }
  Decided operator()(const ChangeOptions& c) const { return decide_options(state, c); }
  Decided operator()(const SetLayout& c) const { return decide_layout(state, c); }
  Decided operator()(const StartRecording& c) const { return decide_recording(state, c, context); }
  Decided operator()(const StopRecording& c) const { return decide_recording(state, c, context); }
  Decided operator()(const FinishRecording& c) const { return decide_recording(state, c, context); }
  Decided operator()(const FailRecording& c) const { return decide_recording(state, c, context); }
  Decided operator()(const TakeSnapshot& c) const { return decide_snapshot(state, c, context); }
  Decided operator()(const StoreSnapshot& c) const { return decide_snapshot(state, c); }
  Decided operator()(const StartBroadcast& c) const { return decide_broadcast(state, c, context); }
  Decided operator()(const ChangeBroadcast& c) const { return decide_broadcast(state, c); }
  Decided operator()(const StopBroadcast& c) const { return decide_broadcast(state, c); }
  Decided operator()(const EndBroadcast& c) const { return decide_broadcast(state, c); }
  Decided operator()(const SetLayer& c) const { return decide_layer(state, c, context); }
  Decided operator()(const ClearLayer& c) const { return decide_layer(state, c); }
  Decided operator()(const StartPlayback& c) const { return decide_playback(state, c, context); }
  Decided operator()(const StopPlayback& c) const { return decide_playback(state, c); }
  Decided operator()(const EndPlayback& c) const { return decide_playback(state, c); }
  Decided operator()(const StartForward& c) const { return decide_forward(state, c, context); }
  Decided operator()(const StopForward& c) const { return decide_forward(state, c); }
  Decided operator()(const EndForward& c) const { return decide_forward(state, c); }
  Decided operator()(const EndRoom& c) const { return decide_end(state, c, context); }
  Decided operator()(const EndIfIdle&) const { return decide_idle(state, context); }
};

bool may_move_tiles(const Event& event) {
  return is_any<MemberJoined, LegReplaced, MemberLeft, VideoSwitched, PresentationStarted, PresentationEnded,
                OptionsChanged, PlaybackStarted, PlaybackEnded>(event);
}

} // namespace

base::Result<Events> decide(const State& state, const Command& command, const Context& context) {
  const bool opening = std::holds_alternative<OpenRoom>(command);
  if (state.phase == Phase::ended) return refuse(base::ErrorCode::gone, "the meeting has ended");
  if (state.phase == Phase::unopened && !opening)
    return refuse(base::ErrorCode::not_found, "there is no such meeting");

  auto decided = std::visit(Decide{state, context}, command);
  if (!decided || std::ranges::none_of(*decided, may_move_tiles)) return decided;
  State after = state;
  for (const auto& event : *decided)
    evolve(after, event);
  if (!after.open()) return decided;
  auto arranged = arrange(after, context.now);
  if (arranged.seats != after.seats || arranged.tiles != after.tiles)
    decided->push_back(LayoutChanged{std::move(arranged.seats), std::move(arranged.tiles)});
  return decided;
}

} // namespace plenum::room
