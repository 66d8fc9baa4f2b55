// Estate: what workers have deposited for their successors, by the name of the leg, in locked memory.
//
// The door cannot read it and never looks. An outline (no secrets, ordinary memory) makes session and marks
// before it void, a session the marks before it; nothing without an outline, no marks without a session.
// Without locked memory the outline alone is kept, and the leg is offered again. Bounded by the names that
// workers may register. Owner: door. Thread: door. docs/architecture.md, 5.3.
#pragma once

#include "base/env.hpp"
#include "door/locked_memory.hpp"
#include "door/worker_links.hpp"
#include "link/door_messages.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace plenum::door {

class Estate {
 public:
  Estate(const base::Env& env, std::size_t most);

  void put(WorkerKey worker, const link::Deposit& deposit);
  void drop(std::string_view ufrag, WorkerKey worker); // when it is this worker's
  void drop_all(WorkerKey worker);
  void pass_on(WorkerKey from, WorkerKey to);
  std::vector<std::string> names_of(WorkerKey worker) const;
  // Empty when there is none. Wipe the copy.
  std::vector<std::uint8_t> copy(std::string_view ufrag, link::DepositPart part);

 private:
  static constexpr std::size_t kMarksAt = link::kDepositBytes, kBytes = 16 * 1024;
  struct Leg {
    WorkerKey worker = 0;
    std::vector<std::uint8_t> outline;
    std::optional<LockedMemory> memory; // session, then marks
    std::size_t session = 0, marks = 0;
  };
  using Legs = std::unordered_map<std::string, Leg, TextHash, std::equal_to<>>;

  bool put_secret(Leg& leg, const link::Deposit& deposit);
  Legs::iterator erase(Legs::iterator at);

  base::Env env_;
  std::size_t most_;
  Legs legs_;
  bool complained_ = false;
  base::Gauge& kept_;
  base::Counter& refused_;
};

} // namespace plenum::door
