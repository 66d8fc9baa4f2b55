// Server: the control process put together: store, workers, door, hub, dialect, listeners; start and graceful
// end. Owner: main. Thread: core (the door brings its own).
#pragma once

#include "api/eyeson/cable_session.hpp"
#include "api/eyeson/rest.hpp"
#include "api/eyeson/sepp_session.hpp"
#include "api/eyeson/webhook_view.hpp"
#include "apps/plenum/config.hpp"
#include "apps/plenum/outgoing.hpp"
#include "door/door.hpp"
#include "hub/hub.hpp"
#include "hub/process_pool.hpp"
#include "net/event_loop.hpp"
#include "net/http_server.hpp"
#include "net/router.hpp"
#include "net/static_files.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace plenum::app {

struct ServeOptions {
  bool keep_media = false; // on shutdown leave meetings running for the next control process
  bool try_it = false;     // make an API key at the first start, and a meeting; print what to do with them
  std::string program;     // argv[0], to find plenum-media and the page
};

class Server {
 public:
  static base::Result<std::unique_ptr<Server>> create(const base::Env& env, Config config,
                                                      ServeOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until SIGTERM or SIGINT. The error says what could not be started.
  base::Result<void> run();

 private:
  class LoopWires;
  class DoorAdapter;

  Server(const base::Env& env, Config config, ServeOptions options, net::JwtKey token_key);
  base::Result<void> open();
  base::Result<void> open_api(std::string own_stun);
  base::Result<void> add_page();
  base::Result<void> listen();
  void on_loaded(base::Result<void> loaded);
  void begin_shutdown();
  void stop_after_workers(base::Timestamp latest);
  void try_it();
  void make_meeting(const store::Account& account, const std::optional<std::string>& key);
  void keep_meeting(base::RoomId room, int minutes);
  std::string own_url() const;

  const base::Env& env_;
  int lock_ = -1; // on the data directory
  Config config_;
  ServeOptions options_;
  net::JwtKey token_key_;
  net::EventLoop loop_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<LoopWires> wires_;
  std::unique_ptr<hub::ProcessPool> workers_;
  std::unique_ptr<door::Door> door_;
  std::unique_ptr<DoorAdapter> door_port_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<hub::Definitions> definitions_;
  std::unique_ptr<api::eyeson::Dialect> dialect_;
  std::unique_ptr<api::eyeson::WebhookView> hook_view_;
  std::unique_ptr<Outgoing> outgoing_;
  std::unique_ptr<api::eyeson::Rest> rest_;
  std::unique_ptr<api::eyeson::CableSessions> cables_;
  std::unique_ptr<api::eyeson::SeppSessions> calls_;
  std::unique_ptr<net::StaticFiles> page_;
  net::Router router_, admin_router_;
  std::unique_ptr<net::HttpServer> http_;
  std::string not_ready_ = "starting";
  std::string failure_;
  base::Executor::Timer try_timer_, stop_timer_; // last: they use the hub and the workers
};

} // namespace plenum::app
