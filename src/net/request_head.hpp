// What is checked between the bytes of a request head and the Router: pure functions, no socket.
//
// The lenient `/rt` line is repaired before a strict parser sees it, and only there, so that leniency cannot
// become request smuggling: a repaired line must turn out to be a websocket upgrade. Internal to net/.
// Thread: core. RFC 9112 3, 6; RFC 6455 4.2; eyeson-api 5.1.
#pragma once

#include "net/router.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace plenum::net {

struct HeadProblem {
  int status = 400;
  std::string_view text;
};

// `head` from request line to the empty line. Encodes raw spaces in the query of `GET <upgrade route>?…
// HTTP/1.1` and answers whether it did.
bool relax_request_line(std::string& head, const Router& router);
// Fills segments, raw_query and query from `target`, then checks Host, Transfer-Encoding, Expect and, for an
// upgrade, the websocket headers. `version` is 10 or 11; `relaxed` is what relax_request_line said.
std::optional<HeadProblem> check_head(Request& request, int version, bool relaxed, const Router& router);
// A websocket upgrade request to an upgrade route.
bool is_upgrade(const Request& request, const Router& router);
bool expects_continue(const Request& request);

} // namespace plenum::net
