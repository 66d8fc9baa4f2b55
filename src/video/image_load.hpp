// PNG, JPEG and WebP files from people (logos, backgrounds) to an OverlayImage, within limits.
//
// The kind is read from the first bytes, never from a name. Sizes are checked in the header before a pixel is
// allocated; animated WebP and anything damaged is refused with a sentence. Owner: function. Thread: any
// (cold).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "video/overlay.hpp"

#include <cstddef>
#include <cstdint>

namespace plenum::video {

struct ImageLimits {
  std::size_t bytes = 8u << 20;    // of the file
  int side = 4096;                 // px
  std::int64_t pixels = 8'388'608; // width × height
};

// Errors: too_large (a limit), invalid (not such a file, or damaged).
base::Result<OverlayImage> load_image(base::Bytes file, ImageLimits limits = {});

} // namespace plenum::video
