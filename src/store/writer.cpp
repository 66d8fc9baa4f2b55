#include "store/writer.hpp"

#include "base/log.hpp"

#include <poll.h>

namespace plenum::store {

namespace log = base::log;

Writer::Writer(const base::Env& env, base::Executor& executor, std::unique_ptr<Connection> connection,
               std::move_only_function<void(Connection&)> on_foreign_change)
    : env_(env.tagged("store")), executor_(executor), connection_(std::move(connection)),
      on_foreign_change_(std::move(on_foreign_change)), jobs_(kMostWaiting, env.metrics, "store"),
      commits_(env.metrics.counter("plenum_store_commits_total")),
      failures_(env.metrics.counter("plenum_store_failures_total")), thread_([this] { run(); }) {}

Writer::~Writer() {
  stop_.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(jobs_.event_fd(), &one, sizeof one);
  thread_.join();
  *alive_ = false;
}

void Writer::submit(Work work, Done done) {
  auto shared = std::make_shared<Done>(std::move(done));
  const bool posted = jobs_.post(
      {std::move(work), [shared](base::Result<void> result) { (*shared)(std::move(result)); }, {}});
  if (posted) return;
  executor_.post([shared] { (*shared)(base::fail(base::ErrorCode::unavailable, "the store is too busy")); });
}

void Writer::post(base::Executor::Task task) {
  executor_.post_from_any_thread([alive = alive_, task = std::move(task)]() mutable {
    if (*alive) task();
  });
}

void Writer::run() {
  look_for_foreign_changes(); // also those between the opener's reading and this thread's start
  std::vector<Job> batch;
  for (bool last = false; !last;) {
    last = stop_.load();
    if (!last) {
      pollfd waiting{jobs_.event_fd(), POLLIN, 0};
      ::poll(&waiting, 1, 1000);
    }
    jobs_.drain([&](Job& job) { batch.push_back(std::move(job)); });
    if (!batch.empty()) commit(batch);
    batch.clear();
    if (!last) look_for_foreign_changes();
  }
}

void Writer::commit(std::vector<Job>& batch) {
  auto whole = connection_->execute("BEGIN IMMEDIATE");
  if (whole) {
    for (auto& job : batch) {
      job.result = connection_->execute("SAVEPOINT job");
      if (job.result) job.result = job.work(*connection_);
      if (!job.result) static_cast<void>(connection_->execute("ROLLBACK TO job"));
      static_cast<void>(connection_->execute("RELEASE job"));
    }
    whole = connection_->execute("COMMIT");
    if (!whole) static_cast<void>(connection_->execute("ROLLBACK"));
  }
  if (whole) {
    commits_.add();
  } else {
    failures_.add();
    log::error(env_.log_tag, "commit failed", "jobs", batch.size(), "error", whole.error().text);
  }
  for (auto& job : batch)
    post([done = std::move(job.done), result = whole ? std::move(job.result) : whole]() mutable {
      done(std::move(result));
    });
}

void Writer::look_for_foreign_changes() {
  const auto version = connection_->pragma("data_version");
  if (!version || *version == data_version_) return;
  data_version_ = *version;
  on_foreign_change_(*connection_);
}

} // namespace plenum::store
