// Answers: what several controllers say after the hub has spoken. Owner: functions. Thread: core.
// Source: eyeson-api 0.5, 0.6, 3.0.2.
#pragma once

#include "api/eyeson/auth.hpp"
#include "room/commands.hpp"

namespace plenum::api::eyeson {

// 201 with the room document of whoever entered.
hub::Completion<hub::Entered> answer_entered(const Dialect& dialect, net::Reply reply,
                                             const net::Request& request);

// Dispatches in the name of the key's user; success is an empty answer with this status. `conflict` is the
// status of "not in this state".
void dispatch(const Dialect& dialect, net::Reply reply, const Access& access, room::Command command,
              int success, int conflict = 409);

} // namespace plenum::api::eyeson
