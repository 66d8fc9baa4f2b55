#include "api/eyeson/test_dialect.hpp"

#include <random>

namespace plenum::api::eyeson::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kOffer = R"({"type":"offer","sdp":"v=0"})";

// --- what clients may say

TEST(SeppMessages, bad_input_says_why) {
  const auto wrap = [](const std::string& type, const std::string& data) {
    return R"({"type":")" + type + R"(","msg_id":"","from":"c1","to":"f1","data":)" + data + "}";
  };
  struct Row {
    std::string text;
    base::ErrorCode code;
  };
  const std::string long_sdp(70'000, 'x');
  const auto invalid = base::ErrorCode::invalid;
  for (const auto& row :
       std::vector<Row>{{"", invalid},
                        {"null", invalid},
                        {"[]", invalid},
                        {"{}", invalid},
                        {R"({"type":"chat","from":"c1"})", invalid},
                        {R"({"type":5,"from":"c1","data":{}})", invalid},
                        {R"({"type":"","from":"c1","data":{}})", invalid},
                        {R"({"type":"chat","from":"c1","data":[]})", invalid},
                        {R"({"type":"chat","from":"c2","data":{"content":"x"}})", base::ErrorCode::forbidden},
                        {R"({"type":"chat","data":{"content":"x"}})", base::ErrorCode::forbidden},
                        {wrap("call_start", "{}"), invalid},
                        {wrap("call_start", R"({"sdp":"v=0"})"), invalid},
                        {wrap("call_start", R"({"sdp":{"type":"offer"}})"), invalid},
                        {wrap("call_start", R"({"sdp":{"type":"offer","sdp":""}})"), invalid},
                        {wrap("call_start", R"({"sdp":{"type":"answer","sdp":"v=0"}})"), invalid},
                        {wrap("call_start", R"({"sdp":{"type":"offer","sdp":")" + long_sdp + R"("}})"),
                         base::ErrorCode::too_large},
                        {wrap("call_resume", R"({"call_id":"x"})"), invalid},
                        {wrap("sdp_update", R"({"sdp":{"type":"rollback","sdp":"v=0"}})"), invalid},
                        {wrap("mute_video", "{}"), invalid},
                        {wrap("mute_video", R"({"on":"yes"})"), invalid},
                        {wrap("set_presenter", R"({"on":1})"), invalid},
                        {wrap("desktopstreaming", R"({"on":null})"), invalid},
                        {wrap("chat", R"({"content":""})"), invalid},
                        {wrap("chat", R"({"content":{}})"), invalid}}) {
    const auto got = parse_sepp(row.text, "c1");
    ASSERT_FALSE(got.has_value()) << row.text.substr(0, 100);
    EXPECT_EQ(got.error().code, row.code) << row.text.substr(0, 100);
    EXPECT_FALSE(got.error().text.empty());
  }
}

TEST(SeppMessages, good_input) {
  const auto read = [](const std::string& type, const std::string& data) {
    return parse_sepp(R"({"type":")" + type + R"(","msg_id":"","from":"c1","to":"f1","data":)" + data + "}",
                      "c1")
        .value();
  };
  const auto start = std::get<CallStart>(read(
      "call_start", R"({"sdp":)" + kOffer + R"(,"display_name":"Ann","mute_video":true,"platform":"web"})"));
  EXPECT_EQ(start.sdp, "v=0");
  EXPECT_TRUE(start.mute_video);
  EXPECT_EQ(start.platform, "web");
  EXPECT_TRUE(std::get<MuteVideo>(
                  read("mute_video", R"({"type":"mute_video","on":true,"cid":"other","call_id":"x"})"))
                  .on);
  EXPECT_TRUE(
      std::get<SdpUpdate>(read("sdp_update", R"({"call_id":"x","sdp":{"type":"answer","sdp":"v=0"}})"))
          .is_answer);
  EXPECT_EQ(std::get<CallTerminate>(read("call_terminate", R"({"call_id":"x","term_code":0})")).call_id, "x");
  EXPECT_EQ(std::get<UnknownMessage>(read("whatever", "{}")).type, "whatever");
}

TEST(SeppMessages, data_channel_form_has_no_envelope) {
  EXPECT_TRUE(
      std::get<MuteVideo>(parse_data_channel(R"({"type":"mute_video","on":true,"cid":"c1"})").value()).on);
  for (const std::string text :
       {"", "{", R"({"type":"pong"})", R"({"type":"ping"})", R"({"type":"ack"})", R"({"type":"mute_video"})",
        R"({"type":"call_start","sdp":{"type":"offer","sdp":"v=0"}})"})
    EXPECT_FALSE(parse_data_channel(text).has_value()) << text;
}

TEST(SeppMessages, mutated_messages_never_crash) {
  const std::string whole =
      R"({"type":"call_start","msg_id":"b3","from":"c1","to":"f1","data":{"sdp":{"type":"offer","sdp":"v=0\r\n"},)"
      R"("display_name":"Ann","mute_video":false,"platform":"web-1.9.6","on":true,"content":"x"}})";
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    auto text = whole;
    for (auto edits = random() % 4; edits-- > 0 && !text.empty();) {
      const auto where = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[where] = static_cast<char>(random());
        break;
      case 1:
        text.erase(where, random() % 20);
        break;
      default:
        text.insert(where, text.substr(random() % text.size(), random() % 30));
      }
    }
    const auto got = parse_sepp(text, "c1");
    if (!got) EXPECT_FALSE(got.error().text.empty());
    parse_data_channel(text);
  }
}

