#include "room/layout_solver.hpp"

#include "room/test_room.hpp"

namespace plenum::room::testing {
namespace {

using Rects = std::vector<Rect>;
using Spots = std::vector<std::uint64_t>;
constexpr CanvasSize kWide{1280, 720}, kTall{1280, 960};

TEST(Grid, FollowsTheCellRule) {
  const auto nine = grid(kWide, 3, 3);
  ASSERT_EQ(nine.size(), 9u);
  EXPECT_EQ(nine[0], (Rect{0, 0, 427, 240}));
  EXPECT_EQ(nine[1], (Rect{427, 0, 427, 240}));
  EXPECT_EQ(nine[2], (Rect{854, 0, 426, 240}));
  EXPECT_EQ(nine[8], (Rect{854, 480, 426, 240}));
  EXPECT_EQ(grid(kTall, 3, 3)[4], (Rect{427, 320, 427, 320}));
  EXPECT_EQ(grid(kTall, 3, 2)[5], (Rect{854, 480, 426, 480}));
  EXPECT_EQ(grid(kTall, 2, 2)[3], (Rect{640, 480, 640, 480}));
}

TEST(Grid, ChoosesBySources) {
  const std::vector<std::pair<std::size_t, std::size_t>> table = {
      {0, 0}, {1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 6}, {6, 6}, {7, 9}, {9, 9}, {10, 9}, {200, 9}};
  for (const auto& [sources, cells] : table)
    EXPECT_EQ(automatic_grid(kTall, sources).size(), cells) << sources;
}

TEST(Catalogue, EveryLayoutStaysOnBothCanvasesAndTilesItsStrips) {
  for (const auto canvas : {kWide, kTall})
    for (const auto* name :
         {"one", "two", "four", "six", "nine", "present-lower-3", "present-upper-6", "present-two-upper-6",
          "present-upper-right-9", "present-vertical-9", "experimental", "present-upper-3-bg",
          "present-one-bg", "present-center-four-bg", "mobile-center-8"}) {
      const auto spots = named_layout(canvas, name);
      EXPECT_FALSE(spots.empty()) << name;
      EXPECT_LE(spots.size(), kMostBoxes) << name;
      for (std::size_t i = 0; i < spots.size(); ++i) {
        const auto& a = spots[i];
        EXPECT_TRUE(a.x >= 0 && a.y >= 0 && a.w > 0 && a.h > 0 && a.x + a.w <= canvas.width &&
                    a.y + a.h <= canvas.height)
            << name << ' ' << i;
        for (std::size_t k = 0; k < i; ++k) {
          const auto& b = spots[k];
          EXPECT_TRUE(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y)
              << name << ' ' << k << ' ' << i;
        }
      }
    }
  EXPECT_TRUE(named_layout(kTall, "nobody-knows").empty());
}

TEST(Catalogue, HasTheDerivedNumbers) {
  EXPECT_EQ(named_layout(kWide, "present-lower-3"),
            (Rects{{213, 240, 853, 480}, {0, 0, 427, 240}, {427, 0, 427, 240}, {854, 0, 426, 240}}));
  const auto upper = named_layout(kTall, "present-upper-6");
  EXPECT_EQ(upper[0], (Rect{106, 0, 1067, 800}));
  EXPECT_EQ(upper[6], (Rect{1065, 800, 215, 160}));
  EXPECT_EQ(named_layout(kWide, "present-upper-right-9")[9], (Rect{1024, 576, 256, 144}));
}

Scenario three(const OptionsPatch& patch) {
  Scenario s;
  s.open(patch);
  for (std::uint64_t n = 1; n <= 3; ++n)
    s.enter(n);
  return s;
}

TEST(Arrange, PinsUsersAndFillsTheRest) {
  OptionsPatch patch;
  patch.layout_users = std::vector<std::string>{"u3", "", "somebody", " "};
  EXPECT_EQ(three(patch).spots(), (Spots{3, 1, 0, 2}));
  patch.layout = LayoutMode::custom;
  EXPECT_EQ(three(patch).spots(), (Spots{3, 0, 0, 0}));
}

TEST(Arrange, ANamedLayoutWithoutUsersFillsInOrderOfJoining) {
  OptionsPatch patch;
  patch.layout_name = "present-lower-3";
  auto s = three(patch);
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 0}));
  EXPECT_EQ(s.state.tiles[0].rect, (Rect{213, 320, 853, 640}));
}

