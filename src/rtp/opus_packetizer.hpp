// Opus packet → the one RTP payload that it is.
//
// Here so that sound travels the same way as video: one PacketizedFrame shared by all receivers of a mix.
// Thread: net. RFC 7587.
#pragma once

#include "rtp/packetized_frame.hpp"

namespace plenum::rtp {

// False for an empty frame or one above 1,275 bytes. `marker`: first packet after silence (talk spurt).
bool packetize_opus(PacketizedFrame& out, bool marker = false);

} // namespace plenum::rtp
