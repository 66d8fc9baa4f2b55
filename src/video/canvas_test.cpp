#include "base/alloc_counter.hpp"
#include "video/canvas.hpp"
#include "video/test_pictures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace plenum::video {
namespace {

using namespace testing_pictures;
using base::timestamp_us;

const Rgb kNavy{10, 20, 60};

Yuv colour_of(std::size_t i) {
  constexpr Yuv kColours[] = {{82, 90, 240},   {145, 54, 34},  {41, 240, 110},
                              {210, 16, 146},  {170, 166, 16}, {106, 202, 222},
                              {200, 128, 128}, {60, 128, 128}, {120, 160, 100}};
  return kColours[i % 9];
}

struct CanvasTest : testing::Test {
  base::Metrics metrics;
  base::Env env{.metrics = metrics};
  TextPainter text;
  FramePool pictures{env, 40, "test"};
  Canvas canvas{env, text};
  CanvasScene scene{.width = 1280, .height = 720, .background = kNavy, .tiles = {}, .overlays = {}};
  std::vector<TileInput> inputs;
  std::int64_t now = 0;

  // A tile that shows a plain picture of colour_of(source), already scaled as the decoder's strand does.
  CanvasTile& add(int x, int y, int w, int h, Fit fit = Fit::cover) {
    CanvasTile tile;
    tile.source = static_cast<std::uint32_t>(scene.tiles.size());
    tile.x = x, tile.y = y, tile.w = w, tile.h = h;
    tile.fit = fit;
    tile.show_label = false;
    const Rect rect = drawn_rect(scene, tile);
    inputs.push_back({tile.source, plain(pictures, rect.width, rect.height, colour_of(tile.source)), false});
    return scene.tiles.emplace_back(tile);
  }
  FrameRef draw() {
    canvas.set_scene(scene);
    return canvas.compose(inputs, timestamp_us(++now)).frame;
  }
};

// Independent expectation: which colour each pixel has, from the exact geometry with edges rounded down to
// even.
TEST_F(CanvasTest, OneToNineTilesFillTheirAreasAndNothingElse) {
  for (int count = 1; count <= 9; ++count) {
    scene.tiles.clear();
    inputs.clear();
    const int columns = static_cast<int>(std::ceil(std::sqrt(count)));
    const int rows = (count + columns - 1) / columns;
    for (int i = 0; i < count; ++i) { // columns of 426 or 427 px
      const int left = 1280 * (i % columns) / columns, right = 1280 * (i % columns + 1) / columns;
      const int top = 720 * (i / columns) / rows, bottom = 720 * (i / columns + 1) / rows;
      add(left, top, right - left, bottom - top);
    }
    const FrameRef frame = draw();
    ASSERT_EQ(frame->width, 1280);
    int wrong = 0;
    for (int y = 0; y < 720; ++y) {
      for (int x = 0; x < 1280; ++x) {
        Yuv expected = to_yuv(kNavy);
        for (std::size_t i = 0; i < scene.tiles.size(); ++i) {
          const auto& t = scene.tiles[i];
          const auto floor_even = [](int v) { return v - v % 2; };
          if (x >= floor_even(t.x) && x < floor_even(t.x + t.w) && y >= floor_even(t.y) &&
              y < floor_even(t.y + t.h))
            expected = colour_of(i);
        }
        wrong += at(frame, x, y) == expected ? 0 : 1;
      }
    }
    EXPECT_EQ(wrong, 0) << count << " tiles";
  }
}

// As much area as the canvas has, and yet a hole.
TEST_F(CanvasTest, OverlappingTilesDoNotHideTheBackgroundBesideThem) {
  add(0, 0, 640, 720);
  add(640, 0, 640, 720);
  EXPECT_EQ(at(draw(), 1200, 100), colour_of(1)); // the memory of this frame will be used again
  canvas.compose({}, timestamp_us(++now));
  scene.tiles[1].x = 320;
  for (int i = 0; i < 10; ++i) {
    inputs[0].picture = plain(pictures, 640, 720, colour_of(0)); // new each time
    const FrameRef frame = draw();
    EXPECT_EQ(at(frame, 1200, 100), to_yuv(kNavy));
    EXPECT_EQ(at(frame, 700, 100), colour_of(1));
    EXPECT_EQ(at(frame, 100, 100), colour_of(0));
  }
}

TEST_F(CanvasTest, OddColumnsStayAdjacent) {
  CanvasTile a, b, c;
  a.w = b.w = 427, c.w = 426;
  b.x = 427, c.x = 854;
  a.h = b.h = c.h = 241;
  EXPECT_EQ(drawn_rect(scene, a), (Rect{0, 0, 426, 240}));
  EXPECT_EQ(drawn_rect(scene, b), (Rect{426, 0, 428, 240}));
  EXPECT_EQ(drawn_rect(scene, c), (Rect{854, 0, 426, 240}));
  EXPECT_EQ(tile_target(scene, b), (TileTarget{428, 240, Fit::cover}));
}

TEST_F(CanvasTest, TilesOutsideAreClippedOrLeftOut) {
  const auto rect = [&](int x, int y, int w, int h) {
    CanvasTile t;
    t.x = x, t.y = y, t.w = w, t.h = h;
    return drawn_rect(scene, t);
  };
  EXPECT_EQ(rect(-100, -50, 300, 100), (Rect{0, 0, 200, 50}));
  EXPECT_EQ(rect(1200, 700, 300, 100), (Rect{1200, 700, 80, 20}));
  EXPECT_TRUE(rect(1280, 0, 10, 10).empty());
  EXPECT_TRUE(rect(0, 0, -10, 10).empty());
  EXPECT_TRUE(rect(4, 4, 1, 1).empty());
  EXPECT_EQ(rect(0, 0, 2147483647, 2147483647), (Rect{0, 0, 1280, 720}));
  EXPECT_EQ(rect(2147483647, 2147483647, 2147483647, 2147483647).width, 0);
  CanvasTile broken;
  broken.w = -5;
  EXPECT_FALSE(tile_target(scene, broken).visible());
}

TEST_F(CanvasTest, ContainLeavesBarsOfTheBackgroundOverLowerTiles) {
  add(0, 0, 1280, 720).z = 0;
  add(320, 180, 640, 360, Fit::contain).z = 1;
  inputs[1].picture = plain(pictures, 320, 240, colour_of(1)); // 4:3 in 16:9: 480×360 in the middle
  const FrameRef frame = draw();
  EXPECT_EQ(at(frame, 100, 100), colour_of(0));
  EXPECT_EQ(at(frame, 320 + 10, 360), to_yuv(kNavy)) << "left bar";
  EXPECT_EQ(at(frame, 960 - 10, 360), to_yuv(kNavy)) << "right bar";
  EXPECT_TRUE(near(at(frame, 320 + 84, 184), colour_of(1)));
  EXPECT_TRUE(near(at(frame, 320 + 555, 536), colour_of(1)));
  EXPECT_EQ(at(frame, 320 + 76, 360), to_yuv(kNavy));
}

TEST_F(CanvasTest, PicturesOfAnySizeFillTheTile) {
  add(0, 0, 640, 360);
  for (const auto [w, h] : {std::pair{160, 90}, {1280, 720}, {100, 400}, {2, 2}}) {
    inputs[0].picture = plain(pictures, w, h, kRed);
    const FrameRef frame = draw();
    EXPECT_TRUE(near(at(frame, 0, 0), kRed)) << w;
    EXPECT_TRUE(near(at(frame, 639, 359), kRed)) << w;
    EXPECT_EQ(at(frame, 640, 359), to_yuv(kNavy));
    EXPECT_EQ(at(frame, 639, 360), to_yuv(kNavy));
  }
}

TEST_F(CanvasTest, HigherTilesCoverLowerOnesInAnyOrderOfTheScene) {
  add(0, 0, 400, 400).z = 5;
  add(200, 200, 400, 400).z = 1;
  FrameRef frame = draw();
  EXPECT_EQ(at(frame, 300, 300), colour_of(0));
  EXPECT_EQ(at(frame, 500, 500), colour_of(1));
  scene.tiles[1].z = 5; // equal: later in the scene is nearer
  frame = draw();
  EXPECT_EQ(at(frame, 300, 300), colour_of(1));
}

TEST_F(CanvasTest, ALabelChangesOnlyItsCorner) {
  add(0, 0, 640, 360);
  const FrameRef without = draw();
  scene.tiles[0].show_label = true;
  scene.tiles[0].label = "Ada Lovelace";
  const FrameRef with = draw();
  Rect box{10'000, 10'000, -1, -1}; // as left, top, right, bottom
  int bright = 0;
  for (int y = 0; y < 720; ++y) {
    for (int x = 0; x < 1280; ++x) {
      if (at(with, x, y) == at(without, x, y)) continue;
      box = {std::min(box.x, x), std::min(box.y, y), std::max(box.width, x), std::max(box.height, y)};
      bright += at(with, x, y).y > 180 ? 1 : 0;
    }
  }
  EXPECT_GT(bright, 100) << "white letters";
  EXPECT_LT(box.x, 20) << "bottom left";
  EXPECT_LT(box.width, 640 * 9 / 10);
  EXPECT_GT(box.y, 300);
  EXPECT_LT(box.height, 360);
}

TEST_F(CanvasTest, PlaceholderForPeopleWithoutPicture) {
  auto& tile = add(0, 0, 640, 480);
  tile.label = tile.name = "Grace Hopper";
  tile.colour_seed = 7;
  tile.show_label = true;
  const auto colours = placeholder_colours(7);
  inputs[0].picture = {};
  const FrameRef waiting = draw();
  const Yuv around = at(waiting, 2, 2);
  EXPECT_TRUE(near(around, to_yuv(colours.tile)));
  EXPECT_EQ(at(waiting, 638, 478), around);
  EXPECT_EQ(at(waiting, 320 - 150, 240), around) << "the disc's box has no visible edge";
  EXPECT_TRUE(near(at(waiting, 320, 240 - 100), to_yuv(colours.disc), 3));
  EXPECT_EQ(at(waiting, 700, 400), to_yuv(kNavy));
  // The camera is off although pictures still arrive, or there is no input at all: the same.
  inputs[0].picture = plain(pictures, 640, 480, kRed);
  EXPECT_EQ(at(draw(), 2, 2), kRed);
  scene.tiles[0].has_video = false;
  EXPECT_EQ(at(draw(), 2, 2), around);
  inputs.clear();
  EXPECT_EQ(at(draw(), 2, 2), around);
}

TEST_F(CanvasTest, TalkingDrawsABorderInsideTheTile) {
  add(320, 180, 640, 360);
  const FrameRef quiet = draw();
  inputs[0].talking = true;
  const Composed talking = canvas.compose(inputs, timestamp_us(100));
  EXPECT_TRUE(talking.changed);
  EXPECT_NE(at(talking.frame, 320, 180), at(quiet, 320, 180));
  EXPECT_NE(at(talking.frame, 959, 539), at(quiet, 959, 539));
  EXPECT_EQ(at(talking.frame, 319, 180), at(quiet, 319, 180)) << "nothing outside";
  EXPECT_EQ(at(talking.frame, 960, 540), at(quiet, 960, 540));
  EXPECT_EQ(at(talking.frame, 640, 360), at(quiet, 640, 360)) << "nothing in the middle";
  scene.tiles[0].talking_border = false;
  EXPECT_EQ(at(draw(), 320, 180), at(quiet, 320, 180));
}

OverlayRef red_square(int size) {
  std::vector<std::uint8_t> bgra;
  for (int i = 0; i < size * size; ++i)
    bgra.insert(bgra.end(), {0, 0, 255, 255});
  return std::make_shared<const OverlayImage>(
      OverlayImage::from_bgra(bgra.data(), size * 4, size, size, false));
}

TEST_F(CanvasTest, OverlaysLieBehindOrBeforeTheTiles) {
  add(0, 0, 400, 400);
  inputs[0].picture = plain(pictures, 400, 400, kBlue);
  scene.overlays.push_back({red_square(100), 350, 350, -1});
  scene.overlays.push_back({red_square(50), 0, 0, 1});
  const FrameRef frame = draw();
  EXPECT_EQ(at(frame, 380, 380), kBlue);
  EXPECT_TRUE(near(at(frame, 420, 420), kRed));
  EXPECT_TRUE(near(at(frame, 10, 10), kRed));
}

TEST_F(CanvasTest, NothingNewGivesTheSameFrameUnchanged) {
  EXPECT_FALSE(canvas.compose({}, timestamp_us(1)).frame) << "before the first scene";
  add(0, 0, 640, 360);
  canvas.set_scene(scene);
  const Composed first = canvas.compose(inputs, timestamp_us(2));
  EXPECT_TRUE(first.changed);
  EXPECT_EQ(first.frame->captured, timestamp_us(2));
  canvas.set_scene(scene); // the same scene again
  const Composed again = canvas.compose(inputs, timestamp_us(3));
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.frame.get(), first.frame.get());
  inputs[0].picture = plain(pictures, 640, 360, kRed);
  EXPECT_TRUE(canvas.compose(inputs, timestamp_us(4)).changed);
  EXPECT_FALSE(canvas.compose(inputs, timestamp_us(5)).changed);
  scene.background = {};
  canvas.set_scene(scene);
  EXPECT_TRUE(canvas.compose(inputs, timestamp_us(6)).changed);
  std::vector<TileInput> foreign = inputs;
  foreign.push_back({99, plain(pictures, 16, 16, kRed), true});
  EXPECT_FALSE(canvas.compose(foreign, timestamp_us(7)).changed) << "a source that no tile shows";
}

