// CableSession: one connection to /rt: the room websocket of a participant, or an observer of a room.
// ActionCable, and for observers AnyCable's extended protocol: whoever comes back names the last frame that
// it has, and hears everything since, from the log.
//
// A refused connection is an accepted one whose first frame is `disconnect`. Identifiers are echoed byte for
// byte; data frames follow only after the confirmation; a ping goes out every 3 s. A reader that is too slow
// is told so and closed; nobody waits for it. Owner: CableSessions. Thread: core. Source:
// eyeson-api 5.1–5.4, 5.7; eyeson-sepp 2.
#pragma once

#include "api/eyeson/cable_resume.hpp"
#include "api/eyeson/cable_room.hpp"
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
  base::RoomId room; // the newest meeting of that name
  base::MemberId member;
  base::AccountId account;
  std::string external_id;
  Bases bases; // for links in documents
};

// What all connections share.
struct CableHouse {
  explicit CableHouse(Dialect& d) : dialect(d), rooms(d) {}
  std::shared_ptr<const std::string> ping(); // one text a second

  Dialect& dialect;
  CableRooms rooms;

 private:
  std::int64_t ping_second_ = 0;
  std::shared_ptr<const std::string> ping_;
};

class CableSession final : private CableListener {
 public:
  static constexpr base::Duration kPing = std::chrono::seconds(3);
  static constexpr std::size_t kIdentifiers = 8; // subscriptions of one connection
  // Frames over this rate are dropped: clients subscribe again until confirmed, the rest may be lost.
  static constexpr double kFrameBurst = 50, kFramesPerSecond = 10;
  // Waiting for a reader, beside what the kernel holds. The frames themselves are shared by all readers.
  static constexpr std::size_t kBehindBytes = 512 * 1024;
  static constexpr std::size_t kReplayBytes = 128 * 1024; // of what it missed, at once
  // A client that names no position but a time asks for nothing when it means now.
  static constexpr std::int64_t kNowSeconds = 10;

  CableSession(CableHouse& house, CableReader reader, bool extended);
  // `closed` runs once when the connection is over; it may destroy this.
  void start(net::Upgrade upgrade, std::string_view subprotocol, std::move_only_function<void()> closed);
  void close_for_restart(); // the server goes away and will be back

 private:
  struct Place {            // one subscription
    std::string identifier; // as the client spelled it
    bool room_channel = false;
    CableSeat seat;                      // listens
    std::unique_ptr<CableResume> resume; // or hears what it missed
  };

  void on_text(std::string_view text);
  void subscribe(const std::string& identifier, const json::value* history);
  void answer_history(const std::string& identifier, const json::value& history);
  void resume(const std::string& identifier, CableMark mark);
  void resumed(const std::string& identifier, CableResume::End end, std::uint64_t last_event);
  void on_action(std::string_view data);
  void send_documents(Place& place);
  void listen(Place& place, std::uint64_t after);
  void send(std::string frame);
  void send_message(const Place& place, const json::object& message, std::uint64_t revision);
  void disconnect(std::string_view reason, bool reconnect, std::uint16_t code = 1000);
  void ping();
  void too_slow();
  bool observes() const { return !reader_.member; }
  bool positions() const { return extended_ && observes(); }
  Place* find(std::string_view identifier);

  void hear(const std::shared_ptr<const std::string>& frame) override;
  void meeting_over() override;

  CableHouse& house_;
  Dialect& dialect_;
  CableReader reader_;
  bool extended_;
  net::WebSocket socket_;
  std::vector<Place> places_;
  base::Executor::Timer ping_timer_;
  base::TokenBucket frames_{kFrameBurst, kFramesPerSecond};
};

class CableSessions {
 public:
  explicit CableSessions(Dialect& dialect) : house_(dialect) {}
  CableSessions(const CableSessions&) = delete;
  CableSessions& operator=(const CableSessions&) = delete;
  ~CableSessions() { *alive_ = false; }
  void add_routes(net::Router& router);
  void close_for_restart();

 private:
  void upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade);
  struct Asked { // an observer with a right, before its room is found
    base::AccountId account;
    std::vector<std::string> external_ids; // in the order of likelihood
    Bases bases;
  };
  std::optional<CableReader> participant(const net::UpgradeRequest& request) const;
  std::optional<Asked> observer(const net::UpgradeRequest& request) const;
  std::optional<CableReader> find_running(const Asked& asked) const;
  void find_ended(Asked asked, std::move_only_function<void(std::optional<CableReader>)> done);
  void admit(std::optional<CableReader> reader, const std::string& subprotocol, net::Upgrade upgrade);

  CableHouse house_;
  std::uint64_t next_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<std::uint64_t, std::unique_ptr<CableSession>> sessions_; // bounded by the server's connections
};

// The subprotocol to select, empty for none (eyeson-api 5.2). `api_key_offered`: the offered value that is or
// carries an API key.
std::string choose_subprotocol(const std::vector<std::string>& offered, std::string_view api_key_offered);

} // namespace plenum::api::eyeson
