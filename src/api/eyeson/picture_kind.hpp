// What picture a file is, by its first bytes: names and types of uploads are not to be believed.
//
// Reads headers only; whether the rest can be decoded is the decoder's to say. Owner: function. Thread: any.
// Source: eyeson-api 3.25; PNG 11.2.2, JPEG B.2.2, WebP container.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plenum::api::eyeson {

struct PictureKind {
  std::string_view extension;          // "png", "jpg", "webp", "svg"
  std::uint32_t width = 0, height = 0; // 0: scalable
};
std::optional<PictureKind> picture_kind(std::string_view bytes);

} // namespace plenum::api::eyeson
