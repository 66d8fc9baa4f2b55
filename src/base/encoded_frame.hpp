// EncodedFrame: one compressed picture (or Opus packet) on its way between threads. Written once, then read
// by many.
//
// Frames come from an EncodedFramePool with size classes (4 K … 512 K, then exact) and go back to it when the
// last EncodedFrameRef dies: after warm-up nothing is allocated. The reference count is atomic; the contents
// are constant after `publish` by convention. The pool must outlive its frames. Thread: any.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace plenum::base {

enum class Codec : std::uint8_t { none, vp8, vp9, h264, av1, opus };

class EncodedFramePool;

struct EncodedFrame {
  Codec codec = Codec::none;
  bool key = false;
  std::uint32_t rtp_time = 0;          // sender's clock for incoming frames, ours for outgoing ones
  Timestamp captured{};                // when the picture was true, on our clock
  std::uint16_t width = 0, height = 0; // 0: unknown
  std::size_t size = 0;

  Bytes bytes() const { return {storage.get(), size}; }
  MutableBytes buffer() { return {storage.get(), capacity}; }

  std::unique_ptr<std::uint8_t[]> storage;
  std::size_t capacity = 0;
  std::size_t size_class = 0;
  std::atomic<std::uint32_t> references{0};
  EncodedFramePool* pool = nullptr;
};

class EncodedFrameRef {
 public:
  EncodedFrameRef() = default;
  explicit EncodedFrameRef(EncodedFrame* frame) : frame_(frame) { acquire(); }
  EncodedFrameRef(const EncodedFrameRef& other) : frame_(other.frame_) { acquire(); }
  EncodedFrameRef(EncodedFrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  EncodedFrameRef& operator=(EncodedFrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~EncodedFrameRef() { release(); }

  explicit operator bool() const { return frame_ != nullptr; }
  EncodedFrame& operator*() const { return *frame_; }
  EncodedFrame* operator->() const { return frame_; }
  EncodedFrame* get() const { return frame_; }

 private:
  void acquire() {
    if (frame_ != nullptr) frame_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release();
  EncodedFrame* frame_ = nullptr;
};

class EncodedFramePool {
 public:
  // A frame with room for `bytes`; its fields are reset.
  EncodedFrameRef get(std::size_t bytes);
  // Frames of each class made in advance, so that the first seconds do not allocate either.
  void warm(std::size_t per_class);

 private:
  friend class EncodedFrameRef;
  static constexpr std::array<std::size_t, 8> kClasses = {4096,  8192,   16384,  32768,
                                                          65536, 131072, 262144, 524288};
  static constexpr std::size_t kMostFree = 64; // of each class
  void put_back(EncodedFrame* frame);
  static std::unique_ptr<EncodedFrame> make(std::size_t size_class, std::size_t capacity);

  std::mutex mutex_; // held for a vector push or pop; frames, not packets
  std::array<std::vector<std::unique_ptr<EncodedFrame>>, kClasses.size()> free_;
};

} // namespace plenum::base
