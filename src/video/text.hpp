// TextPainter: names as pictures, with Pango and Cairo.
//
// Text comes from people: it is cut to a bounded length, made valid UTF-8, freed of control and
// direction-override characters and piled-up accents, and ellipsized to the width given. Any script and emoji
// work as far as fonts are installed ("DejaVu Sans", then sans). Constructing one loads the fonts (tens of
// ms): do it before the room is live. Owner: the canvas's user. Thread: video.
#pragma once

#include "video/overlay.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace plenum::video {

constexpr std::size_t kMaxNameCharacters = 80; // code points drawn

// The text as it may be drawn: valid UTF-8, one line, at most `max_characters` code points.
std::string printable(std::string_view text, std::size_t max_characters = kMaxNameCharacters);

struct LabelStyle {
  int font_px = 18;    // height of the font, 6–200
  int max_width = 400; // px of the whole box, padding included
  Rgb ink{255, 255, 255};
  Rgb box{0, 0, 0};
  std::uint8_t box_alpha = 150; // 0–255
};

class Drawing; // drawing.hpp: a Cairo surface

class TextPainter {
 public:
  TextPainter();
  ~TextPainter();
  TextPainter(const TextPainter&) = delete;
  TextPainter& operator=(const TextPainter&) = delete;

  // One line on a rounded box.
  OverlayImage label(std::string_view text, const LabelStyle& style);

  struct Line {
    std::string_view text; // already printable()
    int font_px = 18;
    int max_width = 400; // px
    Rgb ink{255, 255, 255};
    bool bold = false;
  };
  // Draws one line centred at (x, y).
  void draw_centred(Drawing& onto, const Line& line, double x, double y);

 private:
  class Fonts;
  std::unique_ptr<Fonts> fonts_;
};

} // namespace plenum::video
