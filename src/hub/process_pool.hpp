// ProcessPool: spawns, watches and adopts plenum-media processes.
//
// Each worker inherits two listening Unix sockets of the run directory, w-<id>.link (stream) as descriptor 3
// and w-<id>.door (seqpacket) as 4; control connects to the first, the door to the second. A pidfd tells of
// death within milliseconds. One spare is kept warm. After a restart of control the sockets in the run
// directory are tried again: a worker that answers says in its SyncState which room it serves. Fast crashes
// of spares slow the respawn down (1 s … 30 s). Owner: apps. Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/wires.hpp"
#include "hub/worker_process.hpp"
#include "hub/workers.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace plenum::hub {

struct ProcessOptions {
  std::filesystem::path executable;    // plenum-media
  std::filesystem::path run_directory; // 0700; its path is at most 80 bytes (Unix socket names are short)
  std::vector<std::string> arguments;  // more arguments, before --link-fd
  std::size_t spares = 1;
  std::size_t most = 64; // processes at the same time
};

class ProcessPool final : public WorkerPool, public WorkerProcess::Listener {
 public:
  ProcessPool(const base::Env& env, base::Executor& executor, Wires& wires, ProcessOptions options);
  ~ProcessPool() override; // rooms go on without us; spares are killed

  void start(WorkerOwner& owner) override;
  base::Result<WorkerId> take() override;
  void send(WorkerId worker, const link::ToWorker& message) override;
  void release(WorkerId worker, const std::string& why) override;
  std::string door_path(WorkerId worker) const override;
  void shutdown(bool keep_rooms) override;

  std::size_t running() const;                   // processes
  std::size_t ending() const;                    // told to end, still there
  std::vector<std::int64_t> process_ids() const; // for operators

 private:
  void on_greeted(WorkerProcess& worker) override;
  void on_message(WorkerProcess& worker, link::FromWorker message) override;
  void on_exit(WorkerProcess& worker, const std::string& why) override;

  void adopt_running();
  void keep_spares();
  base::Result<WorkerProcess*> spawn();
  WorkerProcess* find(WorkerId id) const;
  void identify(WorkerProcess& worker, const link::SyncState& state);
  void bury(WorkerId id);
  WorkerProcess::Files files(WorkerId id) const;

  base::Env env_;
  base::Executor& executor_;
  Wires& wires_;
  ProcessOptions options_;
  WorkerOwner* owner_ = nullptr;
  std::map<WorkerId, std::unique_ptr<WorkerProcess>> workers_;
  std::vector<std::unique_ptr<WorkerProcess>> buried_; // destroyed after the current call
  WorkerId last_id_ = 0;
  bool stopping_ = false;
  base::Duration respawn_delay_{};
  base::Executor::Timer respawn_;
  base::Counter& spawned_;
  base::Counter& deaths_;
  base::Gauge& running_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace plenum::hub
