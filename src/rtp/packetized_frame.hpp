// PacketizedFrame: one EncodedFrame cut into RTP payloads once, read by every receiver and every
// retransmission.
//
// A payload is a few header bytes (payload descriptor, FU header, or a whole STAP-A) followed by a slice of
// the frame. The frame's bytes are not copied until a packet is written for one receiver (`copy_payload`).
// Frames come from a pool that keeps their vectors, so that nothing is allocated after warm-up; the count is
// plain (net thread only). The pool must outlive its frames. Owner: engine/tier. Thread: net.
#pragma once

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/encoded_frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace plenum::rtp {

constexpr std::size_t kDefaultMostPayload = 1150; // bytes of one RTP payload

struct Slice {
  std::uint32_t header_at = 0; // in PacketizedFrame::headers
  std::uint16_t header_bytes = 0;
  std::uint16_t bytes = 0; // of the frame, may be 0
  std::uint32_t at = 0;    // in the frame
  bool marker = false;

  std::size_t payload_bytes() const { return std::size_t{header_bytes} + bytes; }
};

class PacketizedFramePool;

struct PacketizedFrame {
  base::EncodedFrameRef frame;
  std::vector<Slice> slices; // one per packet, in sending order
  std::vector<std::uint8_t> headers;

  std::size_t packets() const { return slices.size(); }
  // Writes payload `index` to `out`; returns its size, 0 when `out` is too small.
  std::size_t copy_payload(std::size_t index, base::MutableBytes out) const;

  std::uint32_t references = 0; // for PacketizedFrameRef
  PacketizedFramePool* pool = nullptr;
};

class PacketizedFrameRef {
 public:
  PacketizedFrameRef() = default;
  explicit PacketizedFrameRef(PacketizedFrame* frame) : frame_(frame) { ++frame_->references; }
  PacketizedFrameRef(const PacketizedFrameRef& other) : frame_(other.frame_) {
    if (frame_ != nullptr) ++frame_->references;
  }
  PacketizedFrameRef(PacketizedFrameRef&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  PacketizedFrameRef& operator=(PacketizedFrameRef other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~PacketizedFrameRef() { reset(); }

  explicit operator bool() const { return frame_ != nullptr; }
  PacketizedFrame& operator*() const { return *frame_; }
  PacketizedFrame* operator->() const { return frame_; }
  PacketizedFrame* get() const { return frame_; }
  void reset();

 private:
  PacketizedFrame* frame_ = nullptr;
};

class PacketizedFramePool {
 public:
  // Makes `warm` frames in advance with room for `slices` packets each.
  explicit PacketizedFramePool(std::size_t warm = 64, std::size_t slices = 64);
  ~PacketizedFramePool() { CHECK(in_use_ == 0); }
  PacketizedFramePool(const PacketizedFramePool&) = delete;
  PacketizedFramePool& operator=(const PacketizedFramePool&) = delete;

  // An empty frame that holds `encoded`; fill it with one packetize_… function, then share it.
  PacketizedFrameRef get(base::EncodedFrameRef encoded);
  std::size_t in_use() const { return in_use_; }

 private:
  friend class PacketizedFrameRef;
  void put_back(PacketizedFrame* frame);

  std::size_t slices_;
  std::size_t in_use_ = 0;
  std::vector<std::unique_ptr<PacketizedFrame>> all_;
  std::vector<PacketizedFrame*> free_;
};

} // namespace plenum::rtp
