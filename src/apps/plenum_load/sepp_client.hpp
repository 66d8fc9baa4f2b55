// SeppClient: the signaling of one synthetic member: call, server offers, who is shown where, the end.
//
// One websocket, one call; it does not reconnect, a lost connection is told. Callbacks come from the event
// loop and must not destroy the client. Owner: Member. Thread: main. Contract: eyeson-sepp 3.
#pragma once

#include "apps/plenum_load/site.hpp"
#include "net/websocket.hpp"

#include <string>
#include <vector>

namespace plenum::load {

struct ShownTile {
  std::string client_id; // empty: nobody
  int x = 0, y = 0, w = 0, h = 0;
};

class SeppOwner {
 public:
  virtual ~SeppOwner() = default;
  virtual void on_signaling_open() = 0;
  virtual void on_call_accepted(std::string_view answer) = 0;
  virtual void on_server_offer(std::string_view offer) = 0;
  virtual void on_tiles(std::vector<ShownTile> tiles, bool presenting) = 0;
  // Rejected, terminated or the connection lost. `code` 0: no code.
  virtual void on_call_ended(std::int64_t code, std::string_view why) = 0;
};

class SeppClient {
 public:
  SeppClient(const base::Env& env, net::EventLoop& loop, Seat seat, SeppOwner& owner);

  void connect();
  void call(std::string_view offer, bool with_video);
  void answer_offer(std::string_view answer);
  void hang_up(); // then the server closes, or the client is destroyed

 private:
  void send(std::string_view type, base::json::object data);
  void on_text(std::string_view text);
  void on_tiles(const base::json::value& data);

  base::Env env_;
  net::EventLoop& loop_;
  Seat seat_;
  SeppOwner& owner_;
  std::string call_id_;
  net::WebSocket socket_;
};

} // namespace plenum::load
