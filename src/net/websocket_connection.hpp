// The seam between an HTTP session and the websocket that it becomes.
//
// `accept` must hand out a live handle before the handshake has run, so the connection exists first and
// receives its stream later. Internal to http_server.cpp and websocket.cpp. Owner: its own coroutine. Thread:
// core.
#pragma once

#include "net/any_stream.hpp"
#include "net/event_loop.hpp"
#include "net/websocket.hpp"

#include <memory>
#include <string>

namespace plenum::net {

struct ServerHandshake {
  AnyStream stream;
  std::string target;
  std::string host;
  std::string key;             // Sec-WebSocket-Key, already checked
  std::string subprotocol;     // empty: none
  std::shared_ptr<void> place; // the connection's place in the server's limits, held until it ends
};

class ServerWebSocket : public WebSocketLink {
 public:
  virtual void start(ServerHandshake handshake) = 0;
  virtual void drop() = 0; // at once, without a closing handshake; also instead of start
};

std::shared_ptr<ServerWebSocket> make_server_websocket(const base::Env& env, EventLoop& loop,
                                                       WebSocketOptions options, WebSocketEvents events);

} // namespace plenum::net
