#include "link/framing.hpp"

#include "base/check.hpp"

namespace plenum::link {

std::string frame(std::string_view message) {
  CHECK(message.size() <= kFrameBytes);
  std::string out(4, '\0');
  base::store_u32(reinterpret_cast<std::uint8_t*>(out.data()), static_cast<std::uint32_t>(message.size()));
  out += message;
  return out;
}

bool Deframer::push(std::string_view bytes) {
  if (broken_) return false;
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  buffer_ += bytes;
  if (buffer_.size() >= 4 && base::load_u32(base::as_bytes(buffer_).data()) > kFrameBytes) broken_ = true;
  return !broken_;
}

std::optional<std::string_view> Deframer::next() {
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (broken_ || rest.size() < 4) return std::nullopt;
  const auto size = base::load_u32(base::as_bytes(rest).data());
  if (size > kFrameBytes) {
    broken_ = true;
    return std::nullopt;
  }
  if (rest.size() < 4 + std::size_t{size}) return std::nullopt;
  consumed_ += 4 + std::size_t{size};
  return rest.substr(4, size);
}

} // namespace plenum::link
