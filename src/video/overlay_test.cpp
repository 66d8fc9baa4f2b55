#include "video/overlay.hpp"
#include "video/placeholder.hpp"
#include "video/test_pictures.hpp"
#include "video/text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace plenum::video {
namespace {

using namespace testing_pictures;

OverlayImage solid(int width, int height, Rgb c, std::uint8_t alpha) {
  std::vector<std::uint8_t> bgra;
  for (int i = 0; i < width * height; ++i)
    bgra.insert(bgra.end(), {c.b, c.g, c.r, alpha});
  return OverlayImage::from_bgra(bgra.data(), width * 4, width, height, false);
}

// Counts pixels that differ inside and outside a box.
std::pair<int, int> differing(const FrameRef& a, const FrameRef& b, Rect box) {
  int inside = 0, outside = 0;
  for (int y = 0; y < a->height; ++y) {
    for (int x = 0; x < a->width; ++x) {
      if (at(a, x, y) == at(b, x, y)) continue;
      const bool in = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
      ++(in ? inside : outside);
    }
  }
  return {inside, outside};
}

TEST(Blend, OpaqueReplacesExactlyItsBox) {
  FramePool pool({}, 2, "test");
  const FrameRef frame = plain(pool, 64, 64, kGreen), before = plain(pool, 64, 64, kGreen);
  blend(solid(10, 8, {255, 0, 0}, 255), frame->pixels(), 20, 30);
  EXPECT_TRUE(near(at(frame, 20, 30), kRed));
  EXPECT_TRUE(near(at(frame, 29, 37), kRed));
  EXPECT_EQ(differing(frame, before, {20, 30, 10, 8}), (std::pair{80, 0}));
}

TEST(Blend, AlphaMixes) {
  FramePool pool({}, 2, "test");
  const FrameRef frame = plain(pool, 32, 32, kGreen);
  blend(solid(8, 8, {255, 0, 0}, 0), frame->pixels(), 0, 0);
  EXPECT_EQ(at(frame, 4, 4), kGreen);
  blend(solid(8, 8, {255, 0, 0}, 128), frame->pixels(), 0, 0);
  EXPECT_TRUE(near(at(frame, 4, 4), {114, 72, 137}, 3));
}

TEST(Blend, ClipsAtEveryEdgeAndRoundsDownToEven) {
  FramePool pool({}, 2, "test");
  const auto image = solid(16, 16, {255, 0, 0}, 255);
  struct Case {
    int x, y;
    Rect box;
  };
  for (const auto& c :
       {Case{-10, -6, {0, 0, 6, 10}}, Case{58, 60, {58, 60, 6, 4}}, Case{-16, 0, {}}, Case{64, 64, {}},
        Case{-100, 100, {}}, Case{21, 31, {20, 30, 16, 16}}, Case{-3, -3, {0, 0, 12, 12}}}) {
    FrameRef frame = plain(pool, 64, 64, kGreen);
    const FrameRef before = plain(pool, 64, 64, kGreen);
    blend(image, frame->pixels(), c.x, c.y);
    EXPECT_EQ(differing(frame, before, c.box), (std::pair{c.box.width * c.box.height, 0}))
        << c.x << "," << c.y;
  }
}

TEST(Overlay, OddSizesGrowByTransparency) {
  const auto image = solid(5, 3, {255, 0, 0}, 255);
  EXPECT_EQ(image.width(), 6);
  EXPECT_EQ(image.height(), 4);
  EXPECT_EQ(image.alpha()[4], 255);
  EXPECT_EQ(image.alpha()[5], 0);
  EXPECT_EQ(image.alpha()[3 * 6], 0);
}

TEST(OverlayCache, RendersOncePerContentAndForgetsTheOldest) {
  OverlayCache cache(2);
  int rendered = 0;
  const auto get = [&](const char* key) {
    return cache.get(key, [&] {
      ++rendered;
      return solid(2, 2, {}, 255);
    });
  };
  const auto a = get("a");
  EXPECT_EQ(get("a"), a);
  get("b");
  get("a");
  get("c"); // b was not asked for longest
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(rendered, 3);
  EXPECT_EQ(get("a"), a);
  EXPECT_EQ(rendered, 3);
  get("b");
  EXPECT_EQ(rendered, 4);
}

TEST(Printable, KeepsWhatPeopleWrite) {
  EXPECT_EQ(printable("Ada Lovelace"), "Ada Lovelace");
  EXPECT_EQ(printable("Zoë Łukasz 田中 👩‍💻"), "Zoë Łukasz 田中 👩‍💻");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, RemovesWhatWouldMislead) {
  EXPECT_EQ(printable("  a\n\tb\r\n  c "), "a b c");
  EXPECT_EQ(printable("x\xE2\x80\xAEgnp.exe"), "xgnp.exe") << "right-to-left override";
  EXPECT_EQ(printable("a\xff\xc3"), "a\xEF\xBF\xBD\xEF\xBF\xBD") << "broken UTF-8";
  EXPECT_EQ(printable(std::string_view("a\0b", 3)).find('\0'), std::string::npos);
  std::string zalgo = "e";
  for (int i = 0; i < 50; ++i)
    zalgo += "\xCC\x81";
  EXPECT_EQ(printable(zalgo).size(), 1u + 3 * 2);
  EXPECT_EQ(printable(std::string(5000, 'x')).size(), kMaxNameCharacters);
  EXPECT_EQ(printable("ééé", 2), "éé") << "never cut inside a character";
}

struct TextTest : testing::Test {
  TextPainter text;
  int inked(const OverlayImage& image, std::uint8_t brighter_than = 180) {
    int count = 0;
    for (int i = 0; i < image.width() * image.height(); ++i)
      count += image.view().y[i] > brighter_than ? 1 : 0;
    return count;
  }
};

TEST_F(TextTest, LabelHasInkAndABox) {
  const auto label = text.label("Ada", {.font_px = 20, .max_width = 300});
  EXPECT_GT(inked(label), 30);
  EXPECT_LT(label.width(), 100);
  EXPECT_LT(label.height(), 40);
  const int middle = label.height() / 2 * label.width();
  EXPECT_NEAR(label.alpha()[middle + 3], 150, 3) << "box";
  EXPECT_LT(label.alpha()[0], 40) << "rounded corner";
}

TEST_F(TextTest, LongerTextIsWiderUntilItIsEllipsized) {
  const LabelStyle style{.font_px = 18, .max_width = 200};
  const int small = text.label("Al", style).width(), larger = text.label("Alexander", style).width();
  EXPECT_LT(small, larger);
  const auto longest = text.label("Alexander Maximilian von und zu Hohenstein", style);
  EXPECT_LE(longest.width(), 200);
  EXPECT_GT(longest.width(), 150);
}

TEST_F(TextTest, AnyInputRenders) {
  for (const std::string& name :
       {std::string(), std::string("👩‍👩‍👧‍👦🇩🇪"), std::string("שלום עולם"),
        std::string("\xf0\x9f"), std::string(100'000, 'W'), std::string("\n\n"),
        std::string("<b>&amp;</b>")}) {
    for (const int width : {1, 20, 100'000}) {
      const auto label = text.label(name, {.font_px = 400, .max_width = width});
      EXPECT_GE(label.width(), 2);
      EXPECT_LE(label.width(), 4096);
    }
  }
}

TEST_F(TextTest, MarkupIsText) {
  const LabelStyle style{.font_px = 18, .max_width = 1000};
  EXPECT_GT(text.label("<b>Ada</b>", style).width(), text.label("Ada", style).width() + 40);
}

TEST(Initials, OfNames) {
  EXPECT_EQ(initials_of("Ada Lovelace"), "AL");
  EXPECT_EQ(initials_of("ada"), "A");
  EXPECT_EQ(initials_of("  jean-luc   van  picard "), "JP");
  EXPECT_EQ(initials_of("élise"), "É");
  EXPECT_EQ(initials_of(""), "?");
  EXPECT_EQ(initials_of("\n"), "?");
}

TEST_F(TextTest, BadgeShowsDiscInitialsAndName) {
  const Badge badge{.name = "Ada Lovelace", .colour_seed = 3, .tile_width = 640, .tile_height = 480};
  const auto image = render_badge(text, badge);
  const auto colours = placeholder_colours(3);
  EXPECT_LE(image.width(), 640);
  EXPECT_LE(image.height(), 480);
  EXPECT_TRUE(near(at(image.view(), 2, 2), to_yuv(colours.tile), 3)) << "around the disc the tile's colour";
  const int disc = 480 * 2 / 5;
  EXPECT_TRUE(near(at(image.view(), image.width() / 2, 10), to_yuv(colours.disc), 3));
  int in_disc = 0, below = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      (y < disc ? in_disc : below) += at(image.view(), x, y).y > 180;
  EXPECT_GT(in_disc, 300);
  EXPECT_GT(below, 100);
  auto nameless = badge;
  nameless.show_name = false;
  EXPECT_EQ(render_badge(text, nameless).height(), disc);
}

TEST_F(TextTest, BadgeFitsTilesOfAnySize) {
  for (const auto [w, h] : {std::pair{2, 2}, {4, 900}, {900, 4}, {60, 34}, {4096, 2304}, {160, 90}}) {
    const auto image =
        render_badge(text, {.name = "Alexandra Hohenstein", .tile_width = w, .tile_height = h});
    EXPECT_LE(image.width(), w);
    EXPECT_LE(image.height(), h);
  }
}

TEST(PlaceholderColours, AreCalmReadableAndSpread) {
  std::set<int> seen;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const auto c = placeholder_colours(seed);
    EXPECT_LT(to_yuv(c.tile).y, 70);
    EXPECT_LT(to_yuv(c.disc).y, 120) << "white letters stay readable";
    EXPECT_GT(to_yuv(c.disc).y, to_yuv(c.tile).y + 25);
    seen.insert(c.disc.r << 16 | c.disc.g << 8 | c.disc.b);
  }
  EXPECT_EQ(seen.size(), 12u);
}

} // namespace
} // namespace plenum::video
