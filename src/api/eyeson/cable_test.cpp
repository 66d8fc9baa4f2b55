#include "api/eyeson/test_dialect.hpp"

namespace plenum::api::eyeson::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kRoomChannel = R"({"channel":"RoomChannel"})";

json::value subscribe(const std::string& identifier = kRoomChannel) {
  return json::object{{"command", "subscribe"}, {"identifier", identifier}};
}
json::value action(const std::string& name, const std::string& identifier = kRoomChannel) {
  return json::object{{"command", "message"},
                      {"identifier", identifier},
                      {"data", base::write_json(json::object{{"action", name}})}};
}
// What each frame is: its type, or that of its message.
std::vector<std::string> kinds(const std::vector<json::value>& frames) {
  std::vector<std::string> out;
  for (const auto& frame : frames)
    out.push_back(base::find(frame, "message") != nullptr && base::find(frame, "type") == nullptr
                      ? text_at(frame, "message.type")
                      : text_at(frame, "type"));
  return out;
}

struct Cable : ::testing::Test {
  Api api;
  Caller ann{api, "standup meeting", "ann", "&options[lock_available]=true"};
  Caller bob{api, "standup meeting", "bob"};

  Client participant(const Caller& who) {
    auto client =
        api.connect("/rt?access_key=" + who.key, {}, {"actioncable-v1-json", "actioncable-unsupported"});
    client.say(subscribe());
    client.take();
    return client;
  }
  Client observer() {
    auto client = api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}});
    client.say(subscribe());
    client.take();
    return client;
  }
};

TEST_F(Cable, subprotocols) {
  const auto chosen = [](const std::vector<std::string>& offered, const std::string& key = {}) {
    return choose_subprotocol(offered, key);
  };
  EXPECT_EQ(chosen({"actioncable-v1-json", "actioncable-unsupported"}), "actioncable-v1-json");
  EXPECT_EQ(chosen({"actioncable-v1-ext-json", "actioncable-v1-json"}), "actioncable-v1-json");
  EXPECT_EQ(chosen({"actioncable-v1-ext-json"}), "actioncable-v1-ext-json");
  EXPECT_EQ(chosen({"actioncable-v1-ext-json", "actioncable-unsupported"}), "actioncable-v1-ext-json");
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(chosen({"KEY"}, "KEY"), "KEY");
  EXPECT_EQ(chosen({"mqtt"}), "");
  EXPECT_EQ(chosen({"mqtt", "actioncable-unsupported"}), "actioncable-unsupported");
  EXPECT_EQ(chosen({"KEY", "actioncable-v1-json"}, "KEY"), "actioncable-v1-json");
}

TEST_F(Cable, one_text_serves_every_reader) {
  std::vector<Client> readers;
  for (int i = 0; i < 5; ++i)
    readers.push_back(observer());
  const auto texts = [](const Client& reader) { // each reader got a room document of its own first
    const auto& all = reader.ends().wire->texts;
    return std::vector(all.begin() + 1, all.end());
  };
  ann.join();
  api.ask("POST", "/rooms/" + ann.key + "/messages", "type=chat&content=x");
  ASSERT_EQ(texts(readers[0]).size(), 4U);
  for (const auto& reader : readers)
    EXPECT_EQ(texts(reader), texts(readers[0])) << "the very same, not equal ones";
}