// A picture drawn into the same memory later is another picture.
TEST_F(CanvasTest, ReusedMemoryCountsAsAChange) {
  FramePool one(env, 1, "one");
  add(0, 0, 64, 64);
  inputs[0].picture = plain(one, 64, 64, kRed);
  draw();
  inputs[0].picture = {};
  inputs[0].picture = plain(one, 64, 64, kBlue);
  const Composed next = canvas.compose(inputs, timestamp_us(9));
  EXPECT_TRUE(next.changed);
  EXPECT_EQ(at(next.frame, 10, 10), kBlue);
}

TEST_F(CanvasTest, ASceneChangeIsWholeInOneFrameAndOldFramesStay) {
  add(0, 0, 640, 720);
  add(640, 0, 640, 720);
  const FrameRef before = draw();
  std::swap(scene.tiles[0].x, scene.tiles[1].x);
  scene.width = 1280, scene.height = 960;
  const FrameRef after = draw();
  EXPECT_EQ(after->height, 960);
  EXPECT_EQ(at(after, 10, 10), colour_of(1));
  EXPECT_EQ(at(after, 1270, 10), colour_of(0));
  EXPECT_EQ(at(after, 10, 900), to_yuv(kNavy));
  EXPECT_EQ(before->height, 720);
  EXPECT_EQ(at(before, 10, 10), colour_of(0)) << "an encoder may still read it";
}

