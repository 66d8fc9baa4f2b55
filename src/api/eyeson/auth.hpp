// Auth: who asks, in this dialect's three ways: API key, access key, guest token; and its error answers.
// Owner: functions. Thread: core. Source: eyeson-api 0.6, 2.
#pragma once

#include "api/eyeson/dialect.hpp"

#include <optional>
#include <string_view>

namespace plenum::api::eyeson {

// The account behind the Authorization header ("Bearer " tolerated).
std::optional<hub::AccountInfo> account_of(const Dialect& dialect, const net::Request& request);
bool has_authorization(const net::Request& request);

// What an access key opens.
struct Access {
  const room::State* room = nullptr; // valid until the next return to the event loop
  const room::Member* member = nullptr;
};
base::Result<Access> access_of(const Dialect& dialect, std::string_view access_key);

// Status of an error on access-key and guest routes; `answer_error` writes {"error": …} and, when locked,
// "locked".
int status_of(base::ErrorCode code);
void answer_error(net::Reply& reply, const base::Error& error);

} // namespace plenum::api::eyeson
