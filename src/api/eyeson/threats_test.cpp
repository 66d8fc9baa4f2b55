// Attacks of the classes A18 and A19 (docs/threats.md) on the dialect: every route with every wrong
// credential, and people who say they are somebody else.
#include "api/eyeson/test_dialect.hpp"

namespace plenum::api::eyeson::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Not;

struct Route {
  const char *method, *path;
  const char* body = "";
  bool needs_api_key = false; // else the key in the path is the credential
};

// Every route that there is (the test below compares with the router); `*` is where the credential goes.
const std::vector<Route> kRoutes = {
    {"POST", "/rooms", "user[name]=Eve", true},
    {"GET", "/rooms", "", true},
    {"DELETE", "/rooms/daily", "", true},
    {"GET", "/rooms/daily/users", "", true},
    {"GET", "/rooms/*"},
    {"DELETE", "/rooms/*"},
    {"GET", "/rooms/*/users/ann"},
    {"DELETE", "/rooms/*/users/ann"},
    {"POST", "/rooms/*/lock"},
    {"POST", "/rooms/*/messages", "type=chat&content=x"},
    {"POST", "/rooms/*/presentation"},
    {"PUT", "/rooms/*/presentation", "slide=1"},
    {"DELETE", "/rooms/*/presentation"},
    {"POST", "/guests/*", "name=Eve"},
    {"DELETE", "/rooms", "", true},
    {"POST", "/rooms/*/recording"},
    {"DELETE", "/rooms/*/recording"},
    {"POST", "/rooms/*/snapshot"},
    {"GET", "/rooms/*/snapshots/68e7788ca91e4d0031c0ff07"},
    {"POST", "/rooms/*/broadcasts", "stream_url=rtmp://live.example/app/key"},
    {"PUT", "/rooms/*/broadcasts", "player_url=https://tv.example"},
    {"PUT", "/rooms/*/broadcasts/generic", "player_url=https://tv.example"},
    {"DELETE", "/rooms/*/broadcasts"},
    {"DELETE", "/rooms/*/broadcasts/generic"},
    {"POST", "/rooms/*/layout", "layout=auto"},
    {"POST", "/rooms/*/layers", "url=https://x.example/a.png"},
    {"DELETE", "/rooms/*/layers/1"},
    {"POST", "/rooms/*/playbacks", "url=https://x.example/a.webm"},
    {"DELETE", "/rooms/*/playbacks/intro"},
    {"POST", "/rooms/daily/forward/source", "forward_id=f&user_id=ann&type=audio&url=https://w.example",
     true},
    {"POST", "/rooms/daily/forward/mcu", "forward_id=f&type=audio&url=https://w.example", true},
    {"POST", "/rooms/daily/forward/playback", "forward_id=f&play_id=p&type=audio&url=https://w.example",
     true},
    {"DELETE", "/rooms/daily/forward/f", "", true},
    {"GET", "/rooms/daily/recordings", "", true},
    {"GET", "/recordings/68e77850a91e4d0031c0ff01", "", true},
    {"DELETE", "/recordings/68e77850a91e4d0031c0ff01", "", true},
    {"GET", "/rooms/daily/snapshots", "", true},
    {"GET", "/snapshots/68e77850a91e4d0031c0ff01", "", true},
    {"DELETE", "/snapshots/68e77850a91e4d0031c0ff01", "", true},
    {"POST", "/permalink", "user[name]=Eve", true},
    {"GET", "/permalink", "", true},
    {"GET", "/permalink/*"},
    {"POST", "/permalink/*"},
    {"PUT", "/permalink/68e77850a91e4d0031c0ff01", "name=Eve", true},
    {"DELETE", "/permalink/68e77850a91e4d0031c0ff01", "", true},
    {"POST", "/permalink/68e77850a91e4d0031c0ff01/users", "user[name]=Eve", true},
    {"DELETE", "/permalink/68e77850a91e4d0031c0ff01/users/x", "", true},
    {"POST", "/webhooks", "url=https://h.example&types=room_update", true},
    {"GET", "/webhooks", "", true},
    {"DELETE", "/webhooks/68e77850a91e4d0031c0ff01", "", true},
};

// Is this route one of that pattern?
bool is_of(const Route& route, const std::string& method, const std::string& pattern) {
  const auto path = net::path_segments(route.path).value(), parts = net::path_segments(pattern).value();
  return method == route.method && std::ranges::equal(path, parts, [](const auto& is, const auto& should) {
           return should.starts_with(':') || is == should;
         });
}

TEST(Threats, A18_TheListHasEveryRoute) {
  Api api;
  for (const auto& [method, pattern] : api.router.routes()) {
    const bool open =
        std::ranges::find(contract_files(), pattern, &ContractFile::path) != contract_files().end();
    if (open || method == "UPGRADE") continue;
    EXPECT_TRUE(
        std::ranges::any_of(kRoutes, [&](const auto& route) { return is_of(route, method, pattern); }))
        << method << " " << pattern;
  }
}

std::string with_key(std::string path, const std::string& key) {
  if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, key);
  return path;
}

