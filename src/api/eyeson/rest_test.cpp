#include "api/eyeson/test_dialect.hpp"

#include "api/eyeson/requests.hpp"

#include <regex>

namespace plenum::api::eyeson::testing {
namespace {

using ::testing::ElementsAre;

std::string error_of(const Answer& answer) {
  return text_at(answer.json, "error");
}

TEST(Rest, room_document_is_complete_and_ordered) {
  Api api;
  const auto got = api.owner("POST", "/rooms",
                             R"({"id":"daily","name":"Daily sync","user":{"id":"mike@x","name":"Mike"}})");
  ASSERT_EQ(got.status, 201) << got.body;
  auto golden = got.body;
  // What is drawn or signed has its own tests; here every member, its order and its type count.
  golden =
      std::regex_replace(golden, std::regex("[0-9A-Za-z_-]+\\.[0-9A-Za-z_-]+\\.[0-9A-Za-z_-]{100,}"), "JWT");
  golden = std::regex_replace(golden, std::regex("[0-9a-f]{24}"), "HEX");
  golden = std::regex_replace(golden, std::regex("[0-9A-Za-z]{24}"), "TOKEN");
  golden = std::regex_replace(golden, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"), "TIME");
  EXPECT_EQ(
      golden,
      R"({"access_key":"TOKEN","ready":true,"locked":false,)"
      R"("room":{"id":"daily","name":"Daily sync","ready":true,"started_at":"TIME","shutdown":false,"guest_token":"TOKEN"},)"
      R"("team":{"name":"Acme"},)"
      R"("user":{"id":"mike@x","room_id":"daily","name":"Mike","avatar":null,"guest":false,"blocked":false,"ready":true},)"
      R"("links":{"self":"https://api.example.org/rooms/TOKEN","gui":"https://app.example.org/?TOKEN",)"
      R"("guest_join":"https://app.example.org/?guest=TOKEN","websocket":"https://api.example.org/rt?access_key=TOKEN"},)"
      R"("options":{"show_names":true,"show_label":true,"exit_url":null,"recording_available":true,)"
      R"("broadcast_available":true,"layout_available":true,"layout":"auto","reaction_available":true,)"
      R"("suggest_guest_names":true,"lock_available":false,"kick_available":true,"sfu_mode":"ptp","layout_users":null,)"
      R"("layout_name":null,"layout_map":null,"voice_activation":false,"custom_fields":{},"widescreen":false,)"
      R"("background_color":"#121212"},)"
      R"("playbacks":[],"presentation":null,"broadcasts":[],"recording":null,"snapshots":[],"waiting_list":[],)"
      R"("signaling":{"type":"sepp","options":{"client_id":"HEX","conf_id":"HEX","auth_token":"JWT",)"
      R"("endpoint":"wss://api.example.org/call","stun_servers":[],"turn_servers":[]}}})");
  EXPECT_NE(text_at(got.json, "signaling.options.client_id"), text_at(got.json, "signaling.options.conf_id"));
  EXPECT_EQ(text_at(got.json, "access_key").size(), 24U);
}

TEST(Rest, turn_credentials_carry_expiry_and_client) {
  Api api;
  api.dialect.addresses.turn_servers = {"turn:t.example.org:3478"};
  api.dialect.addresses.turn_secret = base::Secret("shared");
  api.dialect.addresses.stun_servers = {"stun:s.example.org:3478"};
  const auto room = api.enter("r", "ann");
  const auto options = at(room, "signaling.options");
  const auto until = base::unix_seconds(api.house.clock.wall()) + 86'400;
  EXPECT_EQ(text_at(options, "turn_servers.0.username"),
            std::to_string(until) + ":" + text_at(options, "client_id"));
  EXPECT_EQ(text_at(options, "turn_servers.0.urls.0"), "turn:t.example.org:3478");
  EXPECT_EQ(text_at(options, "turn_servers.0.password").size(), 28U); // base64 of SHA-1
  EXPECT_EQ(text_at(options, "stun_servers.0"), "stun:s.example.org:3478");
}

TEST(Rest, browsers_are_not_told_our_own_stun) {
  Api api;
  api.dialect.addresses.own_stun = "stun:127.0.0.1:10000";
  const auto room = api.enter("r", "ann");
  EXPECT_EQ(text_at(at(room, "signaling.options"), "stun_servers.0"), "stun:127.0.0.1:10000");
  const auto path = "/rooms/" + text_at(room, "access_key");
  const auto of_browser = api.ask("GET", path, {}, {{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"}});
  EXPECT_TRUE(at(of_browser.json, "signaling.options.stun_servers").as_array().empty());
  const auto of_app = api.ask("GET", path, {}, {{"User-Agent", "okhttp/4.12.0"}});
  EXPECT_EQ(text_at(of_app.json, "signaling.options.stun_servers.0"), "stun:127.0.0.1:10000");
}

// Browsers decode the payload with atob, which knows neither '-' nor '_' (eyeson-sepp 3.2).
TEST(Rest, token_payload_is_plain_base64) {
  Api api;
  base::SeededRandom random(99);
  for (int i = 0; i < 300; ++i) {
    room::State room;
    room.id = base::RoomId::make(api.house.clock.wall() + std::chrono::seconds(i * 7919), random);
    room::Member member;
    member.id = base::MemberId::make(api.house.clock.wall() + std::chrono::hours(i), random);
    const auto document =
        room_response(api.dialect, {"http://a", "http://a", "ws://a/call"}, room, member, "T");
    const auto token = text_at(document, "signaling.options.auth_token");
    const auto payload = net::jwt_payload_part(token);
    ASSERT_EQ(payload.find_first_of("-_"), std::string_view::npos) << payload;
    const auto content = api.dialect.token_key.verify(token);
    ASSERT_TRUE(content.has_value());
    EXPECT_EQ(text_at(content->payload, "client_id"), member.id.hex());
    EXPECT_EQ(text_at(content->payload, "aud"), "eyeson-sepp");
    EXPECT_EQ(text_at(content->payload, "iss"), "eyeson-comapi");
    EXPECT_EQ(content->header.size(), 1U);
    EXPECT_EQ(room_of_conference(*base::IdBits::parse(text_at(content->payload, "conf_id"))), room.id);
  }
}

TEST(Rest, every_option_is_read_and_shown) {
  Api api;
  const std::string all =
      "&options[show_names]=false&options[show_label]=0&options[exit_url]=https://x/"
      "y&options[recording_available]=false"
      "&options[broadcast_available]=false&options[layout_available]=false&options[layout]=custom"
      "&options[reaction_available]=false&options[suggest_guest_names]=false&options[lock_available]=1"
      "&options[kick_available]=false&options[sfu_mode]=disabled&options[layout_users][]=a&options[layout_"
      "users][]="
      "&options[layout_name]=two&options[voice_activation]=true&options[custom_fields][hide_chat]=true"
      "&options[widescreen]=true&options[background_color]=%23A0b0C0&options[guest_token_available]=false"
      "&options[audio_insert]=enabled&options[audio_insert_position][x]=5&options[audio_insert_position][y]="
      "7";
  const auto room = api.enter("all", "ann", all);
  EXPECT_EQ(
      base::write_json(at(room, "options")),
      R"({"show_names":false,"show_label":false,"exit_url":"https://x/y","recording_available":false,)"
      R"("broadcast_available":false,"layout_available":false,"layout":"custom","reaction_available":false,)"
      R"("suggest_guest_names":false,"lock_available":true,"kick_available":false,"sfu_mode":"disabled",)"
      R"("layout_users":["a",""],"layout_name":"two","layout_map":null,"voice_activation":true,)"
      R"("custom_fields":{"hide_chat":"true"},"widescreen":true,"background_color":"#a0b0c0"})");
  EXPECT_EQ(text_at(room, "room.guest_token"), "");
  EXPECT_EQ(text_at(room, "links.guest_join"), "");
  const auto& state =
      *api.house.hub->directory().list(api.house.hub->directory().account_by_key(api.key)->id).front();
  EXPECT_EQ(state.options.audio_insert, room::AudioInsert::enabled);
  EXPECT_EQ(state.options.audio_insert_position, (room::Position{5, 7}));
}

TEST(Rest, unusable_option_values_are_ignored) {
  Api api;
  const auto plain = at(api.enter("plain", "ann"), "options");
  const auto body =
      R"({"id":"bad","user":{"name":"Ann"},"options":{"show_names":"maybe","exit_url":"","sfu_mode":"x",
    "widescreen":2,"background_color":"red","custom_fields":"text","layout":"grid","layout_map":[[0,0,10.5,10]],
    "audio_insert":"loud","audio_insert_position":{"x":"a"},"no_such_option":1,"voice_activation":null}})";
  const auto bad = api.owner("POST", "/rooms", body);
  ASSERT_EQ(bad.status, 201) << bad.body;
  EXPECT_EQ(at(bad.json, "options"), plain);
}

TEST(Rest, impossible_layouts_are_refused) {
  Api api;
  const std::string who = "user[name]=Ann&options[widescreen]=true";
  EXPECT_EQ(api.owner("POST", "/rooms", who + "&options[layout_name]=eleven").status, 400);
  EXPECT_EQ(api.owner("POST", "/rooms",
                      R"({"user":{"name":"A"},"options":{"widescreen":true,"layout_map":[[0,0,1280,960]]}})")
                .status,
            400);
  const auto fine =
      api.owner("POST", "/rooms",
                R"({"user":{"name":"A"},"options":{"layout_map":[[0,0,"1280",960,"contain"],[1,2,3,4]]}})");
  EXPECT_EQ(base::write_json(at(fine.json, "options.layout_map")), R"([[0,0,1280,960,"contain"],[1,2,3,4]])");
}

TEST(Rest, live_options_change_and_fixed_ones_stay) {
  Api api;
  api.enter("r", "ann", "&options[custom_fields][a]=1");
  const auto again =
      api.enter("r", "bob",
                "&name=Other&options[show_names]=false&options[widescreen]=true&options[sfu_mode]=disabled");
  EXPECT_EQ(text_at(again, "room.name"), "Acme");
  EXPECT_EQ(text_at(again, "options.show_names"), "false");
  EXPECT_EQ(text_at(again, "options.widescreen"), "false");
  EXPECT_EQ(text_at(again, "options.sfu_mode"), "ptp");
  EXPECT_EQ(text_at(again, "options.custom_fields.a"), "1");
}

TEST(Rest, opening_needs_a_key_and_a_name) {
  Api api;
  EXPECT_EQ(api.ask("POST", "/rooms", "user[name]=Ann").status, 403);
  EXPECT_EQ(api.ask("POST", "/rooms", "user[name]=Ann", {{"Authorization", "wrong"}}).status, 403);
  EXPECT_EQ(api.ask("POST", "/rooms", "user[name]=Ann", {{"Authorization", "Bearer " + api.key}}).status,
            201);
  for (const std::string body :
       {"id=x", "user[name]=%20", "user=Ann", R"({"user":"Ann"})", R"({"user":["Ann"]})", R"({"user":)",
        R"({"user":{"name":null}})", R"({"user":{"name":{}}})"})
    EXPECT_EQ(api.owner("POST", "/rooms", body).status, 400) << body;
  EXPECT_EQ(api.owner("POST", "/rooms").status, 400);
  EXPECT_EQ(api.owner("POST", "/rooms", R"({"id":null,"name":null,"user[name]":"Bracket"})").status, 201);
}

TEST(Rest, same_user_again_is_the_same_member) {
  Api api;
  const auto first = api.enter("r", "ann");
  const auto again =
      api.owner("POST", "/rooms", "room[id]=r&user[id]=ann&user[name]=Anna&user[avatar]=https://a/b");
  EXPECT_EQ(text_at(again.json, "access_key"), text_at(first, "access_key"));
  EXPECT_EQ(text_at(again.json, "user.name"), "Anna");
  EXPECT_EQ(text_at(again.json, "user.avatar"), "https://a/b");
  const auto other = api.owner("POST", "/rooms", "id=r&user[name]=Anna&user[id]");
  EXPECT_NE(text_at(other.json, "access_key"), text_at(first, "access_key"));
  EXPECT_EQ(text_at(other.json, "user.id"), text_at(other.json, "signaling.options.client_id"));
}

TEST(Rest, access_key_opens_the_room_until_it_ends) {
  Api api;
  const auto key = text_at(api.enter("r", "ann"), "access_key");
  EXPECT_EQ(api.ask("GET", "/rooms/" + key, {}, {{"Authorization", "nonsense"}}).status, 200);
  const auto unknown = api.ask("GET", "/rooms/000000000000000000000000");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(error_of(unknown), "Invalid access key");
  const auto ended = api.ask("DELETE", "/rooms/" + key);
  EXPECT_EQ(ended.status, 204);
  EXPECT_EQ(ended.body, "");
  for (const auto& [method, path] : HeaderList{{"GET", ""},
                                               {"DELETE", ""},
                                               {"GET", "/users/ann"},
                                               {"DELETE", "/users/ann"},
                                               {"POST", "/lock"},
                                               {"POST", "/messages"},
                                               {"POST", "/presentation"},
                                               {"PUT", "/presentation"},
                                               {"DELETE", "/presentation"}}) {
    const auto got = api.ask(method, "/rooms/" + key + path);
    EXPECT_EQ(got.status, 410) << method << path;
    EXPECT_EQ(error_of(got), "Access key expired");
    EXPECT_EQ(api.ask(method, "/rooms/nokey" + path).status, 404) << method << path;
  }
  const auto next = api.enter("r", "ann");
  EXPECT_NE(text_at(next, "access_key"), key);
}

TEST(Rest, a_fresh_token_comes_with_every_look) {
  Api api;
  const auto key = text_at(api.enter("r", "ann"), "access_key");
  const auto expiry = [&] {
    const auto room = api.ask("GET", "/rooms/" + key);
    return *base::find_int(
        json::value(
            api.dialect.token_key.verify(text_at(room.json, "signaling.options.auth_token"))->payload),
        "exp");
  };
  const auto first = expiry();
  EXPECT_EQ(first, base::unix_seconds(api.house.clock.wall()) + 3600);
  api.house.pass(std::chrono::seconds(10));
  EXPECT_EQ(expiry(), first + 10);
}

TEST(Rest, delete_tells_keys_from_room_ids) {
  Api api;
  const auto stranger = api.make_key("Other");
  api.enter("standup meeting", "ann");
  const auto path = "/rooms/standup%20meeting";
  EXPECT_EQ(api.ask("DELETE", path).status, 404);
  EXPECT_EQ(api.ask("DELETE", path, {}, {{"Authorization", "wrong"}}).status, 403);
  EXPECT_EQ(api.ask("DELETE", path, {}, {{"Authorization", stranger}}).status, 404);
  EXPECT_EQ(api.owner("DELETE", path).status, 204);
  EXPECT_EQ(api.owner("DELETE", path).status, 404);
  const auto key = text_at(api.enter("r2", "ann"), "access_key");
  EXPECT_EQ(api.ask("DELETE", "/rooms/" + key, {}, {{"Authorization", "wrong"}}).status,
            204); // header ignored
}

TEST(Rest, rooms_are_listed_in_pages_newest_first) {
  Api api;
  for (int i = 0; i < 27; ++i) {
    api.enter("r" + std::to_string(i), "ann");
    api.house.pass(std::chrono::milliseconds(5));
  }
  const auto first = api.owner("GET", "/rooms");
  EXPECT_EQ(first.json.as_array().size(), 25U);
  EXPECT_EQ(text_at(first.json, "0.id"), "r26");
  EXPECT_EQ(text_at(first.json, "24.id"), "r2");
  const auto second = api.owner("GET", "/rooms?page=1");
  EXPECT_EQ(second.json.as_array().size(), 2U);
  EXPECT_EQ(text_at(second.json, "1.id"), "r0");
  EXPECT_EQ(api.owner("GET", "/rooms?page=2").body, "[]");
  EXPECT_EQ(api.owner("GET", "/rooms?page=18446744073709551615").body, "[]");
  for (const auto* page : {"-1", "x", "", "1x"})
    EXPECT_EQ(api.owner("GET", std::string("/rooms?page=") + page).body, first.body) << page;
  EXPECT_EQ(api.ask("GET", "/rooms").status, 403);
  EXPECT_EQ(api.ask("GET", "/rooms", {}, {{"Authorization", api.make_key("Other")}}).body, "[]");
}

TEST(Rest, users_are_found_by_both_ids_and_listed) {
  Api api;
  Caller ann(api, "r", "ann");
  api.enter("r", "mike%40x");
  for (const auto& who : {std::string("ann"), ann.id}) {
    const auto user = api.ask("GET", "/rooms/" + ann.key + "/users/" + who);
    EXPECT_EQ(user.status, 200);
    EXPECT_TRUE(
        user.body.starts_with(R"({"id":"ann","name":"ann","avatar":null,"guest":false,"joined_at":")"))
        << user.body;
  }
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + ann.key + "/users/mike%40x").json, "id"), "mike@x");
  EXPECT_EQ(api.ask("GET", "/rooms/" + ann.key + "/users/nobody").status, 404);
  ann.join();
  const auto users = api.owner("GET", "/rooms/r/users");
  EXPECT_EQ(users.body,
            R"([{"id":"ann","room_id":"r","name":"ann","avatar":null,"guest":false,"online":true},)"
            R"({"id":"mike@x","room_id":"r","name":"mike@x","avatar":null,"guest":false,"online":false}])");
  EXPECT_EQ(text_at(api.owner("GET", "/rooms/r/users?online=true").json, "0.id"), "ann");
  EXPECT_EQ(text_at(api.owner("GET", "/rooms/r/users?online=false").json, "0.id"), "mike@x");
  EXPECT_EQ(api.owner("GET", "/rooms/none/users").status, 404);
  EXPECT_EQ(api.ask("GET", "/rooms/r/users").status, 403);
  ann.say("call_terminate", {{"call_id", ann.call}, {"term_code", 0}}); // who has left is still found
  EXPECT_EQ(api.ask("GET", "/rooms/" + ann.key + "/users/" + ann.id).status, 200);
}

TEST(Rest, guests) {
  Api api;
  const auto room = api.enter("r", "ann", "&options[lock_available]=true");
  const auto path = "/guests/" + text_at(room, "room.guest_token");
  EXPECT_EQ(api.ask("POST", "/guests/nonsense", "name=G").status, 401);
  EXPECT_EQ(api.ask("POST", path).status, 400);
  EXPECT_EQ(api.ask("POST", path, "name=%20").status, 400);
  const auto guest = api.ask("POST", path, "name=Gus&id=&avatar=&email=undefined");
  EXPECT_EQ(guest.status, 201);
  EXPECT_EQ(text_at(guest.json, "user.guest"), "true");
  EXPECT_EQ(text_at(guest.json, "user.avatar"), "null");
  const auto forged = api.ask("POST", path, "name=Mallory&id=ann");
  EXPECT_NE(text_at(forged.json, "access_key"), text_at(room, "access_key"));
  EXPECT_NE(text_at(forged.json, "user.id"), "ann");
  EXPECT_EQ(api.ask("POST", "/rooms/" + text_at(room, "access_key") + "/lock").status, 201);
  const auto locked = api.ask("POST", path, "name=Late");
  EXPECT_EQ(locked.status, 423);
  EXPECT_EQ(text_at(locked.json, "locked"), "true");
  EXPECT_EQ(api.owner("POST", "/rooms", "id=r&user[id]=new&user[name]=New").status, 423);
  EXPECT_EQ(api.owner("POST", "/rooms", "id=r&user[id]=ann&user[name]=Ann").status, 201);
  api.enter("r", "ann", "&options[guest_token_available]=false");
  EXPECT_EQ(api.ask("POST", path).status, 405); // before its parameters are looked at
  api.ask("DELETE", "/rooms/" + text_at(room, "access_key"));
  EXPECT_EQ(api.ask("POST", path, "name=Late").status, 410);
}

TEST(Rest, lock_needs_the_option_and_happens_once) {
  Api api;
  const auto key = text_at(api.enter("r", "ann"), "access_key");
  EXPECT_EQ(api.ask("POST", "/rooms/" + key + "/lock").status, 403);
  api.enter("r", "ann", "&options[lock_available]=true");
  for (int i = 0; i < 2; ++i) {
    const auto got = api.ask("POST", "/rooms/" + key + "/lock");
    EXPECT_EQ(got.status, 201);
    EXPECT_EQ(got.body, "");
  }
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + key).json, "locked"), "true");
}