TEST_F(Cable, a_slow_reader_is_told_and_closed_and_nobody_waits) {
  auto slow = observer(), other = observer(), person = participant(bob);
  slow.ends().wire->queued = CableSession::kBehindBytes + 1;
  person.ends().wire->queued = CableSession::kBehindBytes + 1;
  api.ask("POST", "/rooms/" + ann.key + "/messages", "type=chat&content=x");
  EXPECT_THAT(kinds(other.take()), ElementsAre("chat"));
  for (auto* late : {&slow, &person}) {
    const auto frames = late->take();
    ASSERT_THAT(kinds(frames), ElementsAre("disconnect"));
    EXPECT_EQ(
        first(frames),
        parsed(
            R"({"type":"disconnect","reason":"too_slow","reconnect":true,"identifier":"{\"channel\":\"RoomChannel\"}"})"));
    EXPECT_EQ(late->close_code(), 1013);
  }
  EXPECT_EQ(api.house.env.metrics.counter("plenum_cable_slow_total").value(), 2U);
  api.house.pass(10s);
  EXPECT_THAT(slow.take(), IsEmpty()) << "not even a ping";
}

TEST_F(Cable, the_extended_protocol_says_where_every_frame_stands) {
  auto watcher =
      api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}}, {"actioncable-v1-ext-json"});
  EXPECT_EQ(watcher.ends().subprotocol, "actioncable-v1-ext-json");
  const auto welcome = first(watcher.take());
  EXPECT_EQ(text_at(welcome, "type"), "welcome");
  EXPECT_EQ(text_at(welcome, "sid").size(), 24U);
  watcher.say(subscribe());
  const auto document = last(watcher.take());
  EXPECT_EQ(text_at(document, "message.type"), "room_update");
  EXPECT_EQ(text_at(document, "stream_id"), "room");
  const auto epoch = text_at(document, "epoch");
  EXPECT_TRUE(epoch.starts_with(text_at(ann.document, "signaling.options.conf_id").substr(0, 8)));
  ann.join();
  const auto frames = watcher.take();
  ASSERT_THAT(kinds(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  auto before = at(document, "offset").as_int64();
  for (const auto& frame : frames) {
    EXPECT_EQ(text_at(frame, "epoch"), epoch);
    EXPECT_EQ(text_at(frame, "stream_id"), "room");
    EXPECT_GT(at(frame, "offset").as_int64(), before);
    before = at(frame, "offset").as_int64();
  }
  // The two frames of one event are told apart.
  EXPECT_EQ(at(frames[2], "offset").as_int64(), at(frames[1], "offset").as_int64() + 1);
  // Another subscription is another stream: its reader may be elsewhere when the connection breaks.
  watcher.say(subscribe(R"({"channel":"RoomChannel","n":1})"));
  EXPECT_NE(text_at(last(watcher.take()), "stream_id"), "room");
  // A participant's room websocket has no positions.
  auto person = api.connect("/rt?access_key=" + ann.key, {}, {"actioncable-v1-ext-json"});
  person.say(subscribe());
  EXPECT_EQ(base::find(last(person.take()), "epoch"), nullptr);
}

TEST_F(Cable, an_observer_may_bring_its_key_in_four_ways) {
  const auto room = std::string("/rt?room_id=standup%20meeting");
  const auto welcomed = [](Client client) {
    return kinds(client.take()) == std::vector<std::string>{"welcome"};
  };
  EXPECT_TRUE(welcomed(api.connect(room, {{"Authorization", api.key}})));
  EXPECT_TRUE(welcomed(api.connect(room + "&api_key=" + api.key)));
  EXPECT_TRUE(welcomed(api.connect(room, {}, {"actioncable-v1-json", "anycable-token." + api.key})));
  auto by_protocol = api.connect(room, {}, {api.key});
  EXPECT_EQ(by_protocol.ends().subprotocol, api.key);
  EXPECT_TRUE(welcomed(std::move(by_protocol)));
  EXPECT_EQ(api.connect(room, {{"Authorization", api.key}}).ends().subprotocol,
            ""); // none offered: none sent
}

TEST_F(Cable, strangers_hear_unauthorized_first) {
  const auto other = api.make_key("Other");
  const auto room = std::string("/rt?room_id=standup%20meeting");
  for (auto client :
       {api.connect("/rt"), api.connect("/rt?access_key=nonsense"), api.connect(room),
        api.connect(room, {{"Authorization", "nonsense"}}), api.connect(room, {{"Authorization", other}}),
        api.connect("/rt?room_id=none", {{"Authorization", api.key}})}) {
    ASSERT_EQ(client.ends().wire->sent.size(), 1U);
    EXPECT_EQ(client.ends().wire->sent[0],
              R"({"type":"disconnect","reason":"unauthorized","reconnect":false})");
    EXPECT_EQ(client.close_code(), 1000);
  }
  api.owner("DELETE", "/rooms/standup%20meeting");
  EXPECT_THAT(kinds(api.connect("/rt?access_key=" + ann.key).take()), ElementsAre("disconnect"));
}

TEST_F(Cable, a_plus_in_a_room_id_is_a_plus_first) {
  api.enter("a%2Bb", "ann");
  EXPECT_THAT(kinds(api.connect("/rt?room_id=a+b", {{"Authorization", api.key}}).take()),
              ElementsAre("welcome"));
  EXPECT_THAT(kinds(api.connect("/rt?room_id=standup+meeting", {{"Authorization", api.key}}).take()),
              ElementsAre("welcome"));
}

TEST_F(Cable, identifiers_come_back_as_they_were) {
  auto client = api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}});
  client.take();
  const std::string odd = "{ \"x\":1,\"channel\" : \"RoomChannel\"}\n";
  client.say(subscribe(odd));
  auto frames = client.take();
  EXPECT_THAT(kinds(frames), ElementsAre("confirm_subscription", "room_update"));
  EXPECT_EQ(text_at(frames[0], "identifier"), odd);
  EXPECT_EQ(text_at(frames[1], "identifier"), odd);
  EXPECT_EQ(base::find(frames[1], "type"), nullptr);
  client.say(subscribe(odd)); // a repeated one is silent
  EXPECT_THAT(client.take(), IsEmpty());
  client.say(subscribe()); // the other spelling is another subscription
  EXPECT_THAT(kinds(client.take()), ElementsAre("confirm_subscription", "room_update"));
  api.ask("POST", "/rooms/" + ann.key + "/lock");
  EXPECT_THAT(kinds(client.take()), ElementsAre("lock", "lock"));
  client.say(json::object{{"command", "unsubscribe"}, {"identifier", odd}});
  api.ask("POST", "/rooms/" + ann.key + "/messages", "type=chat&content=x");
  frames = client.take();
  EXPECT_THAT(kinds(frames), ElementsAre("chat"));
  EXPECT_EQ(text_at(frames[0], "identifier"), kRoomChannel);
  client.say(json::object{{"command", "unsubscribe"}, {"identifier", kRoomChannel}});
  api.ask("POST", "/rooms/" + ann.key + "/messages", "type=chat&content=x");
  EXPECT_THAT(client.take(), IsEmpty());
}

