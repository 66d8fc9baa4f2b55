// HttpServer: the listeners of the control process. HTTP/1.1 with keep-alive and websocket upgrades, plain or
// TLS.
//
// One coroutine per connection reads a request under limits and deadlines, asks the Router, waits for the
// Reply, writes. Everything that a stranger can make us hold is bounded by HttpLimits and counted
// (plenum_http_refused_total{reason}). Several listeners may serve different Routers (public, admin on
// loopback). Owner: apps. Thread: core. RFC 9112; eyeson-api 0.2–0.7, 5.1.
#pragma once

#include "base/env.hpp"
#include "net/event_loop.hpp"
#include "net/http.hpp"
#include "net/router.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace plenum::net {

struct TlsFiles {
  std::string certificate_chain_pem; // paths
  std::string private_key_pem;
};

struct ListenOptions {
  std::string address = "127.0.0.1"; // or "0.0.0.0", "::" (IPv6 only), …
  std::uint16_t port = 0;            // 0: any free port
  std::optional<TlsFiles> tls;
};

struct ServerState;

class HttpServer {
 public:
  HttpServer(const base::Env& env, EventLoop& loop, HttpLimits limits = {});
  ~HttpServer(); // hard close of everything that is left
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Answers the bound port. `router` must outlive the server.
  base::Result<std::uint16_t> listen(const ListenOptions& options, const Router& router);
  // Reads certificate and key of every TLS listener again; new connections use them. On failure the old ones
  // stay.
  base::Result<void> reload_certificates();
  // Stops accepting, closes idle connections, gives websockets a close 1001 and running requests their
  // answer; what is left after `deadline` is dropped. `done` runs once, later.
  void shutdown(base::Duration deadline, base::Executor::Task done);
  std::size_t connections() const; // open now, websockets included

 private:
  std::shared_ptr<ServerState> state_; // sessions hold it too: they may end after the server
};

} // namespace plenum::net
