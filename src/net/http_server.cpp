#include "net/http_server.hpp"

#include "base/log.hpp"
#include "net/connection_places.hpp"
#include "net/request_head.hpp"
#include "net/websocket_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace plenum::net {

namespace http = boost::beast::http;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kLoggedTarget = 512;
constexpr auto kAcceptPause = std::chrono::milliseconds(100); // after EMFILE and the like

struct Listener {
  tcp::acceptor acceptor;
  const Router& router;
  std::optional<TlsFiles> files;
  std::shared_ptr<const TlsContext> tls;
};

class Session;

} // namespace

struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(const base::Env& e, EventLoop& l, HttpLimits h)
      : env(e), loop(l), limits(h), meters(e.metrics),
        places(limits, meters, [this](std::uint64_t place) { left(place); }) {}

  void admit(const Listener& listener, tcp::socket socket);
  void left(std::uint64_t place);
  void spawn(asio::awaitable<void> work);
  void drop_all();
  void end_shutdown();

  base::Env env;
  EventLoop& loop;
  HttpLimits limits;
  ServerMeters meters;
  ConnectionPlaces places;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::map<std::uint64_t, std::weak_ptr<Session>> sessions;
  std::map<std::uint64_t, std::weak_ptr<ServerWebSocket>> websockets;
  bool stopping = false;
  base::Executor::Task shutdown_done;
  base::Executor::Timer shutdown_timer;
};

namespace {

using Place = ConnectionPlaces::Place;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<ServerState> state, const Router& router, std::unique_ptr<Transport> transport,
          std::shared_ptr<Place> place, bool secure)
      : state_(std::move(state)), router_(router), stream_(std::move(transport)), place_(std::move(place)),
        secure_(secure), deadline_(state_->loop.io()), decided_(state_->loop.io()) {}

  asio::awaitable<void> run(std::shared_ptr<Session> self);
  void answer(std::uint64_t number, Response response);
  bool become(std::uint64_t number, std::shared_ptr<ServerWebSocket> websocket, std::string subprotocol);
  void refuse_upgrade(std::uint64_t number, Response response) {
    if (dropped_) return; // perhaps there is no Router any more
    router_.decorate(segments_, response);
    answer(number, std::move(response));
  }
  void drop();
  bool idle() const { return idle_; } // between requests

 private:
  asio::awaitable<bool> read_request();
  asio::awaitable<bool> read_head();
  asio::awaitable<bool> read_body();
  asio::awaitable<bool> read_more();
  asio::awaitable<void> wait_for_decision();
  asio::awaitable<bool> write_response();
  asio::awaitable<bool> write(std::string_view bytes);
  bool parse_head();
  bool may_send_body();
  bool feed_body();
  void dispatch();
  void dispatch_upgrade();
  bool refuse(int status, std::string_view text, Refused reason);
  bool lost(Refused reason, std::string_view text);
  void arm(base::Duration limit);
  void disarm();
  void hand_over();
  void log_request(int status);

  using Parser = http::request_parser<http::string_body>;

  std::shared_ptr<ServerState> state_;
  const Router& router_;
  AnyStream stream_;
  std::shared_ptr<Place> place_;
  bool secure_;
  asio::steady_timer deadline_;
  asio::steady_timer decided_; // wakes the coroutine when the Reply or Upgrade is used
  std::uint64_t armed_ = 0;
  bool expired_ = false;
  bool idle_ = false;
  bool dropped_ = false;
  bool linger_ = false;

  std::string buffer_; // read and not yet parsed
  std::string head_;
  std::optional<Parser> parser_;
  Request request_;
  bool relaxed_ = false;
  bool keep_alive_ = false;
  bool starved_ = false; // the parser needs bytes that are not in buffer_

  std::uint64_t number_ = 0; // of the request: a late Reply must not answer the next one
  std::string method_, target_, host_, key_;
  std::vector<std::string> segments_;
  base::Timestamp received_at_{};
  std::optional<Response> response_;
  std::shared_ptr<ServerWebSocket> websocket_;
  std::string subprotocol_;
};

