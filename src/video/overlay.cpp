#include "video/overlay.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <libyuv.h>

namespace plenum::video {
namespace {
constexpr int round_up_even(int value) {
  return (value + 1) & ~1;
}
constexpr int round_down_even(int value) {
  return value & ~1;
}
} // namespace

OverlayImage::OverlayImage(int width, int height) : width_(width), height_(height) {
  const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  y_.resize(pixels);
  u_.resize(pixels / 4);
  v_.resize(pixels / 4);
  alpha_.resize(pixels);
}

I420View OverlayImage::view() const {
  return {y_.data(), u_.data(), v_.data(), width_, width_ / 2, width_ / 2, width_, height_};
}

OverlayImage OverlayImage::from_bgra(const std::uint8_t* pixels, int stride, int width, int height,
                                     bool premultiplied) {
  CHECK(width > 0 && height > 0 && stride >= width * 4);
  const int even_width = round_up_even(width), even_height = round_up_even(height);
  const int row = even_width * 4;
  std::vector<std::uint8_t> straight(static_cast<std::size_t>(row) * static_cast<std::size_t>(even_height));
  if (premultiplied) {
    libyuv::ARGBUnattenuate(pixels, stride, straight.data(), row, width, height);
  } else {
    libyuv::ARGBCopy(pixels, stride, straight.data(), row, width, height);
  }
  OverlayImage image(even_width, even_height);
  libyuv::ARGBToI420(straight.data(), row, image.y_.data(), even_width, image.u_.data(), even_width / 2,
                     image.v_.data(), even_width / 2, even_width, even_height);
  for (std::size_t i = 0; i < image.alpha_.size(); ++i)
    image.alpha_[i] = straight[4 * i + 3];
  return image;
}

void blend(const OverlayImage& image, const MutableI420View& onto, int x, int y) {
  const int left = round_down_even(x), top = round_down_even(y);
  const int from_x = std::max(0, -left), from_y = std::max(0, -top);
  const int to_x = left + from_x, to_y = top + from_y;
  const int width = std::min(image.width() - from_x, round_down_even(onto.width) - to_x);
  const int height = std::min(image.height() - from_y, round_down_even(onto.height) - to_y);
  if (width <= 0 || height <= 0) return;

  const I420View source = image.view().part({from_x, from_y, width, height});
  const MutableI420View box = onto.part({to_x, to_y, width, height});
  const std::uint8_t* alpha = image.alpha() + std::ptrdiff_t{from_y} * image.width() + from_x;
  libyuv::I420Blend(source.y, source.stride_y, source.u, source.stride_u, source.v, source.stride_v, box.y,
                    box.stride_y, box.u, box.stride_u, box.v, box.stride_v, alpha, image.width(), box.y,
                    box.stride_y, box.u, box.stride_u, box.v, box.stride_v, width, height);
}

OverlayRef OverlayCache::get(std::string_view key, const std::function<OverlayImage()>& render) {
  ++clock_;
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  if (found != entries_.end()) {
    found->used = clock_;
    return found->image;
  }
  if (entries_.size() >= capacity_) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                    [](const Entry& a, const Entry& b) { return a.used < b.used; }));
  }
  entries_.push_back({std::string(key), std::make_shared<const OverlayImage>(render()), clock_});
  return entries_.back().image;
}

} // namespace plenum::video
