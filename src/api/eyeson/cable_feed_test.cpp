// What observers and participants hear of each command: every event of the seed with its exact shape, in
// order. Rooms decide by themselves; media's part is played with its own commands.
#include "api/eyeson/cable_feed.hpp"

#include "api/eyeson/cable_views.hpp"
#include "room/test_room.hpp"

#include <gmock/gmock.h>

namespace plenum::api::eyeson::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Links kLinks("https://api.example.org");
const std::string kRoomJson =
    R"("room":{"id":"daily","name":"Daily","ready":true,"started_at":"2027-01-15T08:00:00.417Z","shutdown":false,"guest_token":"GUEST"})";
const std::string kMike =
    R"({"id":"u1","name":"Member 1","avatar":null,"guest":false,"joined_at":"2027-01-15T08:00:02.604Z"})";
const std::string kOptions =
    R"({"show_names":true,"show_label":true,"exit_url":null,"recording_available":true,"broadcast_available":true,"layout_available":true,"layout":"auto","reaction_available":true,"suggest_guest_names":true,"lock_available":true,"kick_available":true,"sfu_mode":"ptp","layout_users":null,"layout_name":null,"layout_map":null,"voice_activation":false,"custom_fields":{},"widescreen":true,"background_color":"#121212"})";

struct Feed : ::testing::Test {
  room::testing::Scenario s;
  room::MemberId mike = room::testing::member(1), ann = room::testing::member(2);

