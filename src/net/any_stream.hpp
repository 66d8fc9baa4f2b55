// AnyStream: a TCP or TLS connection behind one type, so that HTTP and websocket code is instantiated once.
//
// Beast's templates over plain and TLS streams cost most of a build (docs/architecture.md, 1.1); a virtual
// call per read costs nothing. It also gives bytes back (`unread`): what was read past a request head belongs
// to the websocket that follows. Internal to http_server.cpp, websocket.cpp, tls.cpp. Owner: the connection.
// Thread: core.
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace plenum::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class Transport {
 public:
  using IoHandler = asio::any_completion_handler<void(error_code, std::size_t)>;
  using HandshakeHandler = asio::any_completion_handler<void(error_code)>;

  virtual ~Transport() = default;
  virtual void handshake(HandshakeHandler handler) = 0; // plain TCP: succeeds at once
  virtual void read_some(asio::mutable_buffer into, IoHandler handler) = 0;
  virtual void write_some(asio::const_buffer from, IoHandler handler) = 0;
  // What the kernel takes without waiting; 0: nothing now, or never so (TLS).
  virtual std::size_t write_now(std::string_view head, std::string_view body) = 0;
  virtual tcp::socket& socket() = 0;
};

class TlsContext; // certificate and key, tls.cpp

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket);
std::unique_ptr<Transport> make_tls_transport(tcp::socket socket, std::shared_ptr<const TlsContext> context);
base::Result<std::shared_ptr<const TlsContext>> load_tls_context(const std::string& certificate_chain_pem,
                                                                 const std::string& private_key_pem);

// IPv6 addresses listen for IPv6 only. Port 0: any free one.
base::Result<tcp::acceptor> open_acceptor(asio::io_context& io, const std::string& ip, std::uint16_t port);
std::string address_text(const asio::ip::address& address); // IPv4-mapped IPv6 as IPv4

class AnyStream {
 public:
  using executor_type = asio::any_io_executor;
  using next_layer_type = tcp::socket;
  using lowest_layer_type = tcp::socket;

  explicit AnyStream(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  executor_type get_executor() { return transport_->socket().get_executor(); }
  tcp::socket& next_layer() { return transport_->socket(); }
  tcp::socket& lowest_layer() { return transport_->socket(); }
  void unread(std::string bytes) { unread_ = std::move(bytes); } // before any read

  void close() {
    error_code ignored;
    transport_->socket().close(ignored);
  }
  void shutdown_send() {
    error_code ignored;
    transport_->socket().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void cancel() {
    error_code ignored;
    transport_->socket().cancel(ignored);
  }

  template <class Token>
  auto async_handshake(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [this](auto handler) { transport_->handshake(std::move(handler)); }, token);
  }

  template <class MutableBuffers, class Token>
  auto async_read_some(const MutableBuffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, asio::mutable_buffer into) { read(into, std::move(handler)); }, token,
        first<asio::mutable_buffer>(buffers));
  }

  template <class ConstBuffers, class Token>
  auto async_write_some(const ConstBuffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, asio::const_buffer from) { write(from, std::move(handler)); }, token,
        first<asio::const_buffer>(buffers));
  }

  // Both in one call of the kernel, past everything asynchronous. False: nothing was written, because another
  // write is under way or nothing can be taken now. Whatever the kernel has not taken is owed: it goes out
  // before anything that is written later, so somebody must write soon.
  bool write_now(std::string_view head, std::string_view body) {
    if (writing_ || !owed_.empty()) return false;
    const auto taken = transport_->write_now(head, body);
    if (taken == 0) return false;
    const auto of_head = std::min(taken, head.size());
    if (taken < head.size() + body.size())
      owed_.append(head.substr(of_head)).append(body.substr(taken - of_head));
    return true;
  }
  std::size_t owed_bytes() const { return owed_.size(); }

 private:
  template <class Buffer, class Sequence>
  static Buffer first(const Sequence& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at)
      if (const Buffer buffer(*at); buffer.size() > 0) return buffer;
    return {};
  }

  void read(asio::mutable_buffer into, Transport::IoHandler handler) {
    if (unread_.empty()) {
      transport_->read_some(into, std::move(handler));
      return;
    }
    const auto count = asio::buffer_copy(into, asio::buffer(unread_));
    unread_.erase(0, count);
    asio::post(get_executor(),
               [handler = std::move(handler), count]() mutable { std::move(handler)(error_code{}, count); });
  }

  void write(asio::const_buffer from, Transport::IoHandler handler) {
    writing_ = true;
    const bool owing = !owed_.empty();
    transport_->write_some(
        owing ? asio::buffer(owed_) : from,
        [this, owing, from, handler = std::move(handler)](const error_code& ec, std::size_t count) mutable {
          writing_ = false;
          if (!owing || ec) return std::move(handler)(ec, owing ? 0 : count);
          owed_.erase(0, count);
          write(from, std::move(handler));
        });
  }

  std::unique_ptr<Transport> transport_;
  std::string unread_, owed_;
  bool writing_ = false;
};

// Ends the sending half, then reads and discards until the peer closes, at most 1 s and 1 MiB: closing a
// socket with unread bytes resets it, and the peer would lose our last words (a 413, a close frame). `stream`
// must live until `done`. No TLS close_notify: websocket and Content-Length already mark the end.
void drain(AnyStream& stream, Transport::HandshakeHandler done);

template <class Token>
auto async_drain(AnyStream& stream, Token&& token) {
  return asio::async_initiate<Token, void(error_code)>(
      [&stream](auto handler) { drain(stream, std::move(handler)); }, token);
}

// Beast finds these by argument-dependent lookup when a websocket ends.
inline void beast_close_socket(AnyStream& stream) {
  stream.close();
}
inline void teardown(boost::beast::role_type, AnyStream& stream, error_code& ec) {
  stream.shutdown_send();
  ec = {};
}
template <class Handler>
void async_teardown(boost::beast::role_type, AnyStream& stream, Handler&& handler) {
  drain(stream, std::forward<Handler>(handler));
}

} // namespace plenum::net
