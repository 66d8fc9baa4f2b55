#include "video/frame_pool.hpp"

#include "base/check.hpp"

#include <string>

namespace plenum::video {
namespace {

constexpr int align_up(int value, int to) {
  return (value + to - 1) / to * to;
}

// Lays out planes behind each other: Y, U, V.
void lay_out(Frame& frame, int width, int height) {
  constexpr int kRow = static_cast<int>(kRowAlignment);
  frame.width = width;
  frame.height = height;
  frame.stride_y = align_up(width, kRow);
  frame.stride_uv = align_up(width / 2, kRow);
  const auto luma = static_cast<std::size_t>(frame.stride_y) * static_cast<std::size_t>(height);
  const auto chroma = static_cast<std::size_t>(frame.stride_uv) * static_cast<std::size_t>(height / 2);
  const std::size_t needed = luma + 2 * chroma;
  if (frame.capacity >= needed) return;
  auto* memory = static_cast<std::uint8_t*>(::operator new[](needed, std::align_val_t{kRowAlignment}));
  frame.storage.reset(memory);
  frame.capacity = needed;
}

bool take(Frame& frame) {
  bool expected = true;
  // acquire: the last holder's reading happened before our writing.
  return frame.free.load(std::memory_order_relaxed) &&
         frame.free.compare_exchange_strong(expected, false, std::memory_order_acquire,
                                            std::memory_order_relaxed);
}

} // namespace

Yuv to_yuv(Rgb c) {
  const int r = c.r, g = c.g, b = c.b;
  return {static_cast<std::uint8_t>(((66 * r + 129 * g + 25 * b + 128) >> 8) + 16),
          static_cast<std::uint8_t>(((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128),
          static_cast<std::uint8_t>(((112 * r - 94 * g - 18 * b + 128) >> 8) + 128)};
}

MutableI420View Frame::pixels() {
  std::uint8_t* u = storage.get() + std::ptrdiff_t{stride_y} * height;
  std::uint8_t* v = u + std::ptrdiff_t{stride_uv} * (height / 2);
  return {storage.get(), u, v, stride_y, stride_uv, stride_uv, width, height};
}

I420View Frame::view() const {
  return constant(const_cast<Frame*>(this)->pixels());
}

// Keeps the frames' memory; shared by the pool and every frame that is out.
class FrameBlock {
 public:
  explicit FrameBlock(std::size_t count) : count_(count), frames_(std::make_unique<Frame[]>(count)) {}

  // Best first: the same size, then memory large enough, then any.
  Frame* take_for(int width, int height) {
    const auto same = [&](const Frame& f) { return f.width == width && f.height == height; };
    const auto luma = static_cast<std::size_t>(align_up(width, 64)) * static_cast<std::size_t>(height);
    const auto roomy = [&](const Frame& f) { return f.capacity >= 2 * luma; };
    if (Frame* frame = take_if(same)) return frame;
    if (Frame* frame = take_if(roomy)) return frame;
    return take_if([](const Frame&) { return true; });
  }
  std::uint64_t next_generation() { return generation_.fetch_add(1, std::memory_order_relaxed) + 1; }
  std::size_t in_use() const {
    std::size_t used = 0;
    for (std::size_t i = 0; i < count_; ++i)
      used += frames_[i].free.load(std::memory_order_relaxed) ? 0 : 1;
    return used;
  }

 private:
  // The fields are read only after the frame was taken: before that another thread may be laying it out.
  template <class Fits>
  Frame* take_if(Fits fits) {
    for (std::size_t i = 0; i < count_; ++i) {
      Frame& frame = frames_[i];
      if (!take(frame)) continue;
      if (fits(frame)) return &frame;
      frame.free.store(true, std::memory_order_release);
    }
    return nullptr;
  }

  std::size_t count_;
  std::unique_ptr<Frame[]> frames_;
  std::atomic<std::uint64_t> generation_{0};
};

FramePool::FramePool(const base::Env& env, std::size_t capacity, std::string_view name)
    : block_(std::make_shared<FrameBlock>(capacity)),
      exhausted_(
          env.metrics.counter("plenum_frame_pool_exhausted_total", "pool=\"" + std::string(name) + "\"")) {
  CHECK(capacity >= 1 && capacity <= 64);
}

FrameRef FramePool::get(int width, int height) {
  CHECK(width >= 2 && width <= kMaxSide && width % 2 == 0);
  CHECK(height >= 2 && height <= kMaxSide && height % 2 == 0);
  Frame* frame = block_->take_for(width, height);
  if (frame == nullptr) {
    exhausted_.add();
    return {};
  }
  lay_out(*frame, width, height);
  frame->captured = {};
  frame->hint = ContentHint::camera;
  frame->generation = block_->next_generation();
  frame->sequence = 0;
  frame->keep_alive = block_;
  return FrameRef(frame);
}

std::size_t FramePool::in_use() const {
  return block_->in_use();
}

void FrameRef::release() {
  if (frame_ == nullptr) return;
  if (frame_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // Taken out first: once `free` is set the frame may be somebody else's, once `alive` dies it may be no
  // more.
  const std::shared_ptr<FrameBlock> alive = std::move(frame_->keep_alive);
  frame_->free.store(true, std::memory_order_release);
}

} // namespace plenum::video
