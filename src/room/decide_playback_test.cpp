#include "room/test_room.hpp"

#include <gmock/gmock.h>

namespace plenum::room::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Playback film(std::string id, MemberId replaces = {}) {
  Playback playback;
  playback.id = std::move(id);
  playback.url = "https://cdn.example/film.webm";
  playback.replaces = replaces;
  playback.by = member(1);
  return playback;
}
Layer image(std::int32_t z, std::string id = "i") {
  Layer layer;
  layer.id = std::move(id);
  layer.z = z;
  layer.image_url = "https://cdn.example/image.png";
  layer.by = member(1);
  return layer;
}
Forward forward(std::string id, ForwardWhat what) {
  Forward f;
  f.id = std::move(id);
  f.what = what;
  f.audio = true;
  f.url = "https://whip.example/1";
  return f;
}

struct Meeting : Scenario {
  Meeting() {
    open();
    enter(1);
    enter(2);
  }
  // Who is where: "1", "film", "2:film" for a member that a playback replaces, "-" for nobody.
  std::vector<std::string> picture() const {
    std::vector<std::string> out;
    for (const auto& tile : state.tiles) {
      std::string who = tile.member ? std::to_string(tile.member.bits.random) : "";
      if (!tile.playback.empty()) who += (who.empty() ? "" : ":") + tile.playback;
      out.push_back(who.empty() ? "-" : who);
    }
    return out;
  }
};

// --- layers

TEST(Layers, OneForEachPlaceInFrontFirst) {
  Meeting m;
  EXPECT_THAT(names(m.given(SetLayer{image(kBehind, "wall")})), ElementsAre("layers_changed"));
  m.given(SetLayer{image(kInFront, "logo")});
  ASSERT_EQ(m.state.layers.size(), 2u);
  EXPECT_EQ(m.state.layers[0].id, "logo");
  EXPECT_EQ(m.state.layers[1].id, "wall");
  m.given(SetLayer{image(kInFront, "other")});
  EXPECT_EQ(m.state.layers[0].id, "other");
  EXPECT_EQ(m.state.previous_layers[0].id, "logo");
  EXPECT_EQ(m.state.layers.size(), 2u);
  EXPECT_THAT(m.given(SetLayer{image(kInFront, "other")}), IsEmpty()) << "nothing changes";
  EXPECT_THAT(names(m.given(ClearLayer{kInFront})), ElementsAre("layers_changed"));
  EXPECT_THAT(m.given(ClearLayer{kInFront}), IsEmpty());
  EXPECT_EQ(m.state.layers.size(), 1u);
}

TEST(Layers, AreRefusedWhenUnusableAndWithoutCapability) {
  Meeting m;
  m.can.layers = false;
  EXPECT_EQ(code(m.when(SetLayer{image(0)})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(SetLayer{Layer{"nothing", kInFront, "", "", "", "", "", {}}})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(SetLayer{image(kInFront, std::string(256, 'x'))})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(SetLayer{Layer{"card", kInFront, "", "", "", "\xff", "", {}}})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(SetLayer{image(kInFront)})), ErrorCode::unavailable);
  EXPECT_EQ(code(m.when(ClearLayer{2})), ErrorCode::invalid);
  EXPECT_THAT(m.given(ClearLayer{kBehind}), IsEmpty());
}

// --- playbacks

TEST(Playback, IsASourceOfThePicture) {
  Meeting m;
  EXPECT_THAT(names(m.given(StartPlayback{film("film")})), ElementsAre("playback_started", "layout_changed"));
  EXPECT_EQ(m.state.playbacks[0].started_at, m.now);
  EXPECT_THAT(m.picture(), ElementsAre("1", "2", "film", "-"));
  m.enter(3);
  EXPECT_THAT(m.picture(), ElementsAre("1", "2", "film", "3"));
  EXPECT_THAT(names(m.given(StopPlayback{"film"})), ElementsAre("playback_ended", "layout_changed"));
  EXPECT_THAT(m.picture(), ElementsAre("1", "2", "-", "3"));
  EXPECT_EQ(code(m.when(StopPlayback{"film"})), ErrorCode::not_found);
  EXPECT_THAT(m.given(EndPlayback{"film"}), IsEmpty()) << "media comes too late";
}

TEST(Playback, ThatOnlySoundsHasNoPlace) {
  Meeting m;
  auto song = film("song");
  song.url = "https://cdn.example/song.mp3?key=1";
  EXPECT_THAT(names(m.given(StartPlayback{song})), ElementsAre("playback_started"));
  EXPECT_THAT(names(m.given(EndPlayback{"song"})), ElementsAre("playback_ended"));
}

