#include "net/http_server.hpp"

#include "net/form.hpp"
#include "net/test_client.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

using namespace std::chrono_literals;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    router_.add("GET", "/hello/:name", [](const Request& request, Reply reply) {
      reply.json(200, base::json::object{{"hello", request.path_param("name")}});
    });
    router_.add("POST", "/echo", [](Request request, Reply reply) {
      reply.send(Response::text(200, std::move(request.body), "text/plain"));
    });
    router_.add("POST", "/big",
                [](const Request& request, Reply reply) { reply.json(200, request.body.size()); }, {4 << 20});
    router_.add("GET", "/later",
                [this](const Request&, Reply reply) { pending_.push_back(std::move(reply)); });
    router_.add("GET", "/forget", [](const Request&, const Reply&) {});
    router_.add("GET", "/throw", [](const Request&, const Reply&) { throw std::runtime_error("bug"); });
    router_.add("GET", "/empty", [](const Request&, Reply reply) { reply.empty(204); });
    router_.add("GET", "/large", [](const Request&, Reply reply) {
      reply.send(Response::text(200, std::string(3 << 20, 'x'), "text/plain"));
    });
    router_.add("GET", "/who", [](const Request& request, Reply reply) {
      reply.json(200, base::json::object{{"address", request.remote_address}, {"secure", request.secure}});
    });
    router_.add_cors("/");
  }

  std::uint16_t start(HttpLimits limits = {}) {
    server_.emplace(env(), loop_, limits);
    const auto port = server_->listen({}, router_);
    EXPECT_TRUE(port) << port.error().text;
    return *port;
  }
  base::Env env() { return {base::Clock::system(), base::Random::system(), metrics_, "test"}; }
  std::uint64_t refused(const std::string& reason) {
    return metrics_.counter("plenum_http_refused_total", "reason=\"" + reason + "\"").value();
  }
  static void expect_json_error(const std::optional<TestResponse>& response, int status) {
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->headers.find("content-type"), "application/json");
    EXPECT_EQ(response->headers.find("access-control-allow-origin"), "*");
    const auto body = base::parse_json(response->body);
    ASSERT_TRUE(body) << response->body;
    EXPECT_TRUE(base::find_string(*body, "error"));
  }

  base::Metrics metrics_;
  EventLoop loop_{base::Env{}};
  Router router_;
  std::vector<Reply> pending_;
  std::optional<HttpServer> server_;
};

const std::string kHost = "Host: test\r\n";

TEST_F(HttpServerTest, KeepAliveAnswersOneAfterTheOther) {
  TestClient client(loop_, start());
  for (const auto* name : {"a", "b%20c"}) {
    const auto got = client.ask("GET /hello/" + std::string(name) + " HTTP/1.1\r\n" + kHost + "\r\n");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->headers.find("connection"), "keep-alive");
    EXPECT_TRUE(got->headers.find("date"));
  }
  EXPECT_FALSE(client.closed);
}

TEST_F(HttpServerTest, ConnectionCloseAndHttp10) {
  const auto port = start();
  TestClient closing(loop_, port);
  EXPECT_EQ(closing.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n")->body,
            R"({"hello":"a"})");
  EXPECT_TRUE(closing.wait_closed());
  TestClient old(loop_, port);
  EXPECT_EQ(old.ask("GET /hello/a HTTP/1.0\r\n\r\n")->headers.find("connection"), "close");
  EXPECT_TRUE(old.wait_closed());
}

TEST_F(HttpServerTest, PipelinedRequestsKeepTheirOrder) {
  TestClient client(loop_, start());
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\n" + (i < 10 ? "0" : "") +
                std::to_string(i);
  client.send(requests);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(std::stoi(client.response()->body), i);
}

