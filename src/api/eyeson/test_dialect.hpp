// The whole dialect on virtual time: the real hub and store, no sockets, no media. `Api` asks REST; a
// `Client` is one websocket whose frames are collected.
#pragma once

#include "api/eyeson/cable_session.hpp"
#include "api/eyeson/rest.hpp"
#include "api/eyeson/sepp_session.hpp"
#include "api/eyeson/test_contract.hpp"
#include "api/eyeson/views.hpp"
#include "api/eyeson/webhook_view.hpp"
#include "hub/deliveries.hpp"
#include "hub/test_virtual.hpp"
#include "net/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace plenum::api::eyeson::testing {

inline json::value parsed(std::string_view text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(nullptr);
}
// "a.b.0.c" of a JSON value; null when it is not there.
inline json::value at(const json::value& in, std::string_view path) {
  const json::value* now = &in;
  while (!path.empty()) {
    const auto key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    if (const auto* list = now->if_array()) {
      const auto index = static_cast<std::size_t>(std::atoi(std::string(key).c_str()));
      if (index >= list->size()) return nullptr;
      now = &(*list)[index];
    } else {
      now = base::find(*now, key);
      if (now == nullptr) return nullptr;
    }
  }
  return *now;
}
inline std::string text_at(const json::value& in, std::string_view path) {
  const auto value = at(in, path);
  return value.is_string() ? std::string(value.get_string()) : base::write_json(value);
}

// The first or last frame; null when there is none.
inline json::value first(const std::vector<json::value>& frames) {
  return frames.empty() ? json::value(nullptr) : frames.front();
}
inline json::value last(const std::vector<json::value>& frames) {
  return frames.empty() ? json::value(nullptr) : frames.back();
}

struct Answer {
  int status = 0;
  net::Headers headers;
  std::string body;
  json::value json; // null when the body is empty
};

struct Ends { // what happened to one upgrade
  struct Wire final : net::WebSocketLink {
    std::vector<std::string> sent;
    std::vector<std::shared_ptr<const std::string>> texts; // data frames: those that have a message
    std::optional<int> close_code;
    bool silenced = false;
    std::size_t queued = 0; // what the peer has not read
    bool send_text(std::shared_ptr<const std::string> text) override {
      if (close_code) return false;
      sent.push_back(*text);
      if (text->contains(R"(,"message":{)")) texts.push_back(std::move(text));
      return true;
    }
    void close(std::uint16_t code, std::string_view) override {
      if (!close_code) close_code = code;
    }
    void silence() override { silenced = true; }
    bool open() const override { return !close_code; }
    std::size_t queued_bytes() const override { return queued; }
  };
  std::optional<std::string> subprotocol; // set when accepted
  int refused = 0;
  net::WebSocketEvents events;
  std::shared_ptr<Wire> wire = std::make_shared<Wire>();
};

class Target final : public net::UpgradeTarget {
 public:
  explicit Target(std::shared_ptr<Ends> ends) : ends_(std::move(ends)) {}
  net::WebSocket accept(std::string subprotocol, net::WebSocketEvents events,
                        net::WebSocketOptions) override {
    ends_->subprotocol = std::move(subprotocol);
    ends_->events = std::move(events);
    return net::WebSocket(ends_->wire);
  }
  void refuse(net::Response response) override { ends_->refused = response.status; }

 private:
  std::shared_ptr<Ends> ends_;
};

struct Api;

class Client {
 public:
  Client(Api& api, std::shared_ptr<Ends> ends, bool observer = false)
      : api_(api), ends_(std::move(ends)), observer_(observer) {}
  const Ends& ends() const { return *ends_; }
  void say(const std::string& text);
  void say(const json::value& frame) { say(base::write_json(frame)); }
  void say(const char* text) { say(std::string(text)); }
  void hang_up();                                 // the socket is gone
  void say_and_hang_up(const json::value& frame); // before anybody has answered
  // Frames since the last call.
  std::vector<json::value> take() {
    std::vector<json::value> out;
    for (auto& text : std::exchange(ends_->wire->sent, {})) {
      out.push_back(parsed(text));
      if (observer_) EXPECT_EQ(Contract::get().check_observer(out.back()), "") << text;
    }
    return out;
  }
  std::optional<int> close_code() const { return ends_->wire->close_code; }