TEST(Playback, AloneIsThePictureWhenNobodyHasVideo) {
  Scenario s;
  s.open();
  s.enter(1, false);
  s.given(StartPlayback{film("film")});
  ASSERT_EQ(s.state.tiles.size(), 1u);
  EXPECT_EQ(s.state.tiles[0].playback, "film");
  EXPECT_FALSE(s.state.tiles[0].member);
  s.given(StopPlayback{"film"});
  EXPECT_EQ(s.spots(), (std::vector<std::uint64_t>{1})) << "placeholders come back";
}

TEST(Playback, ReplacesAMemberInItsPlaceUntilItLeaves) {
  Meeting m;
  EXPECT_THAT(names(m.given(StartPlayback{film("film", member(2))})),
              ElementsAre("playback_started", "layout_changed"));
  EXPECT_THAT(m.picture(), ElementsAre("1", "2:film"));
  m.video(2, false);
  EXPECT_THAT(m.picture(), ElementsAre("1", "2:film")) << "the film is seen, whatever the camera does";
  EXPECT_THAT(names(m.leave(2)), ElementsAre("playback_ended", "member_left", "layout_changed"));
  EXPECT_THAT(m.picture(), ElementsAre("1"));
  EXPECT_TRUE(m.state.playbacks.empty());
}

TEST(Playback, ReplacesThePresenterToo) {
  Meeting m;
  m.given(StartPresentation{member(1)});
  m.given(StartPlayback{film("film", member(1))});
  EXPECT_THAT(m.picture(), ElementsAre("1:film"));
}

TEST(Playback, IsPlacedByTheLayout) {
  Meeting m;
  OptionsPatch patch;
  patch.layout = LayoutMode::custom;
  patch.layout_users = std::vector<std::string>{"u2", "film"};
  m.given(SetLayout{member(1), patch});
  EXPECT_THAT(m.picture(), ElementsAre("2", "-"));
  m.given(StartPlayback{film("film")});
  EXPECT_THAT(m.picture(), ElementsAre("2", "film")) << "a placeholder that begins to match";
  m.given(StartPlayback{film("another")});
  EXPECT_THAT(m.picture(), ElementsAre("2", "film"));
  m.given(EndPlayback{"film"});
  EXPECT_THAT(m.picture(), ElementsAre("2", "-"));
  m.given(StartPlayback{film("film", member(1))});
  EXPECT_THAT(m.picture(), ElementsAre("2", "1:film")) << "where it is shown, it is listed";
}

TEST(Playback, FillsFreeSpotsOfAnAutomaticLayout) {
  Meeting m;
  OptionsPatch patch;
  patch.layout_users = std::vector<std::string>{"", "u1"};
  m.given(StartPlayback{film("film")});
  m.leave(2);
  m.given(SetLayout{member(1), patch});
  EXPECT_THAT(m.picture(), ElementsAre("film", "1"));
}

TEST(Playback, ASpeakerTakesNoSpotFromIt) {
  Scenario s;
  s.open();
  for (std::uint64_t n = 1; n <= 9; ++n)
    s.enter(n);
  s.leave(9);
  s.given(StartPlayback{film("film")});
  s.enter(10);
  s.pass(std::chrono::seconds(60));
  s.talk(10, true);
  for (std::uint64_t n = 1; n <= 8; ++n)
    s.talk(n, true);
  s.pass(std::chrono::seconds(60));
  EXPECT_THAT(s.given(ReconsiderTiles{}), IsEmpty());
  s.talk(3, false);
  s.given(StartPlayback{film("instead", member(10))});
  s.given(ReconsiderTiles{});
  EXPECT_EQ(s.state.tiles[2].member, member(10));
  EXPECT_EQ(s.state.tiles[2].playback, "instead") << "the speaker's replacement comes along";
  EXPECT_EQ(s.state.tiles[8].playback, "film");
}

TEST(Playback, IsRefusedInOrderOfTextStateAndCapability) {
  Meeting m;
  m.limits.playbacks = 2;
  m.given(StartPlayback{film("film")});
  m.can.playback = false;
  const auto refused = [&](Playback playback) { return code(m.when(StartPlayback{std::move(playback)})); };
  auto bad = film("x");
  bad.url = "";
  EXPECT_EQ(refused(bad), ErrorCode::invalid);
  bad = film("");
  EXPECT_EQ(refused(bad), ErrorCode::invalid);
  bad = film(std::string(256, 'x'));
  EXPECT_EQ(refused(bad), ErrorCode::invalid);
  bad = film("x");
  bad.loops = -2;
  EXPECT_EQ(refused(bad), ErrorCode::invalid);
  bad = film("x");
  bad.name = std::string(256, 'x');
  EXPECT_EQ(refused(bad), ErrorCode::invalid);
  EXPECT_EQ(refused(film("x", member(99))), ErrorCode::invalid);
  EXPECT_EQ(refused(film("film")), ErrorCode::conflict);
  EXPECT_EQ(refused(film("x")), ErrorCode::unavailable);
  m.can.playback = true;
  m.given(StartPlayback{film("x")});
  EXPECT_EQ(refused(film("y")), ErrorCode::unavailable) << "too many";
}

