// SeppSession: one signaling websocket of one client: its call, and what it hears of the room.
//
// Before call_accepted nothing is sent; after call_terminated or call_rejected nothing more. The call itself
// outlives the socket (grace time of the room), and a new socket takes it up with call_resume or replaces it
// with call_start. `call_id` is the leg's id. Frequent causes are merged: one source_update per turn of the
// event loop. Voice activity and keep-alive go over the data channel when it is open. Who floods is hung up
// on rather than left out: a command that nobody hears (camera off!) would be a lie. Owner: SeppSessions.
// Thread: core. Source: eyeson-sepp 1.3–1.5, 3, 4.6, 5.
#pragma once

#include "api/eyeson/dialect.hpp"
#include "api/eyeson/sepp_messages.hpp"
#include "api/eyeson/source_update.hpp"
#include "base/token_bucket.hpp"
#include "net/router.hpp"
#include "net/websocket.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace plenum::api::eyeson {

struct SeppClient {
  base::RoomId room;
  base::MemberId member;
  bool operator==(const SeppClient&) const = default;
};

class SeppSession final : private hub::Subscriber {
 public:
  static constexpr base::Duration kKeepAlive = std::chrono::seconds(10);
  static constexpr base::Duration kOfferSpacing = std::chrono::milliseconds(250);
  static constexpr base::Duration kOfferPatience = std::chrono::seconds(2); // Android never answers
  static constexpr int kMostBadMessages = 100;
  static constexpr double kCommandBurst = 100, kCommandsPerSecond = 20; // both ways in together

  // `resumed` runs when this socket has taken up a call that another socket may still hold.
  SeppSession(Dialect& dialect, SharedNews& news, SeppClient client,
              std::move_only_function<void()> resumed = {});
  ~SeppSession();
  void start(net::Upgrade upgrade, std::move_only_function<void()> closed);
  void close_for_restart();
  // A newer socket of the same client has resumed: this one hears 403 and lets the call alone.
  void give_way(const SeppClient& to);

 private:
  friend struct SeppHandler;
  enum class Stage { fresh, starting, live, over };

  void on_text(std::string_view text);
  void on_closed();
  bool may_command(); // false: the socket is closing, or closes now because of a flood
  void handle(const SeppMessage& message);
  void handle_call_start(const CallStart& start);
  void handle_call_resume(const CallResume& resume);
  void handle_call_terminate(const CallTerminate& terminate);
  void handle_sdp_update(const SdpUpdate& update);
  void on_started(base::Result<hub::JoinAccepted> accepted);
  void on_resumed(base::Result<hub::JoinAccepted> accepted);
  void go_live(const hub::JoinAccepted& accepted, std::string_view answer_type);
  void send_snapshot(bool resumed);
  void send_recording(const room::State& room);
  void dispatch(room::Command command); // only while live
  void tell_hub(room::Command command); // nobody waits for the answer
  void let_go();                        // the call goes on without a socket, for the grace time
  void stop_timers();

  void send(std::string_view type, json::object data);
  void terminate(int code, const std::string& call_id);
  void reject(int code);
  void note_sources_changed();
  void send_sources(const room::State& room);
  void send_members(const room::State& room, const std::vector<base::MemberId>& add,
                    const std::vector<base::MemberId>& gone);
  void send_voice_activity(base::MemberId member, bool on);
  void tell_who_talks(bool also_who_does_not);
  void keep_alive();
  void offer_again();
  void send_offer(const std::string& sdp);

  void on_event(std::uint64_t offset, const room::Event& event, const room::State& state) override;
  void on_volatile(const room::Volatile& fact, const room::State& state) override;
  void on_data(std::string_view text) override;
  void on_data_open() override;
  void on_data_closed() override { data_open_ = false; }

  // What to do with the answer to a join or resume, and with a call that nobody waits for any more: the
  // socket has closed, or the client has hung up meanwhile.
  using Answered = void (SeppSession::*)(base::Result<hub::JoinAccepted>);
  using Unwanted = room::Command (*)(base::MemberId member, base::PeerId leg);
  hub::Completion<hub::JoinAccepted> when_answered(Answered then, Unwanted unwanted);

  // Completions of the hub may come after this session has gone.
  template <class F>
  auto while_alive(F&& f) {
    return [alive = std::weak_ptr<bool>(alive_), f = std::forward<F>(f)](auto&& result) mutable {
      if (!alive.expired()) f(std::forward<decltype(result)>(result));
    };
  }

  Dialect& dialect_;
  SharedNews& news_;
  SeppClient client_;
  std::string client_id_, conference_id_;
  net::WebSocket socket_;
  hub::Subscription subscription_;
  Stage stage_ = Stage::fresh;
  base::PeerId leg_;
  std::string platform_, wanted_call_;
  std::move_only_function<void()> resumed_;
  std::optional<std::pair<bool, bool>> recording_; // active, enabled, as last told
  bool data_open_ = false, wants_keep_alive_ = false, sources_changed_ = false;
  bool offer_open_ = false, offer_wanted_ = false;
  base::Timestamp last_offer_{};
  base::TokenBucket commands_{kCommandBurst, kCommandsPerSecond};
  int bad_messages_ = 0;
  base::Executor::Timer keep_alive_timer_, offer_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class SeppSessions {
 public:
  explicit SeppSessions(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router); // GET /call
  void close_for_restart();

 private:
  void upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade);
  base::Result<SeppClient> authorize(const net::Request& request) const;

  Dialect& dialect_;
  SharedNews news_{dialect_.env.random};
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<SeppSession>> sessions_; // bounded by the server's connections
};

} // namespace plenum::api::eyeson
