// The parts of decide, one overload per command, grouped in decide_*.cpp by subject. Private to room/.
// Thread: any.
#pragma once

#include "room/decide.hpp"

namespace plenum::room {

using Decided = base::Result<Events>;

Decided decide_open(const State& state, const OpenRoom& command, const Context& context);
Decided decide_lock(const State& state, const LockRoom& command);
Decided decide_unlock(const State& state, const UnlockRoom& command);
Decided decide_options(const State& state, const ChangeOptions& command);
Decided decide_end(const State& state, const EndRoom& command, const Context& context);
Decided decide_idle(const State& state, const Context& context);

Decided decide_register(const State& state, const RegisterMember& command, const Context& context);
Decided decide_join(const State& state, const JoinMember& command, const Context& context);
Decided decide_leave(const State& state, const LeaveRoom& command, const Context& context);
Decided decide_remove(const State& state, const RemoveMember& command, const Context& context);
Decided decide_leg(const State& state, const ConnectLeg& command);
Decided decide_leg(const State& state, const LoseLeg& command, const Context& context);
Decided decide_leg(const State& state, const LoseSignaling& command, const Context& context);
Decided decide_leg(const State& state, const RestoreSignaling& command);
Decided decide_grace(const State& state, const Context& context);

Decided decide_layout(const State& state, const SetLayout& command);
Decided decide_video(const State& state, const SwitchVideo& command);
Decided decide_presentation(const State& state, const StartPresentation& command);
Decided decide_presentation(const State& state, const StopPresentation& command);
Decided decide_tiles(const State& state, const Context& context);

Decided decide_message(const State& state, const SendMessage& command, const Context& context);
Decided decide_mute(const State& state, const RequestMute& command);

Decided decide_recording(const State& state, const StartRecording& command, const Context& context);
Decided decide_recording(const State& state, const StopRecording& command, const Context& context);
Decided decide_recording(const State& state, const FinishRecording& command, const Context& context);
Decided decide_recording(const State& state, const FailRecording& command, const Context& context);
Decided decide_snapshot(const State& state, const TakeSnapshot& command, const Context& context);
Decided decide_snapshot(const State& state, const StoreSnapshot& command);
Decided decide_broadcast(const State& state, const StartBroadcast& command, const Context& context);
Decided decide_broadcast(const State& state, const ChangeBroadcast& command);
Decided decide_broadcast(const State& state, const StopBroadcast& command);
Decided decide_broadcast(const State& state, const EndBroadcast& command);

Decided decide_layer(const State& state, const SetLayer& command, const Context& context);
Decided decide_layer(const State& state, const ClearLayer& command);
Decided decide_playback(const State& state, const StartPlayback& command, const Context& context);
Decided decide_playback(const State& state, const StopPlayback& command);
Decided decide_playback(const State& state, const EndPlayback& command);
Decided decide_forward(const State& state, const StartForward& command, const Context& context);
Decided decide_forward(const State& state, const StopForward& command);
Decided decide_forward(const State& state, const EndForward& command);

// Stops what records; nothing when nothing does.
void stop_recording(const State& state, WallTime now, Events& events);
// The end of a playback, and of forwards of it.
void end_playback(const State& state, const Playback& playback, Events& events);
// The end of the meeting: what runs ends before the members leave.
Events end_room(const State& state, EndReason reason, WallTime now);

// A text from outside: UTF-8 and not longer than that.
bool usable(std::string_view text, std::size_t most_bytes);
inline constexpr std::size_t kMostUrl = 2048; // bytes
inline constexpr std::size_t kMostId = 255;   // bytes

// The end of one membership: its presentation, playbacks that replace it and forwards of it end first, and
// with the last one the recording. `events`: what has been decided before it in the same command.
void leave(const State& state, const Member& member, LeaveReason reason, WallTime now, Events& events);

// Somebody is named, and nobody is that; an empty id means the owner, or nobody.
inline bool unknown(const State& state, MemberId by) {
  return by && state.find(by) == nullptr;
}

inline std::unexpected<base::Error> refuse(base::ErrorCode code, const char* text) {
  return base::fail(code, text);
}

} // namespace plenum::room
