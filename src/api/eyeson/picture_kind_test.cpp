#include "api/eyeson/picture_kind.hpp"

#include <gtest/gtest.h>

#include <string>

namespace plenum::api::eyeson {
namespace {

using namespace std::string_literals;

// Extension and size; "none" when it is no picture.
std::string kind(const std::string& bytes) {
  const auto found = picture_kind(bytes);
  if (!found) return "none";
  return std::string(found->extension) + " " + std::to_string(found->width) + "x" +
         std::to_string(found->height);
}

TEST(PictureKind, IsFoundByTheFirstBytes) {
  EXPECT_EQ(kind("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x02\xd0"s + std::string(20, '\0')),
            "png 1280x720");
  const auto jpeg = "\xFF\xD8\xFF\xE0\0\x06JFIF"s + "\xFF\xDB\0\x04xx"s + "\xFF\xC0\0\x11\x08\x02\xD0\x05\0"s;
  EXPECT_EQ(kind(jpeg + std::string(10, '\0')), "jpg 1280x720");
  EXPECT_EQ(kind("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"s + std::string(8, '\0')),
            "webp 640x480");
  EXPECT_EQ(kind("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0"s + std::string(8, '\0')), "webp 640x480");
  EXPECT_EQ(kind("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"s + std::string(8, '\0')),
            "webp 640x480");
  EXPECT_EQ(kind("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<!-- <svg -->\n<svg width='1'/>"),
            "svg 0x0");
}

TEST(PictureKind, GarbageIsNoPicture) {
  const auto jpeg = "\xFF\xD8\xFF\xE0\0\x06JFIF"s + "\xFF\xC0\0\x11\x08\x02\xD0\x05\0"s;
  for (const auto& bytes :
       {""s, "\x89PNG\r\n\x1a\n"s, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s + std::string(21, '\0'),
        jpeg.substr(0, 12), "\xFF\xD8\xFF\xE0\0\0"s + std::string(20, '\0'), "RIFF\0\0\0\0WEBPVP8 "s,
        "GIF89a"s + std::string(40, '\1'), "<html><svg></svg></html>"s, "<svgx/>"s, "<!-- never ends"s,
        "<?xml"s, "<svg"s})
    EXPECT_EQ(kind(bytes), "none") << bytes;
}

} // namespace
} // namespace plenum::api::eyeson
