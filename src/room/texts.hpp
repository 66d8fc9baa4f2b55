// Texts that come from outside: what becomes part of an event must be UTF-8, or the log could not be read
// again. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plenum::room {

bool valid_utf8(std::string_view text);                     // RFC 3629: no surrogates, nothing overlong
bool blank(std::string_view text);                          // only white space, or nothing
std::string clip(std::string_view text, std::size_t bytes); // at a character's border; empty when not UTF-8

} // namespace plenum::room
