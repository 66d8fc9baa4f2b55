// Requests: this dialect's parameters → neutral commands. Unknown or unusable options are ignored, as the
// original does. Owner: functions. Thread: core. Source: eyeson-api 0.3, 0.4, 3.1, 3.7, 3.10, 4.
#pragma once

#include "hub/hub.hpp"
#include "net/form.hpp"
#include "room/commands.hpp"

namespace plenum::api::eyeson {

namespace json = base::json;

room::OptionsPatch options_patch(const net::Params& params);
// Errors: invalid (user[name] missing or blank, user not an object).
base::Result<hub::OpenRequest> open_request(const net::Params& params, base::AccountId account);
// `id_is_name`: without a name the id serves as one.
base::Result<room::Identity> user_identity(const net::Params& params, bool id_is_name);
base::Result<room::Identity> guest_identity(const net::Params& params);
// Errors: invalid (missing, blank, reserved type, too long, content an object).
base::Result<room::SendMessage> message_command(const net::Params& params, base::MemberId from);

// Types that a caller may not give to a message: browsers would execute them, observers would take them for
// ours.
bool reserved_message_type(std::string_view type);

} // namespace plenum::api::eyeson
