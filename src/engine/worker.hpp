// Worker: one media process from start to end: the net thread's loop, and the threads of its room.
//
// A spare listens and waits; the first SyncRequest gives it a room and starts audio, video and codec threads.
// It ends when control says Shutdown, or when control has been away for its grace time. Owner: main. Thread:
// net (all of it).
#pragma once

#include "base/env.hpp"
#include "engine/room_engine.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace plenum::engine {

struct WorkerOptions {
  int link_fd = 3; // listening Unix stream socket, inherited
  int door_fd = 4; // listening Unix seqpacket socket, inherited
};

class Worker final : private LinkOwner, private DoorLinkOwner, private Watcher, private Sleeper {
 public:
  Worker(const base::Env& env, WorkerOptions options);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run();                       // until Shutdown, abandonment or stop()
  void stop() { stopping_ = true; } // Thread: any, also a signal handler

 private:
  struct Shared; // what peers share: certificate, pools, DTLS context
  struct Media;  // threads of the room

  link::SyncState sync_state() override;
  void on_link_message(base::Timestamp now, link::ToWorker message) override;
  void on_registered(const std::string& ufrag, bool accepted) override;
  void on_opened(base::Timestamp now, const link::Opened& opened, int fd) override;
  void on_stray_returned(base::Timestamp now, const link::Stray& stray) override;
  void on_door_changed(base::Timestamp now) override;
  void on_inheritance(base::Timestamp now) override;
  void on_ready(base::Timestamp now, std::uint32_t events) override; // audio or an encoder has something
  void on_deadline(base::Timestamp now) override;
  void begin_room(const link::RoomSettings& settings);
  void report_stats(base::Timestamp now);

  base::Env env_;
  WorkerOptions options_;
  EventLoop loop_;
  int wake_fd_;
  std::unique_ptr<Shared> shared_;
  DoorLink door_;
  LinkServer link_;
  LegWorld world_;
  std::optional<base::Env> room_env_; // tagged with the room
  std::unique_ptr<Media> media_;
  std::unique_ptr<RoomEngine> room_;
  EventLoop::TimerHandle timer_;
  base::Timestamp next_stats_, next_look_, next_deposit_, room_work_ = base::kNever;
  std::atomic<bool> stopping_{false};
};

} // namespace plenum::engine