TEST(Threats, A18_NoRouteTakesAWrongCredential) {
  Api api;
  Caller ann(api, "daily", "ann", "&options[lock_available]=true");
  ann.join();
  const auto guest_token = text_at(ann.document, "room.guest_token");
  const auto stranger_key = api.make_key("Another company");
  const auto ended = text_at(api.enter("over", "old"), "access_key");
  ASSERT_EQ(api.ask("DELETE", "/rooms/" + ended).status, 204);
  const auto room = text_at(ann.document, "room.id");
  const std::vector<std::pair<const char*, std::string>> wrong = {
      {"nothing", "-"},
      {"an API key in the place of an access key", api.key},
      {"a key of an ended room", ended},
      {"a member's id", ann.id},
      {"a longer key", ann.key + "x"},
      {"a shorter key", ann.key.substr(0, ann.key.size() - 1)},
      {"upper case", "ABCDEFGHIJKLMNOPQRSTUVWX"},
  };
  for (const auto& route : kRoutes) {
    if (route.needs_api_key) {
      for (const auto& header :
           {std::string(), std::string("-"), ann.key, guest_token, api.key + "x", "Basic " + api.key}) {
        const auto got = api.ask(route.method, route.path, route.body, {{"Authorization", header}});
        EXPECT_THAT(got.status, AnyOf(401, 403, 404)) << route.method << route.path << " with " << header;
      }
      continue;
    }
    for (const auto& [what, key] : wrong) {
      const auto got = api.ask(route.method, with_key(route.path, key), route.body);
      EXPECT_THAT(got.status, AnyOf(401, 403, 404, 410)) << route.method << route.path << " with " << what;
    }
    // The guest token opens the guests' door only, an access key not that one.
    const bool guests = std::string(route.path).starts_with("/guests");
    const auto got = api.ask(route.method, with_key(route.path, guests ? ann.key : guest_token), route.body);
    EXPECT_THAT(got.status, AnyOf(401, 403, 404)) << route.method << route.path;
  }
  // Another company's key sees and ends nothing of ours.
  const HeaderList stranger = {{"Authorization", stranger_key}};
  EXPECT_EQ(api.ask("GET", "/rooms", {}, stranger).json, json::value(json::array{}));
  EXPECT_EQ(api.ask("DELETE", "/rooms/" + room, {}, stranger).status, 404);
  EXPECT_EQ(api.ask("GET", "/rooms/" + room + "/users", {}, stranger).status, 404);
  EXPECT_EQ(api.ask("GET", "/rooms/" + ann.key).status, 200) << "after all this the meeting goes on";
}

TEST(Threats, A19_AGuestNeverBecomesARegularUser) {
  Api api;
  Caller ann(api, "daily", "ann");
  ann.join();
  const auto got = api.ask("POST", "/guests/" + text_at(ann.document, "room.guest_token"), "id=ann&name=ann");
  ASSERT_EQ(got.status, 201);
  const auto key = text_at(got.json, "access_key");
  EXPECT_NE(key, ann.key);
  EXPECT_EQ(text_at(got.json, "user.guest"), "true");
  EXPECT_NE(text_at(got.json, "signaling.options.client_id"), ann.id);
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + ann.key).json, "user.guest"), "false");
}

TEST(Threats, A19_NobodySpeaksInAnothersName) {
  Api api;
  Caller ann(api, "daily", "ann"), eve(api, "daily", "eve");
  ann.join(), eve.join();
  (void)ann.socket->take();
  // `from` is another member's: the message is not obeyed, whatever it is.
  for (const auto* type : {"mute_video", "set_presenter", "chat", "call_terminate"}) {
    auto frame = eve.envelope(type, {{"call_id", ann.call}, {"on", true}, {"content", "I am Ann"}});
    frame["from"] = ann.id;
    eve.socket->say(json::value(frame));
  }
  EXPECT_THAT(ann.types(), Not(Contains(AnyOf("chat", "source_update", "memberlist", "call_terminated"))));
  EXPECT_FALSE(ann.socket->close_code());
}

TEST(Threats, A19_NobodyEndsOrTakesOverAnothersCall) {
  Api api;
  Caller ann(api, "daily", "ann"), eve(api, "daily", "eve");
  ann.join(), eve.join();
  (void)ann.socket->take();
  eve.say("call_terminate", {{"call_id", ann.call}, {"term_code", 200}});
  EXPECT_THAT(ann.types(), Not(Contains("call_terminated")));
  Caller thief(api, eve.document); // Eve's own credentials, Ann's call
  thief.dial();
  thief.say("call_resume",
            {{"call_id", ann.call}, {"sdp", json::object{{"type", "offer"}, {"sdp", "OFFER"}}}});
  api.answer_legs();
  EXPECT_THAT(thief.types(), Not(Contains("call_resumed")));
  EXPECT_FALSE(ann.socket->close_code());
  ann.say("chat", {{"content", "still me"}});
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + ann.key + "/users/ann").json, "id"), "ann");
}

} // namespace
} // namespace plenum::api::eyeson::testing
