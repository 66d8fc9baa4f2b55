// SqliteRetention: forgets what has become old, in small pieces. See Retention in ports.hpp. Owner: Store.
// Thread: core.
#pragma once

#include "store/ports.hpp"
#include "store/writer.hpp"

namespace plenum::store {

class SqliteRetention final : public Retention {
 public:
  explicit SqliteRetention(Writer& writer) : writer_(writer) {}
  void forget(Keep keep, Completion<Forgotten> done) override;

 private:
  Writer& writer_;
};

} // namespace plenum::store