TEST(Rest, kick) {
  Api api;
  Caller ann(api, "r", "ann"), bob(api, "r", "bob");
  ann.join(), bob.join();
  EXPECT_EQ(api.ask("DELETE", "/rooms/" + ann.key + "/users/nobody").status, 404);
  const auto got = api.ask("DELETE", "/rooms/" + ann.key + "/users/bob");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "");
  const auto frame = last(bob.socket->take());
  EXPECT_EQ(text_at(frame, "type"), "call_terminated");
  EXPECT_EQ(text_at(frame, "data.term_code"), "200");
  EXPECT_EQ(text_at(frame, "data.call_id"), bob.call);
  EXPECT_EQ(bob.socket->close_code(), 1000);
  api.enter("r", "ann", "&options[kick_available]=false");
  EXPECT_EQ(api.ask("DELETE", "/rooms/" + ann.key + "/users/" + bob.id).status, 405);
  EXPECT_EQ(api.ask("DELETE", "/rooms/" + ann.key + "/users/nobody").status, 405);
}

TEST(Rest, messages) {
  Api api;
  const auto path = "/rooms/" + text_at(api.enter("r", "ann"), "access_key") + "/messages";
  for (const std::string body : {"", "type=chat", "content=x", "type=&content=x", "type=chat&content=%20",
                                 R"({"type":"chat","content":{}})", R"({"type":"chat","content":[1]})",
                                 R"({"type":{},"content":"x"})", R"({"type":"chat")"})
    EXPECT_EQ(api.ask("POST", path, body).status, 400) << body;
  EXPECT_EQ(api.ask("POST", path, R"({"type":"chat","content":5})").status, 201);
  EXPECT_EQ(api.ask("POST", path, "type=custom&content=" + std::string(65'536, 'x')).status, 201);
  EXPECT_EQ(api.ask("POST", path, "type=custom&content=" + std::string(65'537, 'x')).status, 400);
  EXPECT_EQ(api.ask("POST", path, "type=" + std::string(65, 'x') + "&content=x").status, 400);
}

// All words of eyeson-api 3.10 and eyeson-sepp 2.3, 2.5.
TEST(Rest, reserved_message_types) {
  Api api;
  const auto path = "/rooms/" + text_at(api.enter("r", "ann"), "access_key") + "/messages";
  for (const std::string type : {"room_update",
                                 "participant_update",
                                 "recording_update",
                                 "broadcasts_update",
                                 "options_update",
                                 "snapshot_update",
                                 "playback_update",
                                 "podium_update",
                                 "lock",
                                 "presentation_update",
                                 "welcome",
                                 "ping",
                                 "disconnect",
                                 "confirm_subscription",
                                 "reject_subscription",
                                 "stfu",
                                 "accept",
                                 "audio_device_ended",
                                 "video_device_ended",
                                 "all_devices_ended",
                                 "capture_error",
                                 "change_screen_video",
                                 "change_stream",
                                 "clear_front_layer",
                                 "delete_file",
                                 "ext_cancel",
                                 "ext_installed",
                                 "ext_not_installed",
                                 "fetch_room",
                                 "kick_user",
                                 "lock_meeting",
                                 "memberlist",
                                 "message_status",
                                 "moderator_info",
                                 "podium",
                                 "presentation_ended",
                                 "recording",
                                 "replace_stream",
                                 "request_guest_user",
                                 "request_permalink_meeting_info",
                                 "request_stfu",
                                 "room_ready",
                                 "room_setup",
                                 "send_chat",
                                 "session_termination",
                                 "set_layer",
                                 "set_layout",
                                 "snapshot",
                                 "start_annotation",
                                 "start_media",
                                 "start_mixer",
                                 "start_pip_cam",
                                 "start_playback",
                                 "start_presenting",
                                 "start_recording",
                                 "start_rtmp",
                                 "start_screen_capture",
                                 "start_stream",
                                 "stop_annotation",
                                 "stop_broadcasts",
                                 "stop_pip_cam",
                                 "stop_playback",
                                 "stop_presenting",
                                 "stop_recording",
                                 "stop_rtmp",
                                 "stop_screen_video",
                                 "suspend_virtual_background",
                                 "terminate_meeting",
                                 "toggle_camera",
                                 "update_mixer",
                                 "update_pip_cam",
                                 "upload_file",
                                 "voice_activity_raw"})
    EXPECT_EQ(api.ask("POST", path, "content=x&type=" + type).status, 400) << type;
  for (const std::string type : {"chat", "custom", "emoji", "hand"})
    EXPECT_EQ(api.ask("POST", path, "content=x&type=" + type).status, 201) << type;
}

TEST(Rest, presentation) {
  Api api;
  Caller ann(api, "r", "ann"), bob(api, "r", "bob");
  ann.join(), bob.join();
  const auto path = [](const Caller& who) { return "/rooms/" + who.key + "/presentation"; };
  EXPECT_EQ(api.ask("PUT", path(ann), "slide=x").status, 404);
  EXPECT_EQ(api.ask("DELETE", path(ann)).status, 200); // nothing to end
  EXPECT_EQ(api.ask("POST", path(ann)).status, 201);
  EXPECT_EQ(api.ask("POST", path(ann)).status, 201);
  EXPECT_EQ(api.ask("POST", path(bob)).status, 409);
  EXPECT_EQ(api.ask("PUT", path(bob), "slide=x").status, 200);
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + bob.key).json, "presentation.user.id"), "ann");
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + bob.key).json, "presentation.room.id"), "r");
  EXPECT_EQ(api.ask("DELETE", path(bob)).status, 200); // anybody may
  EXPECT_EQ(text_at(api.ask("GET", "/rooms/" + bob.key).json, "presentation"), "null");
}

