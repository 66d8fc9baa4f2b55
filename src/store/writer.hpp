// Writer: the one thread that touches the database. Jobs that wait together share a transaction (group
// commit): while one commit waits for the disk, the next ones gather. Each job has a savepoint, so that a
// refused one does not hurt its neighbours. Results come back on the executor after the commit, in order.
//
// `on_foreign_change` runs on the writer's thread once at the start, and when another process has changed the
// file (looked for once a second). Owner: Store. Thread: `submit` core; work runs on the writer's.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "base/mailbox.hpp"
#include "store/completion.hpp"
#include "store/sqlite.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace plenum::store {

class Writer {
 public:
  using Work = std::move_only_function<base::Result<void>(Connection&)>;
  using Done = std::move_only_function<void(base::Result<void>)>;

  Writer(const base::Env& env, base::Executor& executor, std::unique_ptr<Connection> connection,
         std::move_only_function<void(Connection&)> on_foreign_change);
  ~Writer(); // finishes what was submitted; no Done runs after this
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void submit(Work work, Done done);
  // Work that yields a value: `work(connection, value)` fills it, `done` gets it with the commit.
  template <class T, class Fill>
  void submit_for(Fill work, Completion<T> done) {
    auto value = std::make_shared<T>();
    submit([value, work = std::move(work)](Connection& db) mutable { return work(db, *value); },
           [value, done = std::move(done)](base::Result<void> result) mutable {
             if (!result) return done(std::unexpected(std::move(result.error())));
             done(std::move(*value));
           });
  }
  // Runs a task on the executor unless the writer is gone by then. From the writer's thread.
  void post(base::Executor::Task task);

 private:
  struct Job {
    Work work;
    Done done;
    base::Result<void> result;
  };
  static constexpr std::size_t kMostWaiting = 8192;
  void run();
  void commit(std::vector<Job>& batch);
  void look_for_foreign_changes();

  base::Env env_;
  base::Executor& executor_;
  std::unique_ptr<Connection> connection_;
  std::move_only_function<void(Connection&)> on_foreign_change_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  base::Mailbox<Job> jobs_;
  std::atomic<bool> stop_{false};
  std::int64_t data_version_ = -1; // none that SQLite gives: the first look is always a change
  base::Counter& commits_;
  base::Counter& failures_;
  std::thread thread_; // last: starts when everything else is there
};

} // namespace plenum::store
