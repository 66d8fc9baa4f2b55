// Signed paths: a link that opens one file for a while, without a key in a header.
//
// "/a/b.webm" becomes "/a/b.webm?expires=1760003600&signature=<hex HMAC-SHA256 of path and expiry>". Whoever
// has the link may follow it; nobody can change the path or the time. Owner: functions. Thread: any. Source:
// eyeson-api 3.45.
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::net {

std::string sign_path(const base::Secret& key, std::string_view path, std::int64_t expires_unix_seconds);

enum class PathCheck { fine, expired, forged };
// `expires` and `signature` as they came in the query. Compares in constant time.
PathCheck check_path(const base::Secret& key, std::string_view path, std::string_view expires,
                     std::string_view signature, std::int64_t now_unix_seconds);

} // namespace plenum::net
