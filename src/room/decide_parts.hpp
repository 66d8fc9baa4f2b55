// The parts of decide, one overload per command, grouped in decide_*.cpp by subject. Private to room/.
// Thread: any.
#pragma once

#include "room/decide.hpp"

namespace plenum::room {

using Decided = base::Result<Events>;

Decided decide_open(const State& state, const OpenRoom& command, const Context& context);
Decided decide_lock(const State& state, const LockRoom& command);
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

Decided decide_video(const State& state, const SwitchVideo& command);
Decided decide_presentation(const State& state, const StartPresentation& command);
Decided decide_presentation(const State& state, const StopPresentation& command);
Decided decide_tiles(const State& state, const Context& context);

Decided decide_message(const State& state, const SendMessage& command, const Context& context);
Decided decide_mute(const State& state, const RequestMute& command);

// The end of one membership: a presentation ends first.
void leave(const State& state, const Member& member, LeaveReason reason, WallTime now, Events& events);

inline std::unexpected<base::Error> refuse(base::ErrorCode code, const char* text) {
  return base::fail(code, text);
}

} // namespace plenum::room
