#include "net/websocket.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/websocket_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/src.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <optional>
#include <tuple>

namespace plenum::net {
namespace {

namespace beast = boost::beast;
namespace ws = beast::websocket;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxCloseReason = 123; // RFC 6455 5.5: 125 bytes of control payload, two are the code
constexpr std::size_t kIdleBufferBytes = 16 * 1024;

bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

// At most `limit` bytes without cutting a UTF-8 sequence.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return text.substr(0, limit);
}

// What our side said to the peer when Beast refused its bytes.
std::uint16_t code_for(const error_code& ec) {
  if (ec == ws::error::message_too_big || ec == ws::error::buffer_overflow) return 1009;
  if (ec == ws::error::bad_frame_payload) return 1007;
  if (ec == ws::condition::protocol_violation) return 1002;
  return 1006;
}

// RFC 6455 5.2: a whole text message in one frame, not masked.
std::string frame_head(std::size_t size) {
  std::string head(1, static_cast<char>(0x81));
  const auto number = [&](char marker, unsigned int bytes) {
    if (marker != 0) head.push_back(marker);
    for (unsigned int i = bytes; i > 0; --i)
      head.push_back(static_cast<char>(size >> (8U * (i - 1U)) & 0xFFU));
  };
  if (size < 126) {
    number(0, 1);
  } else if (size <= 0xFFFF) {
    number(126, 2);
  } else {
    number(127, 8);
  }
  return head;
}

// Messages that wait for every websocket of the process are one kind of queue.
struct Meters {
  explicit Meters(base::Metrics& m)
      : opened(m.counter("plenum_websocket_opened_total")), dead(m.counter("plenum_websocket_dead_total")),
        overflowed(m.counter("plenum_queue_dropped_total", "queue=\"websocket\"")),
        high_water(m.gauge("plenum_queue_high_water", "queue=\"websocket\"")) {}
  base::Counter& opened;
  base::Counter& dead;
  base::Counter& overflowed;
  base::Gauge& high_water;
};

class Connection final : public ServerWebSocket, public std::enable_shared_from_this<Connection> {
 public:
  Connection(const base::Env& env, EventLoop& loop, WebSocketOptions options, WebSocketEvents events)
      : env_(env), loop_(loop), options_(options), meters_(env.metrics),
        events_(std::make_shared<WebSocketEvents>(std::move(events))), wake_(loop.io()) {}

