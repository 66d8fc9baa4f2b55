#include "video/scale.hpp"

#include "base/check.hpp"
#include "video/scaler.hpp"
#include "video/tile.hpp"

#include <algorithm>
#include <array>
#include <libyuv.h>
#include <utility>

namespace plenum::video {
namespace {

constexpr int even(std::int64_t value) {
  return static_cast<int>(value & ~std::int64_t{1});
}
constexpr int nearest_even(std::int64_t numerator, std::int64_t denominator) {
  return even((numerator + denominator) / denominator); // floor(n/d + 1), made even: within 1 of n/d
}

libyuv::FilterMode filter_for(const I420View& from, const MutableI420View& to, ContentHint hint) {
  const bool smaller = to.width < from.width || to.height < from.height;
  const bool much_smaller = to.width * 2 < from.width || to.height * 2 < from.height;
  if (much_smaller || (smaller && hint == ContentHint::screen)) return libyuv::kFilterBox;
  return libyuv::kFilterBilinear;
}

// Where libyuv is as fast as memory: both sides in the same one of its ratios.
bool has_kernel(const I420View& from, const MutableI420View& to) {
  constexpr std::array<std::pair<int, int>, 5> kRatios = {{{1, 1}, {1, 2}, {1, 4}, {3, 4}, {3, 8}}};
  return std::ranges::any_of(kRatios, [&](const auto& ratio) {
    const auto [part, whole] = ratio;
    return to.width * whole == from.width * part && to.height * whole == from.height * part;
  });
}

} // namespace

Rect cover_crop(int source_width, int source_height, int target_width, int target_height) {
  const std::int64_t across = std::int64_t{source_width} * target_height;
  const std::int64_t down = std::int64_t{source_height} * target_width;
  Rect crop{0, 0, source_width, source_height};
  if (across > down) {
    crop.width = std::clamp(nearest_even(down, target_height), std::min(2, source_width), source_width);
    crop.x = even((source_width - crop.width) / 2);
  } else if (down > across) {
    crop.height = std::clamp(nearest_even(across, target_width), std::min(2, source_height), source_height);
    crop.y = even((source_height - crop.height) / 2);
  }
  return crop;
}

Rect contain_box(int source_width, int source_height, int target_width, int target_height) {
  Rect box{0, 0, target_width, target_height};
  const bool fits = source_width <= target_width && source_height <= target_height &&
                    (source_width == target_width || source_height == target_height) &&
                    source_width % 2 == 0 && source_height % 2 == 0;
  const std::int64_t across = std::int64_t{source_width} * target_height;
  const std::int64_t down = std::int64_t{source_height} * target_width;
  if (fits) {
    box.width = source_width;
    box.height = source_height;
  } else if (across > down) {
    box.height = std::clamp(nearest_even(down, source_width), 2, target_height);
  } else if (down > across) {
    box.width = std::clamp(nearest_even(across, source_height), 2, target_width);
  }
  box.x = even((target_width - box.width) / 2);
  box.y = even((target_height - box.height) / 2);
  return box;
}

void copy(const I420View& from, const MutableI420View& to) {
  CHECK(from.width == to.width && from.height == to.height);
  libyuv::I420Copy(from.y, from.stride_y, from.u, from.stride_u, from.v, from.stride_v, to.y, to.stride_y,
                   to.u, to.stride_u, to.v, to.stride_v, to.width, to.height);
}

void scale(const I420View& from, const MutableI420View& to, ContentHint hint) {
  if (from.width == to.width && from.height == to.height) return copy(from, to);
  libyuv::I420Scale(from.y, from.stride_y, from.u, from.stride_u, from.v, from.stride_v, from.width,
                    from.height, to.y, to.stride_y, to.u, to.stride_u, to.v, to.stride_v, to.width, to.height,
                    filter_for(from, to, hint));
}

void fill(const MutableI420View& to, Yuv colour) {
  libyuv::I420Rect(to.y, to.stride_y, to.u, to.stride_u, to.v, to.stride_v, 0, 0, to.width, to.height,
                   colour.y, colour.u, colour.v);
}

void draw(const I420View& from, const MutableI420View& to, Fit fit, ContentHint hint, Yuv bars) {
  if (fit == Fit::cover) {
    scale(from.part(cover_crop(from.width, from.height, to.width, to.height)), to, hint);
    return;
  }
  const Rect box = contain_box(from.width, from.height, to.width, to.height);
  const int right = box.x + box.width, below = box.y + box.height;
  if (box.x > 0) fill(to.part({0, 0, box.x, to.height}), bars);
  if (right < to.width) fill(to.part({right, 0, to.width - right, to.height}), bars);
  if (box.y > 0) fill(to.part({box.x, 0, box.width, box.y}), bars);
  if (below < to.height) fill(to.part({box.x, below, box.width, to.height - below}), bars);
  scale(from, to.part(box), hint);
}

FrameRef scale_to_tile(const I420View& from, const TileTarget& target, ContentHint hint, FramePool& pool,
                       Scaler& scaler) {
  const int width = even(target.width), height = even(target.height);
  if (width < 2 || height < 2 || from.empty() || from.width < 2 || from.height < 2) return {};
  const Rect box = target.fit == Fit::cover ? Rect{0, 0, width, height}
                                            : contain_box(from.width, from.height, width, height);
  FrameRef picture = pool.get(box.width, box.height);
  if (!picture) return {};
  picture->hint = hint;
  const Rect all{0, 0, from.width, from.height};
  const Rect seen = target.fit == Fit::cover ? cover_crop(from.width, from.height, width, height) : all;
  const I420View part = from.part(seen);
  const MutableI420View to = picture->pixels();
  if (hint == ContentHint::screen || has_kernel(part, to) ||
      !Scaler::takes(part.width, part.height, to.width, to.height)) {
    scale(part, to, hint);
  } else {
    scaler.scale(part, to);
  }
  return picture;
}

FrameRef scale_frame(const FrameRef& from, int width, int height, FramePool& pool) {
  if (from->width == width && from->height == height) return from;
  FrameRef to = pool.get(width, height);
  if (!to) return {};
  to->captured = from->captured;
  to->hint = from->hint;
  scale(from->view(), to->pixels(), from->hint);
  return to;
}

} // namespace plenum::video