TEST_F(HttpServerTest, LateReplyDoesNotOvertakeThePipeline) {
  TestClient client(loop_, start());
  client.send("GET /later HTTP/1.1\r\n" + kHost + "\r\nGET /hello/b HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(loop_.run_until([&] { return pending_.size() == 1; }));
  EXPECT_EQ(client.received, "");
  pending_[0].error(403, "no");
  expect_json_error(client.response(), 403);
  EXPECT_EQ(client.response()->body, R"({"hello":"b"})");
}

TEST_F(HttpServerTest, BytewiseRequest) {
  TestClient client(loop_, start());
  const auto request = "POST /echo HTTP/1.1\r\n" + kHost +
                       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
                       "Trailer: 1\r\n\r\n";
  for (const char c : request) {
    client.send(std::string(1, c));
    loop_.run_until([] { return false; }, 100us);
  }
  EXPECT_EQ(client.response()->body, "abcde");
}

TEST_F(HttpServerTest, ChunkedInOnePiece) {
  TestClient client(loop_, start());
  const std::string chunked =
      "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  client.send(chunked + chunked);
  EXPECT_EQ(client.response()->body, "abc");
  EXPECT_EQ(client.response()->body, "abc");
}

TEST_F(HttpServerTest, Expect100Continue) {
  TestClient client(loop_, start());
  client.send("POST /echo HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.received.clear();
  EXPECT_EQ(client.ask("abc")->body, "abc");
  TestClient other(loop_, start());
  expect_json_error(
      other.ask("POST /echo HTTP/1.1\r\n" + kHost + "Expect: magic\r\nContent-Length: 3\r\n\r\n"), 417);
}

TEST_F(HttpServerTest, OversizeBodyIsRefusedBeforeItIsSent) {
  TestClient client(loop_, start());
  client.send("POST /echo HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
  expect_json_error(client.response(), 413);
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(refused("body_size"), 1u);
}

TEST_F(HttpServerTest, OversizeBodyThatIsSentAnywayStillSeesTheAnswer) {
  TestClient client(loop_, start());
  client.send("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 900000000000000000\r\n\r\n");
  client.send(std::string(300'000, 'x'));
  expect_json_error(client.response(), 413);
  // No reset while the client is still busy sending: many clients would report that instead of the answer.
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.send(std::string(50'000, 'y')));
    loop_.run_until([] { return false; }, 1ms);
  }
}

TEST_F(HttpServerTest, OversizeChunks) {
  TestClient client(loop_, start());
  client.send("POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 16; ++i)
    client.send("10000\r\n" + std::string(65536, 'x') + "\r\n");
  client.send("1\r\nx\r\n0\r\n\r\n");
  expect_json_error(client.response(), 413);
}

TEST_F(HttpServerTest, RouteMayAllowMore) {
  TestClient client(loop_, start());
  client.send("POST /big HTTP/1.1\r\n" + kHost + "Content-Length: 2000000\r\n\r\n");
  client.send(std::string(2'000'000, 'x'));
  EXPECT_EQ(client.response()->body, "2000000");
}

TEST_F(HttpServerTest, HeaderLimit) {
  const auto port = start();
  TestClient client(loop_, port);
  expect_json_error(client.ask("GET / HTTP/1.1\r\n" + kHost + "X: " + std::string(17'000, 'x') + "\r\n\r\n"),
                    431);
  EXPECT_TRUE(client.wait_closed());
  TestClient endless(loop_, port);
  expect_json_error(endless.ask("GET /" + std::string(40'000, 'x')), 431);
  TestClient trailer(loop_, port);
  trailer.send("POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ");
  expect_json_error(trailer.ask(std::string(40'000, 'x')), 431);
  TestClient fits(loop_, port);
  EXPECT_EQ(
      fits.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "X: " + std::string(15'000, 'x') + "\r\n\r\n")->status,
      200);
}

TEST_F(HttpServerTest, MalformedRequestsGetJson400AndTheEnd) {
  const auto port = start();
  for (const std::string& bad :
       {std::string("\x16\x03\x01\x02nonsense\r\n\r\n"),
        std::string("GET\r\n\r\n"),
        "GET / HTTP/2.0\r\n" + kHost + "\r\n",
        "GET / HTTP/1.1\r\n" + kHost + "no colon\r\n\r\n",
        "GET / HTTP/1.1\r\n" + kHost + "A: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\n" + kHost + std::string("A: \0b\r\n\r\n", 9),
        "GET / HTTP/1.1\r\n" + kHost + "A : b\r\n\r\n",
        std::string("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        "GET /%zz HTTP/1.1\r\n" + kHost + "\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\n" + kHost +
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost +
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: identity\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n",
        "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"}) {
    TestClient client(loop_, port);
    const auto got = client.ask(bad);
    ASSERT_TRUE(got) << bad;
    EXPECT_EQ(got->status, 400) << bad;
    EXPECT_TRUE(base::parse_json(got->body)) << got->body;
    EXPECT_TRUE(client.wait_closed()) << bad;
  }
}

TEST_F(HttpServerTest, ErrorsAreJsonWithCors) {
  const auto port = start();
  TestClient client(loop_, port);
  expect_json_error(client.ask("GET /nothing HTTP/1.1\r\n" + kHost + "\r\n"), 404);
  expect_json_error(client.ask("DELETE /echo HTTP/1.1\r\n" + kHost + "\r\n"), 404);
  expect_json_error(client.ask("GET /forget HTTP/1.1\r\n" + kHost + "\r\n"), 500);
  expect_json_error(client.ask("GET /throw HTTP/1.1\r\n" + kHost + "\r\n"), 500);
  EXPECT_EQ(client.ask("GET /hello/still-alive HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
}

TEST_F(HttpServerTest, EmptyBodiesAndHead) {
  TestClient client(loop_, start());
  const auto empty = client.ask("GET /empty HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(empty->status, 204);
  EXPECT_FALSE(empty->headers.find("content-type"));
  const auto head = client.ask("HEAD /hello/a HTTP/1.1\r\n" + kHost + "\r\n", true);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.find("content-length"), "13");
  EXPECT_EQ(client.received, "");
  const auto options = client.ask("OPTIONS /echo HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(options->status, 204);
  EXPECT_TRUE(options->headers.find("access-control-allow-methods"));
}

TEST_F(HttpServerTest, LargeResponseArrivesWhole) {
  TestClient client(loop_, start(), 4096);
  EXPECT_EQ(client.ask("GET /large HTTP/1.1\r\n" + kHost + "\r\n")->body.size(), 3u << 20);
  EXPECT_EQ(client.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
}

TEST_F(HttpServerTest, SlowHeadersAreCutOffWith408) {
  TestClient client(loop_, start({.header_deadline = 30ms}));
  client.send("GET /hello/a HTT");
  expect_json_error(client.response(), 408);
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(refused("header_timeout"), 1u);
}

TEST_F(HttpServerTest, SilentConnectionsAreClosedWithoutAWord) {
  const auto port = start({.header_deadline = 30ms, .idle_deadline = 40ms});
  TestClient silent(loop_, port);
  EXPECT_TRUE(silent.wait_closed());
  EXPECT_EQ(silent.received, "");
  TestClient idle(loop_, port);
  EXPECT_EQ(idle.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_EQ(idle.received, "");
}

TEST_F(HttpServerTest, SlowBodyIsCutOffWith408) {
  TestClient client(loop_, start({.body_deadline = 30ms}));
  client.send("POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\nabc");
  expect_json_error(client.response(), 408);
  EXPECT_EQ(refused("body_timeout"), 1u);
}

TEST_F(HttpServerTest, SlowHandlerIsAnsweredFor) {
  TestClient client(loop_, start({.reply_deadline = 30ms}));
  client.send("GET /later HTTP/1.1\r\n" + kHost + "\r\n");
  expect_json_error(client.response(), 503);
  ASSERT_EQ(pending_.size(), 1u);
  pending_[0].empty(204); // too late, and harmless
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.received, "");
}

TEST_F(HttpServerTest, ReaderThatDoesNotReadIsDropped) {
  TestClient client(loop_, start({.write_deadline = 30ms}), 4096);
  client.pause();
  for (int i = 0; i < 4; ++i)
    client.send("GET /large HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 0 && refused("write_timeout") == 1; }));
}

TEST_F(HttpServerTest, PeerThatLeavesWhileWeThink) {
  const auto port = start();
  {
    TestClient client(loop_, port);
    client.send("GET /later HTTP/1.1\r\n" + kHost + "\r\n");
    EXPECT_TRUE(loop_.run_until([&] { return pending_.size() == 1; }));
  }
  pending_[0].empty(204);
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 0; }));
}

TEST_F(HttpServerTest, ConnectionLimits) {
  const auto port = start({.connections = 3, .connections_per_address = 2});
  TestClient a(loop_, port);
  TestClient b(loop_, port);
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 2; }));
  TestClient c(loop_, port);
  EXPECT_TRUE(c.wait_closed());
  EXPECT_EQ(refused("address"), 1u);
  EXPECT_EQ(a.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n")->status, 200);
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 1; }));
  TestClient d(loop_, port);
  EXPECT_EQ(d.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
}

TEST_F(HttpServerTest, TotalLimit) {
  const auto port = start({.connections = 1});
  TestClient a(loop_, port);
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 1; }));
  TestClient b(loop_, port);
  EXPECT_TRUE(b.wait_closed());
  EXPECT_EQ(refused("connections"), 1u);
}

TEST_F(HttpServerTest, RequestsPerConnection) {
  TestClient client(loop_, start({.requests_per_connection = 2}));
  EXPECT_EQ(client.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->headers.find("connection"),
            "keep-alive");
  EXPECT_EQ(client.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->headers.find("connection"), "close");
  EXPECT_TRUE(client.wait_closed());
}

TEST_F(HttpServerTest, EmptyLinesBeforeARequestAreSkipped) {
  TestClient client(loop_, start());
  EXPECT_EQ(client.ask("\r\n\r\nGET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
}

TEST_F(HttpServerTest, RemoteAddress) {
  TestClient client(loop_, start());
  EXPECT_EQ(client.ask("GET /who HTTP/1.1\r\n" + kHost + "\r\n")->body,
            R"({"address":"127.0.0.1","secure":false})");
}

TEST_F(HttpServerTest, ListenersWithTheirOwnRouters) {
  Router admin;
  admin.add("GET", "/healthz", [](const Request&, Reply reply) { reply.json(200, base::json::object{}); });
  const auto port = start();
  const auto admin_port = server_->listen({}, admin);
  ASSERT_TRUE(admin_port);
  TestClient inside(loop_, *admin_port);
  TestClient outside(loop_, port);
  EXPECT_EQ(inside.ask("GET /healthz HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
  EXPECT_EQ(outside.ask("GET /healthz HTTP/1.1\r\n" + kHost + "\r\n")->status, 404);
  EXPECT_FALSE(server_->listen({.port = port}, router_)); // taken
  EXPECT_FALSE(server_->listen({.address = "nonsense"}, router_));
  server_.reset(); // before `admin`
}

TEST_F(HttpServerTest, GracefulShutdown) {
  const auto port = start();
  TestClient idle(loop_, port);
  TestClient busy(loop_, port);
  EXPECT_EQ(idle.ask("GET /hello/a HTTP/1.1\r\n" + kHost + "\r\n")->status, 200);
  busy.send("GET /later HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(loop_.run_until([&] { return pending_.size() == 1; }));
  bool done = false;
  server_->shutdown(10s, [&] { done = true; });
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_FALSE(done);
  pending_[0].error(410, "over");
  const auto last = busy.response();
  EXPECT_EQ(last->status, 410);
  EXPECT_EQ(last->headers.find("connection"), "close");
  EXPECT_TRUE(loop_.run_until([&] { return done; }));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HttpServerTest, ShutdownDeadlineDropsTheRest) {
  TestClient busy(loop_, start());
  busy.send("GET /later HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(loop_.run_until([&] { return pending_.size() == 1; }));
  bool done = false;
  server_->shutdown(20ms, [&] { done = true; });
  EXPECT_TRUE(loop_.run_until([&] { return done; }));
  EXPECT_TRUE(busy.wait_closed());
}

TEST_F(HttpServerTest, ServerMayDieBeforeItsRepliesAndConnections) {
  TestClient waiting(loop_, start());
  waiting.send("GET /later HTTP/1.1\r\n" + kHost + "\r\nGET /hello/a HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(loop_.run_until([&] { return pending_.size() == 1; }));
  server_.reset();
  pending_[0].empty(204);
  EXPECT_TRUE(waiting.wait_closed());
  EXPECT_EQ(waiting.received, "");
}

TEST_F(HttpServerTest, FormsFromARealRequest) {
  router_.add("POST", "/rooms", [](const Request& request, Reply reply) {
    const auto params = parse_params(request);
    if (!params) return reply.error(400, params.error().text);
    reply.json(201, params->root());
  });
  TestClient client(loop_, start());
  const std::string body =
      "--x\r\nContent-Disposition: form-data; name=\"user[name]\"\r\n\r\nJoe\r\n--x--\r\n";
  const auto got = client.ask("POST /rooms?id=1 HTTP/1.1\r\n" + kHost +
                              "Content-Type: multipart/form-data; boundary=x\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, R"({"id":"1","user":{"name":"Joe"}})");
}

} // namespace
} // namespace plenum::net
