#include "net/websocket.hpp"

#include "net/http_server.hpp"
#include "net/test_client.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

using namespace std::chrono_literals;

// One end of a websocket and everything that happened to it.
struct Ear {
  WebSocketEvents events() {
    WebSocketEvents e;
    e.on_open = [this](std::string_view protocol) {
      opened = true;
      subprotocol = std::string(protocol);
    };
    e.on_text = [this](std::string_view text) { texts.emplace_back(text); };
    e.on_pong = [this] { ++pongs; };
    e.on_close = [this](const WebSocketClosed& c) { closed = c; };
    return e;
  }
  WebSocket socket;
  bool opened = false;
  std::string subprotocol;
  std::vector<std::string> texts;
  int pongs = 0;
  std::optional<WebSocketClosed> closed;
};

// A client frame, masked with zeros.
std::string frame(int opcode, std::string_view payload, bool final = true) {
  std::string out(1, static_cast<char>((final ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  out.append(4, '\0').append(payload);
  return out;
}
std::string close_frame(int code) {
  return frame(8, std::string{static_cast<char>(code >> 8), static_cast<char>(code)});
}

class WebSocketTest : public testing::Test {
 protected:
  WebSocketTest() {
    router_.add_upgrade("/rt", [this](const UpgradeRequest& request, Upgrade upgrade) {
      seen_ = request.request;
      offered_ = request.subprotocols;
      if (decide_later_) {
        later_.push_back(std::move(upgrade));
      } else {
        server_ear_.socket = upgrade.accept(choose_, server_ear_.events(), options_);
      }
    });
    router_.add_upgrade("/closed",
                        [](const UpgradeRequest&, Upgrade upgrade) { upgrade.refuse(401, "no token"); });
    router_.add_upgrade("/forget", [](const UpgradeRequest&, const Upgrade&) {});
    router_.add_cors("/");
    server_.emplace(env(), loop_);
    port_ = *server_->listen({}, router_);
  }
  base::Env env() { return {base::Clock::system(), base::Random::system(), metrics_, "test"}; }
  std::string url(std::string_view target) {
    return "ws://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }
  void connect(std::string_view target = "/rt", ConnectOptions options = {}) {
    client_ear_.socket =
        connect_websocket(env(), loop_, url(target), client_ear_.events(), std::move(options));
  }
  void connect_open(ConnectOptions options = {}) {
    connect("/rt", std::move(options));
    ASSERT_TRUE(loop_.run_until([&] { return client_ear_.opened && server_ear_.opened; }));
  }
  // Accepted, but the handshake is not through: what is sent now is queued.
  void accept_and_wait() {
    decide_later_ = true;
    connect();
    ASSERT_TRUE(until([&] { return !later_.empty(); }));
    server_ear_.socket = later_.front().accept("", server_ear_.events(), options_);
    later_.clear();
  }
  bool until(const std::function<bool()>& done) { return loop_.run_until(done); }
  std::string upgrade_request(std::string_view target, std::string_view extra = "") {
    return "GET " + std::string(target) +
           " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           std::string(extra) + "\r\n";
  }

  base::Metrics metrics_;
  EventLoop loop_{base::Env{}};
  Router router_;
  std::optional<HttpServer> server_;
  std::uint16_t port_ = 0;
  WebSocketOptions options_;
  std::string choose_;
  bool decide_later_ = false;
  std::vector<Upgrade> later_;
  Request seen_;
  std::vector<std::string> offered_;
  Ear server_ear_, client_ear_;
};

TEST_F(WebSocketTest, TextBothWays) {
  connect_open();
  EXPECT_TRUE(client_ear_.socket.send_text("ping"));
  EXPECT_TRUE(server_ear_.socket.send_text("{\"type\":\"welcome\"}"));
  EXPECT_TRUE(server_ear_.socket.send_text(std::string(100'000, 'x')));
  EXPECT_TRUE(until([&] { return client_ear_.texts.size() == 2 && server_ear_.texts.size() == 1; }));
  EXPECT_EQ(server_ear_.texts[0], "ping");
  EXPECT_EQ(client_ear_.texts[0], "{\"type\":\"welcome\"}");
  EXPECT_EQ(client_ear_.texts[1].size(), 100'000u);
  EXPECT_TRUE(until([&] { return server_ear_.socket.queued_bytes() == 0; }));
}

TEST_F(WebSocketTest, MessagesSentBeforeTheHandshakeArriveInOrder) {
  decide_later_ = true;
  connect();
  client_ear_.socket.send_text("early");
  EXPECT_TRUE(until([&] { return later_.size() == 1; }));
  server_ear_.socket = later_[0].accept("", server_ear_.events());
  server_ear_.socket.send_text("welcome");
  server_ear_.socket.send_text("second");
  EXPECT_FALSE(server_ear_.opened);
  EXPECT_TRUE(until([&] { return client_ear_.texts.size() == 2 && server_ear_.texts.size() == 1; }));
  EXPECT_EQ(client_ear_.texts[0], "welcome");
}

TEST_F(WebSocketTest, SubprotocolIsChosenOrAbsent) {
  choose_ = "actioncable-v1-json";
  connect_open({.subprotocols = {"actioncable-v1-json", "actioncable-unsupported"}});
  EXPECT_EQ(offered_, (std::vector<std::string>{"actioncable-v1-json", "actioncable-unsupported"}));
  EXPECT_EQ(client_ear_.subprotocol, "actioncable-v1-json");
  TestClient none(loop_, port_); // the server wants one, the client offered none: none may be sent
  none.send(upgrade_request("/rt"));
  EXPECT_TRUE(none.wait_for("\r\n\r\n"));
  EXPECT_TRUE(none.received.starts_with("HTTP/1.1 101"));
  EXPECT_EQ(none.received.find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST_F(WebSocketTest, HandshakeVectorOfTheRfc) {
  TestClient client(loop_, port_);
  client.send(upgrade_request("/rt", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_TRUE(client.wait_for("\r\n\r\n"));
  EXPECT_NE(client.received.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_EQ(client.received.find("permessage-deflate"), std::string::npos);
}

TEST_F(WebSocketTest, RawSpacesInTheRequestLine) {
  TestClient client(loop_, port_);
  client.send(upgrade_request("//rt?room_id=standup meeting+1&api_key=a b"));
  EXPECT_TRUE(client.wait_for("101 Switching Protocols"));
  EXPECT_EQ(seen_.query_value("room_id"), "standup meeting 1");
  EXPECT_EQ(parse_query(seen_.raw_query, Plus::is_literal)->front().value, "standup meeting+1");
}

TEST_F(WebSocketTest, FramesSentWithTheHandshakeAreNotLost) {
  TestClient client(loop_, port_);
  client.send(upgrade_request("/rt") + frame(1, "hello") + frame(1, "again"));
  EXPECT_TRUE(until([&] { return server_ear_.texts.size() == 2; }));
  EXPECT_EQ(server_ear_.texts[0], "hello");
}

TEST_F(WebSocketTest, RefusalsAreJson) {
  for (const auto& [target, status] : {std::pair{"/closed", 401}, {"/forget", 500}, {"/nowhere", 404}}) {
    TestClient client(loop_, port_);
    const auto got = client.ask(upgrade_request(target));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, status);
    EXPECT_TRUE(base::find_string(*base::parse_json(got->body), "error"));
    EXPECT_EQ(got->headers.find("access-control-allow-origin"), "*");
  }
  TestClient plain(loop_, port_);
  EXPECT_EQ(plain.ask("GET /rt HTTP/1.1\r\nHost: h\r\n\r\n")->status, 426);
  connect("/closed");
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(client_ear_.closed->http_status, 401);
  EXPECT_FALSE(client_ear_.opened);
}

TEST_F(WebSocketTest, OldVersionIsToldTheRightOne) {
  TestClient client(loop_, port_);
  auto request = upgrade_request("/rt");
  request.replace(request.find("Version: 13"), 11, "Version: 8");
  const auto got = client.ask(request);
  EXPECT_EQ(got->status, 426);
  EXPECT_EQ(got->headers.find("sec-websocket-version"), "13");
}

TEST_F(WebSocketTest, CloseSendsTheQueueFirst) {
  connect_open();
  for (int i = 0; i < 50; ++i)
    server_ear_.socket.send_text(std::to_string(i));
  server_ear_.socket.close(1000, "bye");
  EXPECT_FALSE(server_ear_.socket.open());
  EXPECT_FALSE(server_ear_.socket.send_text("after"));
  EXPECT_TRUE(until([&] { return client_ear_.closed && server_ear_.closed; }));
  EXPECT_EQ(client_ear_.texts.size(), 50u);
  EXPECT_EQ(client_ear_.closed->code, 1000);
  EXPECT_EQ(client_ear_.closed->reason, "bye");
  EXPECT_TRUE(client_ear_.closed->by_peer);
  EXPECT_EQ(server_ear_.closed->code, 1000);
  EXPECT_FALSE(server_ear_.closed->by_peer);
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

TEST_F(WebSocketTest, AnEndWithoutGoodbyeSendsTheQueueAndNoCloseFrame) {
  connect_open();
  for (int i = 0; i < 50; ++i)
    server_ear_.socket.send_text(std::to_string(i));
  server_ear_.socket.close(kWithoutGoodbye);
  EXPECT_TRUE(until([&] { return client_ear_.closed && server_ear_.closed; }));
  EXPECT_EQ(client_ear_.texts.size(), 50u);
  EXPECT_EQ(client_ear_.closed->code, 1006); // the connection was lost
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

TEST_F(WebSocketTest, PeerCloseCodeIsReported) {
  connect_open();
  client_ear_.socket.close(4001, "custom");
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 4001);
  EXPECT_EQ(server_ear_.closed->reason, "custom");
  EXPECT_TRUE(server_ear_.closed->by_peer);
}

TEST_F(WebSocketTest, CloseWithoutCodeAndLostConnection) {
  {
    TestClient client(loop_, port_);
    client.send(upgrade_request("/rt") + frame(8, ""));
    EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
    EXPECT_EQ(server_ear_.closed->code, 1005);
  }
  server_ear_ = {};
  {
    TestClient client(loop_, port_);
    client.send(upgrade_request("/rt"));
    EXPECT_TRUE(until([&] { return server_ear_.opened; }));
  }
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 1006);
}

TEST_F(WebSocketTest, LongReasonsAreCutAtACharacter) {
  connect_open();
  std::string reason = "x";
  for (int i = 0; i < 70; ++i)
    reason += "ä";
  server_ear_.socket.close(1000, reason);
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(client_ear_.closed->reason, reason.substr(0, 123));
}

TEST_F(WebSocketTest, FragmentsAreJoinedAndControlFramesMayComeBetween) {
  TestClient client(loop_, port_);
  client.send(upgrade_request("/rt") + frame(1, "he", false) + frame(9, "p") + frame(0, "l", false) +
              frame(0, "lo"));
  EXPECT_TRUE(until([&] { return server_ear_.texts.size() == 1; }));
  EXPECT_EQ(server_ear_.texts[0], "hello");
  EXPECT_TRUE(client.wait_for("\x8A\x01p")); // the pong
}

TEST_F(WebSocketTest, BadFramesCloseWithTheRightCode) {
  const auto unmasked = std::string("\x81\x02hi", 4);
  for (const auto& [bytes, code] : std::initializer_list<std::pair<std::string, int>>{
           {frame(1, "\xff\xfe"), 1007},
           {frame(1, "\xC3", false) + frame(0, "\x28"), 1007},
           {frame(2, "binary"), 1003},
           {unmasked, 1002},
           {frame(3, "reserved"), 1002},
           {frame(0, "continuation of nothing"), 1002},
           {frame(1, "a", false) + frame(1, "b"), 1002},
           {frame(9, std::string(126, 'p')), 1002},
           {frame(9, "fragmented ping", false), 1002},
           {std::string("\xC1\x80\0\0\0\0", 6), 1002}}) { // compressed without the extension
    server_ear_ = {};
    TestClient client(loop_, port_);
    client.send(upgrade_request("/rt") + bytes);
    ASSERT_TRUE(client.wait_for("\r\n\r\n"));
    client.received.erase(0, client.received.find("\r\n\r\n") + 4);
    ASSERT_TRUE(client.wait_for_bytes(4)) << code;
    EXPECT_EQ(client.received[0], '\x88') << code;
    EXPECT_EQ(static_cast<std::uint8_t>(client.received[2]) << 8 |
                  static_cast<std::uint8_t>(client.received[3]),
              code);
    client.send(close_frame(code));
    client.send_end();
    EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
    EXPECT_EQ(server_ear_.closed->code, code);
    EXPECT_TRUE(server_ear_.texts.empty());
  }
}

TEST_F(WebSocketTest, OversizeMessageClosesWith1009) {
  options_.max_message_bytes = 1000;
  connect_open();
  client_ear_.socket.send_text(std::string(1000, 'a'));
  client_ear_.socket.send_text(std::string(1001, 'b'));
  EXPECT_TRUE(until([&] { return client_ear_.closed && server_ear_.closed; }));
  EXPECT_EQ(server_ear_.texts.size(), 1u);
  EXPECT_EQ(client_ear_.closed->code, 1009);
  EXPECT_EQ(server_ear_.closed->code, 1009);
  TestClient raw(loop_, port_); // many small fragments of one message
  server_ear_ = {};
  raw.send(upgrade_request("/rt") + frame(1, "", false));
  for (int i = 0; i < 11; ++i)
    raw.send(frame(0, std::string(100, 'f'), false));
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value() || raw.closed; }));
}

TEST_F(WebSocketTest, SlowReaderOverflowsAndIsClosed) {
  options_.queue_messages = 20;
  options_.close_deadline = 30ms;
  TestClient client(loop_, port_, 4096);
  client.send(upgrade_request("/rt"));
  EXPECT_TRUE(until([&] { return server_ear_.opened; }));
  client.pause();
  const auto big = std::make_shared<const std::string>(100'000, 'x');
  bool accepted = true;
  for (int i = 0; i < 2000 && accepted; ++i) {
    accepted = server_ear_.socket.send_text(big);
    loop_.run_until([] { return false; }, 50us);
  }
  EXPECT_FALSE(accepted);
  EXPECT_FALSE(server_ear_.closed); // never from inside send_text
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 1013);
  EXPECT_GE(metrics_.counter("plenum_queue_dropped_total", "queue=\"websocket\"").value(), 1u);
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

// A frame of which the kernel took only a part stays whole, whatever else is written: pongs, pings, the
// queue.
TEST_F(WebSocketTest, FramesTakenInPartStayWhole) {
  options_.queue_messages = 10'000;
  options_.queue_bytes = 64 << 20;
  TestClient client(loop_, port_, 4096);
  client.send(upgrade_request("/rt"));
  EXPECT_TRUE(until([&] { return server_ear_.opened; }));
  EXPECT_TRUE(client.wait_for("\r\n\r\n"));
  std::vector<std::string> said;
  for (int round = 0; round < 20; ++round) {
    client.pause();
    const auto say = [&] { // sizes of all three kinds of heads
      const std::size_t sizes[] = {10, 7'001, 70'003};
      said.push_back(std::to_string(said.size()) + std::string(sizes[said.size() % 3], 'x'));
      EXPECT_TRUE(server_ear_.socket.send_text(said.back()));
    };
    for (int most = 0; most < 2000 && server_ear_.socket.queued_bytes() == 0; ++most)
      say(); // until the kernel takes no more
    for (int more = 0; more < round % 4; ++more) {
      client.send(frame(9, "are you there"));
      loop_.run_until([] { return false; }, 200us);
      say();
    }
    client.resume();
    EXPECT_TRUE(until([&] { return server_ear_.socket.queued_bytes() == 0; }));
  }
  const auto all = [&] { // the texts in what came; control frames are between them
    std::vector<std::string> texts;
    std::string_view bytes = client.received;
    bytes.remove_prefix(bytes.find("\r\n\r\n") + 4);
    while (bytes.size() >= 2) {
      const auto opcode = static_cast<unsigned char>(bytes[0]);
      std::size_t size = static_cast<unsigned char>(bytes[1]), head = 2;
      if (const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0; extra > 0) {
        if (bytes.size() < head + extra) break;
        size = 0;
        for (std::size_t i = 0; i < extra; ++i)
          size = size << 8U | static_cast<unsigned char>(bytes[head + i]);
        head += extra;
      }
      if (bytes.size() < head + size) break;
      EXPECT_TRUE(opcode == 0x81 || opcode == 0x89 || opcode == 0x8a)
          << "no frame begins with " << int{opcode};
      if (opcode == 0x81) texts.emplace_back(bytes.substr(head, size));
      bytes.remove_prefix(head + size);
    }
    return texts;
  };
  EXPECT_TRUE(until([&] { return all().size() == said.size(); }));
  EXPECT_TRUE(all() == said);
  EXPECT_GT(client.received.size(), 1'000'000U);
}

TEST_F(WebSocketTest, QueueIsBoundedInMessages) {
  options_.queue_messages = 3;
  accept_and_wait();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(server_ear_.socket.send_text("small"));
  EXPECT_FALSE(server_ear_.socket.send_text("small"));
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(client_ear_.closed->code, 1013);
  EXPECT_EQ(metrics_.counter("plenum_queue_dropped_total", "queue=\"websocket\"").value(), 4u);
}

TEST_F(WebSocketTest, QueueIsBoundedInBytesToo) {
  options_.queue_bytes = 1000;
  accept_and_wait();
  EXPECT_TRUE(server_ear_.socket.send_text(std::string(600, 'a')));
  EXPECT_EQ(server_ear_.socket.queued_bytes(), 600u);
  EXPECT_FALSE(server_ear_.socket.send_text(std::string(401, 'b')));
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(client_ear_.closed->code, 1013);
}

TEST_F(WebSocketTest, PingsAreAnsweredAndKeepTheConnection) {
  options_.ping_interval = 5ms;
  options_.dead_after = 2s;
  connect_open();
  EXPECT_TRUE(until([&] { return server_ear_.pongs >= 5; }));
  EXPECT_TRUE(server_ear_.socket.open());
}

TEST_F(WebSocketTest, SilentPeerIsDeclaredDead) {
  options_.ping_interval = 5ms;
  options_.dead_after = 40ms;
  TestClient client(loop_, port_); // never answers a ping
  client.send(upgrade_request("/rt"));
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 1006);
  EXPECT_EQ(server_ear_.closed->reason, "no answer to pings");
  EXPECT_NE(client.received.find("\x89"), std::string::npos);
  EXPECT_EQ(metrics_.counter("plenum_websocket_dead_total").value(), 1u);
  EXPECT_TRUE(client.wait_closed());
}

TEST_F(WebSocketTest, CloseThatIsNotAnsweredEndsAtItsDeadline) {
  options_.close_deadline = 30ms;
  TestClient client(loop_, port_);
  client.send(upgrade_request("/rt"));
  EXPECT_TRUE(until([&] { return server_ear_.opened; }));
  server_ear_.socket.close(1001, "away");
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 1001);
}

TEST_F(WebSocketTest, DroppedHandleIsSilentAndCloses) {
  connect_open();
  client_ear_.socket.send_text("never heard");
  server_ear_.socket = WebSocket();
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(client_ear_.closed->code, 1000);
  EXPECT_TRUE(server_ear_.texts.empty());
  EXPECT_FALSE(server_ear_.closed);
}

TEST_F(WebSocketTest, HandleMayDieInsideItsOwnCallback) {
  decide_later_ = true;
  connect();
  EXPECT_TRUE(until([&] { return later_.size() == 1; }));
  WebSocketEvents events;
  auto marker = std::make_shared<int>(0); // lives in the callback that destroys its handle
  events.on_text = [&, marker](std::string_view) {
    server_ear_.socket = WebSocket();
    ++*marker;
  };
  server_ear_.socket = later_[0].accept("", std::move(events));
  client_ear_.socket.send_text("1");
  client_ear_.socket.send_text("2");
  EXPECT_TRUE(until([&] { return client_ear_.closed.has_value(); }));
  EXPECT_EQ(*marker, 1);
  EXPECT_EQ(marker.use_count(), 1);
}

TEST_F(WebSocketTest, PeerLeavesBeforeTheDecision) {
  decide_later_ = true;
  {
    TestClient client(loop_, port_);
    client.send(upgrade_request("/rt"));
    EXPECT_TRUE(until([&] { return later_.size() == 1; }));
  }
  server_ear_.socket = later_[0].accept("", server_ear_.events());
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
  EXPECT_EQ(server_ear_.closed->code, 1006);
}

TEST_F(WebSocketTest, DecisionAfterTheServerDied) {
  decide_later_ = true;
  TestClient client(loop_, port_);
  client.send(upgrade_request("/rt"));
  EXPECT_TRUE(until([&] { return later_.size() == 1; }));
  server_.reset();
  EXPECT_TRUE(client.wait_closed());
  server_ear_.socket = later_[0].accept("", server_ear_.events());
  EXPECT_TRUE(until([&] { return server_ear_.closed.has_value(); }));
}

TEST_F(WebSocketTest, ShutdownSaysGoingAway) {
  connect_open();
  bool done = false;
  server_->shutdown(10s, [&] { done = true; });
  EXPECT_TRUE(until([&] { return done && client_ear_.closed; }));
  EXPECT_EQ(client_ear_.closed->code, 1001);
  EXPECT_TRUE(server_ear_.closed);
}

TEST_F(WebSocketTest, ServerDestroyedUnderLiveSockets) {
  connect_open();
  server_.reset();
  EXPECT_TRUE(until([&] { return client_ear_.closed && server_ear_.closed; }));
  EXPECT_EQ(server_ear_.closed->code, 1006);
}

TEST_F(WebSocketTest, ClientFailures) {
  const auto outcome = [&](std::string_view where) {
    Ear ear;
    ear.socket = connect_websocket(env(), loop_, where, ear.events());
    EXPECT_TRUE(until([&] { return ear.closed.has_value(); })) << where;
    EXPECT_FALSE(ear.opened);
    return ear.closed->code;
  };
  EXPECT_EQ(outcome("ws://127.0.0.1:1/"), 1006);
  EXPECT_EQ(outcome("wss://127.0.0.1/"), 1006);
  EXPECT_EQ(outcome("nonsense"), 1006);
}

TEST_F(WebSocketTest, ClientHeadersArrive) {
  ConnectOptions options;
  options.headers.add("Authorization", "Bearer T");
  connect_open(std::move(options));
  EXPECT_EQ(seen_.header("authorization"), "Bearer T");
}

} // namespace
} // namespace plenum::net
