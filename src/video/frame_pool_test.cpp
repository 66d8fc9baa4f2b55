#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace plenum::video {
namespace {

TEST(FramePool, RowsAreAlignedAndPlanesDoNotOverlap) {
  FramePool pool({}, 1, "test");
  const FrameRef frame = pool.get(426, 240);
  const MutableI420View v = frame->pixels();
  for (const auto* row : {v.y, v.y + v.stride_y, v.u, v.u + v.stride_u, v.v, v.v + v.stride_v}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(row) % kRowAlignment, 0u);
  }
  EXPECT_GE(v.stride_y, 426);
  EXPECT_GE(v.stride_u, 213);
  EXPECT_GE(v.u - v.y, v.stride_y * 240);
  EXPECT_GE(v.v - v.u, v.stride_u * 120);
  EXPECT_GE(frame->capacity, static_cast<std::size_t>(v.v - v.y + v.stride_v * 120));
}

TEST(FramePool, IsBoundedAndCountsRefusals) {
  base::Metrics metrics;
  FramePool pool({.metrics = metrics}, 2, "test");
  FrameRef a = pool.get(64, 64), b = pool.get(64, 64);
  EXPECT_FALSE(pool.get(64, 64));
  EXPECT_EQ(metrics.counter("plenum_frame_pool_exhausted_total", "pool=\"test\"").value(), 1u);
  const FrameRef also_a = a;
  a = {};
  EXPECT_FALSE(pool.get(64, 64)) << "a second reference keeps the frame";
  b = {};
  EXPECT_TRUE(pool.get(64, 64));
}

TEST(FramePool, ReusesMemoryWithANewGeneration) {
  FramePool pool({}, 1, "test");
  FrameRef frame = pool.get(64, 64);
  const Frame* address = frame.get();
  const auto* memory = frame->storage.get();
  const auto generation = frame->generation;
  frame = {};
  frame = pool.get(64, 64);
  EXPECT_EQ(frame.get(), address);
  EXPECT_EQ(frame->storage.get(), memory);
  EXPECT_NE(frame->generation, generation);
  frame = {};
  frame = pool.get(640, 480);
  EXPECT_EQ(frame->width, 640);
  EXPECT_GE(frame->capacity, 640u * 480 * 3 / 2);
}

TEST(FramePool, PrefersFramesOfTheSameSize) {
  FramePool pool({}, 3, "test");
  FrameRef small = pool.get(64, 64), large = pool.get(640, 480);
  const Frame* expected = large.get();
  small = {};
  large = {};
  EXPECT_EQ(pool.get(640, 480).get(), expected);
}

TEST(FramePool, FramesMayOutliveTheirPool) {
  FrameRef frame;
  {
    FramePool pool({}, 2, "test");
    frame = testing_pictures::plain(pool, 32, 32, testing_pictures::kRed);
  }
  EXPECT_EQ(testing_pictures::at(frame, 31, 31), testing_pictures::kRed);
}

// For ThreadSanitizer: frames pass between threads, and nobody gets one that somebody else still has.
TEST(FramePool, ThreadsNeverShareAFrame) {
  FramePool pool({}, 4, "test");
  const auto work = [&pool](std::uint8_t mark) {
    int mixed_up = 0;
    for (int i = 0; i < 5000; ++i) {
      const FrameRef frame = pool.get(i % 2 == 0 ? 16 : 32, 16);
      if (!frame) continue;
      auto* pixels = frame->pixels().y;
      pixels[0] = pixels[15] = mark;
      const FrameRef second = frame;
      if (pixels[0] != mark || pixels[15] != mark) ++mixed_up;
    }
    EXPECT_EQ(mixed_up, 0);
  };
  std::thread other(work, std::uint8_t{1});
  work(2);
  other.join();
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(Yuv, MatchesBt601LimitedRange) {
  EXPECT_EQ(to_yuv({0, 0, 0}), (Yuv{16, 128, 128}));
  EXPECT_EQ(to_yuv({255, 255, 255}), (Yuv{235, 128, 128}));
  EXPECT_EQ(to_yuv({255, 0, 0}), testing_pictures::kRed);
  EXPECT_EQ(to_yuv({0, 0, 255}), testing_pictures::kBlue);
}

} // namespace
} // namespace plenum::video
