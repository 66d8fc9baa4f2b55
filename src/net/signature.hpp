// HMAC-SHA256 as lower-case hexadecimal digits: how requests to others are signed. Owner: function. Thread:
// any. RFC 2104.
#pragma once

#include "base/secret.hpp"

#include <string>
#include <string_view>

namespace plenum::net {

std::string hmac_sha256_hex(const base::Secret& key, std::string_view text);

} // namespace plenum::net
