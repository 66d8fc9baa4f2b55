// The layouts that have a name. Only the grids are documented to the pixel; the geometry of the others is
// ours, in fractions of the canvas so that both canvases have them.
#include "room/layout_solver.hpp"

#include <array>

namespace plenum::room {

namespace {

using Rects = std::vector<Rect>;

// Cells along one line: `count` of them from x, all `w` wide but the last, which ends at `end`.
void row(Rects& out, std::int32_t x, std::int32_t end, std::int32_t count, std::int32_t w, std::int32_t y,
         std::int32_t h) {
  for (std::int32_t i = 0; i < count; ++i) {
    const auto left = x + i * w;
    out.push_back({left, y, i + 1 == count ? end - left : w, h});
  }
}
void column(Rects& out, std::int32_t x, std::int32_t w, std::int32_t count, std::int32_t h) {
  for (std::int32_t i = 0; i < count; ++i)
    out.push_back({x, i * h, w, h});
}

Rects lower_3(CanvasSize c) {
  Rects out{{213, c.height / 3, 853, c.height * 2 / 3}};
  row(out, 0, c.width, 3, 427, 0, c.height / 3);
  return out;
}
Rects upper_6(CanvasSize c) {
  Rects out{{106, 0, 1067, c.height * 5 / 6}};
  row(out, 0, c.width, 6, 213, c.height * 5 / 6, c.height / 6);
  return out;
}
Rects two_upper_6(CanvasSize c) {
  Rects out{{0, 0, 640, c.height * 5 / 6}, {640, 0, 640, c.height * 5 / 6}};
  row(out, 0, c.width, 6, 213, c.height * 5 / 6, c.height / 6);
  return out;
}
Rects upper_right_9(CanvasSize c) {
  Rects out{{256, 0, 1024, c.height * 4 / 5}};
  column(out, 0, 256, 5, c.height / 5);
  row(out, 256, c.width, 4, 256, c.height * 4 / 5, c.height / 5);
  return out;
}
Rects vertical_9(CanvasSize c) {
  Rects out{{0, 0, 960, c.height}};
  column(out, 960, 160, 4, c.height / 4);
  column(out, 1120, 160, 4, c.height / 4);
  return out;
}
Rects upper_3(CanvasSize c) {
  Rects out{{213, 0, 853, c.height * 2 / 3}};
  row(out, 0, c.width, 3, 427, c.height * 2 / 3, c.height / 3);
  return out;
}
Rects one_inset(CanvasSize c) {
  return {{320, c.height / 4, 640, c.height / 2}, {960, c.height * 3 / 4, 320, c.height / 4}};
}
Rects center_four(CanvasSize c) {
  const auto top = c.height / 8, h = c.height * 3 / 8;
  return {{160, top, 480, h}, {640, top, 480, h}, {160, top + h, 480, h}, {640, top + h, 480, h}};
}
Rects mobile_center_8(CanvasSize c) {
  Rects out{{427, 0, 426, c.height}};
  column(out, 0, 427, 4, c.height / 4);
  column(out, 853, 427, 4, c.height / 4);
  return out;
}

struct Named {
  std::string_view name;
  Rects (*rects)(CanvasSize);
};
constexpr std::array kCatalogue = {
    Named{"one", [](CanvasSize c) { return grid(c, 1, 1); }},
    Named{"two", [](CanvasSize c) { return grid(c, 2, 1); }},
    Named{"four", [](CanvasSize c) { return grid(c, 2, 2); }},
    Named{"six", [](CanvasSize c) { return grid(c, 3, 2); }},
    Named{"nine", [](CanvasSize c) { return grid(c, 3, 3); }},
    Named{"present-lower-3", lower_3},
    Named{"present-upper-6", upper_6},
    Named{"present-two-upper-6", two_upper_6},
    Named{"present-upper-right-9", upper_right_9},
    Named{"present-vertical-9", vertical_9},
    Named{"experimental", upper_right_9},
    Named{"present-upper-3-bg", upper_3},
    Named{"present-one-bg", one_inset},
    Named{"present-center-four-bg", center_four},
    Named{"mobile-center-8", mobile_center_8},
};

} // namespace

std::vector<Rect> named_layout(CanvasSize canvas, std::string_view name) {
  for (const auto& layout : kCatalogue)
    if (layout.name == name) return layout.rects(canvas);
  return {};
}

} // namespace plenum::room