TEST(SeppMessages, codes) {
  for (const auto code : {base::ErrorCode::invalid, base::ErrorCode::unauthorized, base::ErrorCode::forbidden,
                          base::ErrorCode::not_found, base::ErrorCode::gone, base::ErrorCode::conflict,
                          base::ErrorCode::not_allowed, base::ErrorCode::locked, base::ErrorCode::too_large,
                          base::ErrorCode::rate_limited, base::ErrorCode::unavailable,
                          base::ErrorCode::timeout, base::ErrorCode::internal}) {
    EXPECT_NE(reject_code({code, ""}), 404);
    EXPECT_NE(reject_code({code, ""}), 0);
    EXPECT_NE(reject_code({code, ""}), 200);
  }
  EXPECT_EQ(reject_code({base::ErrorCode::locked, ""}), 607);
  EXPECT_EQ(reject_code({base::ErrorCode::gone, ""}), 410);
  EXPECT_EQ(reject_code({base::ErrorCode::too_large, ""}), 413);
  EXPECT_EQ(termination_code(room::LeaveReason::no_media), 426);
  EXPECT_EQ(termination_code(room::LeaveReason::lost), 410);
  EXPECT_EQ(termination_code(room::LeaveReason::removed), 200);
}

// --- conversations

struct Sepp : ::testing::Test {
  Api api;
  Caller ann{api, "r", "ann", "&options[lock_available]=true"};
  Caller bob{api, "r", "bob"};

  const room::State& state() {
    return *api.house.hub->directory().find(room_of_conference(*base::IdBits::parse(ann.conference)));
  }
  const room::Member& member(const Caller& who) { return *state().find_ref(who.id); }
  int term_code(Caller& who) {
    const auto frames = who.socket->take();
    if (frames.empty() || text_at(last(frames), "type") != "call_terminated") return -1;
    EXPECT_EQ(who.socket->close_code(), 1000);
    return static_cast<int>(*base::find_int(at(last(frames), "data"), "term_code"));
  }
  int reject_code_of(Caller& who) {
    const auto frames = who.socket->take();
    if (frames.size() != 1 || text_at(last(frames), "type") != "call_rejected") return -1;
    EXPECT_EQ(who.socket->close_code(), 1000);
    return static_cast<int>(*base::find_int(at(last(frames), "data"), "reject_code"));
  }
  void peer(const Caller& who, link::PeerPhase phase) {
    api.house.fact(link::PeerState{*base::PeerId::parse(who.call), phase, ""});
  }
};

