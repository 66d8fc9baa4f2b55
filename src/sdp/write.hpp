// SessionDescription → text: CRLF after every line, exactly one at the end, attributes in one fixed order so
// that the text of the same value never changes.
//
// Sections appear as they are stored or, for a description whose `order` is audio_first, audio before video
// before the rest. Values come from parse() or from our own code and hold no line breaks. Owner: none.
// Thread: any. RFC 8866.
#pragma once

#include "sdp/model.hpp"

#include <string>

namespace plenum::sdp {

std::string write(const SessionDescription& description);

} // namespace plenum::sdp
