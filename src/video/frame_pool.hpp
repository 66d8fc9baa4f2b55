// FramePool: a bounded set of I420 frames that are used again and again.
//
// One pool per user of frames (a source's tile pictures, the canvas, a tier's scaler), which wants one size
// at a time: after the first round nothing is allocated; when the size changes, free frames are re-laid one
// by one. get() and the release of frames take no lock (a compare-exchange per frame), so that any thread may
// hold the last reference. An exhausted pool gives nothing and counts: the caller skips a picture. Frames may
// outlive their pool. Owner: its user. Thread: any.
#pragma once

#include "base/env.hpp"
#include "video/frame.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace plenum::video {

class FramePool {
 public:
  static constexpr int kMaxSide = 8192; // px

  // `capacity`: frames at most (1–64). `name` labels the counter of refusals.
  FramePool(const base::Env& env, std::size_t capacity, std::string_view name);

  // An unshared frame of this even size (2–8192 px a side) with undefined pixels, or nothing when all are in
  // use.
  FrameRef get(int width, int height);
  std::size_t in_use() const; // an estimate when other threads release

 private:
  std::shared_ptr<FrameBlock> block_;
  base::Counter& exhausted_;
};

} // namespace plenum::video
