// base64url without padding (RFC 4648 5). Decoding is strict: other characters, padding, impossible lengths
// and non-zero spare bits are refused, so that every value has exactly one spelling. Owner: value. Thread:
// any.
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace plenum::net {

std::string base64url_encode(base::Bytes bytes);
inline std::string base64url_encode(std::string_view text) {
  return base64url_encode(base::as_bytes(text));
}
std::optional<std::string> base64url_decode(std::string_view text);

} // namespace plenum::net
