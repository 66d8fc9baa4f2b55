// Views: neutral state → this dialect's JSON, member order and all. No decision about the business is made
// here.
//
// Owner: functions. Thread: core. Source: eyeson-api 3.0, 4.
#pragma once

#include "api/eyeson/dialect.hpp"
#include "room/state.hpp"

#include <optional>
#include <string>

namespace plenum::api::eyeson {

// 24 hex digits each; the conference id differs from the room's in its last digit, so both come from one
// value.
std::string client_id(const room::Member& member);
std::string conference_id(const room::State& room);
std::string conference_id(base::RoomId room);
base::RoomId room_of_conference(base::IdBits conference);

json::object options_view(const room::RoomOptions& options);                    // the 19 members of 3.0.2
json::object room_summary(const room::State& room);                             // 3.0.1
json::object user_details(const room::State& room, const room::Member& member); // 3.0.3
json::object participant(const room::State& room, const room::Member& member);  // 3.0.4
json::value presentation(const room::State& room);                              // 3.0.9 or null

// 3.0.2 for this member, with fresh signaling and TURN credentials.
json::object room_response(const Dialect& dialect, const Bases& bases, const room::State& room,
                           const room::Member& member, const std::string& team);

} // namespace plenum::api::eyeson
