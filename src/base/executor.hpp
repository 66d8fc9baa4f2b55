// Executor: "later, on this thread". The only way hub/ asks for time to pass; the control process implements
// it on its event loop, tests on virtual time.
//
// `post` runs the task after the current one; `at` runs it once at or after the deadline (monotonic). A Timer
// cancels when destroyed. Both may be called only on the executor's own thread, except
// `post_from_any_thread`. Owner: process. Thread: core.
#pragma once

#include "base/units.hpp"

#include <functional>
#include <memory>

namespace plenum::base {

class Executor {
 public:
  using Task = std::move_only_function<void()>;

  class TimerState {
   public:
    virtual ~TimerState() = default; // destroying it cancels
  };
  using Timer = std::unique_ptr<TimerState>;

  virtual ~Executor() = default;
  virtual Timestamp now() const = 0;
  virtual void post(Task task) = 0;
  virtual void post_from_any_thread(Task task) = 0;
  [[nodiscard]] virtual Timer at(Timestamp deadline, Task task) = 0;
  [[nodiscard]] Timer after(Duration delay, Task task) { return at(now() + delay, std::move(task)); }
};

} // namespace plenum::base