  Feed() {
    s.now = base::WallTime(1'800'000'000'417'000us);
    room::OptionsPatch options;
    options.lock_available = true;
    options.widescreen = true;
    s.open(options);
    s.now += 2187ms;
    s.add(1);
  }
  // As written to the wire, of one command.
  std::vector<std::string> heard(const room::Command& command, bool observers = true) {
    std::vector<std::string> out;
    auto state = s.state;
    for (const auto& event : s.given(command)) {
      room::evolve(state, event);
      const auto news =
          observers ? observer_news(event, state, kLinks) : participant_news(event, state, kLinks);
      for (const auto& message : news.messages)
        out.push_back(base::write_json(message));
    }
    return out;
  }
  static std::vector<std::string> types(const std::vector<std::string>& messages) {
    std::vector<std::string> out;
    for (const auto& message : messages)
      out.emplace_back(base::find_string(base::parse_json(message).value(), "type").value_or(""));
    return out;
  }
  room::Command join(std::uint64_t n) {
    return room::JoinMember{room::testing::member(n), room::testing::leg(n), "test", true};
  }
  room::StartPlayback play(std::string id, std::optional<room::MemberId> instead = {}) {
    room::Playback playback;
    playback.id = std::move(id);
    playback.url = "https://cdn.example.com/intro.webm";
    playback.audio = true;
    playback.by = mike;
    if (instead) playback.replaces = *instead;
    return {playback};
  }
};

TEST_F(Feed, join_and_leave) {
  auto frames = heard(join(1));
  ASSERT_THAT(types(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  EXPECT_EQ(
      frames[0],
      R"({"type":"participant_update","participant":{"id":"u1","room_id":"daily","name":"Member 1","avatar":null,"guest":false,"online":true}})");
  EXPECT_EQ(frames[1], R"({"type":"podium_update","podium":[],"layers":[]})");
  EXPECT_EQ(
      frames[2],
      R"({"type":"podium_update","podium":[{"user_id":"u1","play_id":null,"width":1280,"height":720,"left":0,"top":0,"z-index":0}],"layers":[]})");
  frames = heard(room::LeaveRoom{mike, {}});
  ASSERT_THAT(types(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  EXPECT_TRUE(frames[0].ends_with(R"("online":false}})"));
  EXPECT_EQ(frames[2], R"({"type":"podium_update","podium":[],"layers":[]})");
}

TEST_F(Feed, a_recording_has_three_states) {
  heard(join(1));
  const auto id = base::RecordingId::parse("68e77850a91e4d0031c0ff01").value();
  const auto update = [&](const std::string& duration, const std::string& download) {
    return R"({"type":"recording_update","recording":{"id":"68e77850a91e4d0031c0ff01","created_at":1800000002,"duration":)" +
           duration +
           R"(,"links":{"self":"https://api.example.org/recordings/68e77850a91e4d0031c0ff01","download":)" +
           download + R"(},"user":)" + kMike + "," + kRoomJson + "}}";
  };
  EXPECT_THAT(heard(room::StartRecording{id, mike}), ElementsAre(update("null", "null")));
  s.pass(56s);
  EXPECT_THAT(heard(room::StopRecording{}), ElementsAre(update("56", "null")));
  s.pass(5s);
  EXPECT_THAT(heard(room::FinishRecording{id, 56, "x.webm", 1000}, false),
              ElementsAre(update("56", R"("https://api.example.org/files/x.webm")")))
      << "people in the room hear it as well";
}

TEST_F(Feed, a_broadcast_begins_changes_and_ends) {
  heard(join(1));
  const auto update = [&](const std::string& player) {
    return R"({"type":"broadcasts_update","broadcasts":[{"id":"generic","platform":"generic","player_url":")" +
           player + R"(","user":)" + kMike + "," + kRoomJson + "}]}";
  };
  EXPECT_THAT(heard(room::StartBroadcast{"b1", mike, "rtmp://stream.example/live/secret", ""}),
              ElementsAre(update("")));
  EXPECT_THAT(heard(room::ChangeBroadcast{"", "https://video.example.com/live"}),
              ElementsAre(update("https://video.example.com/live")));
  EXPECT_THAT(heard(room::StopBroadcast{}), ElementsAre(R"({"type":"broadcasts_update","broadcasts":[]})"));
}

TEST_F(Feed, layout_options_come_before_the_picture) {
  heard(join(1));
  room::OptionsPatch patch;
  patch.layout_name = "two";
  patch.layout_users = std::vector<std::string>{"u1", ""};
  patch.layout = room::LayoutMode::custom;
  const auto frames = heard(room::SetLayout{mike, patch});
  ASSERT_THAT(types(frames), ElementsAre("options_update", "podium_update", "podium_update"));
  auto options = kOptions;
  const auto set = [&](const std::string& from, const std::string& to) {
    options.replace(options.find(from), from.size(), to);
  };
  set(R"("layout":"auto")", R"("layout":"custom")");
  set(R"("layout_users":null)", R"("layout_users":["u1",""])");
  set(R"("layout_name":null)", R"("layout_name":"two")");
  EXPECT_EQ(frames[0], R"({"type":"options_update","options":)" + options + "}");
  EXPECT_EQ(
      frames[2],
      R"({"type":"podium_update","podium":[{"user_id":"u1","play_id":null,"width":640,"height":720,"left":0,"top":0,"z-index":0},{"user_id":null,"play_id":null,"width":640,"height":720,"left":640,"top":0,"z-index":1}],"layers":[]})");
  EXPECT_THAT(heard(room::SetLayout{mike, patch}), IsEmpty()) << "nothing has changed";
}

TEST_F(Feed, a_snapshot_is_told_when_it_is_there) {
  heard(join(1));
  s.now = base::WallTime(1'800'000'140'112'000us);
  const auto id = base::SnapshotId::parse("68e7788ca91e4d0031c0ff07").value();
  EXPECT_THAT(heard(room::TakeSnapshot{id, mike}), IsEmpty());
  s.pass(1s);
  EXPECT_THAT(
      heard(room::StoreSnapshot{id, "s.jpg", 5}),
      ElementsAre(
          R"({"type":"snapshot_update","snapshots":[{"id":"68e7788ca91e4d0031c0ff07","name":"1800000140","links":{"download":"https://api.example.org/files/s.jpg"},"creator":)" +
          kMike + R"(,"created_at":"2027-01-15T08:02:20.112Z",)" + kRoomJson + "}]}"));
}

TEST_F(Feed, messages) {
  for (const bool observers : {true, false})
    EXPECT_THAT(heard(room::SendMessage{base::MessageId::parse("68e7788ca91e4d0031c0ff09").value(), mike,
                                        "custom", R"({"a":1})"},
                      observers),
                ElementsAre(R"({"type":"custom","content":"{\"a\":1}","cid":")" + mike.hex() +
                            R"(","user_id":"u1","created_at":"2027-01-15T08:00:02.604Z"})"));
}

TEST_F(Feed, a_playback_is_a_spot_of_its_own) {
  heard(join(1));
  auto frames = heard(play("intro"));
  ASSERT_THAT(types(frames), ElementsAre("playback_update", "podium_update", "podium_update"));
  const std::string intro =
      R"({"play_id":"intro","url":"https://cdn.example.com/intro.webm","name":null,"audio":true,"loop_count":0,"replacement_id":null})";
  EXPECT_EQ(frames[0], R"({"type":"playback_update","playing":[)" + intro + "]}");
  EXPECT_EQ(
      frames[2],
      R"({"type":"podium_update","podium":[{"user_id":"u1","play_id":null,"width":640,"height":720,"left":0,"top":0,"z-index":0},{"user_id":null,"play_id":"intro","width":640,"height":720,"left":640,"top":0,"z-index":1}],"layers":[]})");
  frames = heard(room::EndPlayback{"intro"});
  ASSERT_THAT(types(frames), ElementsAre("playback_update", "podium_update", "podium_update"));
  EXPECT_EQ(frames[0], R"({"type":"playback_update","playing":[]})");
}

TEST_F(Feed, a_playback_stands_in_the_place_of_whom_it_replaces) {
  heard(join(1));
  const auto frames = heard(play("intro", mike));
  ASSERT_THAT(types(frames), ElementsAre("playback_update", "podium_update", "podium_update"));
  EXPECT_TRUE(frames[0].contains(R"("replacement_id":"u1")"));
  EXPECT_TRUE(frames[2].contains(R"([{"user_id":null,"play_id":"intro","width":1280)")) << frames[2];
  EXPECT_THAT(types(heard(room::StopPlayback{"intro"}, false)), ElementsAre("playback_update"))
      << "participants see the picture itself";
}

TEST_F(Feed, layers_are_a_change_of_the_picture) {
  heard(join(1));
  const auto podium = [](const std::string& layers) {
    return R"({"type":"podium_update","podium":[{"user_id":"u1","play_id":null,"width":1280,"height":720,"left":0,"top":0,"z-index":0}],"layers":[)" +
           layers + "]}";
  };
  room::Layer wall{"office-wall", room::kBehind, "https://cdn.example.com/wall.png", "", "", "", "", mike};
  EXPECT_THAT(heard(room::SetLayer{wall}),
              ElementsAre(podium(""), podium(R"({"z-index":-1,"id":"office-wall"})")));
  room::Layer logo{"logo", room::kInFront, "https://cdn.example.com/logo.png", "", "", "", "", mike};
  const auto both = R"({"z-index":1,"id":"logo"},{"z-index":-1,"id":"office-wall"})";
  EXPECT_THAT(heard(room::SetLayer{logo}),
              ElementsAre(podium(R"({"z-index":-1,"id":"office-wall"})"), podium(both)));
  EXPECT_THAT(heard(room::ClearLayer{room::kBehind}),
              ElementsAre(podium(both), podium(R"({"z-index":1,"id":"logo"})")));
  EXPECT_THAT(heard(room::ClearLayer{room::kBehind}), IsEmpty());
  // A change of the tiles carries the layers along.
  s.add(2);
  const auto frames = heard(join(2));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_TRUE(frames[1].ends_with(R"("layers":[{"z-index":1,"id":"logo"}]})"));
  EXPECT_TRUE(frames[2].ends_with(R"("layers":[{"z-index":1,"id":"logo"}]})"));
}

TEST_F(Feed, lock_and_presentation) {
  heard(join(1));
  EXPECT_THAT(heard(room::LockRoom{mike}), ElementsAre(R"({"type":"lock","locked":true})"));
  EXPECT_THAT(heard(room::UnlockRoom{}), ElementsAre(R"({"type":"lock","locked":false})"));
  EXPECT_EQ(heard(room::StartPresentation{mike}).front(),
            R"({"type":"presentation_update","presentation":{)" + kRoomJson + R"(,"user":)" + kMike + "}}");
  EXPECT_EQ(heard(room::StopPresentation{}).front(), R"({"type":"presentation_update","presentation":null})");
}

TEST_F(Feed, forwards_are_not_told) {
  heard(join(1));
  room::Forward forward;
  forward.id = "f";
  forward.what = room::ForwardWhat::source;
  forward.member = mike;
  forward.video = true;
  forward.url = "https://whip.example.com";
  EXPECT_THAT(heard(room::StartForward{forward}), IsEmpty());
  EXPECT_THAT(heard(room::StopForward{"f"}), IsEmpty());
}

TEST_F(Feed, the_end_while_everything_runs) {
  heard(join(1));
  heard(room::StartRecording{base::RecordingId{{7, 7}}, mike});
  heard(room::StartBroadcast{"b1", mike, "rtmp://stream.example/live/secret", ""});
  heard(play("intro"));
  s.pass(10s);
  const auto frames = heard(room::EndRoom{});
  ASSERT_THAT(types(frames), ElementsAre("recording_update", "broadcasts_update", "playback_update",
                                         "participant_update", "room_update"));
  EXPECT_TRUE(frames[0].contains(R"("duration":10,)"));
  EXPECT_EQ(frames[1], R"({"type":"broadcasts_update","broadcasts":[]})");
  EXPECT_EQ(frames[2], R"({"type":"playback_update","playing":[]})");
  EXPECT_EQ(
      frames[4],
      R"({"type":"room_update","content":{"id":"daily","name":"Daily","ready":false,"started_at":null,"shutdown":true,"guest_token":"GUEST","options":)" +
          kOptions +
          R"(,"participants":[],"playbacks":[],"presentation":null,"broadcasts":[],"recording":null}})");
}

TEST_F(Feed, the_room_document_has_what_runs) {
  heard(join(1));
  heard(room::StartRecording{base::RecordingId{{7, 7}}, mike});
  heard(room::StartBroadcast{"b1", mike, "rtmp://stream.example/live/secret", "https://video.example.com"});
  heard(play("intro"));
  const auto document = base::write_json(room_update(s.state, kLinks));
  EXPECT_TRUE(document.contains(R"("participants":[{"id":"u1","room_id":"daily")"));
  EXPECT_TRUE(document.contains(R"("playbacks":[{"play_id":"intro")"));
  EXPECT_TRUE(document.contains(
      R"("broadcasts":[{"id":"generic","platform":"generic","player_url":"https://video.example.com")"));
  EXPECT_TRUE(document.contains(
      R"("recording":{"id":"000000070000000000000007","created_at":1800000002,"duration":null)"));
  EXPECT_FALSE(document.contains("secret"));
}

} // namespace
} // namespace plenum::api::eyeson::testing
