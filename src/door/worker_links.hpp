// The door's connections to workers, and the names that workers have registered over them.
//
// Each worker listens on a Unix SOCK_SEQPACKET socket; the door connects, says Welcome with the worker's
// prefix, and connects again after a delay for as long as the worker is attached. A name outside the prefix,
// or one that another worker owns, is refused. A worker that talks nonsense, or does not read its
// acknowledgements, loses the connection. With the connection its names go. When another worker is attached
// under the same prefix, everything that the first one still said is heard before its place is given away.
// Owner: door. Thread: door.
#pragma once

#include "base/env.hpp"
#include "base/secret.hpp"
#include "base/units.hpp"
#include "door/fd.hpp"
#include "link/door_messages.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace plenum::door {

using WorkerKey = std::uint64_t;

struct TextHash { // finds std::string keys by std::string_view
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Calls come from inside WorkerLinks methods; they must not attach or detach.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  virtual void on_stray(const link::Stray& stray) = 0;
  virtual void on_closed(WorkerKey worker, const link::Closed& closed) = 0;
  virtual void on_deposit(WorkerKey worker, const link::Deposit& deposit) = 0;
  virtual void on_kept(WorkerKey worker, const link::Kept& kept) = 0;
  virtual void on_unregistered(WorkerKey worker, const std::string& ufrag) = 0;
  virtual void on_welcomed(WorkerKey worker) = 0; // connected (again)
  // Disconnected or detached; its names are gone. `died`: it hung up, as a dead process does.
  virtual void on_worker_gone(WorkerKey worker, bool died) = 0;
  virtual void on_replaced(WorkerKey before, WorkerKey by) = 0;
  virtual void watch(WorkerKey worker, int fd) = 0; // readable → on_readable(worker)
};

class WorkerLinks {
 public:
  struct Name {
    WorkerKey worker = 0;
    base::Secret password;
  };

  WorkerLinks(const base::Env& env, std::size_t max_names_per_worker, WorkerEvents& events);

  // A prefix that overlaps another worker's is refused; an equal one takes the other's place.
  void attach(base::Timestamp now, WorkerKey worker, std::string path, std::string prefix);
  void detach(WorkerKey worker);
  void detach_all();
  void on_readable(base::Timestamp now, WorkerKey worker);
  void on_deadline(base::Timestamp now); // connects what is due
  base::Timestamp next_deadline() const;

  const Name* find(std::string_view ufrag) const; // nullptr: nobody's
  enum class Sent : std::uint8_t { yes, full, gone };
  // `full`: try again later. `fd` is duplicated, not taken.
  Sent try_send(WorkerKey worker, const link::DoorMessage& message, int fd = -1);
  // False (and counted) when the worker is not connected or its socket is full.
  bool send(WorkerKey worker, const link::DoorMessage& message, int fd = -1);

 private:
  struct Worker {
    std::string path, prefix;
    Fd socket;
    base::Timestamp retry_at = base::kNever;
    base::Duration retry_delay{};
    std::size_t names = 0;
  };

  bool claim_prefix(base::Timestamp now, std::string_view prefix, WorkerKey by);
  void connect(base::Timestamp now, WorkerKey key, Worker& worker);
  void disconnect(base::Timestamp now, WorkerKey key, Worker& worker, bool died);
  bool handle(WorkerKey key, Worker& worker, const link::DoorMessage& message); // false: break it off
  bool on_register(WorkerKey key, Worker& worker, const link::Register& message);
  void on_unregister(WorkerKey key, Worker& worker, const link::Unregister& message);
  void forget(WorkerKey key, Worker& worker, bool died);

  base::Env env_;
  std::size_t max_names_;
  WorkerEvents& events_;
  std::map<WorkerKey, Worker> workers_;
  std::unordered_map<std::string, Name, TextHash, std::equal_to<>> names_;
  base::Counter& refused_;
  base::Counter& malformed_;
  base::Counter& full_;
  base::Gauge& registered_;
  base::Gauge& connected_;
};

} // namespace plenum::door
