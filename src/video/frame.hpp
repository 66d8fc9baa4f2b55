// Pictures: I420 (BT.601, limited range) in memory of our own, and views of pictures that somebody else owns.
//
// A Frame comes from a FramePool (frame_pool.hpp) and goes back to it when its last FrameRef dies. Rows start
// at 64-byte boundaries, sizes are even. The reference count is atomic; the contents are written by whoever
// got the frame from the pool and are constant once it was handed on (by convention, as EncodedFrame). A view
// never owns. Owner: FrameRef. Thread: any.
#pragma once

#include "base/units.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace plenum::video {

using base::Timestamp;

// What is in the picture: chooses filters and encoder tuning.
enum class ContentHint : std::uint8_t { camera, screen };

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};
struct Yuv {
  std::uint8_t y = 16, u = 128, v = 128;
  bool operator==(const Yuv&) const = default;
};
Yuv to_yuv(Rgb colour); // BT.601, limited range, as browsers assume of WebRTC video

// Pixels; x and y count from the top left.
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
  bool empty() const { return width <= 0 || height <= 0; }
  bool operator==(const Rect&) const = default;
};

// Strides in bytes. Chroma planes are (width+1)/2 × (height+1)/2.
template <class Byte>
struct BasicI420View {
  Byte* y = nullptr;
  Byte* u = nullptr;
  Byte* v = nullptr;
  int stride_y = 0, stride_u = 0, stride_v = 0;
  int width = 0, height = 0;

  bool empty() const { return y == nullptr; }
  // The part of the picture inside `r`; r.x and r.y are even and r lies within the picture.
  BasicI420View part(Rect r) const {
    return {y + std::ptrdiff_t{r.y} * stride_y + r.x,
            u + std::ptrdiff_t{r.y / 2} * stride_u + r.x / 2,
            v + std::ptrdiff_t{r.y / 2} * stride_v + r.x / 2,
            stride_y,
            stride_u,
            stride_v,
            r.width,
            r.height};
  }
};
using I420View = BasicI420View<const std::uint8_t>;
using MutableI420View = BasicI420View<std::uint8_t>;
inline I420View constant(const MutableI420View& v) {
  return {v.y, v.u, v.v, v.stride_y, v.stride_u, v.stride_v, v.width, v.height};
}

constexpr std::size_t kRowAlignment = 64; // bytes

struct AlignedDelete {
  void operator()(std::uint8_t* p) const { ::operator delete[](p, std::align_val_t{kRowAlignment}); }
};

class FrameBlock; // frame_pool.cpp: the frames of one pool

struct Frame {
  int width = 0, height = 0; // px, even
  Timestamp captured{};      // when the picture was true, on our clock
  ContentHint hint = ContentHint::camera;
  std::uint64_t generation = 0; // new with every get(): (address, generation) names one content
  std::uint64_t sequence = 0;   // order within a Tile, set by Tile::publish

  MutableI420View pixels();
  I420View view() const;

  int stride_y = 0, stride_uv = 0;
  std::unique_ptr<std::uint8_t[], AlignedDelete> storage;
  std::size_t capacity = 0;
  std::atomic<std::uint32_t> references{0};
  std::atomic<bool> free{true};
  std::shared_ptr<FrameBlock> keep_alive; // while handed out: frames may outlive their pool
};

class FrameRef {
 public:
  FrameRef() = default;
  explicit FrameRef(Frame* frame) : frame_(frame) { acquire(); }
  FrameRef(const FrameRef& other) : frame_(other.frame_) { acquire(); }
  FrameRef(FrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FrameRef& operator=(FrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FrameRef() { release(); }

  explicit operator bool() const { return frame_ != nullptr; }
  Frame& operator*() const { return *frame_; }
  Frame* operator->() const { return frame_; }
  Frame* get() const { return frame_; }

  // Moves one reference out and in again, for lock-free slots.
  [[nodiscard]] Frame* detach() { return std::exchange(frame_, nullptr); }
  static FrameRef adopt(Frame* frame) {
    FrameRef ref;
    ref.frame_ = frame;
    return ref;
  }

 private:
  void acquire() {
    if (frame_ != nullptr) frame_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release();
  Frame* frame_ = nullptr;
};

} // namespace plenum::video
