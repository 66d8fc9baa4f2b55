// scene: what the room's media worker must show and mix, as one value; its revision is the state's. Two equal
// states give equal scenes. Thread: any.
#pragma once

#include "link/scene.hpp"
#include "room/events.hpp"

namespace plenum::room {

link::Scene scene(const State& state);
// False: the scene after this event is the one before it, but for its revision. A chat message is no news for
// media.
bool may_change_scene(const Event& event);

} // namespace plenum::room
