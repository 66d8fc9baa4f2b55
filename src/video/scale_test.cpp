#include "video/scale.hpp"
#include "video/scaler.hpp"
#include "video/test_pictures.hpp"
#include "video/tile.hpp"

#include <gtest/gtest.h>

namespace plenum::video {
namespace {

using namespace testing_pictures;

TEST(CoverCrop, KeepsTheShapeOfTheTarget) {
  EXPECT_EQ(cover_crop(640, 480, 640, 480), (Rect{0, 0, 640, 480}));
  EXPECT_EQ(cover_crop(640, 480, 320, 240), (Rect{0, 0, 640, 480}));
  EXPECT_EQ(cover_crop(1280, 720, 480, 480), (Rect{280, 0, 720, 720}));
  EXPECT_EQ(cover_crop(480, 640, 640, 480), (Rect{0, 140, 480, 360}));
}

TEST(ContainBox, ShowsEverythingCentred) {
  EXPECT_EQ(contain_box(640, 480, 1280, 720), (Rect{160, 0, 960, 720}));
  EXPECT_EQ(contain_box(1280, 720, 640, 480), (Rect{0, 60, 640, 360}));
  EXPECT_EQ(contain_box(320, 240, 640, 480), (Rect{0, 0, 640, 480}));
}

// Every combination stays inside and even, and a picture scaled to its box is drawn without scaling again.
TEST(Fits, AreEvenAndInsideForAnySize) {
  for (int w = 2; w < 1300; w += 37) {
    for (int h = 2; h < 1300; h += 41) {
      for (const auto [tw, th] : {std::pair{426, 240}, {1280, 960}, {2, 2}, {100, 900}, {640, 2}}) {
        const Rect crop = cover_crop(w, h, tw, th);
        EXPECT_TRUE(crop.x % 2 == 0 && crop.y % 2 == 0 && crop.x >= 0 && crop.y >= 0);
        EXPECT_TRUE(crop.width >= 2 && crop.x + crop.width <= w && crop.height >= 2 &&
                    crop.y + crop.height <= h)
            << w << "x" << h;
        const Rect box = contain_box(w, h, tw, th);
        EXPECT_TRUE((box.x | box.y | box.width | box.height) % 2 == 0 && box.width >= 2 && box.height >= 2);
        EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.x + box.width <= tw && box.y + box.height <= th);
        EXPECT_EQ(contain_box(box.width, box.height, tw, th), box)
            << w << "x" << h << " in " << tw << "x" << th;
      }
    }
  }
}

// Left half red, right half blue.
FrameRef halves(FramePool& pool, int width, int height) {
  FrameRef frame = plain(pool, width, height, kRed);
  for (int y = 0; y < height; ++y)
    for (int x = width / 2; x < width; ++x)
      set(frame->pixels(), x, y, kBlue);
  return frame;
}

TEST(ScaleToTile, CoverCropsTheSidesEqually) {
  Scaler scaler;
  FramePool pool({}, 4, "test");
  const FrameRef source = halves(pool, 640, 360);
  const FrameRef tile =
      scale_to_tile(source->view(), {180, 180, Fit::cover}, ContentHint::camera, pool, scaler);
  ASSERT_TRUE(tile);
  EXPECT_EQ(tile->width, 180);
  EXPECT_EQ(tile->height, 180);
  EXPECT_TRUE(near(at(tile, 80, 90), kRed));
  EXPECT_TRUE(near(at(tile, 100, 90), kBlue));
}

TEST(ScaleToTile, ContainHasThePicturesOwnShape) {
  Scaler scaler;
  FramePool pool({}, 4, "test");
  const FrameRef source = halves(pool, 640, 360);
  const FrameRef tile =
      scale_to_tile(source->view(), {320, 240, Fit::contain}, ContentHint::screen, pool, scaler);
  ASSERT_TRUE(tile);
  EXPECT_EQ(tile->width, 320);
  EXPECT_EQ(tile->height, 180);
  EXPECT_EQ(tile->hint, ContentHint::screen);
  EXPECT_TRUE(near(at(tile, 4, 170), kRed));
  EXPECT_TRUE(near(at(tile, 316, 4), kBlue));
}

TEST(ScaleToTile, RefusesWhatCannotBeDrawn) {
  Scaler scaler;
  FramePool pool({}, 2, "test");
  const FrameRef source = halves(pool, 64, 64);
  EXPECT_FALSE(scale_to_tile(source->view(), {0, 0, Fit::cover}, ContentHint::camera, pool, scaler));
  EXPECT_FALSE(scale_to_tile(source->view(), {1, 100, Fit::cover}, ContentHint::camera, pool, scaler));
  EXPECT_FALSE(scale_to_tile({}, {100, 100, Fit::cover}, ContentHint::camera, pool, scaler));
  const FrameRef last = pool.get(64, 64);
  EXPECT_FALSE(scale_to_tile(source->view(), {100, 100, Fit::cover}, ContentHint::camera, pool, scaler))
      << "exhausted";
}

// Decoders give pictures of odd size.
TEST(ScaleToTile, TakesOddSourceSizes) {
  Scaler scaler;
  FramePool pool({}, 4, "test");
  const FrameRef source = plain(pool, 642, 482, kGreen);
  I420View odd = source->view();
  odd.width = 641;
  odd.height = 481;
  for (const Fit fit : {Fit::cover, Fit::contain}) {
    const FrameRef tile = scale_to_tile(odd, {426, 320, fit}, ContentHint::camera, pool, scaler);
    ASSERT_TRUE(tile);
    EXPECT_TRUE(near(at(tile, tile->width - 1, tile->height - 1), kGreen));
  }
}

TEST(ScaleFrame, KeepsTimeAndSharesEqualSizes) {
  FramePool pool({}, 4, "test");
  const FrameRef source = moving(pool, 640, 360, 3);
  source->captured = base::timestamp_us(77);
  EXPECT_EQ(scale_frame(source, 640, 360, pool).get(), source.get());
  const FrameRef half = scale_frame(source, 320, 180, pool);
  EXPECT_EQ(half->captured, source->captured);
  const auto view = source->view();
  // Independent expectation: the mean of four pixels.
  double worst = 0;
  for (int y = 0; y < 180; ++y) {
    for (int x = 0; x < 320; ++x) {
      const auto* p = view.y + 2 * y * view.stride_y + 2 * x;
      const double mean = (p[0] + p[1] + p[view.stride_y] + p[view.stride_y + 1]) / 4.0;
      worst = std::max(worst, std::abs(mean - half->view().y[y * half->stride_y + x]));
    }
  }
  EXPECT_LE(worst, 1.0);
}

} // namespace
} // namespace plenum::video
