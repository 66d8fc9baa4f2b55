// Drawing: a Cairo image surface with the few shapes that labels and placeholders are made of. Inside video/
// only.
//
// Cairo reports errors by a status that sticks to its objects: drawing on a failed surface does nothing, the
// result is then transparent. Owner: value. Thread: one.
#pragma once

#include "video/overlay.hpp"

#include <cairo/cairo.h>

namespace plenum::video {

class Drawing {
 public:
  Drawing(int width, int height); // px, 1–4096, transparent
  ~Drawing();
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;

  cairo_t* cairo() const { return cairo_; }
  int width() const { return width_; }
  int height() const { return height_; }

  void ink(Rgb colour, double alpha = 1.0); // for what is drawn next
  void paint();
  void disc(double x, double y, double radius);
  void rounded_box(double width, double height, double radius);
  OverlayImage picture() const;

 private:
  int width_, height_;
  cairo_surface_t* surface_;
  cairo_t* cairo_;
};

} // namespace plenum::video
