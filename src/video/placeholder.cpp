#include "video/placeholder.hpp"

#include "video/drawing.hpp"

#include <algorithm>
#include <array>
#include <glib.h>

namespace plenum::video {
namespace {

// Muted tiles with a lighter disc of the same hue; white text on the disc has a contrast of at least 4.5.
constexpr std::array<PlaceholderColours, 12> kColours = {{
    {{34, 47, 62}, {64, 98, 140}},
    {{33, 55, 52}, {46, 117, 104}},
    {{54, 43, 63}, {116, 86, 146}},
    {{61, 45, 42}, {152, 86, 68}},
    {{40, 54, 38}, {76, 118, 66}},
    {{60, 40, 52}, {154, 72, 114}},
    {{38, 50, 68}, {74, 94, 168}},
    {{58, 52, 36}, {132, 104, 40}},
    {{36, 54, 62}, {38, 114, 138}},
    {{56, 40, 40}, {160, 72, 76}},
    {{44, 46, 58}, {98, 100, 136}},
    {{46, 52, 40}, {104, 110, 58}},
}};

void append_initial(std::string& to, std::string_view word) {
  if (word.empty()) return;
  const gunichar upper = g_unichar_toupper(g_utf8_get_char(word.data()));
  std::array<char, 6> utf8{};
  to.append(utf8.data(), static_cast<std::size_t>(g_unichar_to_utf8(upper, utf8.data())));
}

} // namespace

PlaceholderColours placeholder_colours(std::uint32_t seed) {
  return kColours[seed * 2654435761u % kColours.size()]; // spread neighbouring seeds
}

std::string initials_of(std::string_view name) {
  const std::string text = printable(name);
  std::string out;
  append_initial(out, text);
  const auto gap = text.rfind(' ');
  if (gap != std::string::npos) append_initial(out, std::string_view(text).substr(gap + 1));
  return out.empty() ? "?" : out;
}

OverlayImage render_badge(TextPainter& text, const Badge& badge) {
  const int shorter = std::min(badge.tile_width, badge.tile_height);
  const int disc = std::clamp(shorter * 2 / 5, 2, 400) & ~1;
  const int font = std::clamp(badge.tile_height / 16, 10, 40);
  const std::string name = badge.show_name ? printable(badge.name) : std::string();
  const int name_height = font * 2;
  const bool with_name = !name.empty() && disc + name_height <= badge.tile_height && badge.tile_width >= 60;

  const int width = (with_name ? std::clamp(badge.tile_width * 9 / 10, disc, 1200) : disc) & ~1;
  const int height = disc + (with_name ? name_height : 0);
  const auto colours = placeholder_colours(badge.colour_seed);
  Drawing drawing(width, height);
  drawing.ink(colours.tile);
  drawing.paint();
  drawing.ink(colours.disc);
  drawing.disc(width / 2.0, disc / 2.0, disc / 2.0);

  const std::string initials =
      badge.initials.empty() ? initials_of(badge.name) : printable(badge.initials, 3);
  const int letters = std::max(6, disc * 2 / 5);
  if (disc >= 16) {
    text.draw_centred(drawing,
                      {.text = initials, .font_px = letters, .max_width = disc * 9 / 10, .bold = true},
                      width / 2.0, disc / 2.0);
  }
  if (with_name) {
    text.draw_centred(drawing, {.text = name, .font_px = font, .max_width = width, .ink = {235, 238, 242}},
                      width / 2.0, disc + name_height * 0.6);
  }
  return drawing.picture();
}

} // namespace plenum::video
