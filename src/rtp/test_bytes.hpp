// Bytes for the tests of this folder: literals, deterministic noise, packets in pool blocks.
//
// Only for *_test.cpp. Owner: values. Thread: any.
#pragma once

#include "base/bytes.hpp"
#include "base/encoded_frame.hpp"
#include "base/random.hpp"
#include "rtp/packet_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace plenum::rtp {

using Buffer = std::vector<std::uint8_t>;

inline Buffer join(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}
inline Buffer copy(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// `size` bytes that never contain a start code.
inline Buffer noise(std::size_t size, std::uint64_t seed = 1) {
  base::SeededRandom random(seed);
  Buffer bytes(size);
  random.fill(bytes);
  for (auto& byte : bytes)
    byte |= 0x04;
  return bytes;
}

inline base::EncodedFrameRef encoded(base::EncodedFramePool& pool, const Buffer& content) {
  auto frame = pool.get(content.size());
  std::ranges::copy(content, frame->buffer().begin());
  frame->size = content.size();
  return frame;
}

inline PacketRef packet_of(PacketPool& pool, const Buffer& content) {
  auto packet = pool.get();
  packet->resize(content.size());
  std::ranges::copy(content, packet->mutable_bytes().begin());
  return packet;
}

} // namespace plenum::rtp
