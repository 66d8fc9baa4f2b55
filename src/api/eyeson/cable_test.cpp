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

// --- the extended protocol: an observer that was away

json::object mark_of(const json::value& frame) {
  return {{text_at(frame, "stream_id"),
           json::object{{"epoch", text_at(frame, "epoch")}, {"offset", at(frame, "offset")}}}};
}

struct Resume : Cable {
  Client extended() {
    auto client = api.connect("/rt?room_id=standup%20meeting", {{"Authorization", api.key}},
                              {"actioncable-v1-ext-json"});
    client.take();
    return client;
  }
  Client watcher() {
    auto client = extended();
    client.say(subscribe());
    return client;
  }
  static json::value subscribe_from(const json::value& last_frame) {
    return json::object{{"command", "subscribe"},
                        {"identifier", kRoomChannel},
                        {"history", json::object{{"since", 0}, {"streams", mark_of(last_frame)}}}};
  }
  void say(const std::string& content) {
    EXPECT_EQ(api.ask("POST", "/rooms/" + ann.key + "/messages", "type=chat&content=" + content).status, 201);
  }
  struct Process {
    explicit Process(Api& api)
        : definitions(api.house.env, *api.house.hub, api.house.store->definitions()),
          dialect{api.house.env,
                  api.house.executor,
                  *api.house.hub,
                  definitions,
                  api.house.store->hooks(),
                  api.dialect.addresses,
                  net::JwtKey::es384_generate().value()} {
      rest.add_routes(router);
      cables.add_routes(router);
    }
    hub::Definitions definitions;
    Dialect dialect;
    Rest rest{dialect};
    CableSessions cables{dialect};
    net::Router router;
  };
  std::unique_ptr<Process> process;
  // A new process on the same store.
  void restart() {
    api.cables.close_for_restart();
    api.deliveries.reset();
    api.house.boot();
    process = std::make_unique<Process>(api);
    api.router = process->router;
  }
  static std::vector<json::value> data(std::vector<json::value> frames) {
    std::erase_if(frames, [](const auto& frame) { return base::find(frame, "message") == nullptr; });
    return frames;
  }
};

TEST_F(Resume, hears_what_it_missed_then_goes_on) {
  auto always = watcher();
  auto first_time = watcher();
  say("1");
  auto seen = first_time.take();
  EXPECT_THAT(kinds(seen), ElementsAre("confirm_subscription", "room_update", "chat"));
  first_time.hang_up();
  say("2");
  ann.join();
  auto second_time = extended();
  second_time.say(subscribe_from(seen.back()));
  auto missed = second_time.take();
  EXPECT_THAT(kinds(missed), ElementsAre("confirm_subscription", "chat", "participant_update",
                                         "podium_update", "podium_update", "confirm_history"));
  say("3");
  for (auto& frame : second_time.take())
    missed.push_back(frame);
  for (auto& frame : data(missed))
    seen.push_back(frame);
  EXPECT_EQ(data(seen), data(always.take())) << "the very frames that the others got, positions and all";
}

TEST_F(Resume, in_the_middle_of_the_frames_of_one_event) {
  auto client = watcher();
  ann.join();
  const auto frames = data(client.take());
  ASSERT_THAT(kinds(frames),
              ElementsAre("room_update", "participant_update", "podium_update", "podium_update"));
  for (std::size_t known = 1; known <= frames.size(); ++known) {
    auto again = extended();
    again.say(subscribe_from(frames[known - 1]));
    EXPECT_EQ(data(again.take()),
              std::vector(frames.begin() + static_cast<std::ptrdiff_t>(known), frames.end()))
        << known;
  }
}

TEST_F(Resume, across_a_restart) {
  auto client = watcher();
  say("1");
  const auto known = last(client.take());
  client.hang_up();
  say("2");
  restart();
  say("3");
  auto again = extended();
  again.say(subscribe_from(known));
  const auto missed = again.take();
  ASSERT_THAT(kinds(missed), ElementsAre("confirm_subscription", "chat", "chat", "confirm_history"));
  EXPECT_EQ(text_at(missed[2], "message.content"), "3");
}

