#include "rtp/packetized_frame.hpp"

#include <cstring>

namespace plenum::rtp {

std::size_t PacketizedFrame::copy_payload(std::size_t index, base::MutableBytes out) const {
  const Slice& slice = slices[index];
  if (slice.payload_bytes() > out.size()) return 0;
  if (slice.header_bytes != 0) std::memcpy(out.data(), headers.data() + slice.header_at, slice.header_bytes);
  if (slice.bytes != 0)
    std::memcpy(out.data() + slice.header_bytes, frame->bytes().data() + slice.at, slice.bytes);
  return slice.payload_bytes();
}

void PacketizedFrameRef::reset() {
  PacketizedFrame* frame = std::exchange(frame_, nullptr);
  if (frame == nullptr || --frame->references != 0) return;
  frame->pool->put_back(frame);
}

PacketizedFramePool::PacketizedFramePool(std::size_t warm, std::size_t slices) : slices_(slices) {
  all_.reserve(warm);
  free_.reserve(warm);
  std::vector<PacketizedFrameRef> made(warm);
  for (auto& ref : made)
    ref = get({});
}

PacketizedFrameRef PacketizedFramePool::get(base::EncodedFrameRef encoded) {
  if (free_.empty()) {
    auto fresh = std::make_unique<PacketizedFrame>();
    fresh->slices.reserve(slices_);
    fresh->headers.reserve(slices_ * 8);
    fresh->pool = this;
    all_.push_back(std::move(fresh));
    free_.reserve(all_.capacity()); // so that put_back never allocates
    free_.push_back(all_.back().get());
  }
  PacketizedFrame* frame = free_.back();
  free_.pop_back();
  frame->frame = std::move(encoded);
  frame->slices.clear();
  frame->headers.clear();
  ++in_use_;
  return PacketizedFrameRef(frame);
}

void PacketizedFramePool::put_back(PacketizedFrame* frame) {
  frame->frame = {};
  --in_use_;
  free_.push_back(frame);
}

} // namespace plenum::rtp
