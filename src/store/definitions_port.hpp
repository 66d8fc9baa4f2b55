// Definitions: rooms that can be entered again and again through links, whether or not a meeting runs.
//
// A definition has a guest token and one token per host; all are bearer secrets and found here. What entering
// means is the business of hub/. Owner: Store. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "room/options.hpp"
#include "store/completion.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::store {

struct Host {
  std::string external_id, name;
  std::optional<std::string> avatar;
  std::string token; // bearer secret: never into logs
  base::WallTime created_at{};
  bool operator==(const Host&) const = default;
};

struct Definition {
  base::DefinitionId id;
  base::AccountId account;
  std::string name;
  room::RoomOptions options;
  base::WallTime created_at{};
  std::optional<base::WallTime> expires_at; // no meeting begins after it
  std::string guest_token;                  // bearer secret: never into logs
  std::vector<Host> hosts;                  // first: the creator, while it is there
  bool operator==(const Definition&) const = default;
};

struct FoundDefinition {
  Definition definition;
  std::optional<Host> host; // whose token it was; none: the guest token
};

struct DefinitionFilter {
  std::size_t page = 0; // from 0
  std::size_t limit = 25;
  std::optional<bool> expired;
  base::WallTime now{};
};

struct DefinitionPage {
  std::vector<Definition> items; // newest first
  std::uint64_t total = 0;       // of the filter
};

class Definitions {
 public:
  virtual ~Definitions() = default;
  virtual void create(Definition definition, Completion<void> done) = 0;
  // Name, options and expiry of the definition with that id; hosts and tokens stay. not_found.
  virtual void update(Definition definition, Completion<void> done) = 0;
  virtual void remove(base::DefinitionId id, Completion<void> done) = 0;               // not_found
  virtual void find(base::DefinitionId id, Completion<Definition> done) = 0;           // not_found
  virtual void find_by_token(std::string token, Completion<FoundDefinition> done) = 0; // not_found
  virtual void list(base::AccountId account, DefinitionFilter filter, Completion<DefinitionPage> done) = 0;
  // A host of the same external id gets the new name and avatar and keeps its token: answers who is stored.
  virtual void add_host(base::DefinitionId id, Host host, Completion<Host> done) = 0;            // not_found
  virtual void remove_host(base::DefinitionId id, std::string token, Completion<void> done) = 0; // not_found
};

} // namespace plenum::store
