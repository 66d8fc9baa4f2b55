#include "room/test_room.hpp"

#include <gmock/gmock.h>

namespace plenum::room::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using Spots = std::vector<std::uint64_t>;

TEST(Layout, GrowsWithTheMeetingAndKeepsPlaces) {
  Scenario s;
  s.open();
  s.enter(1);
  EXPECT_EQ(s.spots(), (Spots{1}));
  s.enter(2);
  EXPECT_EQ(s.spots(), (Spots{1, 2}));
  s.enter(3);
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 0}));
  s.enter(4);
  s.enter(5);
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 4, 5, 0}));
}

TEST(Layout, AHoleIsFilledByTheNextNewcomer) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 4; ++n)
    s.enter(n);
  s.leave(2);
  EXPECT_EQ(s.spots(), (Spots{1, 0, 3, 4}));
  s.enter(5);
  EXPECT_EQ(s.spots(), (Spots{1, 5, 3, 4}));
}

TEST(Layout, ShrinkingMovesOnlyWhoMust) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 4; ++n)
    s.enter(n);
  s.leave(2);
  s.leave(3);
  EXPECT_EQ(s.spots(), (Spots{1, 4})); // 1 stays, 4's spot is gone
}

TEST(Layout, MutedVideoGivesUpItsTile) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  EXPECT_THAT(names(s.video(1, false)), ElementsAre("video_switched", "layout_changed"));
  EXPECT_EQ(s.spots(), (Spots{2}));
  EXPECT_TRUE(s.video(1, false).empty());
  EXPECT_EQ(s.state.previous_tiles.size(), 2u);
  s.video(1, true);
  EXPECT_EQ(s.spots(), (Spots{2, 1})); // 2 does not move
}

TEST(Layout, WithoutAnyVideoEverybodyGetsAPlaceholder) {
  Scenario s;
  s.open();
  s.enter(1, false);
  EXPECT_EQ(s.spots(), (Spots{1}));
  s.enter(2, false);
  EXPECT_EQ(s.spots(), (Spots{1, 2}));
  s.video(2, true);
  EXPECT_EQ(s.spots(), (Spots{2}));
}

TEST(Layout, AboveNineTheOthersWait) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 11; ++n)
    s.enter(n);
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  s.leave(3);
  EXPECT_EQ(s.spots(), (Spots{1, 2, 10, 4, 5, 6, 7, 8, 9}));
}

struct Crowd : ::testing::Test {
  Scenario s;
  Crowd() {
    s.open();
    for (std::uint64_t n = 1; n <= 10; ++n) {
      s.enter(n);
      s.pass(std::chrono::seconds(1));
    }
    for (std::uint64_t n = 1; n <= 9; ++n) // everybody has spoken, 4 the longest ago
      s.talk(n, true);
    s.talk(4, false);
    s.pass(std::chrono::seconds(1));
    for (std::uint64_t n = 1; n <= 9; ++n)
      s.talk(n, false);
    s.pass(std::chrono::seconds(10));
  }
};

TEST_F(Crowd, ASpeakerTakesTheTileOfTheLongestSilent) {
  s.talk(10, true);
  s.pass(std::chrono::milliseconds(999));
  EXPECT_TRUE(s.given(ReconsiderTiles{}).empty()); // not long enough
  s.pass(std::chrono::milliseconds(1));
  EXPECT_THAT(names(s.given(ReconsiderTiles{})), ElementsAre("layout_changed"));
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 10, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(s.given(ReconsiderTiles{}).empty());
}

