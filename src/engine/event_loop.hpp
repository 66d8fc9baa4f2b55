// EventLoop: epoll, one timer heap, and end-of-turn work; the net thread's only way to wait.
//
// Descriptors and deadlines each belong to a Watcher, which must outlive its registration. `turn` waits for
// the first event or deadline, then calls everything that is due with one reading of the clock, then `flush`
// watchers (batched sends) once. No allocation per turn. Owner: the thread's main function. Thread: net (and
// any test's).
#pragma once

#include "base/clock.hpp"
#include "base/timer_heap.hpp"

#include <cstdint>
#include <vector>

namespace plenum::engine {

class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_ready(base::Timestamp now, std::uint32_t epoll_events) = 0;
};

class Sleeper {
 public:
  virtual ~Sleeper() = default;
  virtual void on_deadline(base::Timestamp now) = 0;
};

class EventLoop {
 public:
  explicit EventLoop(const base::Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void watch(int fd, std::uint32_t epoll_events, Watcher& watcher); // also changes the events of a watched fd
  void forget(int fd); // events of this turn that are still pending are dropped

  using TimerHandle = base::TimerHeap::Handle;
  TimerHandle add_sleeper(Sleeper& sleeper);
  void remove_sleeper(TimerHandle handle);
  void wake_at(TimerHandle handle, base::Timestamp deadline); // kNever: not at all

  void turn(base::Duration longest);           // one wait and its work
  base::Timestamp now() const { return now_; } // of this turn

 private:
  static constexpr int kEvents = 256;
  struct Entry {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 0; // so that an event of a closed and reused descriptor is not delivered
  };

  const base::Clock& clock_;
  int epoll_;
  base::Timestamp now_;
  base::TimerHeap timers_;
  std::vector<Sleeper*> sleepers_; // by handle
  std::vector<Entry> watchers_;    // by descriptor
};

} // namespace plenum::engine
