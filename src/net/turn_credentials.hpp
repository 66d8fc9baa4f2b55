// Time-limited TURN credentials as coturn's `use-auth-secret` checks them: the user name is "<unix
// expiry>:<id>", the password base64(HMAC-SHA1(secret, user name)). Owner: function. Thread: any. Source:
// TURN REST API draft (draft-uberti-behave-turn-rest-00).
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::net {

struct TurnCredentials {
  std::string username, password;
};
TurnCredentials turn_credentials(const base::Secret& secret, std::string_view id,
                                 std::int64_t expires_unix_seconds);

} // namespace plenum::net
