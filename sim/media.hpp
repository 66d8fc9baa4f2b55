// Camera and Microphone: frames and packets that look like VP8 and Opus from outside and are numbered inside,
// so that a test can tell what arrived, whole and in order.
//
// Nothing here can be decoded: tests that look at pixels bring their own frames. Owner: Party. Thread: the
// test's. RFC 6386, 9.1 (frame tag), RFC 6716, 3.1 (TOC).
#pragma once

#include "base/encoded_frame.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace plenum::sim {

struct CameraOptions {
  std::size_t key_bytes = 12'000, delta_bytes = 3'000; // at least 20
  base::Duration period = std::chrono::milliseconds(40);
};

// A frame of `bytes` that carries `number`; its bytes depend on it.
base::EncodedFrameRef make_frame(base::EncodedFramePool& pool, bool key, std::uint32_t number,
                                 std::size_t bytes);
// The number, when every byte is as make_frame wrote it.
std::optional<std::uint32_t> read_frame(const base::EncodedFrame& frame);

constexpr std::size_t kPacketBytes = 60;
std::array<std::uint8_t, kPacketBytes> make_packet(std::uint32_t number);
std::optional<std::uint32_t> read_packet(base::Bytes payload);

} // namespace plenum::sim
