// SqliteDefinitions: rooms that are entered through links, in SQLite. See definitions_port.hpp. Owner: Store.
// Thread: core.
#pragma once

#include "store/definitions_port.hpp"
#include "store/writer.hpp"

namespace plenum::store {

class SqliteDefinitions final : public Definitions {
 public:
  explicit SqliteDefinitions(Writer& writer) : writer_(writer) {}

  void create(Definition definition, Completion<void> done) override;
  void update(Definition definition, Completion<void> done) override;
  void remove(base::DefinitionId id, Completion<void> done) override;
  void find(base::DefinitionId id, Completion<Definition> done) override;
  void find_by_token(std::string token, Completion<FoundDefinition> done) override;
  void list(base::AccountId account, DefinitionFilter filter, Completion<DefinitionPage> done) override;
  void add_host(base::DefinitionId id, Host host, Completion<Host> done) override;
  void remove_host(base::DefinitionId id, std::string token, Completion<void> done) override;

 private:
  Writer& writer_;
};

} // namespace plenum::store