// --- forwards

TEST(Forward, EndsWithWhatItSends) {
  Meeting m;
  auto source = forward("source", ForwardWhat::source);
  source.member = member(2);
  m.given(StartPlayback{film("film", member(2))});
  auto playback = forward("playback", ForwardWhat::playback);
  playback.playback = "film";
  EXPECT_THAT(names(m.given(StartForward{source})), ElementsAre("forward_started"));
  m.given(StartForward{playback});
  m.given(StartForward{forward("canvas", ForwardWhat::canvas)});
  EXPECT_EQ(m.state.find_forward("canvas")->started_at, m.now);
  EXPECT_THAT(names(m.leave(2)), ElementsAre("playback_ended", "forward_ended", "forward_ended",
                                             "member_left", "layout_changed"));
  ASSERT_EQ(m.state.forwards.size(), 1u);
  EXPECT_THAT(names(m.given(StopForward{"canvas"})), ElementsAre("forward_ended"));
  EXPECT_EQ(code(m.when(StopForward{"canvas"})), ErrorCode::not_found);
  EXPECT_THAT(m.given(EndForward{"canvas"}), IsEmpty());
}

TEST(Forward, IsRefusedInOrderOfTextStateAndCapability) {
  Meeting m;
  m.limits.forwards = 2;
  m.given(StartForward{forward("f", ForwardWhat::canvas)});
  m.can.forward = false;
  auto bad = forward("x", ForwardWhat::canvas);
  bad.audio = false;
  EXPECT_EQ(code(m.when(StartForward{bad})), ErrorCode::invalid);
  bad = forward("", ForwardWhat::canvas);
  EXPECT_EQ(code(m.when(StartForward{bad})), ErrorCode::invalid);
  bad = forward("x", ForwardWhat::canvas);
  bad.url = std::string(3000, 'x');
  EXPECT_EQ(code(m.when(StartForward{bad})), ErrorCode::invalid);
  m.add(3); // known, not there
  bad = forward("x", ForwardWhat::source);
  bad.member = member(3);
  EXPECT_EQ(code(m.when(StartForward{bad})), ErrorCode::not_found);
  bad = forward("x", ForwardWhat::playback);
  bad.playback = "none";
  EXPECT_EQ(code(m.when(StartForward{bad})), ErrorCode::not_found);
  EXPECT_EQ(code(m.when(StartForward{forward("f", ForwardWhat::canvas)})), ErrorCode::conflict);
  EXPECT_EQ(code(m.when(StartForward{forward("x", ForwardWhat::canvas)})), ErrorCode::unavailable);
  m.can.forward = true;
  m.given(StartForward{forward("x", ForwardWhat::canvas)});
  EXPECT_EQ(code(m.when(StartForward{forward("y", ForwardWhat::canvas)})), ErrorCode::unavailable);
}

// --- the end of all that

TEST(End, StopsWhatRunsBeforeTheMembersLeave) {
  Meeting m;
  m.given(StartForward{forward("f", ForwardWhat::canvas)});
  m.given(StartPlayback{film("film", member(2))});
  m.given(StartBroadcast{"b", member(1), "rtmp://live.example/key", ""});
  m.given(StartRecording{{{7, 1}}, member(1)});
  m.given(SetLayer{image(kInFront)});
  EXPECT_THAT(names(m.given(EndRoom{})),
              ElementsAre("recording_stopped", "broadcast_ended", "playback_ended", "forward_ended",
                          "member_left", "member_left", "room_ended"));
  EXPECT_TRUE(m.state.layers.empty());
  EXPECT_EQ(m.state.recordings[0].phase, RecordingPhase::processing);
}

TEST(End, ByIdleTimeStopsWhatIsLeft) {
  Meeting m;
  m.given(StartPlayback{film("film")});
  m.given(StartRecording{{{7, 1}}, member(1)});
  m.leave(1);
  m.leave(2);
  EXPECT_EQ(m.state.running_recording(), nullptr);
  m.pass(m.limits.idle);
  EXPECT_THAT(names(m.given(EndIfIdle{})), ElementsAre("playback_ended", "room_ended"));
}

} // namespace
} // namespace plenum::room::testing
