#include "room/texts.hpp"

#include <cstdint>

namespace plenum::room {

namespace {

// Bytes of the character that begins here; 0 when it is not one.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const auto second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool beyond = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || beyond ? 0 : size;
}

} // namespace

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string clip(std::string_view text, std::size_t bytes) {
  if (!valid_utf8(text)) return {};
  std::size_t end = 0;
  while (end < text.size()) {
    const auto size = character(text.substr(end));
    if (end + size > bytes) break;
    end += size;
  }
  return std::string(text.substr(0, end));
}

} // namespace plenum::room
