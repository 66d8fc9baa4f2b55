// evolve: what a State is after an event. Never refuses: the event has happened. Deterministic, so that a
// replayed log gives the live state. Thread: any.
#pragma once

#include "room/events.hpp"

namespace plenum::room {

void evolve(State& state, const Event& event);

} // namespace plenum::room