 private:
  Api& api_;
  std::shared_ptr<Ends> ends_;
  bool observer_;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Passes everything on; when broken, nothing new can be stored.
class FlakyDefinitions final : public store::Definitions {
 public:
  explicit FlakyDefinitions(store::Definitions& real) : real_(real) {}
  void create(store::Definition definition, store::Completion<void> done) override {
    if (broken) return done(base::fail(base::ErrorCode::unavailable, "the disk is full"));
    real_.create(std::move(definition), std::move(done));
  }
  void update(store::Definition definition, store::Completion<void> done) override {
    real_.update(std::move(definition), std::move(done));
  }
  void remove(base::DefinitionId id, store::Completion<void> done) override {
    real_.remove(id, std::move(done));
  }
  void find(base::DefinitionId id, store::Completion<store::Definition> done) override {
    real_.find(id, std::move(done));
  }
  void find_by_token(std::string token, store::Completion<store::FoundDefinition> done) override {
    real_.find_by_token(std::move(token), std::move(done));
  }
  void list(base::AccountId account, store::DefinitionFilter filter,
            store::Completion<store::DefinitionPage> done) override {
    real_.list(account, filter, std::move(done));
  }
  void add_host(base::DefinitionId id, store::Host host, store::Completion<store::Host> done) override {
    real_.add_host(id, std::move(host), std::move(done));
  }
  void remove_host(base::DefinitionId id, std::string token, store::Completion<void> done) override {
    real_.remove_host(id, std::move(token), std::move(done));
  }
  bool broken = false;

 private:
  store::Definitions& real_;
};

// The receiver of webhooks: takes everything.
struct HookReceiver final : hub::HookSender {
  explicit HookReceiver(base::Executor& e) : executor(e) {}
  void send(hub::HookRequest request, std::move_only_function<void(hub::HookAnswer)> done) override {
    received.push_back(std::move(request));
    executor.post([done = std::move(done)]() mutable { done({204, ""}); });
  }
  base::Executor& executor;
  std::vector<hub::HookRequest> received;
};

struct Api {
  hub::testing::House house;
  FlakyDefinitions flaky_definitions{house.store->definitions()};
  hub::Definitions definitions{house.env, *house.hub, flaky_definitions};
  Dialect dialect{house.env,
                  house.executor,
                  *house.hub,
                  definitions,
                  house.store->hooks(),
                  {},
                  net::JwtKey::es384_generate().value()};
  Rest rest{dialect};
  CableSessions cables{dialect};
  SeppSessions calls{dialect};
  WebhookView hook_view{dialect};
  HookReceiver hook_receiver{house.executor};
  // Of the house's store: gone before another one is opened.
  std::unique_ptr<hub::Deliveries> deliveries = std::make_unique<hub::Deliveries>(
      house.env, house.executor, house.store->hooks(), house.store->accounts(), hook_view, hook_receiver,
      hub::DeliveryOptions{});
  net::Router router;
  std::string key; // API key of an account of its own

  explicit Api(hub::HubOptions options = {}) : house(std::move(options)) {
    rest.add_routes(router);
    cables.add_routes(router);
    calls.add_routes(router);
    key = make_key("Acme");
    dialect.file_key = base::Secret("files");
    dialect.addresses.files = "https://files.example.org";
    dialect.addresses.api = "https://api.example.org";
    dialect.addresses.gui = "https://app.example.org";
  }

  std::string make_key(const std::string& team) {
    std::string out;
    house.store->accounts().create(team, [&](auto made) { out = std::string(made.value().key.reveal()); });
    house.settle();
    EXPECT_FALSE(out.empty());
    return out;
  }

  static net::Request request(std::string method, const std::string& target, std::string body,
                              const HeaderList& headers) {
    net::Request r;
    r.method = std::move(method);
    r.target = target;
    const auto question = target.find('?');
    r.segments = net::path_segments(target.substr(0, question)).value();
    if (question != std::string::npos) r.raw_query = target.substr(question + 1);
    r.query = net::parse_query(r.raw_query).value();
    r.body = std::move(body);
    for (const auto& [name, value] : headers)
      r.headers.add(name, value);
    return r;
  }

  Answer ask(std::string method, const std::string& target, std::string body = {}, HeaderList headers = {}) {
    const auto typed = [](const auto& header) { return header.first == "Content-Type"; };
    if (!body.empty() && std::ranges::none_of(headers, typed))
      headers.emplace_back("Content-Type",
                           body.starts_with('{') ? "application/json" : "application/x-www-form-urlencoded");
    std::optional<Answer> got;
    auto asked = request(method, target, std::move(body), headers);
    const auto operation = Contract::get().operation(method, asked.segments);
    router.handle(std::move(asked), net::Reply([&](net::Response response) {
                    got = Answer{response.status, response.headers, std::string(response.content()), nullptr};
                  }));
    house.settle();
    EXPECT_TRUE(got.has_value()) << target;
    if (!got) return {};
    if (!got->body.empty()) {
      got->json = parsed(got->body);
      EXPECT_EQ(got->headers.find("Content-Type").value_or(""), "application/json");
    } else {
      EXPECT_FALSE(got->headers.find("Content-Type").value_or("").starts_with("application/json"));
    }
    EXPECT_EQ(got->headers.find("Access-Control-Allow-Origin").value_or(""), "*") << target;
    if (operation.spec != nullptr) // everything that any test hears is as the contract says
      EXPECT_EQ(Contract::get().check_answer(operation, got->status, got->json, got->body.empty()), "")
          << method << " " << target << ": " << got->body;
    return *got;
  }
  Answer owner(std::string method, const std::string& target, std::string body = {}) {
    return ask(std::move(method), target, std::move(body), {{"Authorization", key}});
  }
  // The room document of somebody who enters.
  json::value enter(const std::string& room, const std::string& user, const std::string& more = {}) {
    const auto got =
        owner("POST", "/rooms", "id=" + room + "&user[id]=" + user + "&user[name]=" + user + more);
    EXPECT_EQ(got.status, 201) << got.body;
    return got.json;
  }

