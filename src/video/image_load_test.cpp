#include "base/random.hpp"
#include "video/image_load.hpp"
#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace plenum::video {
namespace {

using namespace testing_pictures;
using File = std::vector<std::uint8_t>;

// R, G, B, A: left half red and opaque, right half blue; half-transparent from the middle down.
std::vector<std::uint8_t> rgba(int width, int height) {
  std::vector<std::uint8_t> out;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool left = x < width / 2;
      out.insert(out.end(), {std::uint8_t(left ? 255 : 0), 0, std::uint8_t(left ? 0 : 255),
                             std::uint8_t(y < height / 2 ? 255 : 128)});
    }
  }
  return out;
}

File png(int width, int height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGBA;
  const auto pixels = rgba(width, height);
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  File file(size);
  EXPECT_NE(png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr), 0);
  file.resize(size);
  return file;
}

File jpeg(int width, int height) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 4;
  info.in_color_space = JCS_EXT_RGBX;
  jpeg_set_defaults(&info);
  jpeg_start_compress(&info, TRUE);
  auto pixels = rgba(width, height);
  for (int y = 0; y < height; ++y) {
    JSAMPROW row = pixels.data() + y * width * 4;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  File file(memory, memory + size);
  std::free(memory);
  return file;
}

File webp(int width, int height) {
  std::uint8_t* memory = nullptr;
  const auto pixels = rgba(width, height);
  const auto size = WebPEncodeLosslessRGBA(pixels.data(), width, height, width * 4, &memory);
  File file(memory, memory + size);
  WebPFree(memory);
  return file;
}

struct Format {
  const char* name;
  File (*make)(int, int);
  bool alpha;
};
struct ImageTest : testing::TestWithParam<Format> {};

TEST_P(ImageTest, LoadsColoursAndAlpha) {
  const auto image = load_image(GetParam().make(64, 48));
  ASSERT_TRUE(image) << image.error().text;
  EXPECT_EQ(image->width(), 64);
  EXPECT_EQ(image->height(), 48);
  EXPECT_TRUE(near(at(image->view(), 10, 10), kRed, 3));
  EXPECT_TRUE(near(at(image->view(), 54, 40), kBlue, 3));
  EXPECT_EQ(image->alpha()[10 * 64 + 10], 255);
  EXPECT_EQ(image->alpha()[40 * 64 + 10], GetParam().alpha ? 128 : 255);
}

TEST_P(ImageTest, OddSizesWork) {
  const auto image = load_image(GetParam().make(33, 17));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->width(), 34);
  EXPECT_EQ(image->height(), 18);
  EXPECT_EQ(image->alpha()[33], 0);
}

TEST_P(ImageTest, LimitsAreKept) {
  const File file = GetParam().make(200, 100);
  const auto code = [&](ImageLimits limits) {
    const auto image = load_image(file, limits);
    return image ? base::ErrorCode::internal : image.error().code;
  };
  EXPECT_EQ(code({.bytes = file.size() - 1}), base::ErrorCode::too_large);
  EXPECT_EQ(code({.side = 199}), base::ErrorCode::too_large);
  EXPECT_EQ(code({.pixels = 19'999}), base::ErrorCode::too_large);
  EXPECT_TRUE(load_image(file, {.bytes = file.size(), .side = 200, .pixels = 20'000}));
}

TEST_P(ImageTest, EveryTruncationIsRefused) {
  const File file = GetParam().make(40, 30);
  // The last bytes may be padding or end marks that a decoder does without.
  for (std::size_t size = 0; size + 16 < file.size(); ++size) {
    EXPECT_FALSE(load_image(base::Bytes(file).first(size))) << size;
  }
}

TEST_P(ImageTest, MutationsNeverCrash) {
  const File file = GetParam().make(40, 30);
  base::SeededRandom random(3);
  int loaded = 0;
  for (int round = 0; round < 2000; ++round) {
    File bad = file;
    for (auto n = random.u32() % 4 + 1; n > 0; --n)
      bad[random.u32() % bad.size()] = std::uint8_t(random.u32());
    const auto image = load_image(bad);
    loaded += image ? 1 : 0;
    if (image) EXPECT_LE(image->width() * image->height(), 8'388'608 + 8192);
  }
  EXPECT_LT(loaded, 2000);
}

INSTANTIATE_TEST_SUITE_P(All, ImageTest,
                         testing::Values(Format{"png", png, true}, Format{"jpeg", jpeg, false},
                                         Format{"webp", webp, true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(LoadImage, RefusesOtherFiles) {
  for (const std::string_view text : {"", "GIF89a........", "<svg/>", "\x89PNG", "RIFF....WAVEfmt "}) {
    const auto image = load_image(base::as_bytes(text));
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, base::ErrorCode::invalid);
  }
}

} // namespace
} // namespace plenum::video
