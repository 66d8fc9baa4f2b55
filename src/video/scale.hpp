// Cropping, fitting and scaling of I420 pictures with libyuv, straight from the decoder's picture to the
// tile's size.
//
// Everything is aligned to even pixels so that chroma never shifts. Down by more than two, and any screen
// content, is box-filtered; the rest is bilinear. Equal sizes are a copy; libyuv has fast kernels for 1/2,
// 1/4, 3/4 and 3/8; cameras in all other ratios go through a Scaler. libyuv takes one small row buffer from
// malloc per call. Owner: functions. Thread: any.
#pragma once

#include "video/frame.hpp"
#include "video/frame_pool.hpp"

namespace plenum::video {

class Scaler;
struct TileTarget;

enum class Fit : std::uint8_t {
  cover,   // fill the tile, crop what is left over
  contain, // show everything, leave bars
};

// The centred part of a `source` picture that has the shape of `target`. Sizes in px; position and size even.
Rect cover_crop(int source_width, int source_height, int target_width, int target_height);
// Where the whole picture lies inside the target: centred, even, at least one side full. A picture that
// already fits with one side full keeps its size.
Rect contain_box(int source_width, int source_height, int target_width, int target_height);

// Fills all of `to` with all of `from`.
void scale(const I420View& from, const MutableI420View& to, ContentHint hint);
void copy(const I420View& from, const MutableI420View& to); // equal sizes
void fill(const MutableI420View& to, Yuv colour);

// Draws `from` into `to`: cropped (cover) or with bars of `bars` (contain); a copy where sizes are equal.
void draw(const I420View& from, const MutableI420View& to, Fit fit, ContentHint hint, Yuv bars);

// The tile picture of a decoded one: target size (cover) or the box inside it (contain). Empty when the
// target is not visible, the picture too small (< 2 px) or the pool exhausted. The caller sets `captured`.
FrameRef scale_to_tile(const I420View& from, const TileTarget& target, ContentHint hint, FramePool& pool,
                       Scaler& scaler);

// The same picture at another even size (a tier): `captured` and `hint` are kept, an equal size is the same
// frame.
FrameRef scale_frame(const FrameRef& from, int width, int height, FramePool& pool);

} // namespace plenum::video
