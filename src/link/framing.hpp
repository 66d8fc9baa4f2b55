// Length-prefixed messages over a byte stream: 4 bytes network order, then that many bytes. Bounded: a longer
// message breaks the stream for good, because both ends are ours and it can only be a bug. Owner: session.
// Thread: one.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::link {

inline constexpr std::size_t kFrameBytes = 8 << 20;

std::string frame(std::string_view message);

class Deframer {
 public:
  // Appends what the socket gave. False when the stream is broken (a frame beyond kFrameBytes).
  bool push(std::string_view bytes);
  // The next whole message, or nullopt. The view is valid until the next call of push or next.
  std::optional<std::string_view> next();

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;
  bool broken_ = false;
};

} // namespace plenum::link