class SessionUpgrade final : public UpgradeTarget {
 public:
  SessionUpgrade(std::shared_ptr<ServerState> state, std::weak_ptr<Session> session, std::uint64_t number,
                 std::vector<std::string> offered)
      : state_(std::move(state)), session_(std::move(session)), number_(number),
        offered_(std::move(offered)) {}

  WebSocket accept(std::string subprotocol, WebSocketEvents events, WebSocketOptions options) override {
    auto websocket = make_server_websocket(state_->env, state_->loop, options, std::move(events));
    WebSocket handle(websocket);
    // A client must fail when it is given a subprotocol that it did not offer (RFC 6455 4.1).
    if (std::ranges::find(offered_, subprotocol) == offered_.end()) subprotocol.clear();
    const auto session = session_.lock();
    if (!session || !session->become(number_, websocket, std::move(subprotocol))) websocket->drop();
    return handle;
  }
  void refuse(Response response) override {
    if (const auto session = session_.lock()) session->refuse_upgrade(number_, std::move(response));
  }

 private:
  std::shared_ptr<ServerState> state_;
  std::weak_ptr<Session> session_;
  std::uint64_t number_;
  std::vector<std::string> offered_;
};

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  arm(state_->limits.header_deadline);
  const auto shaken = co_await stream_.async_handshake(kToken);
  if (std::get<0>(shaken)) {
    state_->meters.refuse(Refused::tls);
    co_return;
  }
  for (std::size_t served = 1; !dropped_; ++served) {
    const auto ready = co_await read_request();
    if (dropped_) break;
    if (ready) {
      if (served >= state_->limits.requests_per_connection) keep_alive_ = false;
      dispatch();
      co_await wait_for_decision();
    } else if (!response_) {
      break; // the peer went away between requests
    }
    if (websocket_) {
      hand_over();
      co_return;
    }
    const auto sent = co_await write_response();
    if (!sent || !keep_alive_) break;
  }
  disarm();
  if (linger_ && !dropped_) {
    co_await async_drain(stream_, kToken);
  }
  stream_.close();
}

// True: request_ is complete. False: response_ holds the refusal, or nothing when the connection just ended.
asio::awaitable<bool> Session::read_request() {
  response_.reset();
  request_ = {};
  segments_.clear();
  method_ = target_ = {};
  const auto head = co_await read_head();
  if (!head || !parse_head()) co_return false;
  if (!may_send_body()) co_return false;
  if (parser_->is_done()) co_return true;
  const auto body = co_await read_body();
  co_return body;
}

asio::awaitable<bool> Session::read_head() {
  const auto& limits = state_->limits;
  idle_ = true;
  arm(number_ == 0 ? limits.header_deadline : limits.idle_deadline);
  for (;;) {
    buffer_.erase(0, buffer_.find_first_not_of("\r\n")); // RFC 9112 2.2: empty lines before the request line
    if (!buffer_.empty() || state_->stopping) break;
    const auto more = co_await read_more();
    if (!more) co_return false;
  }
  idle_ = false;
  if (buffer_.empty()) co_return false;
  received_at_ = state_->loop.now();
  arm(limits.header_deadline);
  auto end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos && buffer_.size() <= limits.header_bytes) {
    const auto seen = buffer_.size();
    const auto more = co_await read_more();
    if (!more) co_return lost(Refused::header_timeout, "request headers took too long");
    end = buffer_.find("\r\n\r\n", seen < 3 ? 0 : seen - 3);
  }
  if (end == std::string::npos || end + 4 > limits.header_bytes)
    co_return refuse(431, "request headers are too large", Refused::header_size);
  head_ = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  co_return true;
}

bool Session::parse_head() {
  relaxed_ = relax_request_line(head_, router_);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(head_.size() + 1));
  parser_->body_limit(boost::none); // ours comes with the route
  error_code ec;
  parser_->put(asio::buffer(head_), ec);
  if (ec || !parser_->is_header_done()) return refuse(400, "malformed HTTP request", Refused::malformed);
  const auto& message = parser_->get();
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    request_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  request_.remote_address = place_->address();
  request_.secure = secure_;
  request_.received_at = received_at_;
  method_ = request_.method;
  target_ = request_.target;
  keep_alive_ = parser_->keep_alive();
  const auto problem = check_head(request_, static_cast<int>(message.version()), relaxed_, router_);
  segments_ = request_.segments;
  if (problem) return refuse(problem->status, problem->text, Refused::malformed);
  return true;
}

