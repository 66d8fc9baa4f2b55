// What the rest of control asks of a store, as small abstract classes. Implemented by sqlite (open_store in
// store.hpp); another database later.
//
// Nobody may hear of an event before `append` has completed with success. What an event means to those who
// are not there (rows of the archive, deliveries to the account's hook) travels inside Append and commits
// with it. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "room/events.hpp"
#include "store/archive_port.hpp"
#include "store/completion.hpp"
#include "store/definitions_port.hpp"
#include "store/hooks_port.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::store {

struct Append {
  base::RoomId room;
  std::uint64_t first_offset = 1; // gapless, from 1; another value than last + 1 is refused (conflict)
  base::WallTime at{};
  room::Events events;
  std::vector<OutboxEvent> outbox; // a delivery each, when the account's hook wants the type
  std::vector<ArchiveRow> archive; // each replaces the row of its id
  base::AccountId account;         // whose room it is; needed with an outbox
};

// What is kept of a meeting's log: everything from `first_offset`, and the state before that.
struct LoadedRoom {
  base::RoomId room;
  room::Events events;                 // offsets first_offset … first_offset + size − 1
  std::optional<room::State> snapshot; // after offset first_offset − 1; none: the log begins at 1
  std::uint64_t first_offset = 1;
  std::uint64_t epoch = 1;
  std::optional<base::WallTime> ended_at;
};

struct RoomRef {
  base::RoomId room;
  std::uint64_t epoch = 1;
  std::uint64_t last_offset = 0;
  bool ended = false;
};

enum class TokenKind { access, guest };
struct EndedToken { // of a meeting that has ended
  std::string token;
  TokenKind kind = TokenKind::access;
  base::RoomId room;
  base::WallTime ended_at{};
};

class RoomLog {
 public:
  virtual ~RoomLog() = default;
  virtual void append(Append append, Completion<void> done) = 0;
  // Every meeting without an end: its newest snapshot and what happened since. Read once, at start.
  virtual void load_running(Completion<std::vector<LoadedRoom>> done) = 0;
  // One meeting, also an ended one, with everything that is kept of its log. not_found: too old, or never
  // there.
  virtual void load(base::RoomId room, Completion<LoadedRoom> done) = 0;
  // The newest meeting of that name that is still kept. not_found.
  virtual void find_latest(base::AccountId account, std::string external_id, Completion<RoomRef> done) = 0;
  // A short way to the state after `offset`, which must be stored already. Later, `Retention` may forget what
  // happened before it.
  virtual void save_snapshot(base::RoomId room, std::uint64_t offset, room::State state,
                             Completion<void> done) = 0;
  virtual void load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) = 0;
};

// How long things are kept. Everything is deleted in small pieces, so that no append waits long.
struct Keep {
  base::WallTime rooms;        // meetings that ended before this, with their events
  base::WallTime events;       // of running meetings: what happened before this, as far as a snapshot allows
  base::WallTime dead_letters; // parked before this
};
struct Forgotten {
  std::uint64_t rooms = 0, events = 0, dead_letters = 0;
  bool more = false; // there is more to forget: call again
};
class Retention {
 public:
  virtual ~Retention() = default;
  virtual void forget(Keep keep, Completion<Forgotten> done) = 0;
};

struct Account {
  base::AccountId id;
  std::string name;
  bool enabled = true;
  base::WallTime created_at{};
};

struct NewAccount {
  Account account;
  base::Secret key; // shown once; the store keeps a lookup hash and a sealed copy
};

class Accounts {
 public:
  virtual ~Accounts() = default;
  // From memory; follows changes of other processes within about a second. A disabled account is not found.
  virtual std::optional<Account> find_by_key(std::string_view api_key) const = 0;
  virtual std::optional<Account> find(base::AccountId id) const = 0;
  virtual std::vector<Account> list() const = 0;
  virtual void create(std::string name, Completion<NewAccount> done) = 0;
  virtual void set_enabled(base::AccountId id, bool enabled, Completion<void> done) = 0;
  // The key itself, for signing what we send to its owner.
  virtual base::Result<base::Secret> signing_key(base::AccountId id) const = 0;
};

} // namespace plenum::store
