// CableFeed: neutral events → messages of the room websocket and of the observer. A total visit: a new event
// does not compile until it is decided here what these clients hear of it. Owner: functions. Thread: core.
// Source: eyeson-api 5.5, 5.7; eyeson-sepp 2.3, 2.7.
#pragma once

#include "api/eyeson/links.hpp"
#include "room/events.hpp"
#include "room/state.hpp"

#include <vector>

namespace plenum::api::eyeson {

using CableMessages = std::vector<json::object>;

struct CableNews {
  CableMessages messages;
  base::MemberId except; // everybody hears them but this member
};

// Observers see more than participants.
CableNews participant_news(const room::Event& event, const room::State& state, const Links& links);
CableNews observer_news(const room::Event& event, const room::State& state, const Links& links);

} // namespace plenum::api::eyeson