bool Session::may_send_body() {
  const auto limit = router_.body_limit(method_, segments_).value_or(state_->limits.body_bytes);
  const auto length = parser_->content_length();
  if (length && *length > limit) return refuse(413, "request body is too large", Refused::body_size);
  if (!parser_->is_done()) {
    parser_->body_limit(limit);
    parser_->eager(true);
  }
  return true;
}

asio::awaitable<bool> Session::read_body() {
  arm(state_->limits.body_deadline);
  starved_ = buffer_.empty();
  if (starved_ && expects_continue(request_)) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto sent = co_await write(kContinue);
    if (!sent) co_return false;
    arm(state_->limits.body_deadline);
  }
  while (!parser_->is_done()) {
    if (starved_) {
      const auto more = co_await read_more();
      if (!more) co_return lost(Refused::body_timeout, "request body took too long");
    }
    if (!feed_body()) co_return false;
  }
  request_.body = std::move(parser_->get().body());
  co_return true;
}

bool Session::feed_body() {
  error_code ec;
  const auto used = parser_->put(asio::buffer(buffer_), ec);
  buffer_.erase(0, used);
  starved_ = buffer_.empty() || ec == http::error::need_more;
  if (!ec) return true;
  if (ec == http::error::body_limit) return refuse(413, "request body is too large", Refused::body_size);
  if (ec != http::error::need_more) return refuse(400, "malformed request body", Refused::malformed);
  // A chunk header or trailer that never ends.
  if (buffer_.size() > state_->limits.header_bytes)
    return refuse(431, "request trailers are too large", Refused::header_size);
  return true;
}

asio::awaitable<bool> Session::read_more() {
  if (expired_ || dropped_) co_return false;
  std::array<char, kReadBytes> bytes;
  const auto into = asio::buffer(bytes);
  const auto got = co_await stream_.async_read_some(into, kToken);
  if (std::get<0>(got) || dropped_) co_return false;
  buffer_.append(bytes.data(), std::get<1>(got));
  co_return true;
}

bool Session::refuse(int status, std::string_view text, Refused reason) {
  state_->meters.refuse(reason);
  response_ = Response::error(status, text);
  if (status == 426) response_->headers.add("Sec-WebSocket-Version", "13");
  router_.decorate(segments_, *response_);
  response_->close = true; // where this request ends is not known any more
  linger_ = true;
  return false;
}

// Reading failed: a timeout is answered, a peer that went away is not.
bool Session::lost(Refused reason, std::string_view text) {
  return expired_ && !dropped_ ? refuse(408, text, reason) : false;
}

void Session::dispatch() {
  ++number_;
  try {
    if (is_upgrade(request_, router_)) {
      dispatch_upgrade();
      return;
    }
    Reply reply([weak = weak_from_this(), number = number_](Response response) {
      if (const auto self = weak.lock()) self->answer(number, std::move(response));
    });
    router_.handle(std::move(request_), std::move(reply));
  } catch (const std::exception& thrown) { // the unwound Reply has answered 500
    base::log::error(state_->env.log_tag, "request handler threw", "what", thrown.what());
  }
}

void Session::dispatch_upgrade() {
  UpgradeRequest upgrade_request;
  for (const auto& header : request_.headers)
    if (equal_ignoring_case(header.name, "sec-websocket-protocol"))
      std::ranges::move(comma_list(header.value), std::back_inserter(upgrade_request.subprotocols));
  host_ = std::string(request_.header("host").value_or(""));
  key_ = std::string(request_.header("sec-websocket-key").value_or(""));
  upgrade_request.request = std::move(request_);
  Upgrade upgrade(
      std::make_unique<SessionUpgrade>(state_, weak_from_this(), number_, upgrade_request.subprotocols));
  router_.handle_upgrade(upgrade_request, upgrade);
}

void Session::answer(std::uint64_t number, Response response) {
  if (number != number_ || response_ || websocket_) return;
  response_ = std::move(response);
  decided_.cancel();
}

