// RFC 4571 framing: each datagram on an ICE-TCP connection is preceded by its length in two bytes.
//
// FrameReader owns one fixed buffer that recv() writes into directly, and hands out views into it: no copy,
// no allocation after construction. A frame longer than the limit ends the connection, because nothing after
// it can be trusted. Owner: one connection. Thread: the connection's. RFC 4571, RFC 6544.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::ice {

constexpr std::size_t kFrameHeaderBytes = 2;
constexpr std::size_t kMaxFrameBytes = 1500; // what our media path can carry

// Put in front of a datagram of `length` bytes (0…65535).
std::array<std::uint8_t, kFrameHeaderBytes> frame_header(std::size_t length);

class FrameReader {
 public:
  // `max_frame` bytes of payload, 1…65535; the buffer holds `frames` of them.
  explicit FrameReader(std::size_t max_frame = kMaxFrameBytes, std::size_t frames = 4);

  // Where the next recv() may write; invalidates views from next(). Never empty unless failed().
  base::MutableBytes writable();
  // `count` bytes were written there.
  void commit(std::size_t count);
  // The next whole frame, possibly empty; valid until writable(). nullopt: more bytes are needed, or
  // failed().
  std::optional<base::Bytes> next();
  // A frame was longer than the limit: close the connection.
  bool failed() const { return failed_; }
  // Bytes of an incomplete frame that are waiting.
  std::size_t pending() const { return end_ - begin_; }

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t max_frame_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool failed_ = false;
};

} // namespace plenum::ice
