// OverlayImage: something drawn over the canvas (a name, a badge, a logo): I420 with an alpha plane.
//
// Rendered once, when its content changes; blending touches only its own box. Alpha is full resolution and
// not premultiplied; chroma is blended with the mean of its four alphas. Sizes are even. OverlayCache keeps
// the newest renderings by content, so that a scene change renders only what nobody has drawn before. Owner:
// shared_ptr of constant images. Thread: any (image), video (cache).
#pragma once

#include "base/bytes.hpp"
#include "video/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::video {

class OverlayImage {
 public:
  int width() const { return width_; }
  int height() const { return height_; }
  I420View view() const;
  const std::uint8_t* alpha() const { return alpha_.data(); } // stride: width()

  // From 8-bit B, G, R, A in memory order (Cairo's ARGB32 on little-endian). `stride` in bytes; an odd size
  // is extended by transparent pixels.
  static OverlayImage from_bgra(const std::uint8_t* pixels, int stride, int width, int height,
                                bool premultiplied);

 private:
  OverlayImage(int width, int height);
  int width_, height_;
  std::vector<std::uint8_t> y_, u_, v_, alpha_;
};
using OverlayRef = std::shared_ptr<const OverlayImage>;

// Blends with the top left at (x, y), rounded down to even; what is outside `onto` is clipped.
void blend(const OverlayImage& image, const MutableI420View& onto, int x, int y);

class OverlayCache {
 public:
  explicit OverlayCache(std::size_t capacity = 128) : capacity_(capacity) {}
  // The image for `key`, rendered if it is not there; the one not asked for longest makes room.
  OverlayRef get(std::string_view key, const std::function<OverlayImage()>& render);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    OverlayRef image;
    std::uint64_t used = 0;
  };
  std::size_t capacity_;
  std::uint64_t clock_ = 0;
  std::vector<Entry> entries_;
};

} // namespace plenum::video
