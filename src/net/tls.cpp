#include "net/any_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/socket.h>
#include <sys/uio.h>

namespace plenum::net {

class TlsContext {
 public:
  explicit TlsContext(asio::ssl::context context) : context_(std::move(context)) {}
  // Asio wants it mutable although a stream only reads it.
  asio::ssl::context& context() const { return context_; }

 private:
  mutable asio::ssl::context context_;
};

namespace {

using ssl = asio::ssl::context;

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(tcp::socket socket) : socket_(std::move(socket)) {}

  void handshake(HandshakeHandler handler) override {
    asio::post(socket_.get_executor(),
               [handler = std::move(handler)]() mutable { std::move(handler)(error_code{}); });
  }
  void read_some(asio::mutable_buffer into, IoHandler handler) override {
    socket_.async_read_some(into, std::move(handler));
  }
  void write_some(asio::const_buffer from, IoHandler handler) override {
    socket_.async_write_some(from, std::move(handler));
  }
  std::size_t write_now(std::string_view head, std::string_view body) override {
    std::array parts{iovec{const_cast<char*>(head.data()), head.size()},
                     iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto taken = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return taken > 0 ? static_cast<std::size_t>(taken) : 0; // an error is met by the next ordinary write
  }
  tcp::socket& socket() override { return socket_; }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, std::shared_ptr<const TlsContext> context)
      : context_(std::move(context)), stream_(std::move(socket), context_->context()) {}

  void handshake(HandshakeHandler handler) override {
    stream_.async_handshake(asio::ssl::stream_base::server, std::move(handler));
  }
  void read_some(asio::mutable_buffer into, IoHandler handler) override {
    stream_.async_read_some(into, std::move(handler));
  }
  void write_some(asio::const_buffer from, IoHandler handler) override {
    stream_.async_write_some(from, std::move(handler));
  }
  std::size_t write_now(std::string_view, std::string_view) override { return 0; }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  std::shared_ptr<const TlsContext> context_; // outlives the stream across a certificate reload
  asio::ssl::stream<tcp::socket> stream_;
};

// HTTP/1.1 is all we speak: a client that offers only h2 learns it here.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned int in_length, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found =
      ::SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), in, in_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

class Drain : public std::enable_shared_from_this<Drain> {
 public:
  Drain(AnyStream& stream, Transport::HandshakeHandler done)
      : stream_(stream), done_(std::move(done)), deadline_(stream.get_executor()) {}

  void start() {
    stream_.shutdown_send();
    deadline_.expires_after(kDrainTime);
    deadline_.async_wait([weak = weak_from_this()](const error_code& ec) {
      const auto self = weak.lock();
      if (!self || ec) return;
      self->expired_ = true;
      self->stream_.cancel();
    });
    step();
  }

 private:
  void step() {
    stream_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](const error_code& ec, std::size_t count) {
                              self->left_ -= std::min(self->left_, count);
                              if (!ec && !self->expired_ && self->left_ > 0) return self->step();
                              self->deadline_.cancel();
                              std::move(self->done_)(error_code{});
                            });
  }

  static constexpr auto kDrainTime = std::chrono::seconds(1);
  AnyStream& stream_;
  Transport::HandshakeHandler done_;
  asio::steady_timer deadline_;
  std::array<char, 4096> bytes_{};
  std::size_t left_ = 1 << 20;
  bool expired_ = false;
};

} // namespace

void drain(AnyStream& stream, Transport::HandshakeHandler done) {
  std::make_shared<Drain>(stream, std::move(done))->start();
}

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(tcp::socket socket, std::shared_ptr<const TlsContext> context) {
  return std::make_unique<TlsTransport>(std::move(socket), std::move(context));
}

std::string address_text(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

base::Result<tcp::acceptor> open_acceptor(asio::io_context& io, const std::string& ip, std::uint16_t port) {
  error_code ec;
  const auto address = asio::ip::make_address(ip, ec);
  const auto failed = [&](std::string_view what) {
    return base::fail(base::ErrorCode::unavailable, "cannot listen on " + ip + ":" + std::to_string(port) +
                                                        ": " + std::string(what) + ": " + ec.message());
  };
  if (ec) return failed("address");
  const tcp::endpoint endpoint(address, port);
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), ec);
  if (ec) return failed("open");
  acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), ec);
  if (ec) return failed("option");
  acceptor.bind(endpoint, ec);
  if (ec) return failed("bind");
  acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return failed("listen");
  return acceptor;
}

base::Result<std::shared_ptr<const TlsContext>> load_tls_context(const std::string& certificate_chain_pem,
                                                                 const std::string& private_key_pem) {
  error_code ec;
  ssl context(ssl::tls_server);
  const auto failed = [&ec](const std::string& what) {
    return base::fail(base::ErrorCode::invalid, what + ": " + ec.message());
  };
  context.set_options(ssl::no_compression | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE, ec);
  if (ec) return failed("TLS options");
  ::SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  ::SSL_CTX_set_alpn_select_cb(context.native_handle(), select_alpn, nullptr);
  context.use_certificate_chain_file(certificate_chain_pem, ec);
  if (ec) return failed("TLS certificate " + certificate_chain_pem);
  context.use_private_key_file(private_key_pem, ssl::pem, ec);
  if (ec) return failed("TLS key " + private_key_pem);
  if (::SSL_CTX_check_private_key(context.native_handle()) != 1)
    return base::fail(base::ErrorCode::invalid, "TLS key does not belong to the certificate");
  return std::make_shared<const TlsContext>(std::move(context));
}

} // namespace plenum::net
