// WorkerPool: the processes that carry media, seen from control. The port at the process boundary:
// ProcessPool (process_pool.hpp) is the real one, tests have another.
//
// `take` hands out a worker that has no room (the warm spare, or a fresh one); it may still be starting.
// `link_up` is called on every (re)connect of the link: only then `send` reaches the worker, and the owner
// sends its SyncRequest. A worker found running after a restart of control is `adopted` before its link_up.
// Owner: apps. Thread: core.
#pragma once

#include "base/result.hpp"
#include "link/messages.hpp"

#include <cstdint>
#include <string>

namespace plenum::hub {

using WorkerId = std::uint64_t; // from 1

class WorkerOwner {
 public:
  virtual ~WorkerOwner() = default;
  // True keeps it: the room of this state is known. False: the pool shuts the worker down.
  virtual bool adopted(WorkerId worker, const link::SyncState& state) = 0;
  virtual void link_up(WorkerId worker) = 0;
  virtual void received(WorkerId worker, link::FromWorker message) = 0;
  virtual void gone(WorkerId worker, const std::string& why) = 0; // the process has died; not after `release`
};

class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  virtual void start(WorkerOwner& owner) = 0; // adopts what runs, then makes the spare
  virtual base::Result<WorkerId> take() = 0;  // errors: unavailable
  virtual void send(WorkerId worker, const link::ToWorker& message) = 0; // dropped unless the link is up
  virtual void release(WorkerId worker, const std::string& why) = 0;     // Shutdown, then SIGKILL after 3 s
  virtual std::string door_path(WorkerId worker) const = 0;              // its SOCK_SEQPACKET socket
  // Ends every worker, or leaves those with a room running for the next control process.
  virtual void shutdown(bool keep_rooms) = 0;
};

} // namespace plenum::hub
