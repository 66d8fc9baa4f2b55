// Loop: hundreds of UDP sockets and deadlines in one epoll set, beside the signaling in one thread.
//
// The set (with one timerfd for the next of all deadlines) is itself a descriptor that net's event loop
// watches: websockets and media share a thread without sharing code. Deadlines are rounded up to whole
// milliseconds, so that what is due about now is done in one wake-up. Owner: the run. Thread: main.
#pragma once

#include "base/env.hpp"
#include "base/timer_heap.hpp"
#include "net/event_loop.hpp"

#include <memory>
#include <vector>

namespace plenum::load {

class LoopClient {
 public:
  virtual ~LoopClient() = default;
  virtual void on_readable(base::Timestamp now) = 0;
  virtual void on_deadline(base::Timestamp now) = 0;
};

class Loop {
 public:
  using Handle = base::TimerHeap::Handle;

  Loop(const base::Env& env, net::EventLoop& events);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // `fd` < 0: only deadlines. The client outlives its registration; it may remove itself from inside a call.
  Handle add(int fd, LoopClient& client);
  void remove(Handle handle, int fd);
  void wake_at(Handle handle, base::Timestamp deadline);
  net::EventLoop& events() { return events_; }
  base::Timestamp now() const { return env_.clock.now(); }

 private:
  void turn();
  void arm();

  base::Env env_;
  net::EventLoop& events_;
  int epoll_, timer_;
  base::TimerHeap heap_;
  std::vector<LoopClient*> clients_; // by handle
  base::Timestamp armed_ = base::kNever;
  bool turning_ = false;
  std::unique_ptr<net::EventLoop::Watch> watch_;
};

} // namespace plenum::load
