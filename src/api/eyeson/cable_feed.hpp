// CableFeed: neutral events → messages of the room websocket and of the observer. A total visit: a new event
// does not compile until it is decided here what these clients hear of it. Owner: functions. Thread: core.
// Source: eyeson-api 5.5, 5.7; eyeson-sepp 2.3, 2.7.
#pragma once

#include "api/eyeson/dialect.hpp"
#include "room/events.hpp"
#include "room/state.hpp"

#include <vector>

namespace plenum::api::eyeson {

using CableMessages = std::vector<json::object>;

// For the client of `reader`; observers see more.
CableMessages participant_messages(const room::Event& event, const room::State& state, base::MemberId reader);
CableMessages observer_messages(const room::Event& event, const room::State& state);

} // namespace plenum::api::eyeson
