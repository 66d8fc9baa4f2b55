#include "video/text.hpp"

#include "video/drawing.hpp"

#include <algorithm>
#include <array>
#include <pango/pangocairo.h>

namespace plenum::video {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD
constexpr int kMaxMarks = 3;                              // accents on one letter

bool is_direction_override(gunichar c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
bool is_unwanted(gunichar c) {
  return is_direction_override(c) || c == 0x200E || c == 0x200F || c == 0x061C || c == 0xFEFF ||
         (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
}
bool is_gap(gunichar c) {
  return g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029 || g_unichar_isspace(c);
}

// One line of text, laid out; released with the scope.
class Layout {
 public:
  Layout(PangoContext* context, std::string_view text, int font_px, bool bold, int max_width)
      : layout_(pango_layout_new(context)) {
    PangoFontDescription* font = pango_font_description_from_string("DejaVu Sans, Sans");
    pango_font_description_set_absolute_size(font, std::clamp(font_px, 6, 200) * PANGO_SCALE);
    if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout_, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(layout_, TRUE);
    pango_layout_set_ellipsize(layout_, PANGO_ELLIPSIZE_END);
    pango_layout_set_text(layout_, text.data(), static_cast<int>(text.size()));
    // Pango ellipsizes only with a width; set only if needed, so that the box hugs short text in any
    // direction.
    const int most = std::max(1, max_width);
    if (size().first > most) {
      pango_layout_set_width(layout_, most * PANGO_SCALE);
    }
  }
  ~Layout() { g_object_unref(layout_); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  std::pair<int, int> size() const {
    int width = 0, height = 0;
    pango_layout_get_pixel_size(layout_, &width, &height);
    return {width, height};
  }
  // The text's own left edge can differ from 0 (right-to-left with a width set).
  int left() const {
    PangoRectangle logical{};
    pango_layout_get_pixel_extents(layout_, nullptr, &logical);
    return logical.x;
  }
  void show(cairo_t* cairo, double x, double y) const {
    cairo_move_to(cairo, x - left(), y);
    pango_cairo_show_layout(cairo, layout_);
  }

 private:
  PangoLayout* layout_;
};

} // namespace

std::string printable(std::string_view text, std::size_t max_characters) {
  std::string out;
  std::size_t characters = 0;
  int marks = 0;
  bool gap = false;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end && characters < max_characters) {
    const gunichar c = g_utf8_get_char_validated(at, end - at);
    const bool broken = c >= static_cast<gunichar>(-2) || c == 0;
    at += broken ? 1 : g_utf8_skip[static_cast<unsigned char>(*at)];
    if (!broken && is_unwanted(c)) continue;
    if (c == 0 || (!broken && is_gap(c))) {
      gap = !out.empty();
      continue;
    }
    marks = !broken && g_unichar_ismark(c) ? marks + 1 : 0;
    if (marks > kMaxMarks) continue;
    if (gap) out += ' ';
    gap = false;
    std::array<char, 6> utf8{};
    if (broken) {
      out += kReplacement;
    } else {
      out.append(utf8.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, utf8.data())));
    }
    ++characters;
  }
  return out;
}

// Pango's own objects. A map of our own: the default one belongs to the thread that first asked for it.
class TextPainter::Fonts {
 public:
  Fonts() : map_(pango_cairo_font_map_new()), context_(pango_font_map_create_context(map_)) {}
  ~Fonts() {
    g_object_unref(context_);
    g_object_unref(map_);
  }
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;
  PangoContext* context() const { return context_; }

 private:
  PangoFontMap* map_;
  PangoContext* context_;
};

TextPainter::TextPainter() : fonts_(std::make_unique<Fonts>()) {
  label("Aa", {});
}
TextPainter::~TextPainter() = default;

OverlayImage TextPainter::label(std::string_view text, const LabelStyle& style) {
  const int side = std::max(4, style.font_px / 2), above = std::max(2, style.font_px / 5);
  const int max_text = std::clamp(style.max_width, 2 * side + 1, 4096) - 2 * side;
  const Layout layout(fonts_->context(), printable(text), style.font_px, false, max_text);
  const auto [text_width, text_height] = layout.size();
  const int width = std::min(text_width, max_text) + 2 * side, height = text_height + 2 * above;
  Drawing drawing(width, height);
  drawing.ink(style.box, style.box_alpha / 255.0);
  drawing.rounded_box(width, height, style.font_px / 3.0);
  drawing.ink(style.ink);
  layout.show(drawing.cairo(), side, above);
  return drawing.picture();
}

void TextPainter::draw_centred(Drawing& onto, const Line& line, double x, double y) {
  const Layout layout(fonts_->context(), line.text, line.font_px, line.bold, line.max_width);
  const auto [width, height] = layout.size();
  onto.ink(line.ink);
  layout.show(onto.cairo(), x - width / 2.0, y - height / 2.0);
}

} // namespace plenum::video
