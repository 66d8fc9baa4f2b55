#include "net/http_server.hpp"
#include "net/test_certificate.hpp"
#include "net/test_client.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace plenum::net {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A TLS client inside the event loop.
class TlsClient {
 public:
  TlsClient(EventLoop& loop, std::uint16_t port, const std::function<void(SSL_CTX*)>& configure = {})
      : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        context_(SSL_CTX_new(TLS_client_method())) {
    if (configure) configure(context_);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    watch_ = loop_.watch_readable(fd_, [this] { pump(); });
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    SSL_set_connect_state(ssl_);
  }
  ~TlsClient() {
    watch_.reset();
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connect() {
    pump();
    loop_.run_until([&] { return ready || closed; });
    return ready;
  }
  void send(std::string_view text) { SSL_write(ssl_, text.data(), static_cast<int>(text.size())); }
  bool wait_for(std::string_view text) {
    return loop_.run_until([&] { return received.find(text) != std::string::npos; });
  }
  long serial() const {
    X509* peer = SSL_get1_peer_certificate(ssl_);
    const long serial = ASN1_INTEGER_get(X509_get0_serialNumber(peer));
    X509_free(peer);
    return serial;
  }
  std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  std::string received;
  bool ready = false;
  bool closed = false;

 private:
  void pump() {
    if (!ready) {
      const int done = SSL_do_handshake(ssl_);
      if (done == 1)
        ready = true;
      else if (SSL_get_error(ssl_, done) != SSL_ERROR_WANT_READ)
        return end();
    }
    char bytes[4096];
    for (;;) {
      const int got = SSL_read(ssl_, bytes, sizeof bytes);
      if (got > 0) {
        received.append(bytes, static_cast<std::size_t>(got));
      } else if (SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ) {
        return;
      } else {
        return end();
      }
    }
  }
  void end() {
    closed = true;
    watch_.reset();
  }

  EventLoop& loop_;
  int fd_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  std::unique_ptr<EventLoop::Watch> watch_;
};

class HttpTlsTest : public testing::Test {
 protected:
  HttpTlsTest() {
    std::string name = (fs::temp_directory_path() / "http_tls_test_XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    make_certificate(root_ / "cert.pem", root_ / "key.pem", 1);
    router_.add("GET", "/who", [](const Request& request, Reply reply) {
      reply.json(200, base::json::object{{"secure", request.secure}});
    });
    router_.add_upgrade("/rt", [this](const UpgradeRequest&, Upgrade upgrade) {
      WebSocketEvents events;
      events.on_text = [this](std::string_view text) { socket_.send_text("echo " + std::string(text)); };
      socket_ = upgrade.accept("", std::move(events));
    });
    server_.emplace(base::Env{base::Clock::system(), base::Random::system(), metrics_, ""}, loop_,
                    HttpLimits{.header_deadline = 2s});
  }
  ~HttpTlsTest() override { fs::remove_all(root_); }
  TlsFiles files() const { return {(root_ / "cert.pem").string(), (root_ / "key.pem").string()}; }
  std::uint16_t listen() {
    ListenOptions options;
    options.tls = files();
    const auto port = server_->listen(options, router_);
    EXPECT_TRUE(port) << port.error().text;
    return *port;
  }

  fs::path root_;
  base::Metrics metrics_;
  EventLoop loop_{base::Env{}};
  Router router_;
  WebSocket socket_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpTlsTest, RequestAndKeepAlive) {
  TlsClient client(loop_, listen());
  ASSERT_TRUE(client.connect());
  for (int i = 0; i < 2; ++i) {
    client.received.clear();
    client.send("GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.wait_for(R"({"secure":true})"));
  }
}

TEST_F(HttpTlsTest, WebSocketOverTls) {
  TlsClient client(loop_, listen());
  ASSERT_TRUE(client.connect());
  client.send("GET /rt HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: "
              "websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  client.send(std::string("\x81\x82\0\0\0\0hi", 8));
  EXPECT_TRUE(client.wait_for("\x81\x07"
                              "echo hi"));
}

TEST_F(HttpTlsTest, PlainHttpOnTheTlsPortIsDropped) {
  TestClient client(loop_, listen());
  client.send("GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.received.find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(metrics_.counter("plenum_http_refused_total", "reason=\"tls\"").value(), 1u);
}

TEST_F(HttpTlsTest, StalledHandshakeEndsAtTheDeadline) {
  server_.reset();
  server_.emplace(base::Env{base::Clock::system(), base::Random::system(), metrics_, ""}, loop_,
                  HttpLimits{.header_deadline = 30ms});
  TestClient client(loop_, listen());
  client.send(std::string("\x16\x03\x01\x02", 4));
  EXPECT_TRUE(client.wait_closed());
  EXPECT_TRUE(loop_.run_until([&] { return server_->connections() == 0; }));
}

TEST_F(HttpTlsTest, OldProtocolsAndForeignAlpnAreRefused) {
  const auto port = listen();
  TlsClient old(loop_, port, [](SSL_CTX* context) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  });
  EXPECT_FALSE(old.connect());
  const auto offer = [](std::string_view protocols) {
    return [protocols](SSL_CTX* context) {
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    };
  };
  TlsClient both(loop_, port, offer("\x02h2\x08http/1.1"));
  ASSERT_TRUE(both.connect());
  EXPECT_EQ(both.alpn(), "http/1.1");
  TlsClient only_h2(loop_, port, offer("\x02h2"));
  EXPECT_FALSE(only_h2.connect());
}

TEST_F(HttpTlsTest, CertificatesReloadAndBadOnesAreNotTaken) {
  const auto port = listen();
  TlsClient before(loop_, port);
  ASSERT_TRUE(before.connect());
  EXPECT_EQ(before.serial(), 1);
  make_certificate(root_ / "cert.pem", root_ / "key.pem", 2);
  ASSERT_TRUE(server_->reload_certificates());
  TlsClient after(loop_, port);
  ASSERT_TRUE(after.connect());
  EXPECT_EQ(after.serial(), 2);
  before.send("GET /who HTTP/1.1\r\nHost: h\r\n\r\n"); // the old connection lives on
  EXPECT_TRUE(before.wait_for(R"({"secure":true})"));
  make_certificate(root_ / "cert.pem", root_ / "other.pem", 3); // key of another certificate
  EXPECT_FALSE(server_->reload_certificates());
  std::ofstream(root_ / "cert.pem") << "nonsense";
  EXPECT_FALSE(server_->reload_certificates());
  TlsClient still(loop_, port);
  ASSERT_TRUE(still.connect());
  EXPECT_EQ(still.serial(), 2);
}

TEST_F(HttpTlsTest, MissingFilesAreAnErrorAtStart) {
  ListenOptions options;
  options.tls = TlsFiles{"/nonexistent/cert.pem", "/nonexistent/key.pem"};
  EXPECT_FALSE(server_->listen(options, router_));
}

} // namespace
} // namespace plenum::net
