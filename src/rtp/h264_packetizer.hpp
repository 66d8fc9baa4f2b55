// H.264 access unit (Annex B) → RTP payloads.
//
// Mode 1: neighbouring SPS, PPS and SEI share one STAP-A, a NAL unit that fits travels alone, a larger one is
// cut into FU-A of nearly equal size. Mode 0: single NAL units only; a larger one makes the frame unsendable
// (false), so the encoder must be told to limit its slices. Access unit delimiters and filler are left out.
// Thread: net. RFC 6184.
#pragma once

#include "rtp/packetized_frame.hpp"

#include <cstdint>

namespace plenum::rtp {

enum class H264Mode : std::uint8_t { single_nal = 0, non_interleaved = 1 }; // packetization-mode

// Fills `out.slices` and `out.headers` from `out.frame`. False (and nothing filled) when there is no NAL
// unit, more than 256 of them, or one does not fit mode 0.
bool packetize_h264(PacketizedFrame& out, H264Mode mode, std::size_t most_payload = kDefaultMostPayload);

} // namespace plenum::rtp
