#include "cc/tile_rate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

namespace plenum::cc {

namespace {

struct Point {
  std::int64_t pixels;
  std::int64_t kbps;
};
constexpr std::array<Point, 6> kCamera = {{{0, 100},
                                           {160 * 120, 150},
                                           {320 * 240, 300},
                                           {640 * 480, 1000},
                                           {1280 * 720, 1800},
                                           {1920 * 1080, 2500}}};
constexpr std::array<Point, 2> kScreen = {{{320 * 180, 500}, {1280 * 720, 2500}}};

template <std::size_t kCount>
std::int64_t interpolate(const std::array<Point, kCount>& line, std::int64_t pixels) {
  if (pixels <= line.front().pixels) return line.front().kbps * 1000;
  for (std::size_t i = 1; i < kCount; ++i) {
    const Point &low = line[i - 1], &high = line[i];
    if (pixels > high.pixels) continue;
    return low.kbps * 1000 +
           (high.kbps - low.kbps) * 1000 * (pixels - low.pixels) / (high.pixels - low.pixels);
  }
  return line.back().kbps * 1000;
}

} // namespace

base::DataRate tile_rate(const TileShown& tile) {
  if (tile.width <= 0 || tile.height <= 0) return kHiddenRate;
  const std::int64_t pixels = std::int64_t{tile.width} * tile.height;
  if (tile.content == TileContent::screen) return {interpolate(kScreen, pixels)};
  // Frames that come less often differ more: half the rate stays at 5 fps, a tenth is added from 25 to 30.
  const std::int64_t fps = std::clamp(tile.fps, 5, 30);
  const std::int64_t percent = fps <= 25 ? 50 + (fps - 5) * 50 / 20 : 100 + (fps - 25) * 2;
  return std::max(kHiddenRate, base::DataRate{interpolate(kCamera, pixels) * percent / 100});
}

bool differs(base::DataRate announced, base::DataRate wanted) {
  return std::abs(wanted.bps - announced.bps) * 10 > announced.bps;
}

} // namespace plenum::cc
