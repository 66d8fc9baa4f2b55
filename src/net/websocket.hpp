// WebSocket: a live text connection as a handle and a few callbacks; Beast stays in websocket.cpp.
//
// `send_text` never blocks: the kernel takes the message at once, or it waits in a bounded queue, and a peer
// that does not read is closed (1013) and counted instead of growing memory. `close` lets queued messages go
// out first. Pings are RFC 6455 control frames; a peer silent for `dead_after` is dropped with 1006. Text is
// checked to be UTF-8 (1007), oversize closes with 1009. No permessage-deflate. Dropping the handle silences
// all callbacks, then closes with 1000: callbacks may therefore hold a plain `this` of the handle's owner,
// and may destroy the handle. WebSocketLink and UpgradeTarget exist so that dialects can be tested without a
// socket. Thread: core. RFC 6455.
#pragma once

#include "base/bytes.hpp"
#include "base/env.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

class EventLoop;

struct WebSocketOptions {
  std::size_t max_message_bytes = 256 * 1024; // incoming, fragments joined
  std::size_t queue_messages = 512;           // outgoing
  std::size_t queue_bytes = 2 << 20;
  base::Duration ping_interval = std::chrono::seconds(10); // zero: no pings and no dead detection
  base::Duration dead_after = std::chrono::seconds(30);    // without any frame from the peer
  base::Duration handshake_deadline = std::chrono::seconds(10);
  base::Duration close_deadline =
      std::chrono::seconds(5);        // for queue and closing handshake, then the socket drops
  std::uint16_t overflow_code = 1013; // close code when the queue is full
};

struct WebSocketClosed {
  std::uint16_t code =
      1006; // the peer's, or ours when we closed first; 1005 none given, 1006 connection lost
  std::string reason;
  bool by_peer = false;
  int http_status = 0; // client half: status of a refused upgrade
};

struct WebSocketEvents {
  std::move_only_function<void(std::string_view subprotocol)> on_open; // the handshake is through
  std::move_only_function<void(std::string_view text)> on_text;
  std::move_only_function<void(base::Bytes bytes)> on_binary; // without it a binary message closes with 1003
  std::move_only_function<void()> on_pong;
  std::move_only_function<void(const WebSocketClosed&)> on_close; // once, last
};

// Given to close(): what is queued goes out, then the connection ends without a close frame, as if we had
// died. The other side comes back; after a goodbye some clients would not.
inline constexpr std::uint16_t kWithoutGoodbye = 1006;

// What a WebSocket handle talks to: the real connection or a test's recorder.
class WebSocketLink {
 public:
  virtual ~WebSocketLink() = default;
  virtual bool send_text(std::shared_ptr<const std::string> text) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual void silence() = 0; // no callback from now on
  virtual bool open() const = 0;
  virtual std::size_t queued_bytes() const = 0;
};

class WebSocket {
 public:
  WebSocket() = default;
  explicit WebSocket(std::shared_ptr<WebSocketLink> link) : link_(std::move(link)) {}
  WebSocket(WebSocket&&) noexcept = default;
  WebSocket& operator=(WebSocket&& other) noexcept;
  ~WebSocket() { release(); }

  // False: closed or closing, or the queue was full (then the connection is being closed with
  // `overflow_code`).
  bool send_text(std::string text);
  bool send_text(std::shared_ptr<const std::string> text); // one text to many receivers without copies
  // `reason` is cut to 123 bytes of whole characters. Queued messages go first. Calling it again does
  // nothing.
  void close(std::uint16_t code = 1000, std::string_view reason = {});
  bool open() const { return link_ && link_->open(); } // neither closed nor closing
  std::size_t queued_bytes() const { return link_ ? link_->queued_bytes() : 0; }
  explicit operator bool() const { return link_ != nullptr; }

 private:
  void release();
  std::shared_ptr<WebSocketLink> link_;
};

struct UpgradeRequest {
  Request request;
  std::vector<std::string> subprotocols; // as offered, in order

  bool offers(std::string_view subprotocol) const;
};

// The other side of an Upgrade: the HTTP session or a test.
class UpgradeTarget {
 public:
  virtual ~UpgradeTarget() = default;
  virtual WebSocket accept(std::string subprotocol, WebSocketEvents events, WebSocketOptions options) = 0;
  virtual void refuse(Response response) = 0;
};

// The decision about one upgrade request; once, now or later. Dropped undecided: refused with 500.
class Upgrade {
 public:
  explicit Upgrade(std::unique_ptr<UpgradeTarget> target) : target_(std::move(target)) {}
  Upgrade(Upgrade&&) noexcept = default;
  Upgrade& operator=(Upgrade&&) noexcept = delete;
  ~Upgrade();

  // `subprotocol` empty: the answer carries none. A value the client did not offer is never sent. The handle
  // may send at once; messages wait for the handshake. on_open, on_text, … come later, never from inside
  // accept.
  WebSocket accept(std::string_view subprotocol, WebSocketEvents events, WebSocketOptions options = {});
  void refuse(int status, std::string_view error_text) { refuse(Response::error(status, error_text)); }
  void refuse(Response response);

 private:
  std::unique_ptr<UpgradeTarget> target_;
};

struct ConnectOptions {
  Headers headers;                       // Authorization and the like
  std::vector<std::string> subprotocols; // offered, in order
  WebSocketOptions socket;
};

// Client half for tests and the load lab: ws:// only. Failures arrive as on_close (with http_status when
// refused).
WebSocket connect_websocket(const base::Env& env, EventLoop& loop, std::string_view url,
                            WebSocketEvents events, ConnectOptions options = {});

} // namespace plenum::net
