// Placeholder: what the canvas shows of a person without video: a calm colour, a disc with the initials, the
// name.
//
// The colour follows from a seed (the member's id), so that a person keeps it. Only the disc's box is a
// picture; the rest of the tile is filled. Rendered once per content and size, with Cairo. Owner: values.
// Thread: video.
#pragma once

#include "video/overlay.hpp"
#include "video/text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::video {

struct PlaceholderColours {
  Rgb tile, disc;
};
PlaceholderColours placeholder_colours(std::uint32_t seed); // one of twelve pairs

// "Ada Lovelace" → "AL", "ada" → "A", "" → "?". First letters of the first and last word, upper case.
std::string initials_of(std::string_view name);

struct Badge {
  std::string_view initials; // empty: of the name
  std::string_view name;
  bool show_name = true;
  std::uint32_t colour_seed = 0;
  int tile_width = 0, tile_height = 0; // px, even
};
// The opaque box to draw in the middle of the tile; never larger than the tile.
OverlayImage render_badge(TextPainter& text, const Badge& badge);

} // namespace plenum::video
