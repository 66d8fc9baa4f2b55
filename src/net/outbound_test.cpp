#include "net/outbound.hpp"

#include "base/test_directory.hpp"
#include "net/http_server.hpp"
#include "net/test_certificate.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <map>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace plenum::net {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

// Answers each connection with given bytes, whatever was asked; or with silence.
class RawServer {
 public:
  enum class Then { close, reset, hold, repeat };
  RawServer(std::string bytes, Then then) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, bytes = std::move(bytes), then] { serve(bytes, then); });
  }
  ~RawServer() {
    stop_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (const int held : held_)
      ::close(held);
    ::close(fd_);
  }
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; } // by another thread

 private:
  void serve(const std::string& bytes, Then then) {
    for (;;) {
      const int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0) return;
      ++accepted_;
      std::array<char, 4096> ignored{};
      static_cast<void>(::recv(client, ignored.data(), ignored.size(), 0));
      auto sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      while (then == Then::repeat && sent > 0 && !stop_)
        sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (then == Then::reset) {
        const linger now{1, 0};
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      }
      if (then == Then::hold)
        held_.push_back(client);
      else
        ::close(client);
    }
  }

  int fd_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<bool> stop_{false};
  std::vector<int> held_;
  std::thread thread_;
};

struct OutboundTest : testing::Test {
  OutboundTest() {
    router_.add("POST", "/hook", [this](Request request, Reply reply) {
      seen_.push_back(std::move(request));
      reply.json(201, base::json::object{{"fine", true}});
    });
    router_.add("POST", "/away", [this](Request request, Reply reply) {
      seen_.push_back(std::move(request));
      auto response = Response::empty(302);
      response.headers.add("Location", "/hook");
      reply.send(std::move(response));
    });
  }
  std::uint16_t serve(std::optional<TlsFiles> tls = {}) {
    server_.emplace(env(), loop_);
    const auto port = server_->listen({"127.0.0.1", 0, std::move(tls)}, router_);
    EXPECT_TRUE(port) << port.error().text;
    return *port;
  }
  base::Env env() { return {base::Clock::system(), base::Random::system(), metrics_, "test"}; }
  static UrlPolicy loopback() {
    return {.plain_http = true, .allowed = {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("::1")}};
  }
  // Names that a test gives an address.
  UrlGuard::Lookup lookup() {
    return [this](const std::string& name) -> base::Result<std::vector<IpAddress>> {
      ++asked_;
      std::vector<IpAddress> out;
      for (const auto& text : names_[name])
        out.push_back(IpAddress::parse(text).value());
      return out;
    };
  }
  void use(UrlPolicy policy, OutboundOptions options = {}) {
    outbound_ =
        std::make_unique<Outbound>(env(), loop_, UrlGuard(std::move(policy), lookup()), std::move(options));
  }
  base::Result<OutboundAnswer> send(Url url, std::string body = "{}") {
    std::optional<base::Result<OutboundAnswer>> result;
    outbound_->send({.url = std::move(url), .headers = {{"X-One", "1"}}, .body = std::move(body)},
                    [&](auto got) { result = std::move(got); });
    EXPECT_TRUE(loop_.run_until([&] { return result.has_value(); }));
    return std::move(result).value_or(base::fail(ErrorCode::internal, "nothing came back"));
  }
  static Url at(std::uint16_t port, std::string target = "/hook") {
    return {"http", "127.0.0.1", port, std::move(target)};
  }

  base::Metrics metrics_;
  EventLoop loop_{base::Env{}};
  Router router_;
  std::optional<HttpServer> server_;
  std::vector<Request> seen_;
  std::map<std::string, std::vector<std::string>> names_;
  std::atomic<int> asked_{0};
  std::unique_ptr<Outbound> outbound_;
};

TEST_F(OutboundTest, ARequestArrivesAsItWasGiven) {
  const auto port = serve();
  use(loopback());
  const auto answer = send(at(port, "/hook?a=%2F"), "{\"n\":\"ä\"}");
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, R"({"fine":true})");
  EXPECT_FALSE(answer->cut);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].target, "/hook?a=%2F");
  EXPECT_EQ(seen_[0].body, "{\"n\":\"ä\"}");
  EXPECT_EQ(seen_[0].header("x-one"), "1");
  EXPECT_EQ(seen_[0].header("host"), "127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(seen_[0].header("content-length"), "10");
  EXPECT_FALSE(seen_[0].header("expect"));
  EXPECT_FALSE(seen_[0].header("accept-encoding"));
}

TEST_F(OutboundTest, NamesGoToTheAddressThatWasChecked) {
  const auto port = serve();
  use(loopback());
  names_["receiver.example.com"] = {"127.0.0.1"};
  const auto answer = send({"http", "receiver.example.com", port, "/hook"});
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(seen_.at(0).header("host"), "receiver.example.com:" + std::to_string(port));
  EXPECT_EQ(asked_, 1);
}

TEST_F(OutboundTest, ANameThatTurnsInwardsIsRefusedAndNoPacketLeaves) {
  RawServer inner("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", RawServer::Then::close);
  use({.plain_http = true}); // loopback is not allowed
  const std::uint16_t port = inner.port();
  names_["rebind.example.com"] = {"93.184.216.34"}; // when the URL was given
  const UrlGuard guard({.plain_http = true});
  const auto url = guard.check("http://rebind.example.com:" + std::to_string(port) + "/", UrlUse::hook);
  ASSERT_TRUE(url);
  names_["rebind.example.com"] = {"127.0.0.1"}; // when it is used
  EXPECT_EQ(send(*url).error().code, ErrorCode::invalid);
  names_["rebind.example.com"] = {"93.184.216.34", "127.0.0.1"};
  EXPECT_EQ(send(*url).error().code, ErrorCode::invalid);
  EXPECT_EQ(send(at(port)).error().code, ErrorCode::invalid);
  EXPECT_EQ(inner.accepted(), 0);
}