TEST_F(Resume, after_the_meeting_has_ended_and_while_the_next_one_runs) {
  auto client = watcher();
  const auto known = last(client.take());
  client.hang_up();
  say("1");
  api.owner("DELETE", "/rooms/standup%20meeting");
  const auto the_rest = [&] {
    auto again = extended();
    again.say(subscribe_from(known));
    const auto missed = again.take();
    EXPECT_THAT(kinds(missed),
                ElementsAre("confirm_subscription", "chat", "room_update", "confirm_history", "disconnect"));
    EXPECT_EQ(text_at(last(missed), "reason"), "remote");
    EXPECT_EQ(text_at(last(missed), "reconnect"), "false");
    EXPECT_EQ(again.close_code(), 1000);
  };
  the_rest();
  auto late = extended(); // has no position: there is nothing to hear of a meeting that is over
  late.say(subscribe());
  EXPECT_THAT(kinds(late.take()), ElementsAre("confirm_subscription", "disconnect"));
  restart();
  the_rest();
  api.enter("standup meeting", "cid");
  the_rest();
}

TEST_F(Resume, a_position_of_elsewhere_is_refused_and_the_room_document_follows) {
  api.enter("other", "eve");
  auto other = api.connect("/rt?room_id=other", {{"Authorization", api.key}}, {"actioncable-v1-ext-json"});
  other.say(subscribe());
  const auto elsewhere = last(other.take());
  auto client = watcher();
  auto here = last(client.take());
  auto ahead = here, old_store = here, nonsense = here;
  ahead.as_object()["offset"] = 1'000'000;
  old_store.as_object()["epoch"] = text_at(here, "epoch") + "7";
  nonsense.as_object()["epoch"] = "x";
  for (const auto& mark : {elsewhere, ahead, old_store}) {
    auto again = extended();
    again.say(subscribe_from(mark));
    EXPECT_THAT(kinds(again.take()), ElementsAre("confirm_subscription", "reject_history", "room_update"));
    say("still there");
    EXPECT_THAT(kinds(again.take()), ElementsAre("chat"));
  }
  auto again = extended();
  again.say(subscribe_from(nonsense));
  EXPECT_THAT(kinds(again.take()), ElementsAre("confirm_subscription", "room_update", "reject_history"));
}

TEST_F(Resume, a_time_alone_is_no_position) {
  const auto now = base::unix_seconds(api.house.clock.wall());
  for (const auto& [since, answer] :
       {std::pair(now, "confirm_history"), std::pair(now - 60, "reject_history")}) {
    auto client = extended();
    client.say(json::object{{"command", "subscribe"},
                            {"identifier", kRoomChannel},
                            {"history", json::object{{"since", since}, {"streams", json::object()}}}});
    EXPECT_THAT(kinds(client.take()), ElementsAre("confirm_subscription", "room_update", answer));
  }
}

TEST_F(Resume, a_history_command_tells_again_and_goes_on) {
  auto client = watcher();
  const auto known = last(client.take());
  say("1");
  client.take();
  client.say(json::object{{"command", "history"},
                          {"identifier", kRoomChannel},
                          {"history", json::object{{"streams", mark_of(known)}}}});
  EXPECT_THAT(kinds(client.take()), ElementsAre("chat", "confirm_history"));
  say("2");
  EXPECT_THAT(kinds(client.take()), ElementsAre("chat"));
}

TEST_F(Resume, goes_at_the_pace_of_its_reader) {
  auto client = watcher();
  const auto known = last(client.take());
  client.hang_up();
  for (int i = 0; i < 5; ++i)
    say(std::to_string(i));
  auto slow = extended();
  slow.ends().wire->queued = CableSession::kReplayBytes;
  slow.say(subscribe_from(known));
  EXPECT_THAT(kinds(slow.take()), ElementsAre("confirm_subscription"));
  say("5"); // committed while it waits
  slow.ends().wire->queued = 0;
  api.house.pass(100ms);
  EXPECT_THAT(kinds(slow.take()),
              ElementsAre("chat", "chat", "chat", "chat", "chat", "chat", "confirm_history"));
  auto stuck = extended();
  stuck.ends().wire->queued = CableSession::kReplayBytes;
  stuck.say(subscribe_from(known));
  stuck.take();
  api.house.pass(11s);
  EXPECT_EQ(text_at(last(stuck.take()), "reason"), "too_slow");
  EXPECT_EQ(stuck.close_code(), 1013);
}

TEST_F(Resume, leaving_in_the_middle_is_fine) {
  auto client = watcher();
  const auto known = last(client.take());
  say("1");
  auto again = extended();
  again.ends().wire->queued = CableSession::kReplayBytes;
  again.say(subscribe_from(known));
  again.say(json::object{{"command", "unsubscribe"}, {"identifier", kRoomChannel}});
  again.ends().wire->queued = 0;
  api.house.pass(1s);
  EXPECT_THAT(data(again.take()), IsEmpty());
  auto gone = extended();
  gone.say_and_hang_up(subscribe_from(known)); // the answer of the store is on its way
  say("2");
}

} // namespace
} // namespace plenum::api::eyeson::testing
