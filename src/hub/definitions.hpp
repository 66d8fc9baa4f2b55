// Definitions: rooms that are there for good. Hosts start or join the meeting through a link of their own,
// guests come in through one link for all while it runs.
//
// The meeting of a definition has the definition's id as its name in the account's name space, and its guest
// token. What is changed here applies to the next meeting. Completions run on the core thread: inside the
// call for what is refused at once, else later. Owner: apps; outlives whoever uses it. Thread: core.
#pragma once

#include "hub/hub.hpp"

#include <optional>
#include <string>
#include <utility>

namespace plenum::hub {

struct NewDefinition {
  base::AccountId account;
  std::string name; // empty: the account's name
  room::OptionsPatch options;
  std::optional<base::WallTime> expires_at;
  room::Identity host; // the first one
};

struct DefinitionChange { // only what is set changes
  std::optional<std::string> name;
  std::optional<std::optional<base::WallTime>> expires_at;
  room::OptionsPatch options;
};

struct AddedHost {
  store::Definition definition;
  store::Host host;
};

class Definitions {
 public:
  Definitions(const base::Env& env, Hub& hub, store::Definitions& store)
      : env_(env), hub_(hub), store_(store) {}

  // Errors: invalid (name, options, host), and what the store says.
  void create(NewDefinition wanted, Completion<store::Definition> done);
  // Those with an account answer not_found for definitions of others.
  void change(base::AccountId account, base::DefinitionId id, DefinitionChange change,
              Completion<store::Definition> done); // also invalid
  void remove(base::AccountId account, base::DefinitionId id, Completion<void> done);
  void find(base::AccountId account, base::DefinitionId id, Completion<store::Definition> done);
  void list(base::AccountId account, store::DefinitionFilter filter, Completion<store::DefinitionPage> done);
  // The same external id again: that host, with its token, renamed.
  void add_host(base::AccountId account, base::DefinitionId id, room::Identity host,
                Completion<AddedHost> done); // also invalid
  void remove_host(base::AccountId account, base::DefinitionId id, std::string token, Completion<void> done);

  // By a host's token or the guest token. not_found.
  void find_by_token(std::string token, Completion<store::FoundDefinition> done);
  // By a host's token: starts the meeting, or joins it. Errors: not_found, gone (expired), and those of
  // Hub::open_or_join.
  void enter(std::string token, Completion<Entered> done);

  // Its meeting, when one runs; valid until the return to the event loop.
  const room::State* running(const store::Definition& definition) const;

 private:
  std::string draw_token();
  store::Host host_of(const room::Identity& identity);
  void open(const store::Definition& definition, const store::Host& host, Completion<Entered> done);

  const base::Env& env_;
  Hub& hub_;
  store::Definitions& store_;
};

} // namespace plenum::hub