  Client connect(const std::string& target, const HeaderList& headers = {},
                 std::vector<std::string> subprotocols = {}) {
    auto ends = std::make_shared<Ends>();
    net::UpgradeRequest upgrade{request("GET", target, {}, headers), std::move(subprotocols)};
    net::Upgrade decision(std::make_unique<Target>(ends));
    EXPECT_TRUE(router.handle_upgrade(upgrade, decision));
    house.settle();
    return {*this, ends, target.starts_with("/rt?room_id=")};
  }

  // The media worker answers every leg that it was asked for and has not answered yet.
  void answer_legs(const std::vector<std::string>& attributes = {"a=eyeson-datachan-keepalive"}) {
    if (!house.workers->taken.empty() && !linked_) {
      house.workers->owner().link_up(house.workers->taken.back());
      linked_ = true;
      house.settle();
    }
    for (const auto& open : house.workers->sent_of<link::OpenPeer>())
      if (answered_.insert(open.request).second)
        house.fact(link::PeerAnswer{open.request, open.peer, "ANSWER", true, true, true, attributes});
    for (const auto& update : house.workers->sent_of<link::UpdatePeer>())
      if (answered_.insert(update.request).second)
        house.fact(link::PeerAnswer{update.request, update.peer, "ANSWER2", true, true, true, attributes});
  }

 private:
  bool linked_ = false;
  std::set<std::uint64_t> answered_;
};

inline void Client::say(const std::string& text) {
  if (!ends_->wire->silenced && ends_->events.on_text) ends_->events.on_text(text);
  api_.house.settle();
}
inline void Client::say_and_hang_up(const json::value& frame) {
  ends_->events.on_text(base::write_json(frame));
  hang_up();
}
inline void Client::hang_up() {
  ends_->wire->close_code = ends_->wire->close_code.value_or(1006);
  auto events = std::move(ends_->events); // as the real connection: alive while a callback runs
  if (!ends_->wire->silenced && events.on_close) events.on_close({1006, "", true});
  api_.house.settle();
}

// Somebody with a call, and everything the server says to it.
struct Caller {
  Api& api;
  json::value document;
  std::string key, id, conference, call;
  std::optional<Client> socket;

  Caller(Api& a, const std::string& room, const std::string& user, const std::string& more = {})
      : Caller(a, a.enter(room, user, more)) {}
  Caller(Api& a, json::value entered) : api(a), document(std::move(entered)) {
    key = text_at(document, "access_key");
    id = text_at(document, "signaling.options.client_id");
    conference = text_at(document, "signaling.options.conf_id");
  }
  std::string token() const { return text_at(document, "signaling.options.auth_token"); }
  Client& dial() {
    socket.emplace(api.connect("/call?auth_token=" + token()));
    EXPECT_TRUE(socket->ends().subprotocol.has_value());
    return *socket;
  }
  json::object envelope(std::string_view type, json::object data) const {
    return {{"type", type}, {"msg_id", ""}, {"from", id}, {"to", conference}, {"data", std::move(data)}};
  }
  void say(std::string_view type, json::object data) {
    socket->say(json::value(envelope(type, std::move(data))));
  }
  void start(bool muted = false) {
    say("call_start", {{"sdp", json::object{{"type", "offer"}, {"sdp", "OFFER " + id}}},
                       {"display_name", "x"},
                       {"mute_video", muted},
                       {"platform", "web-1.9.6"}});
  }
  // Dials, starts, is accepted. Returns what was sent since.
  std::vector<json::value> join(bool muted = false) {
    dial();
    start(muted);
    api.answer_legs();
    auto frames = socket->take();
    EXPECT_FALSE(frames.empty());
    if (!frames.empty()) call = text_at(frames.front(), "data.call_id");
    return frames;
  }
  std::vector<std::string> types() { // of the frames since the last look
    std::vector<std::string> out;
    for (const auto& frame : socket->take())
      out.push_back(text_at(frame, "type"));
    return out;
  }
};

} // namespace plenum::api::eyeson::testing
