#include "video/drawing.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <numbers>

namespace plenum::video {

Drawing::Drawing(int width, int height)
    : width_(width), height_(height),
      surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)),
      cairo_(cairo_create(surface_)) {
  CHECK(width >= 1 && width <= 4096 && height >= 1 && height <= 4096);
}

Drawing::~Drawing() {
  cairo_destroy(cairo_);
  cairo_surface_destroy(surface_);
}

void Drawing::ink(Rgb c, double alpha) {
  cairo_set_source_rgba(cairo_, c.r / 255.0, c.g / 255.0, c.b / 255.0, alpha);
}

void Drawing::paint() {
  cairo_paint(cairo_);
}

void Drawing::disc(double x, double y, double radius) {
  cairo_arc(cairo_, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(cairo_);
}

void Drawing::rounded_box(double width, double height, double radius) {
  constexpr double kQuarter = std::numbers::pi / 2;
  const double r = std::min({radius, width / 2, height / 2});
  cairo_new_path(cairo_);
  cairo_arc(cairo_, width - r, r, r, -kQuarter, 0);
  cairo_arc(cairo_, width - r, height - r, r, 0, kQuarter);
  cairo_arc(cairo_, r, height - r, r, kQuarter, 2 * kQuarter);
  cairo_arc(cairo_, r, r, r, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo_);
  cairo_fill(cairo_);
}

OverlayImage Drawing::picture() const {
  cairo_surface_flush(surface_);
  const auto* pixels = cairo_image_surface_get_data(surface_);
  if (pixels == nullptr) { // a failed surface has no pixels: transparent
    const std::vector<std::uint8_t> nothing(static_cast<std::size_t>(width_) *
                                            static_cast<std::size_t>(height_) * 4);
    return OverlayImage::from_bgra(nothing.data(), width_ * 4, width_, height_, true);
  }
  return OverlayImage::from_bgra(pixels, cairo_image_surface_get_stride(surface_), width_, height_, true);
}

} // namespace plenum::video
