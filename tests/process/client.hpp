// Process: what the tests of a started server share: its data directory, an API key, and the clients that
// they play. Owner: the test. Thread: the test's.
#pragma once

#include "base/clock.hpp"
#include "base/env.hpp"
#include "net/event_loop.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "tests/process/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

namespace plenum::process {

struct Answer {
  int status = 0;
  value json;
  std::string body;
};

// A websocket of a client; every frame is kept.
struct Socket {
  net::EventLoop& loop;
  std::vector<value> frames;
  std::optional<net::WebSocketClosed> closed;
  net::WebSocket socket;

  Socket(const base::Env& env, net::EventLoop& l, std::string url, std::vector<std::string> subprotocols = {})
      : loop(l) {
    net::WebSocketEvents events;
    events.on_text = [this](std::string_view text) {
      frames.push_back(base::parse_json(text).value_or(nullptr));
    };
    events.on_close = [this](const net::WebSocketClosed& how) { closed = how; };
    url.replace(0, 4, "ws"); // http → ws
    socket =
        net::connect_websocket(env, loop, url, std::move(events), {.subprotocols = std::move(subprotocols)});
  }
  // A frame with this type, also inside a room channel's message.
  value wait_for(std::string_view type) {
    const value* found = nullptr;
    loop.run_until(
        [&] {
          for (const auto& frame : frames)
            if (text_at(frame, {"type"}) == type || text_at(frame, {"message", "type"}) == type)
              found = &frame;
          return found != nullptr || closed;
        },
        kPatience);
    EXPECT_NE(found, nullptr) << "no " << type;
    return found == nullptr ? value(nullptr) : *found;
  }
  bool wait_closed() {
    return loop.run_until([&] { return closed.has_value(); }, kPatience);
  }
};

struct Process : ::testing::Test {
  fs::path directory;
  std::string key;
  base::Env env;
  net::EventLoop loop{env};

  Process() {
    std::string pattern = (fs::temp_directory_path() / "plenum-process-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~Process() override {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
  fs::path data() const { return directory / "data"; }
  void make_key() {
    const auto made = run({"key", "create", "--name", "Acme", "--data-directory", data()});
    ASSERT_EQ(made.status, 0) << made.err;
    key = made.out.substr(0, made.out.find('\n'));
    ASSERT_GE(key.size(), 20U);
  }
  Answer ask(const std::string& method, const std::string& url, const std::string& body = {}) {
    const auto got = net::fetch({method, url, {{"Authorization", key}}, body});
    EXPECT_TRUE(got.has_value()) << url << (got ? "" : got.error().text);
    if (!got) return {};
    return {got->status, got->body.empty() ? value(nullptr) : base::parse_json(got->body).value_or(nullptr),
            got->body};
  }
  value open(const Server& server, const std::string& room, const std::string& user) {
    const auto got =
        ask("POST", server.http + "/rooms", "id=" + room + "&user[id]=" + user + "&user[name]=" + user);
    EXPECT_EQ(got.status, 201) << got.body;
    return got.json;
  }
  // Dials the signaling endpoint and starts a call with a browser's offer.
  std::unique_ptr<Socket> call(const Server& server, const value& room) {
    std::stringstream sdp;
    sdp << std::ifstream("tests/golden/offer-chromium.sdp").rdbuf();
    EXPECT_FALSE(sdp.str().empty()) << "run from the source tree";
    auto socket = std::make_unique<Socket>(
        env, loop, server.http + "/call?auth_token=" + text_at(room, {"signaling", "options", "auth_token"}));
    socket->socket.send_text(base::write_json(base::json::object{
        {"type", "call_start"},
        {"msg_id", ""},
        {"from", text_at(room, {"signaling", "options", "client_id"})},
        {"to", text_at(room, {"signaling", "options", "conf_id"})},
        {"data", base::json::object{{"sdp", base::json::object{{"type", "offer"}, {"sdp", sdp.str()}}},
                                    {"platform", "test"}}}}));
    return socket;
  }
};

} // namespace plenum::process