TEST(Arrange, AMapWinsOverItsName) {
  OptionsPatch patch;
  patch.layout_name = "nine";
  patch.layout_map =
      std::vector<LayoutBox>{{{0, 0, 100, 100}, BoxFit::contain}, {{50, 50, 100, 100}, BoxFit::automatic}};
  auto s = three(patch);
  EXPECT_EQ(s.spots(), (Spots{1, 2}));
  EXPECT_EQ(s.state.tiles[0].fit, Fit::contain);
  EXPECT_EQ(s.state.tiles[1].fit, Fit::cover);
}

TEST(Arrange, APinnedMemberIsShownWithoutVideoAndSeatedOnce) {
  OptionsPatch patch;
  patch.layout_users = std::vector<std::string>{"u2", "u2"};
  auto s = three(patch);
  EXPECT_EQ(s.spots(), (Spots{2, 0}));
  s.video(2, false);
  EXPECT_EQ(s.spots(), (Spots{2, 0}));
}

TEST(Arrange, OptionsChangeTheLiveLayout) {
  auto s = three({});
  OptionsPatch patch;
  patch.layout_name = "nine";
  const auto events = s.given(ChangeOptions{patch});
  EXPECT_EQ(names(events), (std::vector<std::string>{"options_changed", "layout_changed"}));
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 0, 0, 0, 0, 0, 0}));
}

TEST(CheckLayout, RefusesWhatTheCanvasCannotShow) {
  const auto ok = [](const OptionsPatch& patch) {
    return check_layout(apply({}, patch, Moment::opening)).has_value();
  };
  const auto map = [](Rect rect) {
    OptionsPatch patch;
    patch.layout_map = std::vector<LayoutBox>{{rect, BoxFit::cover}};
    return patch;
  };
  EXPECT_TRUE(ok(map({0, 0, 1280, 960})));
  for (const auto& bad : {Rect{-1, 0, 10, 10}, Rect{0, 0, 0, 10}, Rect{1, 0, 1280, 10}, Rect{0, 951, 10, 10},
                          Rect{2147483647, 0, 2147483647, 10}})
    EXPECT_FALSE(ok(map(bad)));
  OptionsPatch patch;
  patch.layout_name = "auto";
  EXPECT_TRUE(ok(patch));
  patch.layout_name = "unknown";
  EXPECT_FALSE(ok(patch));
  patch.layout_map = std::vector<LayoutBox>(10, {{0, 0, 10, 10}, BoxFit::cover});
  EXPECT_TRUE(ok(patch)); // a label
  patch.layout_map = std::vector<LayoutBox>(11, {{0, 0, 10, 10}, BoxFit::cover});
  EXPECT_FALSE(ok(patch));
  patch = {};
  patch.layout_users = std::vector<std::string>(10, "");
  EXPECT_FALSE(ok(patch));
  patch.layout_name = "present-upper-right-9";
  EXPECT_TRUE(ok(patch));
}

TEST(Options, ColoursAreParsedStrictly) {
  EXPECT_EQ(parse_colour("#12aBff"), (Colour{0x12, 0xab, 0xff}));
  EXPECT_EQ(to_text({0x12, 0xab, 0xff}), "#12abff");
  for (const auto* bad : {"", "#", "#12345", "#1234567", "123456#", "#12345g", "#-12345", "red", "#+12345"})
    EXPECT_FALSE(parse_colour(bad)) << bad;
}

TEST(Options, PatchesAreBounded) {
  OptionsPatch patch;
  patch.exit_url = std::string(3000, 'x');
  EXPECT_FALSE(check(patch));
  patch = {};
  patch.custom_fields = json::object{{"a", std::string(20'000, 'x')}};
  EXPECT_FALSE(check(patch));
}

} // namespace
} // namespace plenum::room::testing
