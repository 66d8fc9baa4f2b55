// WorkerProcess: one plenum-media process and the link to it. Spawning, connecting, reading, writing, dying.
//
// The pool decides what workers are for; this class keeps one of them connected and says what happens to it.
// The link is tried again when it breaks; a worker that hangs or refuses the link ten times is killed. Its
// heartbeat comes from the loop that carries media, so that a stuck loop is silence, too. Silence of 2 s is
// judged: a process whose loop could run and does not get the processor is given 5 s, everything else is a
// hang. Calls to the listener are the last thing a member function does. Owner: ProcessPool. Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/wires.hpp"
#include "hub/workers.hpp"
#include "link/session.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plenum::hub {

// A descriptor that is closed when it dies.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }
  void reset();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

class WorkerProcess {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_greeted(WorkerProcess& worker) = 0; // the link is up (again)
    virtual void on_message(WorkerProcess& worker, link::FromWorker message) = 0;
    virtual void on_exit(WorkerProcess& worker, const std::string& why) = 0; // may destroy the worker later
  };
  struct Files { // of the run directory
    std::filesystem::path link, door, pid;
    void remove() const;
  };

  WorkerProcess(const base::Env& env, base::Executor& executor, Wires& wires, Listener& listener, WorkerId id,
                Files files);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  base::Result<void> spawn(const std::filesystem::path& executable,
                           const std::vector<std::string>& arguments);
  base::Result<void> adopt(); // the process that listens on our files already; fails when none does

  void send(const link::ToWorker& message); // dropped unless greeted
  void stop(const std::string& why);        // Shutdown, and SIGKILL after 3 s
  void kill();
  void disconnect(); // leaves the process alone

  WorkerId id() const { return id_; }
  std::int64_t process() const { return process_; }
  bool greeted() const { return session_ && session_->greeted(); }
  const Files& files() const { return files_; }

  // What the pool thinks of it.
  bool adopting = false; // its SyncState will say whom it serves
  bool taken = false;
  bool released = false;
  base::Timestamp born;

 private:
  base::Result<void> watch_process();
  base::Result<void> connect();
  void connect_soon();
  void break_link(const std::string& why);
  void on_readable();
  void flush();
  void arm();
  bool hangs(); // silent for long enough
  void on_exit();

  base::Env env_;
  base::Executor& executor_;
  Wires& wires_;
  Listener& listener_;
  WorkerId id_;
  Files files_;
  std::int64_t process_ = 0;
  bool child_ = false;
  bool exited_ = false;
  Descriptor pidfd_, link_;
  std::unique_ptr<Wires::Watch> process_watch_, link_watch_;
  std::unique_ptr<link::ControlSession> session_;
  std::int64_t cpu_at_suspicion_ = -1; // clock ticks of its loop's thread
  std::size_t failures_ = 0;           // since the last greeting
  base::Executor::Timer beat_, retry_, reconnect_, kill_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace plenum::hub