bool Session::become(std::uint64_t number, std::shared_ptr<ServerWebSocket> websocket,
                     std::string subprotocol) {
  if (number != number_ || response_ || websocket_ || dropped_) return false;
  websocket_ = std::move(websocket);
  subprotocol_ = std::move(subprotocol);
  decided_.cancel();
  return true;
}

asio::awaitable<void> Session::wait_for_decision() {
  arm(state_->limits.reply_deadline);
  while (!response_ && !websocket_ && !dropped_ && !expired_) {
    decided_.expires_at(asio::steady_timer::time_point::max());
    co_await decided_.async_wait(kToken);
  }
  if (expired_ && !response_ && !websocket_) refuse(503, "no answer in time", Refused::reply_timeout);
}

asio::awaitable<bool> Session::write_response() {
  if (!response_ || dropped_) co_return false;
  const auto response = std::exchange(response_, std::nullopt);
  keep_alive_ = keep_alive_ && !response->close && !state_->stopping;
  state_->meters.answered(response->status);
  log_request(response->status);
  auto bytes = response_head(*response, keep_alive_, state_->env.clock.wall());
  auto content = response->content();
  if (method_ == "HEAD" || response->status == 204 || response->status == 304) content = {};
  const auto joined = content.size() <= kPiece ? content.size() : 0; // small answers are one write
  bytes += content.substr(0, joined);
  content.remove_prefix(joined);
  auto sent = co_await write(bytes);
  while (sent && !content.empty()) {
    const auto piece = content.substr(0, kPiece);
    sent = co_await write(piece);
    content.remove_prefix(piece.size());
  }
  co_return sent;
}

asio::awaitable<bool> Session::write(std::string_view bytes) {
  arm(state_->limits.write_deadline);
  const auto from = asio::buffer(bytes.data(), bytes.size());
  const auto written = co_await asio::async_write(stream_, from, kToken);
  if (expired_) state_->meters.refuse(Refused::write_timeout);
  co_return !std::get<0>(written) && !expired_ && !dropped_;
}

void Session::arm(base::Duration limit) {
  expired_ = false;
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this(), armed = ++armed_](const error_code& ec) {
    const auto self = weak.lock();
    if (!self || ec || self->armed_ != armed) return;
    self->expired_ = true;
    self->stream_.cancel();
    self->decided_.cancel();
  });
}

void Session::disarm() {
  ++armed_;
  expired_ = false;
  deadline_.cancel();
}

void Session::drop() {
  if (websocket_) return websocket_->drop();
  dropped_ = true;
  stream_.close();
  decided_.cancel();
}

void Session::hand_over() {
  disarm();
  state_->meters.answered(101);
  log_request(101);
  const auto websocket = websocket_;
  state_->websockets[place_->number()] = websocket;
  state_->sessions.erase(place_->number());
  ServerHandshake handshake{std::move(stream_), target_, host_, key_, subprotocol_, std::move(place_)};
  handshake.stream.unread(std::move(buffer_));
  websocket->start(std::move(handshake));
  if (state_->stopping) websocket->close(1001, "server is shutting down");
}

void Session::log_request(int status) {
  if (!base::log::enabled(base::log::Level::debug)) return;
  const auto target = redact_target(std::string_view(target_).substr(0, kLoggedTarget));
  base::log::debug(state_->env.log_tag, "request", "method", method_, "target", target, "status", status,
                   "ms", base::to_ms(state_->loop.now() - received_at_));
}

asio::awaitable<void> accept_connections(std::shared_ptr<ServerState> state,
                                         std::shared_ptr<Listener> listener) {
  asio::steady_timer pause(state->loop.io());
  while (listener->acceptor.is_open()) {
    auto accepted = co_await listener->acceptor.async_accept(kToken);
    if (!listener->acceptor.is_open()) co_return;
    if (!std::get<0>(accepted)) {
      state->admit(*listener, std::move(std::get<1>(accepted)));
      continue;
    }
    state->meters.refuse(Refused::accept);
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kToken);
  }
}

} // namespace

