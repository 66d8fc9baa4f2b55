// An executor that a test turns by hand: tasks run when `run_until` waits for something. Time stands still.
#pragma once

#include "base/executor.hpp"
#include "base/mailbox.hpp"
#include "base/test_directory.hpp"

#include <poll.h>

#include <deque>
#include <filesystem>

namespace plenum::store::testing {

class HandExecutor final : public base::Executor {
 public:
  base::Timestamp now() const override { return base::timestamp_us(0); }
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void post_from_any_thread(Task task) override { foreign_.post(std::move(task)); }
  Timer at(base::Timestamp, Task) override { return nullptr; }

  // Runs what was posted until `done`, for at most 10 s; says whether it came.
  template <class Done>
  bool run_until(Done&& done) {
    for (int waits = 0; !done() && waits < 10;) {
      foreign_.drain([&](Task& task) { tasks_.push_back(std::move(task)); });
      if (tasks_.empty()) {
        pollfd waiting{foreign_.event_fd(), POLLIN, 0};
        if (::poll(&waiting, 1, 1000) == 0) ++waits;
        continue;
      }
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    return done();
  }

 private:
  base::Mailbox<Task> foreign_{10'000, base::Metrics::process(), "test"};
  std::deque<Task> tasks_;
};

using base::testing::TemporaryDirectory;

} // namespace plenum::store::testing