TEST_F(Crowd, ATileIsKeptForFiveSeconds) {
  s.talk(10, true);
  s.pass(std::chrono::seconds(1));
  s.given(ReconsiderTiles{});
  s.talk(10, false);
  for (std::uint64_t n = 1; n <= 9; ++n)
    if (n != 4) s.talk(n, true); // all others talk, so only 10's new tile could go
  s.talk(4, true);
  s.pass(std::chrono::milliseconds(4900));
  EXPECT_TRUE(s.given(ReconsiderTiles{}).empty());
  s.pass(std::chrono::milliseconds(100));
  s.given(ReconsiderTiles{});
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(Crowd, WhoTalksKeepsTheTile) {
  for (std::uint64_t n = 1; n <= 9; ++n)
    s.talk(n, true);
  s.talk(10, true);
  s.pass(std::chrono::seconds(20));
  EXPECT_TRUE(s.given(ReconsiderTiles{}).empty());
}

TEST_F(Crowd, NothingMovesBehindAPresentation) {
  s.given(StartPresentation{member(1)});
  s.talk(10, true);
  s.pass(std::chrono::seconds(2));
  EXPECT_TRUE(s.given(ReconsiderTiles{}).empty());
}

TEST(Presentation, FillsTheCanvasAndGivesThePlacesBack) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 3; ++n)
    s.enter(n);
  const auto before = s.state.tiles;
  EXPECT_THAT(names(s.given(StartPresentation{member(2)})),
              ElementsAre("presentation_started", "layout_changed"));
  ASSERT_EQ(s.state.tiles.size(), 1u);
  EXPECT_EQ(s.state.tiles[0], (Tile{member(2), {0, 0, 1280, 960}, Fit::contain}));
  EXPECT_TRUE(s.given(StartPresentation{member(2)}).empty());
  EXPECT_EQ(code(s.when(StartPresentation{member(1)})), ErrorCode::conflict);
  s.enter(4); // takes the free seat behind the presentation, nothing to see
  EXPECT_EQ(s.state.tiles.size(), 1u);
  EXPECT_THAT(names(s.given(StopPresentation{})), ElementsAre("presentation_ended", "layout_changed"));
  EXPECT_EQ(s.spots(), (Spots{1, 2, 3, 4}));
  EXPECT_EQ(s.state.tiles[0], before[0]);
  EXPECT_TRUE(s.given(StopPresentation{}).empty());
}

TEST(Presentation, EndsWhenThePresenterLeaves) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  s.given(StartPresentation{member(2)});
  EXPECT_THAT(names(s.leave(2)), ElementsAre("presentation_ended", "member_left", "layout_changed"));
  EXPECT_EQ(s.spots(), (Spots{1}));
}

TEST(Presentation, IsOnlyForWhoIsInTheMeeting) {
  Scenario s;
  s.open();
  s.enter(1);
  s.add(2);
  EXPECT_EQ(code(s.when(StartPresentation{member(2)})), ErrorCode::conflict);
  s.join(2);
  s.given(StartPresentation{member(2)});
  EXPECT_EQ(s.spots(), (Spots{2}));
}

TEST(Scene, ShowsWhatTheStateSays) {
  Scenario s;
  OptionsPatch patch;
  patch.widescreen = true;
  patch.background = Colour{1, 2, 3};
  patch.show_names = false;
  s.open(patch);
  s.enter(1);
  s.enter(2, false);
  s.add(3);
  s.given(StartPresentation{member(1)});
  const auto shown = scene(s.state);
  EXPECT_EQ(shown.revision, s.state.revision);
  EXPECT_EQ(shown.canvas.height, 720);
  EXPECT_EQ(shown.canvas.background, (Colour{1, 2, 3}));
  ASSERT_EQ(shown.members.size(), 2u); // the absent one is neither seen nor heard
  EXPECT_TRUE(shown.members[0].screen);
  EXPECT_EQ(shown.members[0].peer, leg(1));
  EXPECT_FALSE(shown.members[1].video_on);
  ASSERT_EQ(shown.tiles.size(), 1u);
  EXPECT_FALSE(shown.tiles[0].label);
  EXPECT_EQ(shown.tiles[0].fit, Fit::contain);
}

TEST(Scene, SkipsEmptySpotsButKeepsTheirDepth) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 4; ++n)
    s.enter(n);
  s.leave(2);
  const auto shown = scene(s.state);
  ASSERT_EQ(shown.tiles.size(), 3u);
  EXPECT_EQ(shown.tiles[1].z, 2);
}

// --- a request for a layout, by somebody inside

struct Layouts : Scenario {
  Layouts() {
    open();
    enter(1);
    enter(2);
  }
  Events set(const OptionsPatch& patch) { return given(SetLayout{member(1), patch}); }
};

OptionsPatch users(std::vector<std::string> list) {
  OptionsPatch patch;
  patch.layout_users = std::move(list);
  return patch;
}

TEST(SetLayout, ChangesOptionsThenThePicture) {
  Layouts l;
  EXPECT_THAT(names(l.set(users({"u2", "u1"}))), ElementsAre("options_changed", "layout_changed"));
  EXPECT_EQ(l.spots(), (Spots{2, 1}));
  EXPECT_TRUE(l.set(users({"u2", "u1"})).empty()) << "nothing changes";
}

