// What plenum-load puts into pictures and voices, and reads out again.
#include "apps/plenum_load/barcode.hpp"
#include "apps/plenum_load/sounds.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace plenum::load {
namespace {

struct Picture {
  int width, height;
  std::vector<std::uint8_t> luma = std::vector<std::uint8_t>(static_cast<std::size_t>(width * height), 128);
};

TEST(Barcode, EveryNumberComesBack) {
  Picture picture{640, 480};
  for (std::uint32_t number = 0; number < kBarcodeNumbers; ++number) {
    paint_barcode(picture.luma.data(), 640, 640, number);
    EXPECT_EQ(read_barcode(picture.luma.data(), 640, 640, 480, {0, 0, 640, 480}), number);
  }
}

TEST(Barcode, IsReadWhereATileCropsACameraToCoverIt) {
  Picture camera{640, 480};
  paint_barcode(camera.luma.data(), 640, 640, 300);
  // A tile of 640 x 720 at (640, 0): enlarged by 1.5, the middle 427 columns remain.
  Picture canvas{1280, 720};
  for (int y = 0; y < 720; ++y)
    for (int x = 0; x < 640; ++x)
      canvas.luma[static_cast<std::size_t>(y * 1280 + 640 + x)] =
          camera.luma[static_cast<std::size_t>(y * 2 / 3 * 640 + 106 + x * 2 / 3)];
  EXPECT_EQ(read_barcode(canvas.luma.data(), 1280, 1280, 720, {640, 0, 640, 720}), 300U);
}

TEST(Barcode, AGreyOrDamagedOneIsNoNumber) {
  Picture picture{640, 480};
  EXPECT_FALSE(read_barcode(picture.luma.data(), 640, 640, 480, {0, 0, 640, 480}));
  EXPECT_FALSE(read_barcode(picture.luma.data(), 640, 640, 480, {600, 440, 640, 480})); // outside
  for (std::uint32_t bit = 0; bit < 12; ++bit)
    EXPECT_FALSE(number_of(barcode_bits(77) ^ 1U << bit)) << bit;
}

TEST(Ear, HearsWhoSpeaksAndNobodyElse) {
  const auto voice = make_voice(2), silence = make_silence();
  Ear ear(4);
  for (int i = 0; i < 100; ++i)
    ear.hear(voice.packets[static_cast<std::size_t>(i)]);
  EXPECT_EQ(ear.windows(), 4U);
  EXPECT_EQ(ear.heard(2), 1);
  for (const std::size_t other : {0U, 1U, 3U})
    EXPECT_EQ(ear.heard(other), 0) << other;
  ear.begin();
  for (int i = 0; i < 100; ++i)
    ear.hear(silence.packets[0]);
  EXPECT_LE(ear.heard(2), 0.25); // the first window may still ring
}

} // namespace
} // namespace plenum::load