TEST(Rest, unknown_routes_are_json_404) {
  Api api;
  const auto key = text_at(api.enter("r", "ann"), "access_key");
  for (const auto& [method, path] : HeaderList{{"GET", "/nothing"},
                                               {"PATCH", "/rooms"},
                                               {"POST", "/rooms/" + key + "/nothing"},
                                               {"PUT", "/rooms/" + key + "/lock"},
                                               {"POST", "/sip"}}) {
    const auto got = api.ask(method, path);
    EXPECT_EQ(got.status, 404) << method << path;
    EXPECT_NE(error_of(got), "null");
  }
  const auto preflight = api.ask("OPTIONS", "/rooms/" + key + "/presentation");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_TRUE(preflight.headers.has_token("Access-Control-Allow-Methods", "PUT"));
  EXPECT_TRUE(preflight.headers.has_token("Access-Control-Allow-Headers", "Authorization"));
}

TEST(Rest, links_come_from_the_host_that_was_asked) {
  Api api;
  api.dialect.addresses = {};
  const auto ask = [&](const std::string& host) {
    return api.ask("POST", "/rooms", "user[name]=A", {{"Authorization", api.key}, {"Host", host}}).json;
  };
  EXPECT_EQ(text_at(ask("box:8080"), "links.self").substr(0, 22), "http://box:8080/rooms/");
  EXPECT_EQ(text_at(ask("[::1]:8080"), "signaling.options.endpoint"), "ws://[::1]:8080/call");
  EXPECT_EQ(text_at(ask("evil/\"><script>"), "links.gui").substr(0, 18), "http://localhost/?");
}

} // namespace
} // namespace plenum::api::eyeson::testing