TEST_F(Cable, what_is_not_a_channel_is_rejected) {
  auto client = api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}});
  client.take();
  for (const std::string identifier :
       {"", "x", "{}", R"({"channel":5})", R"({"channel":"UserChannel"})", R"({"channel":"Room"})"}) {
    client.say(subscribe(identifier));
    const auto frames = client.take();
    ASSERT_THAT(kinds(frames), ElementsAre("reject_subscription")) << identifier;
    EXPECT_EQ(text_at(frames[0], "identifier"), identifier);
  }
}

TEST_F(Cable, nonsense_never_hangs_up) {
  auto client = participant(ann);
  for (
      const std::string text :
      {"", "{", "null", "[]", "5", R"({"command":"subscribe"})", R"({"command":"subscribe","identifier":{}})",
       R"({"command":"whisper","identifier":"x"})",
       R"({"command":"message","identifier":"{\"channel\":\"RoomChannel\"}"})",
       R"({"command":"message","identifier":"{\"channel\":\"RoomChannel\"}","data":"{"})",
       R"({"command":"message","identifier":"{\"channel\":\"RoomChannel\"}","data":"{\"action\":\"ping\"}"})"}) {
    client.say(text);
    EXPECT_THAT(client.take(), IsEmpty()) << text;
    EXPECT_FALSE(client.close_code());
  }
}

TEST_F(Cable, a_flood_is_dropped_not_answered) {
  auto cable = api.connect("/rt?access_key=" + ann.key);
  cable.say(R"({"command":"subscribe","identifier":"{\"channel\":\"RoomChannel\"}"})");
  cable.take();
  for (int i = 0; i < 1000; ++i)
    cable.say(R"({"command":"subscribe","identifier":"nonsense"})");
  EXPECT_LE(cable.take().size(), CableSession::kFrameBurst);
  EXPECT_GE(api.house.env.metrics.counter("plenum_cable_dropped_total").value(), 950U);
  EXPECT_FALSE(cable.close_code());
  api.house.pass(1s);
  cable.take();
  cable.say(R"({"command":"subscribe","identifier":"{\"channel\":\"UserChannel\"}"})");
  EXPECT_EQ(text_at(first(cable.take()), "type"), "confirm_subscription") << "it may go on";
}

TEST_F(Cable, too_many_subscriptions_are_rejected) {
  auto client = participant(ann);
  for (int i = 0; i < 20; ++i)
    client.say(subscribe(R"({"channel":"UserChannel","n":)" + std::to_string(i) + "}"));
  const auto all = kinds(client.take());
  EXPECT_EQ(std::ranges::count(all, "confirm_subscription"), 7);
  EXPECT_EQ(std::ranges::count(all, "reject_subscription"), 13);
}