TEST_F(OutboundTest, RedirectsAreAnswersLikeOthers) {
  const auto port = serve();
  use(loopback());
  const auto answer = send(at(port, "/away"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(seen_.size(), 1u);
}

TEST_F(OutboundTest, ProxiesOfTheEnvironmentAreIgnored) {
  RawServer proxy("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", RawServer::Then::close);
  const auto url = "http://127.0.0.1:" + std::to_string(proxy.port());
  for (const auto* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
    ::setenv(name, url.c_str(), 1);
  const auto port = serve();
  use(loopback());
  EXPECT_EQ(send(at(port))->status, 201);
  for (const auto* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
    ::unsetenv(name);
  EXPECT_EQ(proxy.accepted(), 0);
}

TEST_F(OutboundTest, SilenceEndsAtTheDeadline) {
  RawServer silent("", RawServer::Then::hold);
  RawServer halting("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", RawServer::Then::hold);
  use(loopback(), {.deadline = 200ms});
  EXPECT_EQ(send(at(silent.port())).error().code, ErrorCode::timeout);
  EXPECT_EQ(send(at(halting.port())).error().code, ErrorCode::timeout);
}

TEST_F(OutboundTest, EndlessAnswersAreCut) {
  RawServer chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n10\r\n"
                    "0123456789abcdef\r\n",
                    RawServer::Then::close);
  RawServer huge("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + std::string(64, 'x'),
                 RawServer::Then::hold);
  use(loopback(), {.answer_bytes = 20});
  for (const auto* server : {&chunked, &huge}) {
    const auto answer = send(at(server->port()));
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body.size(), 20u);
    EXPECT_TRUE(answer->cut);
  }
}

TEST_F(OutboundTest, HeadersWithoutEndAreNoAnswer) {
  RawServer server("HTTP/1.1 200 OK\r\n" + std::string("X-Y: ") + std::string(4000, 'z') + "\r\n",
                   RawServer::Then::repeat);
  use(loopback());
  EXPECT_EQ(send(at(server.port())).error().code, ErrorCode::unavailable);
}

TEST_F(OutboundTest, WhatIsNoAnswerIsAnError) {
  RawServer garbage("what?\r\n\r\n", RawServer::Then::close);
  RawServer nothing("", RawServer::Then::close);
  RawServer reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", RawServer::Then::reset);
  use(loopback());
  EXPECT_EQ(send(at(garbage.port())).error().code, ErrorCode::unavailable);
  EXPECT_EQ(send(at(nothing.port())).error().code, ErrorCode::unavailable);
  EXPECT_EQ(send(at(reset.port())).error().code, ErrorCode::unavailable);
  EXPECT_EQ(send(at(1)).error().code, ErrorCode::unavailable); // nobody listens
  names_["nowhere.example.com"] = {};
  EXPECT_EQ(send({"http", "nowhere.example.com", 80, "/"}).error().code, ErrorCode::unavailable);
}

TEST_F(OutboundTest, CertificatesAreVerified) {
  const base::testing::TemporaryDirectory directory;
  const auto chain = directory.path / "cert.pem", key = directory.path / "key.pem";
  make_certificate(chain, key, 1, "DNS:receiver.example.com");
  const auto port = serve(TlsFiles{chain, key});
  names_["receiver.example.com"] = names_["other.example.com"] = {"127.0.0.1"};
  const Url good{"https", "receiver.example.com", port, "/hook"};
  use(loopback());
  EXPECT_EQ(send(good).error().code, ErrorCode::unavailable); // unknown authority
  use(loopback(), {.authorities = chain});
  const auto answer = send(good);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 201);
  EXPECT_TRUE(seen_.at(0).secure);
  EXPECT_EQ(send({"https", "other.example.com", port, "/hook"}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(seen_.size(), 1u);
}

TEST_F(OutboundTest, ManyAtOnceAndNotMoreThanThat) {
  RawServer silent("", RawServer::Then::hold);
  const auto port = serve();
  use(loopback(), {.deadline = 500ms, .most = 20});
  int timeouts = 0, refused = 0, fine = 0;
  for (int i = 0; i < 25; ++i)
    outbound_->send({.url = at(i < 15 ? silent.port() : port)}, [&](const base::Result<OutboundAnswer>& got) {
      if (got)
        ++fine;
      else if (got.error().code == ErrorCode::timeout)
        ++timeouts;
      else
        ++refused;
    });
  EXPECT_TRUE(loop_.run_until([&] { return fine == 5; })); // long before the silent ones are given up
  EXPECT_EQ(timeouts, 0);
  EXPECT_TRUE(loop_.run_until([&] { return timeouts == 15; }));
  EXPECT_EQ(refused, 5);
}

TEST_F(OutboundTest, DestroyingItGivesUpQuietly) {
  RawServer silent("", RawServer::Then::hold);
  use(loopback());
  bool called = false;
  outbound_->send({.url = at(silent.port())}, [&](const auto&) { called = true; });
  while (silent.accepted() == 0)
    std::this_thread::yield();
  outbound_.reset();
  loop_.run_until([] { return false; }, 20ms);
  EXPECT_FALSE(called);
}

} // namespace
} // namespace plenum::net
