#include "base/alloc_counter.hpp"
#include "video/test_pictures.hpp"
#include "video/tile.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace plenum::video {
namespace {

using namespace std::chrono_literals;
using base::timestamp_us;

Timestamp ms(std::int64_t n) {
  return timestamp_us(n * 1000);
}

struct TileTest : testing::Test {
  base::Metrics metrics;
  base::Env env{.metrics = metrics};
  FramePool pool{env, 16, "test"};
  Tile tile{env};

  void publish(std::int64_t captured_ms) {
    FrameRef frame = pool.get(16, 16);
    ASSERT_TRUE(frame);
    frame->captured = ms(captured_ms);
    tile.publish(std::move(frame));
  }
  std::int64_t shown(std::int64_t now_ms, base::Duration delay = 0ms) {
    const FrameRef& frame = tile.pick(ms(now_ms), delay);
    return frame ? base::to_ms(frame->captured) : -1;
  }
  std::uint64_t overwritten() { return metrics.counter("plenum_tile_overwritten_total").value(); }
  std::uint64_t skipped() { return metrics.counter("plenum_tile_skipped_total").value(); }
};

TEST_F(TileTest, NothingBeforeTheFirstPicture) {
  EXPECT_EQ(shown(0), -1);
}

TEST_F(TileTest, NewestDueWinsAndOlderOnesVanish) {
  publish(100);
  publish(120);
  publish(140);
  EXPECT_EQ(shown(140, 20ms), 120);
  EXPECT_EQ(skipped(), 1u);
  EXPECT_EQ(shown(150, 20ms), 120) << "140 is due at 160 only";
  EXPECT_EQ(shown(160, 20ms), 140);
  EXPECT_EQ(shown(900, 20ms), 140) << "the last one again";
  EXPECT_EQ(base::to_ms(tile.changed_at()), 160);
}

TEST_F(TileTest, NothingDueShowsNothingAtFirst) {
  publish(100);
  EXPECT_EQ(shown(119, 20ms), -1);
  EXPECT_EQ(shown(120, 20ms), 100);
}

TEST_F(TileTest, AFullRingOverwritesTheOldest) {
  for (int i = 0; i < 10; ++i)
    publish(i);
  EXPECT_EQ(overwritten(), 6u);
  EXPECT_EQ(pool.in_use(), Tile::kSlots);
  EXPECT_EQ(shown(6), 6);
  EXPECT_EQ(shown(100), 9);
  EXPECT_EQ(pool.in_use(), 1u);
}

TEST_F(TileTest, ALongDelayNeverFreezesThePicture) {
  std::int64_t last = -1;
  for (std::int64_t i = 0; i < 60; ++i) { // 25 fps, one second of delay: more than may wait
    publish(i * 40);
    last = shown(i * 40, 1000ms);
  }
  EXPECT_EQ(last, (59 - 8) * 40) << "the oldest of eight waiting is shown early";
  EXPECT_EQ(pool.in_use(), Tile::kWaiting + 1);
}

TEST_F(TileTest, DelaysUpTo266MsAreExactAt30Fps) {
  for (std::int64_t i = 0; i < 60; ++i) {
    publish(i * 33);
    if (i >= 10) {
      EXPECT_EQ(shown(i * 33, 231ms), (i - 7) * 33);
    } else {
      shown(i * 33, 231ms);
    }
  }
}

TEST_F(TileTest, ClearForgetsWhatCameBefore) {
  publish(1);
  EXPECT_EQ(shown(5), 1);
  publish(2);
  tile.clear();
  EXPECT_EQ(shown(5), -1);
  EXPECT_EQ(pool.in_use(), 0u);
  publish(3);
  EXPECT_EQ(shown(5), 3);
}

TEST_F(TileTest, TargetTravelsToTheProducer) {
  EXPECT_FALSE(tile.target().visible());
  const TileTarget target{4096, 426, Fit::contain};
  tile.set_target(target);
  EXPECT_EQ(tile.target(), target);
}

TEST_F(TileTest, AllocatesNothingWhenWarm) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "needs PLENUM_CHECKS without a sanitizer";
  for (int i = 0; i < 50; ++i) { // every frame of the pool gets its memory
    publish(i * 40);
    shown(i * 40, 500ms);
  }
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  for (int i = 50; i < 200; ++i) {
    publish(i * 40);
    shown(i * 40, 500ms);
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
}

// For ThreadSanitizer, and: pictures are whole and never go back in time.
TEST_F(TileTest, ProducerAndConsumerOnTwoThreads) {
  constexpr int kPictures = 20'000;
  std::atomic<bool> done{false};
  std::thread producer([&] {
    for (int i = 1; i <= kPictures; ++i) {
      FrameRef frame = pool.get(16, 16);
      if (!frame) continue;
      frame->captured = timestamp_us(i);
      auto pixels = frame->pixels();
      for (int x = 0; x < 16; ++x)
        pixels.y[x] = pixels.y[15 * pixels.stride_y + x] = std::uint8_t(i);
      tile.publish(std::move(frame));
      if (i % 64 == 0) std::this_thread::yield();
    }
    done = true;
  });
  std::int64_t last = 0;
  int backwards = 0, torn = 0;
  for (bool more = true; more;) {
    more = !done;
    const FrameRef& frame = tile.pick(timestamp_us(kPictures), base::Duration(0));
    if (!frame) continue;
    const auto captured = base::to_us(frame->captured);
    if (captured < last) ++backwards;
    last = captured;
    const auto view = frame->view();
    for (int x = 0; x < 16; ++x) {
      if (view.y[x] != std::uint8_t(captured) || view.y[15 * view.stride_y + x] != std::uint8_t(captured))
        ++torn;
    }
  }
  producer.join();
  EXPECT_EQ(backwards, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(last, kPictures);
}

} // namespace
} // namespace plenum::video
