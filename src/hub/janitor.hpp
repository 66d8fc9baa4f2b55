// Janitor: once an hour forgets what has become old: ended meetings, the beginnings of long ones, recordings
// and pictures with their files, parked deliveries. In small pieces, so that no command waits. Owner: apps.
// Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "store/ports.hpp"

#include <functional>
#include <memory>

namespace plenum::hub {

struct JanitorOptions {
  base::Duration meetings =
      std::chrono::days(14); // after their end; events of a running one after they happened
  base::Duration files = std::chrono::days(14); // after their beginning
  base::Duration dead_letters = std::chrono::days(14);
  base::Duration every = std::chrono::hours(1);
  std::function<void(const store::ArchiveEntry&)> remove_file; // of an entry that is forgotten; may be empty
};

class Janitor {
 public:
  Janitor(const base::Env& env, base::Executor& executor, store::Retention& retention,
          store::Archive& archive, JanitorOptions options);
  ~Janitor();
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;

  void start();

 private:
  void forget();
  void expire();
  void again_in(base::Duration delay, void (Janitor::*what)());

  base::Env env_;
  base::Executor& executor_;
  store::Retention& retention_;
  store::Archive& archive_;
  JanitorOptions options_;
  base::Executor::Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace plenum::hub