TEST(SetLayout, AWholeRequestForgetsWhatItDoesNotGive) {
  Layouts l;
  auto patch = users({"u1"});
  patch.layout = LayoutMode::custom;
  patch.layout_name = "present-upper-6";
  patch.voice_activation = true;
  l.set(patch);
  l.set(users({"u2", ""}));
  EXPECT_EQ(l.state.options.layout, LayoutMode::automatic);
  EXPECT_EQ(l.state.options.layout_name, std::nullopt);
  EXPECT_FALSE(l.state.options.voice_activation);
  EXPECT_EQ(l.state.options.layout_users, (std::vector<std::string>{"u2", ""}));
  OptionsPatch name;
  name.layout_name = "four";
  name.layout_users = std::optional<std::vector<std::string>>(); // null is not given
  l.set(name);
  EXPECT_EQ(l.state.options.layout_users, std::nullopt);
  EXPECT_EQ(l.spots(), (Spots{2, 1, 0, 0})) << "kept places";
  OptionsPatch map;
  map.layout_map = std::vector<LayoutBox>{{{0, 0, 640, 480}, BoxFit::contain}};
  map.layout_name = "four"; // only a label now
  l.set(map);
  EXPECT_EQ(l.state.options.layout_name, "four");
  EXPECT_EQ(l.state.tiles.size(), 1u);
}

TEST(SetLayout, NamesAndInsertChangeOnlyThemselves) {
  Layouts l;
  auto patch = users({"u2", "u1"});
  patch.layout = LayoutMode::custom;
  l.set(patch);
  OptionsPatch looks;
  looks.show_names = false;
  looks.audio_insert = AudioInsert::disabled;
  looks.audio_insert_position = Position{3, 4};
  EXPECT_THAT(names(l.set(looks)), ElementsAre("options_changed"));
  EXPECT_EQ(l.state.options.layout, LayoutMode::custom);
  EXPECT_TRUE(l.state.options.layout_users);
  EXPECT_FALSE(l.state.options.show_names);
  OptionsPatch voice;
  voice.voice_activation = true;
  l.set(voice);
  EXPECT_TRUE(l.state.options.layout_users);
  EXPECT_TRUE(l.state.options.voice_activation);
}

TEST(SetLayout, GoesBackToTheAutomaticOne) {
  OptionsPatch automatic, named;
  automatic.layout = LayoutMode::automatic;
  named.layout_name = "auto";
  for (const auto& back : {automatic, named}) {
    Layouts l;
    auto patch = users({"u2", "", ""});
    patch.layout = LayoutMode::custom;
    patch.voice_activation = true;
    l.set(patch);
    l.set(back);
    EXPECT_EQ(l.state.options, [&] {
      auto options = RoomOptions{};
      return options;
    }());
    EXPECT_EQ(l.state.tiles.size(), 2u);
  }
}

TEST(SetLayout, LeavesTheOtherOptionsAlone) {
  Layouts l;
  OptionsPatch patch;
  patch.lock_available = true;
  patch.recording_available = false;
  patch.exit_url = "https://elsewhere.example";
  patch.background = Colour{1, 2, 3};
  patch.custom_fields = json::object{{"a", 1}};
  EXPECT_TRUE(l.set(patch).empty());
}

TEST(SetLayout, IsRefusedByOptionAndWhenImpossible) {
  Layouts l;
  OptionsPatch patch;
  patch.layout_name = "no such layout";
  EXPECT_EQ(code(l.when(SetLayout{member(1), patch})), ErrorCode::invalid);
  EXPECT_EQ(code(l.when(SetLayout{member(1), users(std::vector<std::string>(10, ""))})), ErrorCode::invalid);
  OptionsPatch map;
  map.layout_map = std::vector<LayoutBox>{{{700, 0, 640, 480}, BoxFit::cover}};
  EXPECT_EQ(code(l.when(SetLayout{member(1), map})), ErrorCode::invalid);
  EXPECT_EQ(code(l.when(SetLayout{member(77), {}})), ErrorCode::not_found);
  OptionsPatch closed;
  closed.layout_available = false;
  l.given(ChangeOptions{closed});
  EXPECT_EQ(code(l.when(SetLayout{member(1), patch})), ErrorCode::not_allowed);
  EXPECT_TRUE(l.when(ChangeOptions{users({"u1"})})) << "the owner may, whatever the option says";
}

} // namespace
} // namespace plenum::room::testing