TEST_F(Sepp, tokens_are_checked_at_the_door) {
  const auto refused = [&](const std::string& target, const HeaderList& headers = {}) {
    return api.connect(target, headers).ends().refused;
  };
  EXPECT_EQ(refused("/call"), 401);
  EXPECT_EQ(refused("/call?auth_token=nonsense"), 401);
  EXPECT_EQ(refused("/call", {{"Authorization", "Bearer " + ann.token() + "x"}}), 401);
  EXPECT_EQ(refused("/call", {{"Authorization", "Bearer " + ann.token()}}), 0);
  const auto exp = base::unix_seconds(api.house.clock.wall()) + 100;
  const auto signed_token = [&](json::object claims) {
    return "/call?auth_token=" + api.dialect.token_key.sign(claims).value();
  };
  EXPECT_EQ(refused(signed_token(
                {{"client_id", ann.id}, {"conf_id", ann.conference}, {"aud", "eyeson-sepp"}, {"exp", exp}})),
            0);
  EXPECT_EQ(refused(signed_token(
                {{"client_id", ann.id}, {"conf_id", ann.conference}, {"aud", "else"}, {"exp", exp}})),
            401);
  EXPECT_EQ(
      refused(signed_token({{"client_id", ann.id}, {"conf_id", ann.conference}, {"aud", "eyeson-sepp"}})),
      401);
  EXPECT_EQ(refused(signed_token(
                {{"client_id", "x"}, {"conf_id", ann.conference}, {"aud", "eyeson-sepp"}, {"exp", exp}})),
            401);
  EXPECT_EQ(refused(signed_token({{"client_id", ann.conference},
                                  {"conf_id", ann.conference},
                                  {"aud", "eyeson-sepp"},
                                  {"exp", exp}})),
            410);
  ann.dial();
  api.house.pass(119s);
  ann.start();
  api.answer_legs();
  api.house.pass(3600s); // the call outlives its token, a new socket needs a new one
  EXPECT_THAT(ann.types(), Contains("call_accepted"));
  EXPECT_FALSE(ann.socket->close_code());
  EXPECT_EQ(refused("/call?auth_token=" + ann.token()), 401);
}

TEST_F(Sepp, the_call_begins) {
  ann.dial();
  EXPECT_EQ(ann.socket->ends().subprotocol, "");
  ann.start();
  EXPECT_THAT(ann.socket->take(), IsEmpty()) << "nothing before call_accepted";
  EXPECT_FALSE(member(ann).present);
  api.answer_legs();
  const auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 4U);
  for (const auto& frame : frames) {
    EXPECT_EQ(text_at(frame, "from"), ann.conference);
    EXPECT_EQ(text_at(frame, "to"), ann.id);
    EXPECT_EQ(text_at(frame, "msg_id").size(), 36U);
    EXPECT_FALSE(text_at(frame, "data.call_id").empty());
    EXPECT_EQ(frame.as_object().size(), 5U);
  }
  const auto call = text_at(frames[0], "data.call_id");
  EXPECT_EQ(text_at(frames[0], "type"), "call_accepted");
  EXPECT_EQ(base::write_json(at(frames[0], "data.sdp")), R"({"type":"answer","sdp":"ANSWER"})");
  EXPECT_EQ(base::write_json(at(frames[1], "data")),
            R"({"call_id":")" + call + R"(","add":[{"cid":")" + ann.id +
                R"(","p":"web-1.9.6"}],"del":[],"count":1,"media":[]})");
  EXPECT_EQ(
      base::write_json(at(frames[2], "data")),
      R"({"call_id":")" + call + R"(","src":[")" + ann.id +
          R"("],"asrc":[0],"vsrc":[0],"dims":[{"x":0,"y":0,"w":1280,"h":960}],"l":0,"bcast":false,"tovl":false})");
  EXPECT_EQ(base::write_json(at(frames[3], "data")),
            R"({"call_id":")" + call + R"(","active":false,"enabled":true})");
  const auto opened = api.house.workers->sent_of<link::OpenPeer>().back();
  EXPECT_THAT(opened.options.session_attributes, Contains("a=eyeson-sepp-messaging"));
}

TEST_F(Sepp, others_hear_of_a_newcomer_and_of_leaving) {
  ann.join();
  bob.join();
  auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 2U); // one source_update for all events of one cause
  EXPECT_EQ(text_at(frames[0], "type"), "memberlist");
  EXPECT_EQ(text_at(frames[0], "data.add.0.cid"), bob.id);
  EXPECT_EQ(text_at(frames[0], "data.count"), "2");
  EXPECT_EQ(base::write_json(at(frames[1], "data.vsrc")), "[0,1]");
  EXPECT_EQ(text_at(frames[1], "data.dims.1.x"), "640");
  bob.say("call_terminate", {{"call_id", bob.call}, {"term_code", 0}});
  EXPECT_EQ(term_code(bob), 200);
  bob.socket->hang_up();
  frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(base::write_json(at(frames[0], "data.del")), R"([")" + bob.id + R"("])");
  EXPECT_EQ(text_at(frames[0], "data.count"), "1");
  EXPECT_EQ(base::write_json(at(frames[1], "data.vsrc")), "[0]");
}