TEST_F(CanvasTest, WithoutFreeFramesTheLastOneStaysAndTheNextTickDraws) {
  add(0, 0, 640, 360);
  std::vector<FrameRef> held;
  for (std::size_t i = 0; i < Canvas::kFrames; ++i) {
    inputs[0].picture = plain(pictures, 640, 360, colour_of(i));
    held.push_back(draw());
  }
  inputs[0].picture = plain(pictures, 640, 360, kGrey);
  const Composed stuck = canvas.compose(inputs, timestamp_us(100));
  EXPECT_FALSE(stuck.changed);
  EXPECT_EQ(stuck.frame.get(), held.back().get());
  EXPECT_EQ(metrics.counter("plenum_canvas_skipped_total").value(), 1u);
  held.clear();
  const Composed next = canvas.compose(inputs, timestamp_us(101));
  EXPECT_TRUE(next.changed);
  EXPECT_EQ(at(next.frame, 0, 0), kGrey);
}

TEST_F(CanvasTest, HostileScenesAreBounded) {
  scene.width = 100'001, scene.height = -4;
  for (int i = 0; i < 200; ++i) {
    CanvasTile tile;
    tile.source = static_cast<std::uint32_t>(i);
    tile.x = i * 1'000'000, tile.w = tile.h = 2'000'000'000;
    tile.label = std::string(3000, '\xff');
    scene.tiles.push_back(tile);
  }
  const FrameRef frame = draw();
  EXPECT_EQ(frame->width, 4096);
  EXPECT_EQ(frame->height, 16);
  EXPECT_EQ(canvas.scene().tiles.size(), Canvas::kMaxTiles);
}

TEST_F(CanvasTest, AllocatesNothingWhenWarm) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "needs PLENUM_CHECKS without a sanitizer";
  std::vector<FrameRef> turns[2];
  for (int i = 0; i < 9; ++i) {
    auto& tile = add(i % 3 * 426, i / 3 * 240, 426, 240);
    tile.label = "Person " + std::to_string(i);
    tile.show_label = true;
    turns[0].push_back(inputs.back().picture);
    turns[1].push_back(plain(pictures, i == 4 ? 320 : 426, 240, kGrey)); // one is scaled
  }
  inputs[8].picture = {}; // one placeholder
  for (auto& turn : turns)
    turn[8] = {};
  canvas.set_scene(scene);
  for (int i = 0; i < 4; ++i)
    canvas.compose(inputs, timestamp_us(i));
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  int changed = 0;
  for (int tick = 0; tick < 50; ++tick) {
    for (std::size_t i = 0; i < 9; ++i)
      inputs[i].picture = turns[tick % 2][i];
    inputs[2].talking = tick % 5 == 0;
    changed += canvas.compose(inputs, timestamp_us(100 + tick)).changed ? 1 : 0;
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
  EXPECT_GE(changed, 49);
}

} // namespace
} // namespace plenum::video
