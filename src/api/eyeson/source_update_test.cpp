#include "api/eyeson/source_update.hpp"

#include "base/json.hpp"
#include "room/test_room.hpp"

namespace plenum::api::eyeson {
namespace {

using room::testing::member;
using room::testing::Scenario;

std::string list(const room::State& state, std::string_view name) {
  return base::write_json(source_update(state).at(name));
}

struct Meeting : Scenario {
  Meeting() {
    open();
    enter(1);
    enter(2);
  }
};

TEST(SourceUpdate, ListsPlaybacksAfterMembersAndHearsThoseWithSound) {
  Meeting m;
  room::Playback film;
  film.id = "film";
  film.url = "https://cdn.example/film.webm";
  m.given(room::StartPlayback{film});
  film.id = "instead";
  film.replaces = member(2);
  film.audio = true;
  m.given(room::StartPlayback{film});
  EXPECT_EQ(list(m.state, "src"),
            R"([")" + member(1).hex() + R"(",")" + member(2).hex() + R"(","media-film","media-instead"])");
  EXPECT_EQ(list(m.state, "asrc"), "[0,1,3]");
  EXPECT_EQ(list(m.state, "vsrc"), "[0,3,2,-1]");
}

TEST(SourceUpdate, SaysWhatLiesOverThePictureAndWhetherItIsBroadcast) {
  Meeting m;
  EXPECT_FALSE(source_update(m.state).contains("fg_img_id"));
  EXPECT_EQ(list(m.state, "tovl") + list(m.state, "bcast"), "falsefalse");
  room::Layer layer;
  layer.id = "card";
  layer.title = "Title";
  m.given(room::SetLayer{layer});
  layer = {};
  layer.id = "wall";
  layer.z = room::kBehind;
  layer.asset = "wall.png";
  m.given(room::SetLayer{layer});
  m.given(room::StartBroadcast{"b", {}, "rtmp://live.example/key", ""});
  EXPECT_EQ(list(m.state, "fg_img_id"), R"("card")");
  EXPECT_EQ(list(m.state, "bg_img_id"), R"("wall")");
  EXPECT_EQ(list(m.state, "tovl") + list(m.state, "bcast"), "truetrue");
}

base::json::value read(const std::string& text) {
  auto message = base::parse_json(text);
  EXPECT_TRUE(message) << text;
  return message ? *message : base::json::value();
}

TEST(SharedNews, RenderARoomOnceForEverybodyInIt) {
  Meeting m;
  base::SeededRandom random(1);
  SharedNews news(random);
  for (const auto* client : {"c1", "c2", "c3"}) {
    const auto message = read(news.source_update({"f1", client, "call"}, m.state));
    auto data = source_update(m.state);
    data["call_id"] = "call";
    EXPECT_EQ(message.at("data"), base::json::value(data));
    EXPECT_EQ(message.at("to"), client);
    EXPECT_EQ(message.at("type"), "source_update");
    const auto list = read(news.memberlist({"f1", client, "call"}, m.state, {member(2)}, {}));
    EXPECT_EQ(list.at("type"), "memberlist");
    EXPECT_EQ(list.at("data").at("call_id"), "call");
    EXPECT_EQ(list.at("data").at("count"), 2);
  }
  EXPECT_EQ(news.rendered(), 2u);
}

TEST(SharedNews, AreNeverOldAndNeverOfAnotherRoom) {
  Meeting m;
  base::SeededRandom random(1);
  SharedNews news(random);
  const SharedNews::Client client{"f1", "c1", "call"};
  news.source_update(client, m.state);
  m.leave(2);
  EXPECT_EQ(read(news.source_update(client, m.state)).at("data").at("src").as_array().size(), 1u);
  Scenario other;
  other.open();
  other.state.id = {{9, 9}};
  other.state.revision = m.state.revision;
  EXPECT_TRUE(read(news.source_update(client, other.state)).at("data").at("src").as_array().empty());
  news.memberlist(client, m.state, {member(1)}, {});
  EXPECT_TRUE(read(news.memberlist(client, m.state, {}, {})).at("data").at("add").as_array().empty());
}

} // namespace
} // namespace plenum::api::eyeson
