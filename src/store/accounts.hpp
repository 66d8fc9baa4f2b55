// SqliteAccounts: owners of rooms and their API keys; all of them in memory, so that authorizing costs one
// hash. See ports.hpp. Owner: Store. Thread: core; `read_all` on the writer's.
#pragma once

#include "base/env.hpp"
#include "store/ports.hpp"
#include "store/seal.hpp"
#include "store/writer.hpp"

#include <map>

namespace plenum::store {

class SqliteAccounts final : public Accounts {
 public:
  struct Row {
    Account account;
    Digest key_hash{};
    std::vector<std::uint8_t> sealed_key;
  };
  using Rows = std::vector<Row>;
  static base::Result<Rows> read_all(Connection& db);

  SqliteAccounts(const base::Env& env, Sealer sealer, Rows rows);
  void use(Writer& writer) { writer_ = &writer; }
  void replace(Rows rows);

  std::optional<Account> find_by_key(std::string_view api_key) const override;
  std::optional<Account> find(base::AccountId id) const override;
  std::vector<Account> list() const override;
  void create(std::string name, Completion<NewAccount> done) override;
  void set_enabled(base::AccountId id, bool enabled, Completion<void> done) override;
  base::Result<base::Secret> signing_key(base::AccountId id) const override;

 private:
  static constexpr std::size_t kKeyLength = 48; // characters [0-9A-Za-z]
  base::Env env_;
  Sealer sealer_;
  Writer* writer_ = nullptr;
  std::map<base::AccountId, Row> rows_;
  std::map<Digest, base::AccountId> by_hash_;
};

} // namespace plenum::store
