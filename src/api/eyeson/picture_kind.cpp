#include "api/eyeson/picture_kind.hpp"

namespace plenum::api::eyeson {
namespace {

std::uint32_t byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}
std::uint32_t big16(std::string_view bytes, std::size_t at) {
  return byte(bytes, at) << 8 | byte(bytes, at + 1);
}
std::uint32_t big32(std::string_view bytes, std::size_t at) {
  return big16(bytes, at) << 16 | big16(bytes, at + 2);
}
std::uint32_t little16(std::string_view bytes, std::size_t at) {
  return byte(bytes, at) | byte(bytes, at + 1) << 8;
}
std::uint32_t little24(std::string_view bytes, std::size_t at) {
  return little16(bytes, at) | byte(bytes, at + 2) << 16;
}

std::optional<PictureKind> sized(std::string_view extension, std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0) return std::nullopt;
  return PictureKind{extension, width, height};
}

std::optional<PictureKind> png(std::string_view bytes) {
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n") || bytes.size() < 33 || bytes.substr(12, 4) != "IHDR")
    return std::nullopt;
  return sized("png", big32(bytes, 16), big32(bytes, 20));
}

bool start_of_frame(std::uint32_t marker) { // C0–CF but DHT, JPG, DAC
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<PictureKind> jpeg(std::string_view bytes) {
  if (!bytes.starts_with("\xFF\xD8\xFF")) return std::nullopt;
  for (std::size_t at = 2; at + 9 <= bytes.size();) {
    if (byte(bytes, at) != 0xFF) return std::nullopt;
    const auto marker = byte(bytes, at + 1);
    if (marker == 0xFF) { // padding
      ++at;
      continue;
    }
    if (start_of_frame(marker)) return sized("jpg", big16(bytes, at + 7), big16(bytes, at + 5));
    at += 2 + big16(bytes, at + 2);
  }
  return std::nullopt;
}

std::optional<PictureKind> webp(std::string_view bytes) {
  if (!bytes.starts_with("RIFF") || bytes.size() < 30 || bytes.substr(8, 4) != "WEBP") return std::nullopt;
  const auto chunk = bytes.substr(12, 4);
  if (chunk == "VP8X") return sized("webp", little24(bytes, 24) + 1, little24(bytes, 27) + 1);
  if (chunk == "VP8L" && byte(bytes, 20) == 0x2F) {
    const auto bits = little16(bytes, 21) | little16(bytes, 23) << 16;
    return sized("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
  }
  if (chunk == "VP8 " && bytes.substr(23, 3) == "\x9d\x01\x2a")
    return sized("webp", little16(bytes, 26) & 0x3FFF, little16(bytes, 28) & 0x3FFF);
  return std::nullopt;
}

// Text whose first element is svg, after what may stand before it.
std::optional<PictureKind> svg(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  for (;;) {
    const auto start = bytes.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return std::nullopt;
    bytes.remove_prefix(start);
    const bool comment = bytes.starts_with("<!--");
    if (!comment && !bytes.starts_with("<?") && !bytes.starts_with("<!DOCTYPE")) break;
    const std::string_view closing = comment ? "-->" : ">";
    const auto end = bytes.find(closing);
    if (end == std::string_view::npos) return std::nullopt;
    bytes.remove_prefix(end + closing.size());
  }
  if (!bytes.starts_with("<svg") || bytes.size() < 5) return std::nullopt;
  return std::string_view(" \t\r\n>/").contains(bytes[4]) ? std::optional(PictureKind{"svg"}) : std::nullopt;
}

} // namespace

std::optional<PictureKind> picture_kind(std::string_view bytes) {
  for (const auto reader : {png, jpeg, webp, svg})
    if (const auto kind = reader(bytes)) return kind;
  return std::nullopt;
}

} // namespace plenum::api::eyeson
