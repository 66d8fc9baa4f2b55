#include "base/encoded_frame.hpp"

namespace plenum::base {

void EncodedFrameRef::release() {
  if (frame_ == nullptr) return;
  if (frame_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (frame_->pool != nullptr) {
    frame_->pool->put_back(frame_);
  } else {
    delete frame_;
  }
}

std::unique_ptr<EncodedFrame> EncodedFramePool::make(std::size_t size_class, std::size_t capacity) {
  auto frame = std::make_unique<EncodedFrame>();
  frame->storage = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  frame->capacity = capacity;
  frame->size_class = size_class;
  return frame;
}

EncodedFrameRef EncodedFramePool::get(std::size_t bytes) {
  std::size_t size_class = 0;
  while (size_class < kClasses.size() && kClasses[size_class] < bytes)
    ++size_class;
  if (size_class == kClasses.size()) return EncodedFrameRef(make(size_class, bytes).release());

  std::unique_ptr<EncodedFrame> frame;
  {
    const std::lock_guard lock(mutex_);
    if (!free_[size_class].empty()) {
      frame = std::move(free_[size_class].back());
      free_[size_class].pop_back();
    }
  }
  if (!frame) frame = make(size_class, kClasses[size_class]);
  frame->pool = this;
  frame->codec = Codec::none;
  frame->key = false;
  frame->rtp_time = 0;
  frame->captured = {};
  frame->width = frame->height = 0;
  frame->size = 0;
  return EncodedFrameRef(frame.release());
}

void EncodedFramePool::warm(std::size_t per_class) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    free_[i].reserve(kMostFree);
    while (free_[i].size() < per_class)
      free_[i].push_back(make(i, kClasses[i]));
  }
}

void EncodedFramePool::put_back(EncodedFrame* frame) {
  std::unique_ptr<EncodedFrame> owned(frame);
  const std::lock_guard lock(mutex_);
  auto& list = free_[frame->size_class];
  if (list.size() < kMostFree) list.push_back(std::move(owned));
}

} // namespace plenum::base
