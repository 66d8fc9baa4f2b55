// EventLoop: one thread, one Asio io_context, seen as a base::Executor.
//
// The control process has one for the core thread (and the door one of its own). `watch_readable` brings
// foreign descriptors (worker sockets, pidfds) into the same loop. Tests drive it with `run_until` on their
// own thread. Everything but `post_from_any_thread` and `stop` belongs to the thread that runs it. Owner:
// apps. Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace plenum::net {

class EventLoop final : public base::Executor {
 public:
  // Destroying it ends the watch. The descriptor stays open and belongs to the caller, who closes it after.
  class Watch {
   public:
    virtual ~Watch() = default;
  };

  explicit EventLoop(const base::Env& env);
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  base::Timestamp now() const override;
  void post(Task task) override;
  void post_from_any_thread(Task task) override;
  [[nodiscard]] Timer at(base::Timestamp deadline, Task task) override;

  void run();  // until stop()
  void stop(); // any thread; also before run()
  // Runs handlers until `done()` or for at most `limit`; answers done(). For tests and short tools.
  bool run_until(const std::function<bool()>& done, base::Duration limit = std::chrono::seconds(10));

  // `task` runs on the loop each time the process receives `signal_number`, for the life of the loop.
  void on_signal(int signal_number, Task task);
  // Level-triggered: `task` runs again while `fd` stays readable (or is hung up). It may destroy its own
  // Watch. `fd` becomes non-blocking. One Watch per descriptor. nullptr: the descriptor cannot be polled.
  [[nodiscard]] std::unique_ptr<Watch> watch_readable(int fd, Task task);

  boost::asio::io_context& io(); // for net/ only

 private:
  struct Reactor;
  std::unique_ptr<Reactor> reactor_;
};

} // namespace plenum::net
