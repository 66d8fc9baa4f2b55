// CableSession: one connection to /rt: the room websocket of a participant, or an observer of a room.
// ActionCable.
//
// A refused connection is an accepted one whose first frame is `disconnect`. Identifiers are echoed byte for
// byte; data frames follow only after the confirmation; a ping goes out every 3 s. A reader that is too slow
// is closed by the websocket's bounded queue. Owner: CableSessions. Thread: core. Source:
// eyeson-api 5.1–5.4, 5.7; eyeson-sepp 2.
#pragma once

#include "api/eyeson/cable_feed.hpp"
#include "api/eyeson/dialect.hpp"
#include "base/token_bucket.hpp"
#include "net/router.hpp"
#include "net/websocket.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::api::eyeson {

// Who connected: a participant has a member, an observer has none.
struct CableReader {
  base::RoomId room;
  base::MemberId member;
  Bases bases; // for links in documents
};

class CableSession final : private hub::Subscriber {
 public:
  static constexpr base::Duration kPing = std::chrono::seconds(3);
  static constexpr std::size_t kIdentifiers = 8; // subscriptions of one connection
  // Frames over this rate are dropped: clients subscribe again until confirmed, the rest may be lost.
  static constexpr double kFrameBurst = 50, kFramesPerSecond = 10;

  CableSession(Dialect& dialect, CableReader reader);
  // `closed` runs once when the connection is over; it may destroy this.
  void start(net::Upgrade upgrade, std::string_view subprotocol, std::move_only_function<void()> closed);
  void close_for_restart(); // the server goes away and will be back

 private:
  void on_text(std::string_view text);
  void subscribe(const std::string& identifier);
  void on_action(std::string_view data);
  void unsubscribe(const std::string& identifier);
  void send_documents(const std::string& identifier);
  void send(const json::object& frame);
  void send_message(const std::string& identifier, const json::object& message);
  void disconnect(std::string_view reason, bool reconnect, std::uint16_t code = 1000);
  void ping();

  void on_event(std::uint64_t offset, const room::Event& event, const room::State& state) override;
  void on_volatile(const room::Volatile&, const room::State&) override {}

  Dialect& dialect_;
  CableReader reader_;
  net::WebSocket socket_;
  std::map<std::string, bool> identifiers_; // as the client spelled them → is the room channel
  hub::Subscription subscription_;
  base::Executor::Timer ping_timer_;
  base::TokenBucket frames_{kFrameBurst, kFramesPerSecond};
};

class CableSessions {
 public:
  explicit CableSessions(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);
  void close_for_restart();

 private:
  void upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade);
  base::Result<CableReader> authorize(const net::UpgradeRequest& request) const;

  Dialect& dialect_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<CableSession>> sessions_; // bounded by the server's connections
};

// The subprotocol to select, empty for none (eyeson-api 5.2). `api_key_offered`: the offered value that is or
// carries an API key. nullopt: the client speaks a protocol that we do not; there is nothing to say to it.
std::optional<std::string> choose_subprotocol(const std::vector<std::string>& offered,
                                              std::string_view api_key_offered);

} // namespace plenum::api::eyeson
