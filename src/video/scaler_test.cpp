#include "video/scaler.hpp"

#include "video/scale.hpp"
#include "video/test_pictures.hpp"
#include "video/tile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace plenum::video {
namespace {

using namespace testing_pictures;

// Bilinear by the book: pixel centres, in floating point.
double expected(const std::uint8_t* plane, int stride, int width, int height, int to_width, int to_height,
                int x, int y) {
  const double sx = std::clamp((x + 0.5) * width / to_width - 0.5, 0.0, width - 1.0);
  const double sy = std::clamp((y + 0.5) * height / to_height - 0.5, 0.0, height - 1.0);
  const int x0 = static_cast<int>(sx), y0 = static_cast<int>(sy);
  const int x1 = std::min(x0 + 1, width - 1), y1 = std::min(y0 + 1, height - 1);
  const auto row = [&](int at) {
    return plane[at * stride + x0] * (x0 + 1 - sx) + plane[at * stride + x1] * (sx - x0);
  };
  return row(y0) * (y0 + 1 - sy) + row(y1) * (sy - y0);
}

struct Sizes {
  int width, height, to_width, to_height;
};

class ScalerSizes : public testing::TestWithParam<Sizes> {};

TEST_P(ScalerSizes, IsBilinearInEveryPlane) {
  const auto [width, height, to_width, to_height] = GetParam();
  FramePool pool({}, 4, "test");
  const FrameRef source = moving(pool, width, height, 3, 60);
  FrameRef out = pool.get(to_width, to_height);
  Scaler scaler;
  scaler.scale(source->view(), out->pixels());
  const auto from = source->view();
  const auto to = out->view();
  double worst = 0;
  for (int y = 0; y < to_height; ++y)
    for (int x = 0; x < to_width; ++x)
      worst =
          std::max(worst, std::abs(to.y[y * to.stride_y + x] - expected(from.y, from.stride_y, width, height,
                                                                        to_width, to_height, x, y)));
  for (int y = 0; y < to_height / 2; ++y)
    for (int x = 0; x < to_width / 2; ++x) {
      const auto u =
          expected(from.u, from.stride_u, width / 2, height / 2, to_width / 2, to_height / 2, x, y);
      const auto v =
          expected(from.v, from.stride_v, width / 2, height / 2, to_width / 2, to_height / 2, x, y);
      worst =
          std::max({worst, std::abs(to.u[y * to.stride_u + x] - u), std::abs(to.v[y * to.stride_v + x] - v)});
    }
  EXPECT_LE(worst, 4.0); // weights in 1/64: at most 1/128 px off, on noise of 60
}

INSTANTIATE_TEST_SUITE_P(Ratios, ScalerSizes,
                         testing::Values(Sizes{640, 360, 426, 240}, Sizes{640, 358, 428, 240},
                                         Sizes{480, 270, 426, 240}, Sizes{320, 240, 426, 320},
                                         Sizes{852, 480, 426, 240}, Sizes{64, 64, 34, 34}, Sizes{2, 2, 40, 6},
                                         Sizes{6, 4, 4, 2}));

TEST(Scaler, HalvesWhatIsMuchTooLarge) {
  FramePool pool({}, 4, "test");
  const FrameRef source = moving(pool, 1280, 720, 5);
  FrameRef out = pool.get(426, 240), half = pool.get(640, 360), wanted = pool.get(426, 240);
  Scaler scaler;
  scaler.scale(source->view(), out->pixels());
  scale(source->view(), half->pixels(), ContentHint::camera);
  scaler.scale(half->view(), wanted->pixels());
  EXPECT_GT(psnr(out->view(), wanted->view()), 45.0);
}

TEST(Scaler, ChangesSizesAndLeavesTheNeighbourAlone) {
  FramePool pool({}, 4, "test");
  Scaler scaler;
  for (const auto [width, height] : {std::pair{640, 360}, {320, 180}, {482, 272}, {640, 360}}) {
    const FrameRef source = plain(pool, width, height, kRed);
    const FrameRef canvas = plain(pool, 500, 300, kBlue);
    scaler.scale(source->view(), canvas->pixels().part({10, 10, 426, 240}));
    EXPECT_TRUE(near(at(canvas, 10, 10), kRed, 1));
    EXPECT_TRUE(near(at(canvas, 435, 249), kRed, 1));
    EXPECT_EQ(at(canvas, 436, 10), kBlue);
    EXPECT_EQ(at(canvas, 8, 10), kBlue);
    EXPECT_EQ(at(canvas, 10, 250), kBlue);
  }
}

// Senders choose their sizes; none may be more than we can take.
TEST(Scaler, EverySizeIsTakenOrRefused) {
  FramePool pool({}, 4, "test");
  Scaler scaler;
  for (const int width : {2, 4, 6, 30, 642, 2000}) {
    for (const int height : {2, 4, 6, 30, 482, 2000}) {
      const FrameRef source = plain(pool, width, height, kGreen);
      for (const Fit fit : {Fit::cover, Fit::contain}) {
        const FrameRef tile =
            scale_to_tile(source->view(), {426, 240, fit}, ContentHint::camera, pool, scaler);
        ASSERT_TRUE(tile);
        EXPECT_TRUE(near(at(tile, tile->width - 1, tile->height - 1), kGreen)) << width << "x" << height;
      }
    }
  }
}

} // namespace
} // namespace plenum::video