void ServerState::admit(const Listener& listener, tcp::socket socket) {
  error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec || stopping) return;
  socket.set_option(tcp::no_delay(true), ec);
  // The alias keeps this whole state alive as long as one connection holds a place.
  const std::shared_ptr<ConnectionPlaces> shared(shared_from_this(), &places);
  auto place = ConnectionPlaces::take(shared, address_text(remote.address()));
  if (!place) return;
  const auto number = place->number();
  auto transport = listener.tls ? make_tls_transport(std::move(socket), listener.tls)
                                : make_tcp_transport(std::move(socket));
  auto session = std::make_shared<Session>(shared_from_this(), listener.router, std::move(transport),
                                           std::move(place), listener.tls != nullptr);
  sessions[number] = session;
  spawn(session->run(session));
}

void ServerState::left(std::uint64_t place) {
  sessions.erase(place);
  websockets.erase(place);
  if (places.open() == 0) end_shutdown();
}

void ServerState::spawn(asio::awaitable<void> work) {
  asio::co_spawn(loop.io(), std::move(work), [tag = env.log_tag](const std::exception_ptr& thrown) {
    if (thrown) base::log::error(tag, "HTTP session threw");
  });
}

void ServerState::drop_all() {
  for (const auto& listener : listeners) {
    error_code ignored;
    listener->acceptor.close(ignored);
  }
  const auto old_sessions = sessions; // dropping may change the maps
  const auto old_websockets = websockets;
  for (const auto& [number, weak] : old_sessions)
    if (const auto session = weak.lock()) session->drop();
  for (const auto& [number, weak] : old_websockets)
    if (const auto websocket = weak.lock()) websocket->drop();
}

void ServerState::end_shutdown() {
  if (!shutdown_done) return;
  shutdown_timer.reset();
  loop.post(std::exchange(shutdown_done, nullptr));
}

HttpServer::HttpServer(const base::Env& env, EventLoop& loop, HttpLimits limits)
    : state_(std::make_shared<ServerState>(env, loop, limits)) {}

HttpServer::~HttpServer() {
  state_->stopping = true;
  state_->shutdown_done = nullptr;
  state_->shutdown_timer.reset();
  state_->drop_all();
}

base::Result<std::uint16_t> HttpServer::listen(const ListenOptions& options, const Router& router) {
  auto acceptor = open_acceptor(state_->loop.io(), options.address, options.port);
  if (!acceptor) return std::unexpected(acceptor.error());
  auto listener = std::make_shared<Listener>(std::move(*acceptor), router);
  if (options.tls) {
    auto context = load_tls_context(options.tls->certificate_chain_pem, options.tls->private_key_pem);
    if (!context) return std::unexpected(context.error());
    listener->files = options.tls;
    listener->tls = std::move(*context);
  }
  error_code ec;
  const auto port = listener->acceptor.local_endpoint(ec).port();
  if (ec) return base::fail(base::ErrorCode::unavailable, "cannot listen: " + ec.message());
  state_->listeners.push_back(listener);
  state_->spawn(accept_connections(state_, listener));
  return port;
}

base::Result<void> HttpServer::reload_certificates() {
  std::vector<std::pair<Listener*, std::shared_ptr<const TlsContext>>> fresh;
  for (const auto& listener : state_->listeners) {
    if (!listener->files) continue;
    auto context = load_tls_context(listener->files->certificate_chain_pem, listener->files->private_key_pem);
    if (!context) return std::unexpected(context.error());
    fresh.emplace_back(listener.get(), std::move(*context));
  }
  for (auto& [listener, context] : fresh)
    listener->tls = std::move(context);
  return {};
}

void HttpServer::shutdown(base::Duration deadline, base::Executor::Task done) {
  state_->stopping = true;
  state_->shutdown_done = std::move(done);
  for (const auto& listener : state_->listeners) {
    error_code ignored;
    listener->acceptor.close(ignored);
  }
  const auto sessions = state_->sessions;
  const auto websockets = state_->websockets;
  for (const auto& [number, weak] : sessions)
    if (const auto session = weak.lock(); session && session->idle()) session->drop();
  for (const auto& [number, weak] : websockets)
    if (const auto websocket = weak.lock()) websocket->close(1001, "server is shutting down");
  state_->shutdown_timer = state_->loop.after(deadline, [state = state_.get()] {
    state->drop_all();
    state->end_shutdown();
  });
  if (state_->places.open() == 0) state_->end_shutdown();
}

std::size_t HttpServer::connections() const {
  return state_->places.open();
}

} // namespace plenum::net