TEST_F(Cable, a_participant_gets_its_room_document_twice) {
  auto client =
      api.connect("/rt?access_key=" + ann.key, {}, {"actioncable-v1-json", "actioncable-unsupported"});
  EXPECT_EQ(client.ends().subprotocol, "actioncable-v1-json");
  client.say(subscribe());
  client.say(subscribe(R"({"channel":"UserChannel"})"));
  const auto frames = client.take();
  EXPECT_THAT(kinds(frames), ElementsAre("welcome", "confirm_subscription", "room_setup", "room_ready",
                                         "confirm_subscription"));
  EXPECT_EQ(text_at(frames[3], "message.content.access_key"), ann.key);
  EXPECT_EQ(text_at(frames[3], "message.content.ready"), "true");
  EXPECT_EQ(text_at(frames[3], "message.content.signaling.type"), "sepp");
}

TEST_F(Cable, pings_every_three_seconds) {
  auto client = participant(ann);
  api.house.pass(2999ms);
  EXPECT_THAT(client.take(), IsEmpty());
  api.house.pass(6002ms);
  const auto frames = client.take();
  EXPECT_THAT(kinds(frames), ElementsAre("ping", "ping", "ping"));
  EXPECT_EQ(at(frames[2], "message"), base::unix_seconds(api.house.clock.wall()));
}

