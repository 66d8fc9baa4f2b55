// What the rest of control asks of a store, as small abstract classes. Implemented by sqlite (open_store in
// store.hpp); another database later.
//
// Completions run on the executor that the store was opened with (the core thread), in the order of the
// calls. Nobody may hear of an event before `append` has completed with success. Outbox rows of webhooks will
// travel inside Append, so that they commit in the same transaction. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "room/events.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::store {

template <class T>
using Completion = std::move_only_function<void(base::Result<T>)>;

struct Append {
  base::RoomId room;
  std::uint64_t first_offset = 1; // gapless, from 1; another value than last + 1 is refused (conflict)
  base::WallTime at{};
  room::Events events;
};

struct LoadedRoom {
  base::RoomId room;
  room::Events events; // offsets 1 … size
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
  // Every meeting without an end, with its whole log. Read once, at start.
  virtual void load_running(Completion<std::vector<LoadedRoom>> done) = 0;
  virtual void load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) = 0;
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