TEST_F(Sepp, video_mute_takes_the_tile) {
  ann.join(), bob.join(true);
  EXPECT_EQ(state().tiles.size(), 1U);
  ann.socket->take();
  bob.say("mute_video",
          {{"type", "mute_video"}, {"on", false}, {"cid", ann.id}}); // whose cid it claims does not matter
  EXPECT_EQ(state().tiles.size(), 2U);
  EXPECT_TRUE(member(ann).video_on);
  EXPECT_THAT(ann.types(), ElementsAre("source_update"));
  bob.say("mute_video", {{"on", true}});
  EXPECT_THAT(ann.types(), ElementsAre("source_update"));
  EXPECT_FALSE(member(bob).video_on);
}

TEST_F(Sepp, presenter_is_named_in_source_update) {
  ann.join(), bob.join();
  ann.socket->take();
  bob.say("set_presenter", {{"on", true}, {"cid", bob.id}});
  auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(text_at(frames[0], "data.psrc"), "1");
  EXPECT_EQ(text_at(frames[0], "data.dsrc"), "1");
  bob.say("set_presenter", {{"on", false}});
  frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(text_at(frames[0], "data.psrc"), "null");
}

TEST_F(Sepp, chat_goes_to_the_room_websocket_only) {
  ann.join();
  auto cable = api.connect("/rt?access_key=" + bob.key);
  cable.say(R"({"command":"subscribe","identifier":"{\"channel\":\"RoomChannel\"}"})");
  cable.take();
  ann.socket->take();
  ann.say("chat", {{"content", "hello"}, {"cid", "x"}});
  const auto frames = cable.take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(text_at(frames[0], "message.content"), "hello");
  EXPECT_EQ(text_at(frames[0], "message.cid"), ann.id);
  EXPECT_THAT(ann.socket->take(), IsEmpty());
}

