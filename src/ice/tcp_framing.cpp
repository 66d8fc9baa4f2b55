#include "ice/tcp_framing.hpp"

#include "base/check.hpp"

#include <cstring>

namespace plenum::ice {

std::array<std::uint8_t, kFrameHeaderBytes> frame_header(std::size_t length) {
  CHECK(length <= 0xffff);
  std::array<std::uint8_t, kFrameHeaderBytes> header{};
  base::store_u16(header.data(), static_cast<std::uint16_t>(length));
  return header;
}

FrameReader::FrameReader(std::size_t max_frame, std::size_t frames)
    : buffer_((max_frame + kFrameHeaderBytes) * frames), max_frame_(max_frame) {
  CHECK(max_frame >= 1 && max_frame <= 0xffff && frames >= 1);
}

base::MutableBytes FrameReader::writable() {
  if (failed_) return {};
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, pending());
    end_ -= begin_;
    begin_ = 0;
  }
  return base::MutableBytes(buffer_).subspan(end_);
}

void FrameReader::commit(std::size_t count) {
  CHECK(count <= buffer_.size() - end_);
  end_ += count;
}

std::optional<base::Bytes> FrameReader::next() {
  if (failed_ || pending() < kFrameHeaderBytes) return std::nullopt;
  const std::size_t length = base::load_u16(buffer_.data() + begin_);
  if (length > max_frame_) {
    failed_ = true;
    return std::nullopt;
  }
  if (pending() < kFrameHeaderBytes + length) return std::nullopt;
  const auto frame = base::Bytes(buffer_).subspan(begin_ + kFrameHeaderBytes, length);
  begin_ += kFrameHeaderBytes + length;
  return frame;
}

} // namespace plenum::ice