TEST_F(Cable, observer_sees_a_join_and_a_leave_in_order) {
  auto watcher = observer();
  auto reader = participant(bob);
  ann.join();
  auto frames = watcher.take();
  ASSERT_THAT(kinds(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  EXPECT_EQ(
      base::write_json(at(frames[0], "message.participant")),
      R"({"id":"ann","room_id":"standup meeting","name":"ann","avatar":null,"guest":false,"online":true})");
  EXPECT_EQ(base::write_json(at(frames[1], "message")),
            R"({"type":"podium_update","podium":[],"layers":[]})");
  EXPECT_EQ(
      base::write_json(at(frames[2], "message")),
      R"({"type":"podium_update","podium":[{"user_id":"ann","play_id":null,"width":1280,"height":960,"left":0,"top":0,"z-index":0}],"layers":[]})");
  bob.join();
  frames = watcher.take();
  ASSERT_THAT(kinds(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  EXPECT_EQ(text_at(frames[1], "message.podium.0.width"), "1280");
  EXPECT_EQ(text_at(frames[2], "message.podium.1.left"), "640");
  EXPECT_EQ(text_at(frames[2], "message.podium.1.z-index"), "1");
  api.ask("DELETE", "/rooms/" + ann.key + "/users/bob");
  frames = watcher.take();
  ASSERT_THAT(kinds(frames), ElementsAre("participant_update", "podium_update", "podium_update"));
  EXPECT_EQ(text_at(frames[0], "message.participant.online"), "false");
  EXPECT_THAT(reader.take(), IsEmpty()) << "participants hear this on the signaling socket";
}

TEST_F(Cable, everybody_hears_broadcasts) {
  ann.join();
  auto watcher = observer(), reader = participant(bob), sender = participant(ann);
  const auto all_hear = [&](const std::string& type) {
    auto first = watcher.take();
    EXPECT_THAT(kinds(first), ElementsAre(type));
    for (auto* other : {&reader, &sender}) {
      const auto frames = other->take();
      EXPECT_EQ(frames, first) << type;
    }
    return first.empty() ? json::value(nullptr) : at(first[0], "message");
  };
  api.ask("POST", "/rooms/" + ann.key + "/messages", R"({"type":"hand","content":"up"})");
  const auto hand = all_hear("hand");
  EXPECT_EQ(text_at(hand, "content"), "up");
  EXPECT_EQ(text_at(hand, "cid"), ann.id);
  EXPECT_EQ(text_at(hand, "user_id"), "ann");
  EXPECT_EQ(text_at(hand, "created_at").size(), 24U);
  api.ask("POST", "/rooms/" + ann.key + "/lock");
  EXPECT_EQ(base::write_json(all_hear("lock")), R"({"type":"lock","locked":true})");
  api.ask("POST", "/rooms/" + ann.key + "/lock");
  EXPECT_THAT(watcher.take(), IsEmpty()); // once
  sender.take(), reader.take();
  api.enter("standup meeting", "ann", "&options[show_names]=false");
  EXPECT_EQ(at(all_hear("options_update"), "options").as_object().size(), 19U);
}

TEST_F(Cable, layout_options_come_before_the_podium) {
  ann.join();
  auto watcher = observer();
  api.enter("standup meeting", "ann", "&options[layout_name]=four");
  EXPECT_THAT(kinds(watcher.take()), ElementsAre("options_update", "podium_update", "podium_update"));
  api.enter("standup meeting", "ann", "&options[layout_name]=four");
  EXPECT_THAT(watcher.take(), IsEmpty());
}

TEST_F(Cable, presentation_updates) {
  ann.join(), bob.join();
  auto reader = participant(bob);
  api.ask("POST", "/rooms/" + ann.key + "/presentation");
  auto frames = reader.take();
  ASSERT_THAT(kinds(frames), ElementsAre("presentation_update"));
  EXPECT_EQ(text_at(frames[0], "message.presentation.user.id"), "ann");
  api.ask("DELETE", "/rooms/" + bob.key + "/presentation");
  api.ask("DELETE", "/rooms/" + bob.key + "/presentation");
  frames = reader.take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(base::write_json(at(frames[0], "message")),
            R"({"type":"presentation_update","presentation":null})");
}

TEST_F(Cable, stfu_reaches_all_but_who_asks) {
  auto asker = participant(ann), other = participant(bob), watcher = observer();
  asker.say(action("stfu", R"({"channel":"Elsewhere"})")); // not subscribed there
  EXPECT_THAT(other.take(), IsEmpty());
  asker.say(action("stfu"));
  const auto frames = other.take();
  ASSERT_THAT(kinds(frames), ElementsAre("stfu"));
  EXPECT_EQ(text_at(frames[0], "message.user.id"), "ann");
  EXPECT_THAT(asker.take(), IsEmpty());
  EXPECT_THAT(watcher.take(), IsEmpty());
  watcher.say(action("stfu")); // observers have no voice
  EXPECT_THAT(other.take(), IsEmpty());
}

TEST_F(Cable, user_joins_keeps_an_empty_room_alive) {
  auto client = participant(ann);
  for (int i = 0; i < 6; ++i) {
    api.house.pass(100s);
    client.say(action("user_joins"));
  }
  EXPECT_EQ(api.ask("GET", "/rooms/" + ann.key).status, 200);
  api.house.pass(122s);
  EXPECT_EQ(api.ask("GET", "/rooms/" + ann.key).status, 410);
  client.take();
}

TEST_F(Cable, the_end_of_the_meeting) {
  ann.join();
  auto watcher = observer(), reader = participant(bob);
  auto fresh = api.connect("/rt?access_key=" + bob.key); // never subscribed: hears nothing of it
  api.ask("DELETE", "/rooms/" + bob.key);
  const auto frames = watcher.take();
  ASSERT_THAT(kinds(frames), ElementsAre("participant_update", "room_update", "disconnect"));
  const auto content = at(frames[1], "message.content");
  EXPECT_EQ(text_at(content, "ready"), "false");
  EXPECT_EQ(text_at(content, "shutdown"), "true");
  EXPECT_EQ(text_at(content, "started_at"), "null");
  EXPECT_EQ(base::write_json(at(content, "participants")), "[]");
  EXPECT_EQ(at(content, "options").as_object().size(), 19U);
  EXPECT_EQ(watcher.ends().wire->close_code, 1000);
  EXPECT_EQ(
      frames[2],
      parsed(
          R"({"type":"disconnect","reason":"remote","reconnect":false,"identifier":"{\"channel\":\"RoomChannel\"}"})"));
  EXPECT_THAT(kinds(reader.take()), ElementsAre("room_update", "disconnect"));
  watcher.say(subscribe(R"({"channel":"RoomChannel","again":1})"));
  EXPECT_THAT(watcher.take(), IsEmpty());
  api.house.pass(10s);
  EXPECT_THAT(watcher.take(), IsEmpty()) << "no ping after the end";
  watcher.hang_up();
  fresh.take();
  fresh.say(subscribe());
  EXPECT_THAT(kinds(fresh.take()), ElementsAre("confirm_subscription", "disconnect"));
}

TEST_F(Cable, a_restart_asks_to_come_back) {
  auto unsubscribed = api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}});
  unsubscribed.take();
  auto reader = participant(ann);
  api.cables.close_for_restart();
  for (auto* client :
       {&unsubscribed, &reader}) { // with an identifier even before any subscription: one client needs it
    EXPECT_EQ(
        last(client->take()),
        parsed(
            R"({"type":"disconnect","reason":"server_restart","reconnect":true,"identifier":"{\"channel\":\"RoomChannel\"}"})"));
    client->hang_up();
  }
}

} // namespace
} // namespace plenum::api::eyeson::testing
