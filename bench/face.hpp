// Face: a picture that costs a codec what a webcam's does: a textured head that sways, speaks and blinks
// before a still room, and the noise of a small sensor. Synthetic test patterns are easier and mislead.
// Owner: whoever draws. Thread: any.
#pragma once

#include "video/frame.hpp"

#include <cstdint>

namespace plenum::bench {

// Draws moment `frame` (25 a second) of take `take`, with the frame's number as a barcode.
void draw_face(video::MutableI420View& onto, std::uint32_t frame, std::uint32_t take);

} // namespace plenum::bench
