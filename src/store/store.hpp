// open_store: the SQLite store of one installation: one file, one writer thread, WAL.
//
// Appends that wait together commit together. Opening migrates the schema (schema/NNN_*.sql, numbered) and
// creates the install key beside the database (0600) that seals API keys. The file may be opened by several
// processes (the command line beside the server). Owner: apps. Thread: open and use on core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "store/ports.hpp"

#include <filesystem>
#include <memory>

namespace plenum::store {

struct StoreOptions {
  std::filesystem::path directory; // plenum.db and install.key live here; created 0700
  bool power_cut_safe = true;      // fsync every commit (synchronous=FULL); false: survives only crashes
};

class Store {
 public:
  virtual ~Store() = default; // finishes what was queued, drops completions
  virtual RoomLog& room_log() = 0;
  virtual Accounts& accounts() = 0;
  virtual Archive& archive() = 0;
  virtual Definitions& definitions() = 0;
  virtual Hooks& hooks() = 0;
  virtual Retention& retention() = 0;
};

base::Result<std::unique_ptr<Store>> open_store(const base::Env& env, base::Executor& executor,
                                                const StoreOptions& options);

} // namespace plenum::store
