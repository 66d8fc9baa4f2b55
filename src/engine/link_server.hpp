// LinkServer: the worker's end of the link to control: accepts, greets, syncs, carries messages.
//
// Control connects to our listening stream socket; a new connection replaces the old one (control restarted).
// Without control the room goes on; after `kGrace` alone the worker gives up (`abandoned`). Facts that happen
// while nobody is connected are not kept: the next sync tells the whole truth. Owner: Worker. Thread: net.
// Architecture 5.3.
#pragma once

#include "base/env.hpp"
#include "engine/event_loop.hpp"
#include "link/session.hpp"

#include <optional>
#include <string>

namespace plenum::engine {

class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual link::SyncState sync_state() = 0; // told to control on every connect
  virtual void on_link_message(base::Timestamp now, link::ToWorker message) = 0;
};

class LinkServer final : private Watcher, private Sleeper {
 public:
  static constexpr base::Duration kGrace = std::chrono::seconds(60);

  // Takes ownership of the listening socket.
  LinkServer(const base::Env& env, EventLoop& loop, int listening, LinkOwner& owner);
  ~LinkServer() override;
  LinkServer(const LinkServer&) = delete;
  LinkServer& operator=(const LinkServer&) = delete;

  void send(const link::FromWorker& message); // dropped without control
  bool connected() const { return session_.has_value(); }
  bool abandoned() const { return abandoned_; }

 private:
  void on_ready(base::Timestamp now, std::uint32_t events) override;
  void on_deadline(base::Timestamp now) override;
  void accept_control(base::Timestamp now);
  void receive(base::Timestamp now);
  void flush();
  void disconnect(base::Timestamp now);
  void arm();

  base::Env env_;
  EventLoop& loop_;
  int listening_, connection_ = -1;
  LinkOwner& owner_;
  EventLoop::TimerHandle timer_;
  std::optional<link::WorkerSession> session_;
  base::Timestamp alone_since_;
  bool abandoned_ = false;
};

} // namespace plenum::engine
