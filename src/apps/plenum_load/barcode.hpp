// Barcode: a frame number painted in a picture, readable after two lossy codecs, cropping and scaling.
//
// Two rows of six blocks in the middle of the picture, where no layout crops (a tile of 8:9 still shows the
// middle 5/9 of a 4:3 camera): nine bits of number, three bits that check it. A block is 1/16 of the width;
// it is read at its centre. Owner: function. Thread: any.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace plenum::load {

inline constexpr std::uint32_t kBarcodeNumbers = 512;
inline constexpr int kBarcodeColumns = 6, kBarcodeRows = 2;
inline constexpr std::uint8_t kBarcodeDark = 32, kBarcodeLight = 224;

// Blocks in units of 1/640 of the width of a 4:3 picture (640 × 480).
inline constexpr int kBlock = 40, kBarcodeLeft = 200, kBarcodeTop = 200;

constexpr std::uint32_t barcode_bits(std::uint32_t number) {
  const auto check = ((number ^ (number >> 3) ^ (number >> 6)) & 7U) ^ 5U;
  return number << 3 | check;
}

constexpr std::optional<std::uint32_t> number_of(std::uint32_t bits) {
  const auto number = bits >> 3;
  if (number >= kBarcodeNumbers || barcode_bits(number) != bits) return std::nullopt;
  return number;
}

inline void paint_barcode(std::uint8_t* luma, int stride, int width, std::uint32_t number) {
  const auto bits = barcode_bits(number % kBarcodeNumbers);
  const auto scaled = [width](int at) { return at * width / 640; };
  for (int cell = 0; cell < kBarcodeColumns * kBarcodeRows; ++cell) {
    const int left = kBarcodeLeft + cell % kBarcodeColumns * kBlock;
    const int top = kBarcodeTop + cell / kBarcodeColumns * kBlock;
    const auto value = (bits >> cell & 1U) != 0 ? kBarcodeLight : kBarcodeDark;
    for (int y = scaled(top); y < scaled(top + kBlock); ++y)
      for (int x = scaled(left); x < scaled(left + kBlock); ++x)
        luma[y * stride + x] = value;
  }
}

struct PictureRect {
  int x = 0, y = 0, w = 0, h = 0;
};

// The number in a tile that shows a 4:3 camera, cropped to cover the tile; nullopt: not readable.
inline std::optional<std::uint32_t> read_barcode(const std::uint8_t* luma, int stride, int width, int height,
                                                 const PictureRect& tile) {
  const double scale = std::max(tile.w / 640.0, tile.h / 480.0);
  std::uint32_t bits = 0;
  for (int cell = 0; cell < kBarcodeColumns * kBarcodeRows; ++cell) {
    const double x = kBarcodeLeft + (cell % kBarcodeColumns + 0.5) * kBlock - 320;
    const double y = kBarcodeTop + (cell / kBarcodeColumns + 0.5) * kBlock - 240;
    const int centre_x = tile.x + static_cast<int>(tile.w / 2.0 + x * scale);
    const int centre_y = tile.y + static_cast<int>(tile.h / 2.0 + y * scale);
    const int reach = std::max(1, static_cast<int>(kBlock * scale / 5));
    int sum = 0, count = 0;
    for (int row = centre_y - reach; row <= centre_y + reach; ++row)
      for (int column = centre_x - reach; column <= centre_x + reach; ++column) {
        if (row < 0 || column < 0 || row >= height || column >= width) return std::nullopt;
        sum += luma[row * stride + column];
        ++count;
      }
    const int mean = sum / count;
    if (mean > 100 && mean < 156) return std::nullopt;
    if (mean >= 156) bits |= 1U << cell;
  }
  return number_of(bits);
}

} // namespace plenum::load
