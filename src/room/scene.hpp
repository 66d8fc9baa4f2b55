// scene: what the room's media worker must show and mix, as one value; its revision is the state's. Two equal
// states give equal scenes. Thread: any.
#pragma once

#include "link/scene.hpp"
#include "room/state.hpp"

namespace plenum::room {

link::Scene scene(const State& state);

} // namespace plenum::room