TEST_F(Sepp, rejections) {
  ann.dial(); // unusable SDP, before and after the worker has seen it
  ann.say("call_start", {{"sdp", "x"}});
  EXPECT_EQ(reject_code_of(ann), 400);
  ann.dial();
  ann.say("call_start", {{"sdp", json::object{{"type", "offer"}, {"sdp", std::string(70'000, 'x')}}}});
  EXPECT_EQ(reject_code_of(ann), 413);
  ann.dial();
  ann.start();
  api.house.workers->owner().link_up(api.house.workers->taken.back());
  const auto open = api.house.workers->sent_of<link::OpenPeer>().back();
  api.house.fact(link::PeerRefused{open.request, open.peer, link::RefusalReason::bad_sdp, "no audio"});
  EXPECT_EQ(reject_code_of(ann), 400);
  ann.dial(); // the worker never answers
  ann.start();
  api.house.pass(10'001ms);
  EXPECT_EQ(reject_code_of(ann), 503);
  EXPECT_FALSE(member(ann).present);
}

TEST_F(Sepp, locked_rooms_and_ended_rooms) {
  const auto guest = api.ask("POST", "/guests/" + text_at(ann.document, "room.guest_token"), "name=Gus");
  Caller gus(api, guest.json);
  api.ask("POST", "/rooms/" + ann.key + "/lock");
  gus.dial();
  gus.start();
  EXPECT_EQ(reject_code_of(gus), 607);
  ann.dial();
  bob.join();
  api.ask("DELETE", "/rooms/" + bob.key);
  EXPECT_EQ(term_code(bob), 200);
  ann.start();
  EXPECT_EQ(reject_code_of(ann), 410);
}

TEST_F(Sepp, no_capacity) {
  api.house.workers->full = true;
  ann.dial();
  ann.start();
  EXPECT_EQ(reject_code_of(ann), 503);
}

TEST_F(Sepp, a_second_call_replaces_the_first) {
  ann.join(), bob.join();
  const auto old_call = ann.call;
  Client old = *std::exchange(ann.socket, std::nullopt);
  bob.socket->take();
  ann.join();
  const auto frames = old.take();
  EXPECT_EQ(text_at(last(frames), "type"), "call_terminated");
  EXPECT_EQ(text_at(last(frames), "data.term_code"), "403");
  EXPECT_EQ(text_at(last(frames), "data.call_id"), old_call);
  EXPECT_NE(ann.call, old_call);
  old.hang_up();
  EXPECT_FALSE(member(ann).leg.signaling_lost_at);
  EXPECT_THAT(bob.types(), IsEmpty()) << "neither leave nor join";
}

TEST_F(Sepp, resume_keeps_the_call) {
  ann.join(), bob.join();
  ann.socket->hang_up();
  EXPECT_TRUE(member(ann).leg.signaling_lost_at);
  bob.say("call_terminate", {{"call_id", bob.call}, {"term_code", 0}}); // unheard by ann
  ann.dial();
  ann.say("call_resume", {{"call_id", ann.call}, {"sdp", parsed(kOffer)}});
  EXPECT_THAT(ann.socket->take(), IsEmpty());
  api.answer_legs();
  const auto frames = ann.socket->take();
  ASSERT_GE(frames.size(), 4U);
  EXPECT_EQ(text_at(frames[0], "type"), "call_resumed");
  EXPECT_EQ(text_at(frames[0], "data.call_id"), ann.call);
  EXPECT_EQ(base::write_json(at(frames[0], "data.sdp")), R"({"type":"answer","sdp":"ANSWER2"})");
  EXPECT_EQ(base::write_json(at(frames[1], "data.del")), R"([")" + bob.id + R"("])"); // who left meanwhile
  EXPECT_EQ(text_at(frames[1], "data.add.0.cid"), ann.id);
  EXPECT_FALSE(member(ann).leg.signaling_lost_at);
  api.house.pass(60s);
  EXPECT_TRUE(member(ann).present);
}

// The old socket is still up when the new one resumes: its end must not start the grace time.
TEST_F(Sepp, resume_beside_a_half_dead_socket) {
  ann.join();
  Client old = *std::exchange(ann.socket, std::nullopt);
  ann.dial();
  ann.say("call_resume", {{"call_id", ann.call}, {"sdp", parsed(kOffer)}});
  api.answer_legs();
  EXPECT_EQ(text_at(first(ann.socket->take()), "type"), "call_resumed");
  EXPECT_EQ(text_at(last(old.take()), "data.term_code"), "403");
  old.hang_up();
  EXPECT_FALSE(member(ann).leg.signaling_lost_at);
  api.house.pass(120s);
  EXPECT_TRUE(member(ann).present);
}

TEST_F(Sepp, unknown_calls_cannot_be_resumed) {
  ann.join(), bob.join();
  ann.socket->hang_up();
  for (const auto& call : {std::string("nonsense"), std::string(), bob.call, std::string(24, '0')}) {
    ann.dial();
    ann.say("call_resume", {{"call_id", call}, {"sdp", parsed(kOffer)}});
    const auto frames = ann.socket->take();
    ASSERT_EQ(frames.size(), 1U) << call;
    EXPECT_EQ(text_at(frames[0], "type"), "call_terminated");
    EXPECT_EQ(text_at(frames[0], "data.term_code"), "410");
    EXPECT_EQ(text_at(frames[0], "data.call_id"), call);
  }
  ann.dial();
  ann.say("call_resume", {{"call_id", ann.call}}); // no SDP: answered, not left waiting
  EXPECT_EQ(term_code(ann), 410);
  EXPECT_TRUE(member(bob).present);
}

TEST_F(Sepp, a_lost_socket_has_its_grace_time) {
  ann.join(), bob.join();
  ann.socket->hang_up();
  bob.socket->take();
  api.house.pass(29s);
  EXPECT_TRUE(member(ann).present);
  EXPECT_THAT(bob.types(), IsEmpty());
  api.house.pass(2s);
  EXPECT_FALSE(member(ann).present);
  EXPECT_THAT(bob.types(), ElementsAre("memberlist", "source_update"));
}

TEST_F(Sepp, terminate_before_the_answer_gives_the_seat_back) {
  ann.dial();
  ann.start();
  ann.say("call_terminate", {{"call_id", ""}, {"term_code", 0}});
  EXPECT_EQ(term_code(ann), 200);
  api.answer_legs();
  EXPECT_THAT(ann.socket->take(), IsEmpty()) << "nothing after call_terminated";
  EXPECT_FALSE(member(ann).present);
}

TEST_F(Sepp, a_socket_lost_before_the_answer_gives_the_seat_back) {
  ann.dial();
  ann.start();
  ann.socket->hang_up();
  api.answer_legs();
  EXPECT_FALSE(member(ann).present);
}

TEST_F(Sepp, terminate_without_a_call_is_answered) {
  ann.dial();
  ann.say("call_terminate", {{"call_id", "abc"}, {"term_code", 0}});
  const auto frames = ann.socket->take();
  EXPECT_EQ(text_at(last(frames), "data.call_id"), "abc");
}

TEST_F(Sepp, a_second_start_on_the_same_socket) {
  ann.join();
  ann.say("call_start", {{"sdp", parsed(kOffer)}, {"platform", "again"}});
  ann.say("call_start", {{"sdp", parsed(kOffer)}, {"platform", "too soon"}});
  api.answer_legs();
  EXPECT_THAT(ann.types(), ElementsAre("call_accepted", "memberlist", "source_update", "recording"));
  EXPECT_EQ(member(ann).platform, "again");
}

TEST_F(Sepp, lost_transport_is_offered_again_one_at_a_time) {
  ann.join();
  peer(ann, link::PeerPhase::connected);
  peer(ann, link::PeerPhase::disconnected);
  auto asked = api.house.workers->sent_of<link::OfferPeer>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(asked[0].ice_restart);
  api.house.fact(link::PeerOffer{asked[0].request, asked[0].peer, "NEW OFFER"});
  auto frames = ann.socket->take();
  EXPECT_EQ(text_at(last(frames), "type"), "sdp_update");
  EXPECT_EQ(base::write_json(at(last(frames), "data.sdp")), R"({"type":"offer","sdp":"NEW OFFER"})");
  EXPECT_EQ(text_at(last(frames), "data.call_id"), ann.call);
  peer(ann, link::PeerPhase::connected);
  peer(ann, link::PeerPhase::disconnected); // while the first offer is open
  EXPECT_EQ(api.house.workers->sent_of<link::OfferPeer>().size(), 1U);
  ann.say("sdp_update", {{"call_id", "other"}, {"sdp", json::object{{"type", "answer"}, {"sdp", "A"}}}});
  EXPECT_THAT(api.house.workers->sent_of<link::AnswerPeer>(), IsEmpty());
  ann.say("sdp_update", {{"call_id", ann.call}, {"sdp", json::object{{"type", "answer"}, {"sdp", "A"}}}});
  EXPECT_EQ(api.house.workers->sent_of<link::AnswerPeer>().size(), 1U);
  api.house.pass(251ms);
  EXPECT_EQ(api.house.workers->sent_of<link::OfferPeer>().size(), 2U) << "spaced, not the whole patience";
  ann.say("sdp_update", {{"call_id", ann.call}, {"sdp", json::object{{"type", "answer"}, {"sdp", "B"}}}});
}

TEST_F(Sepp, a_client_that_never_answers_is_not_waited_for) {
  ann.join();
  peer(ann, link::PeerPhase::connected);
  peer(ann, link::PeerPhase::disconnected);
  const auto first = api.house.workers->sent_of<link::OfferPeer>().back();
  api.house.fact(link::PeerOffer{first.request, first.peer, "ONE"});
  peer(ann, link::PeerPhase::connected);
  peer(ann, link::PeerPhase::disconnected);
  api.house.pass(1s);
  EXPECT_EQ(api.house.workers->sent_of<link::OfferPeer>().size(), 1U);
  api.house.pass(1001ms);
  EXPECT_EQ(api.house.workers->sent_of<link::OfferPeer>().size(), 2U);
}

// It ends the meeting by itself, and would never answer.
TEST_F(Sepp, android_is_not_offered_again) {
  ann.dial();
  ann.say("call_start", {{"sdp", parsed(kOffer)}, {"mute_video", false}, {"platform", "android-1.1.15"}});
  api.answer_legs();
  ann.call = text_at(first(ann.socket->take()), "data.call_id");
  peer(ann, link::PeerPhase::connected);
  peer(ann, link::PeerPhase::disconnected);
  EXPECT_THAT(api.house.workers->sent_of<link::OfferPeer>(), IsEmpty());
}

TEST_F(Sepp, client_offers_are_answered) {
  ann.join();
  ann.say("sdp_update", {{"call_id", ann.call}, {"sdp", parsed(kOffer)}});
  api.answer_legs();
  const auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(base::write_json(at(frames[0], "data.sdp")), R"({"type":"answer","sdp":"ANSWER2"})");
}

TEST_F(Sepp, media_that_never_came_up_is_426) {
  ann.join();
  peer(ann, link::PeerPhase::failed);
  EXPECT_EQ(term_code(ann), 426);
}

TEST_F(Sepp, voice_activity_uses_the_data_channel_when_it_is_open) {
  ann.join(), bob.join();
  ann.socket->take();
  api.house.fact(link::Talking{*base::MemberId::parse(bob.id), true});
  auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(text_at(frames[0], "type"), "voice_activity");
  EXPECT_EQ(base::write_json(at(frames[0], "data.on")), "true");
  EXPECT_EQ(text_at(frames[0], "data.cid"), bob.id);
  api.house.fact(link::DataOpen{*base::PeerId::parse(ann.call)});
  api.house.fact(link::Talking{*base::MemberId::parse(bob.id), false});
  EXPECT_THAT(ann.socket->take(), IsEmpty());
  const auto sent = api.house.workers->sent_of<link::SendData>();
  ASSERT_EQ(sent.size(), 2U); // who talked already is said again: one client listens here only
  EXPECT_EQ(sent[0].text, R"({"type":"voice_activity","cid":")" + bob.id + R"(","on":true})");
  EXPECT_EQ(sent[1].text, R"({"type":"voice_activity","cid":")" + bob.id + R"(","on":false})");
}

// While signaling was lost nobody was told of edges.
TEST_F(Sepp, who_talks_is_said_again_after_a_resume) {
  Caller cid(api, "r", "cid");
  ann.join(), bob.join(), cid.join();
  api.house.fact(link::DataOpen{*base::PeerId::parse(ann.call)});
  api.house.fact(link::Talking{*base::MemberId::parse(bob.id), true});
  api.house.fact(link::Talking{*base::MemberId::parse(ann.id), true});
  ann.socket->hang_up();
  api.house.fact(link::Talking{*base::MemberId::parse(bob.id), false});
  api.house.fact(link::Talking{*base::MemberId::parse(cid.id), true});
  const auto before = api.house.workers->sent_of<link::SendData>().size();
  ann.dial();
  ann.say("call_resume", {{"call_id", ann.call}, {"sdp", parsed(kOffer)}});
  api.answer_legs();
  EXPECT_EQ(text_at(first(ann.socket->take()), "type"), "call_resumed");
  std::vector<std::string> told;
  for (const auto& sent : api.house.workers->sent_of<link::SendData>())
    if (sent.peer.hex() == ann.call) told.push_back(sent.text);
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_THAT(told, ::testing::UnorderedElementsAre(
                        R"({"type":"voice_activity","cid":")" + bob.id + R"(","on":false})",
                        R"({"type":"voice_activity","cid":")" + cid.id + R"(","on":true})"))
      << "and nothing about herself";
}

TEST_F(Sepp, without_a_data_channel_who_talks_is_said_by_signaling) {
  ann.join();
  api.house.fact(link::Talking{*base::MemberId::parse(ann.id), true});
  bob.dial();
  bob.start();
  const auto open = api.house.workers->sent_of<link::OpenPeer>().back();
  api.house.fact(link::PeerAnswer{open.request, open.peer, "ANSWER", true, true, false, {}});
  const auto frames = bob.socket->take();
  ASSERT_EQ(frames.size(), 5U);
  EXPECT_EQ(text_at(frames[0], "type"), "call_accepted");
  EXPECT_EQ(text_at(frames[4], "type"), "voice_activity");
  EXPECT_EQ(text_at(frames[4], "data.cid"), ann.id);
}

TEST_F(Sepp, keep_alive_only_for_who_asked_and_after_the_opening) {
  ann.join();
  bob.dial();
  bob.start();
  api.answer_legs({});
  bob.call = text_at(first(bob.socket->take()), "data.call_id");
  api.house.pass(11s);
  EXPECT_THAT(api.house.workers->sent_of<link::SendData>(), IsEmpty());
  api.house.fact(link::DataOpen{*base::PeerId::parse(ann.call)});
  api.house.fact(link::DataOpen{*base::PeerId::parse(bob.call)});
  api.house.pass(20s);
  const auto sent = api.house.workers->sent_of<link::SendData>();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].text, R"({"type":"ping"})"); // browsers compare the string
  EXPECT_EQ(sent[1].peer.hex(), ann.call);
}

TEST_F(Sepp, data_channel_commands) {
  ann.join();
  api.house.fact(
      link::DataReceived{*base::PeerId::parse(ann.call), R"({"type":"mute_video","on":true,"cid":"x"})"});
  EXPECT_FALSE(member(ann).video_on);
  api.house.fact(link::DataReceived{*base::PeerId::parse(ann.call), "\xff nonsense"});
  EXPECT_TRUE(member(ann).present);
}

TEST_F(Sepp, recording_state_follows_the_option) {
  ann.join();
  ann.socket->take();
  api.enter("r", "ann", "&options[recording_available]=false");
  const auto frames = ann.socket->take();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(text_at(frames[0], "type"), "recording");
  EXPECT_EQ(text_at(frames[0], "data.enabled"), "false");
  api.enter("r", "ann", "&options[show_label]=false");
  EXPECT_THAT(ann.socket->take(), IsEmpty());
}

TEST_F(Sepp, bad_messages_change_nothing_and_are_bounded) {
  ann.join();
  ann.socket->take();
  ann.socket->say("nonsense");
  ann.socket->say(json::value(
      json::object{{"type", "mute_video"}, {"from", bob.id}, {"data", json::object{{"on", true}}}}));
  EXPECT_TRUE(member(ann).video_on);
  EXPECT_THAT(ann.socket->take(), IsEmpty());
  EXPECT_FALSE(ann.socket->close_code());
  for (int i = 0; i < 100; ++i) {
    ann.socket->say("nonsense");
    api.house.pass(60ms); // slowly: no flood
  }
  EXPECT_EQ(ann.socket->close_code(), 1008);
  EXPECT_EQ(api.house.env.metrics.counter("plenum_sepp_floods_total").value(), 0U);
  ann.socket->hang_up();
  EXPECT_TRUE(member(ann).leg.signaling_lost_at);
}

// Twenty a second are nobody's clicks. The last that was heard holds; the call can be taken up again.
TEST_F(Sepp, a_flood_is_hung_up_on) {
  ann.join();
  for (int second = 0; second < 10; ++second) { // busy, but not a flood
    for (int i = 0; i < 20; ++i)
      ann.say("mute_video", {{"on", i % 2 == 0}});
    api.house.pass(1s);
  }
  EXPECT_FALSE(ann.socket->close_code());
  EXPECT_TRUE(member(ann).video_on);
  int heard = 0;
  for (; heard < 1000 && !ann.socket->close_code(); ++heard)
    ann.say("mute_video", {{"on", true}});
  EXPECT_LE(heard, SeppSession::kCommandBurst + 1);
  EXPECT_EQ(ann.socket->close_code(), 1008);
  EXPECT_EQ(api.house.env.metrics.counter("plenum_sepp_floods_total").value(), 1U);
  ann.say("mute_video", {{"on", false}});
  EXPECT_FALSE(member(ann).video_on) << "nothing is heard after it";
  ann.socket->hang_up();
  ann.dial();
  ann.say("call_resume", {{"call_id", ann.call}, {"sdp", parsed(kOffer)}});
  api.answer_legs();
  EXPECT_EQ(text_at(first(ann.socket->take()), "type"), "call_resumed");
}

TEST_F(Sepp, the_data_channel_is_no_way_around_the_limit) {
  ann.join();
  for (int i = 0; i < 200; ++i)
    api.house.fact(
        link::DataReceived{*base::PeerId::parse(ann.call), R"({"type":"mute_video","on":true,"cid":"x"})"});
  EXPECT_EQ(ann.socket->close_code(), 1008);
  EXPECT_TRUE(member(ann).present);
}

TEST_F(Sepp, commands_before_the_call_do_nothing) {
  ann.dial();
  ann.say("mute_video", {{"on", true}});
  ann.say("set_presenter", {{"on", true}});
  ann.say("chat", {{"content", "x"}});
  ann.say("sdp_update", {{"call_id", "x"}, {"sdp", parsed(kOffer)}});
  ann.say("nobody_knows", {});
  EXPECT_THAT(ann.socket->take(), IsEmpty());
  EXPECT_FALSE(state().presenter);
  EXPECT_THAT(state().messages, IsEmpty());
}

TEST_F(Sepp, the_end_reaches_everybody) {
  ann.join(), bob.join();
  api.owner("DELETE", "/rooms/r");
  EXPECT_EQ(term_code(ann), 200);
  EXPECT_EQ(term_code(bob), 200);
  ann.socket->hang_up();
  bob.say("mute_video", {{"on", true}});
  EXPECT_THAT(bob.socket->take(), IsEmpty());
}

TEST_F(Sepp, a_restart_leaves_the_call_to_be_resumed) {
  ann.join();
  api.calls.close_for_restart();
  EXPECT_EQ(ann.socket->close_code(), net::kWithoutGoodbye); // a goodbye would end Android's meeting
  ann.socket->hang_up();
  EXPECT_TRUE(member(ann).present);
}

} // namespace
} // namespace plenum::api::eyeson::testing