  bool send_text(std::shared_ptr<const std::string> text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void silence() override { events_.reset(); }
  bool open() const override { return !ended_ && !verdict_; }
  std::size_t queued_bytes() const override {
    return queued_bytes_ + (stream_ ? stream_->next_layer().owed_bytes() : 0);
  }
  void start(ServerHandshake handshake) override;
  void drop() override;
  void dial(Url url, ConnectOptions options);

 private:
  using Stream = ws::stream<AnyStream, false>;
  using Self = std::shared_ptr<Connection>;

  asio::awaitable<void> serve(Self self, ServerHandshake handshake);
  asio::awaitable<bool> shake_hands(ServerHandshake& handshake);
  asio::awaitable<void> call(Self self, Url url, ConnectOptions options);
  asio::awaitable<error_code> reach(Url url);
  asio::awaitable<void> read_messages();
  asio::awaitable<void> write_messages(Self self);
  void spawn(asio::awaitable<void> work);
  void configure();
  void opened(std::string_view subprotocol);
  void deliver(const beast::flat_buffer& buffer);
  void end_reading(const error_code& ec);
  void finish(WebSocketClosed closed);
  void fail(std::string reason, int http_status = 0);
  void arm(base::Duration limit);
  void tick();
  void heard(ws::frame_type kind);
  void overflow();
  bool send_at_once(const std::string& text);
  void ping();

  base::Env env_;
  EventLoop& loop_;
  WebSocketOptions options_;
  Meters meters_;
  std::shared_ptr<WebSocketEvents> events_; // shared: a callback may silence us while it runs
  std::optional<Stream> stream_;
  std::shared_ptr<void> place_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;           // the message being written included
  std::optional<WebSocketClosed> verdict_; // why we are closing, when it was our decision
  asio::steady_timer wake_;                // the writer sleeps on it
  base::Executor::Timer deadline_;
  base::Executor::Timer ping_;
  base::Timestamp last_heard_;
  bool pinging_ = false;
  bool serves_ = false; // not the client half: what it sends is not masked
  bool writing_ = false;
  bool connected_ = false;
  bool ended_ = false;
};

bool Connection::send_text(std::shared_ptr<const std::string> text) {
  if (!open()) return false;
  if (send_at_once(*text)) return true;
  if (queue_.size() >= options_.queue_messages || queued_bytes_ + text->size() > options_.queue_bytes) {
    overflow();
    return false;
  }
  queued_bytes_ += text->size();
  queue_.push_back(std::move(text));
  meters_.high_water.raise_to(static_cast<std::int64_t>(queue_.size()));
  wake_.cancel();
  return true;
}

// Nearly always nothing waits and the kernel takes the whole message: then it is a frame in one system call,
// and nobody needs to wake up. Beast's own frames are whole when it is not writing, so that ours fits between
// them.
bool Connection::send_at_once(const std::string& text) {
  if (!connected_ || !serves_ || writing_ || !queue_.empty()) return false;
  auto& lower = stream_->next_layer();
  if (!lower.write_now(frame_head(text.size()), text)) return false;
  if (lower.owed_bytes() > 0) ping(); // a write of Beast's, for the rest to go out before it
  return true;
}

void Connection::overflow() {
  meters_.overflowed.add(queue_.size() + 1);
  for (const auto& text : queue_)
    queued_bytes_ -= text->size();
  queue_.clear();
  close(options_.overflow_code, "outgoing queue is full");
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  CHECK(may_be_sent(code) || code == kWithoutGoodbye);
  if (!open()) return;
  verdict_ = WebSocketClosed{code, std::string(cut(reason, kMaxCloseReason)), false, 0};
  arm(options_.close_deadline);
  wake_.cancel();
}

void Connection::drop() {
  if (ended_) return;
  if (!verdict_) verdict_ = WebSocketClosed{1006, "dropped", false, 0};
  if (stream_) {
    stream_->next_layer().close(); // ends the pending read, which ends everything
  } else {
    loop_.post([self = shared_from_this()] { self->finish({}); });
  }
}

void Connection::arm(base::Duration limit) {
  deadline_ = loop_.after(limit, [this] { drop(); });
}

void Connection::spawn(asio::awaitable<void> work) {
  asio::co_spawn(loop_.io(), std::move(work), [self = shared_from_this()](const std::exception_ptr& thrown) {
    if (!thrown) return;
    base::log::error(self->env_.log_tag, "websocket callback threw");
    self->drop();
    self->finish({1006, "internal error", false, 0});
  });
}

void Connection::configure() {
  stream_->set_option(ws::stream_base::timeout{ws::stream_base::none(), ws::stream_base::none(), false});
  stream_->read_message_max(options_.max_message_bytes);
  stream_->auto_fragment(false);
  stream_->text(true);
  stream_->control_callback([this](ws::frame_type kind, beast::string_view) { heard(kind); });
}

void Connection::start(ServerHandshake handshake) {
  place_ = std::move(handshake.place);
  serves_ = true;
  spawn(serve(shared_from_this(), std::move(handshake)));
}

asio::awaitable<void> Connection::serve(Self self, ServerHandshake handshake) {
  if (ended_) co_return;
  auto shaking = std::make_unique<ServerHandshake>(std::move(handshake));
  const auto shaken = co_await shake_hands(*shaking);
  shaking.reset(); // nothing of a handshake is held while the connection lives
  if (!shaken) co_return;
  co_await read_messages();
}

asio::awaitable<bool> Connection::shake_hands(ServerHandshake& handshake) {
  stream_.emplace(std::move(handshake.stream));
  configure();
  stream_->set_option(
      ws::stream_base::decorator([protocol = handshake.subprotocol](ws::response_type& response) {
        response.erase(beast::http::field::server);
        if (!protocol.empty()) response.set(beast::http::field::sec_websocket_protocol, protocol);
      }));
  beast::http::request<beast::http::empty_body> request(beast::http::verb::get, handshake.target, 11);
  request.set(beast::http::field::host, handshake.host);
  request.set(beast::http::field::connection, "Upgrade");
  request.set(beast::http::field::upgrade, "websocket");
  request.set(beast::http::field::sec_websocket_version, "13");
  request.set(beast::http::field::sec_websocket_key, handshake.key);
  if (!verdict_) arm(options_.handshake_deadline);
  const auto accepted = co_await stream_->async_accept(request, kToken);
  if (const auto ec = std::get<0>(accepted); ec) {
    fail("handshake: " + ec.message());
    co_return false;
  }
  stream_->set_option(ws::stream_base::decorator([](ws::response_type&) {}));
  opened(handshake.subprotocol);
  co_return true;
}

void Connection::dial(Url url, ConnectOptions options) {
  stream_.emplace(AnyStream(make_tcp_transport(tcp::socket(loop_.io()))));
  configure();
  arm(options_.handshake_deadline);
  spawn(call(shared_from_this(), std::move(url), std::move(options)));
}

asio::awaitable<error_code> Connection::reach(Url url) {
  error_code ec;
  auto& socket = stream_->next_layer().next_layer();
  const auto literal = asio::ip::make_address(url.host == "localhost" ? "127.0.0.1" : url.host, ec);
  tcp::endpoint endpoint(literal, url.port);
  if (ec) {
    tcp::resolver resolver(loop_.io());
    const auto service = std::to_string(url.port);
    const auto found = co_await resolver.async_resolve(url.host, service, kToken);
    if (std::get<0>(found)) co_return std::get<0>(found);
    endpoint = std::get<1>(found).begin()->endpoint();
  }
  const auto connected = co_await socket.async_connect(endpoint, kToken);
  if (!std::get<0>(connected)) socket.set_option(tcp::no_delay(true), ec);
  co_return std::get<0>(connected);
}

asio::awaitable<void> Connection::call(Self self, Url url, ConnectOptions options) {
  const auto failed = co_await reach(url);
  if (failed) {
    fail("connect: " + failed.message());
    co_return;
  }
  stream_->set_option(ws::stream_base::decorator([&options](ws::request_type& request) {
    for (const auto& header : options.headers)
      request.insert(header.name, header.value);
    if (!options.subprotocols.empty())
      request.set(beast::http::field::sec_websocket_protocol,
                  fmt::format("{}", fmt::join(options.subprotocols, ", ")));
  }));
  ws::response_type response;
  const auto host = fmt::format("{}:{}", url.host, url.port);
  const auto shaken = co_await stream_->async_handshake(response, host, url.target, kToken);
  stream_->set_option(ws::stream_base::decorator([](ws::request_type&) {})); // it referred to `options`
  if (const auto ec = std::get<0>(shaken); ec) {
    fail("handshake: " + ec.message(),
         ec == ws::error::upgrade_declined ? static_cast<int>(response.result_int()) : 0);
    co_return;
  }
  const auto chosen = std::string(response[beast::http::field::sec_websocket_protocol]);
  if (!chosen.empty() && std::ranges::find(options.subprotocols, chosen) == options.subprotocols.end()) {
    fail("handshake: the server chose a subprotocol that was not offered");
    co_return;
  }
  opened(chosen);
  co_await read_messages();
}

void Connection::fail(std::string reason, int http_status) {
  finish({1006, std::move(reason), false, http_status});
}

void Connection::opened(std::string_view subprotocol) {
  meters_.opened.add();
  connected_ = true;
  if (!verdict_) deadline_.reset();
  last_heard_ = loop_.now();
  spawn(write_messages(shared_from_this()));
  if (options_.ping_interval > base::Duration::zero())
    ping_ = loop_.after(options_.ping_interval, [this] { tick(); });
  const auto events = events_;
  if (events && events->on_open) events->on_open(subprotocol);
}

asio::awaitable<void> Connection::read_messages() {
  beast::flat_buffer buffer;
  for (;;) {
    const auto got = co_await stream_->async_read(buffer, kToken);
    const auto ec = std::get<0>(got);
    if (ec) {
      end_reading(ec);
      co_return;
    }
    last_heard_ = loop_.now();
    if (open()) deliver(buffer);
    buffer.consume(buffer.size());
    if (buffer.capacity() > kIdleBufferBytes) buffer.shrink_to_fit();
  }
}

void Connection::deliver(const beast::flat_buffer& buffer) {
  const auto events = events_;
  const auto view = buffer.cdata();
  const std::string_view text(static_cast<const char*>(view.data()), view.size());
  if (stream_->got_text()) {
    if (events && events->on_text) events->on_text(text);
  } else if (events && !events->on_binary) {
    close(1003, "text only");
  } else if (events) {
    events->on_binary(base::as_bytes(text));
  }
}

asio::awaitable<void> Connection::write_messages(Self self) {
  while (!ended_) {
    if (!queue_.empty()) {
      const auto text = std::move(queue_.front());
      queue_.pop_front();
      const auto bytes = asio::buffer(*text);
      writing_ = true;
      const auto written = co_await stream_->async_write(bytes, kToken);
      writing_ = false;
      queued_bytes_ -= text->size();
      if (std::get<0>(written)) break;
    } else if (verdict_ && verdict_->code == kWithoutGoodbye) {
      break;
    } else if (verdict_) {
      const ws::close_reason reason(static_cast<ws::close_code>(verdict_->code), verdict_->reason);
      co_await stream_->async_close(reason, kToken);
      co_return; // the reader sees the end
    } else {
      wake_.expires_at(asio::steady_timer::time_point::max());
      co_await wake_.async_wait(kToken);
    }
  }
  if (!ended_) stream_->next_layer().close();
}

void Connection::end_reading(const error_code& ec) {
  if (ec == ws::error::closed && !verdict_) {
    const auto& reason = stream_->reason();
    const auto code = reason.code == ws::close_code::none ? std::uint16_t{1005} : reason.code;
    finish({code, std::string(reason.reason.data(), reason.reason.size()), true, 0});
  } else {
    finish({code_for(ec), ec.message(), false, 0});
  }
}

void Connection::finish(WebSocketClosed closed) {
  if (std::exchange(ended_, true)) return;
  // A refused or failed handshake is told as it is; otherwise our own decision is the reason.
  if (verdict_ && closed.http_status == 0) closed = *verdict_;
  deadline_.reset();
  ping_.reset();
  queue_.clear();
  if (stream_) stream_->next_layer().close();
  wake_.cancel();
  place_.reset();
  const auto events = std::exchange(events_, nullptr);
  if (events && events->on_close) events->on_close(closed);
}

void Connection::heard(ws::frame_type kind) {
  last_heard_ = loop_.now();
  const auto events = events_;
  if (kind == ws::frame_type::pong && events && events->on_pong) events->on_pong();
}

void Connection::tick() {
  if (loop_.now() - last_heard_ >= options_.dead_after) {
    meters_.dead.add();
    if (!verdict_) verdict_ = WebSocketClosed{1006, "no answer to pings", false, 0};
    drop();
    return;
  }
  ping_ = loop_.after(options_.ping_interval, [this] { tick(); });
  ping();
}

void Connection::ping() {
  // A ping that is still waiting behind a stuck write needs no second one.
  if (std::exchange(pinging_, true)) return;
  stream_->async_ping({}, [self = shared_from_this()](const error_code&) { self->pinging_ = false; });
}

} // namespace

std::shared_ptr<ServerWebSocket> make_server_websocket(const base::Env& env, EventLoop& loop,
                                                       WebSocketOptions options, WebSocketEvents events) {
  return std::make_shared<Connection>(env, loop, options, std::move(events));
}

WebSocket connect_websocket(const base::Env& env, EventLoop& loop, std::string_view url,
                            WebSocketEvents events, ConnectOptions options) {
  auto connection = std::make_shared<Connection>(env, loop, options.socket, std::move(events));
  WebSocket handle(connection);
  auto parsed = parse_url(url);
  if (parsed && parsed->scheme == "ws") {
    connection->dial(std::move(*parsed), std::move(options));
  } else {
    connection->drop();
  }
  return handle;
}

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  if (this != &other) {
    release();
    link_ = std::move(other.link_);
  }
  return *this;
}

void WebSocket::release() {
  if (!link_) return;
  const auto link = std::exchange(link_, nullptr);
  link->silence();
  link->close(1000, {});
}

bool WebSocket::send_text(std::string text) {
  return send_text(std::make_shared<const std::string>(std::move(text)));
}

bool WebSocket::send_text(std::shared_ptr<const std::string> text) {
  return link_ && link_->send_text(std::move(text));
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (link_) link_->close(code, reason);
}

bool UpgradeRequest::offers(std::string_view subprotocol) const {
  return std::ranges::find(subprotocols, subprotocol) != subprotocols.end();
}

Upgrade::~Upgrade() {
  if (target_) refuse(500, "internal error");
}

WebSocket Upgrade::accept(std::string_view subprotocol, WebSocketEvents events, WebSocketOptions options) {
  CHECK(target_);
  const auto target = std::exchange(target_, nullptr);
  return target->accept(std::string(subprotocol), std::move(events), options);
}

void Upgrade::refuse(Response response) {
  CHECK(target_);
  const auto target = std::exchange(target_, nullptr);
  target->refuse(std::move(response));
}

} // namespace plenum::net
