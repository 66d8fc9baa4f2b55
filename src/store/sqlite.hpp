// SQLite with RAII: a connection, prepared statements that are kept, and errors as Result. The only place
// that includes sqlite3.h. Owner: the writer. Thread: one at a time (the writer's, or the opener before it
// starts).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace plenum::store {

class Connection;

// One execution of a prepared statement: bind in order, then `step` for each row or `run` for none.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query(); // resets, so that the statement can be used again

  Query& bind(std::int64_t value);
  Query& bind(std::string_view text);
  Query& bind(base::Bytes blob);
  Query& bind_time(std::optional<base::WallTime> at); // µs since 1970, or NULL
  Query& bind_text(const std::optional<std::string>& text);

  base::Result<bool> step(); // true: a row
  base::Result<void> run();  // to the end

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  std::vector<std::uint8_t> blob(int column) const;
  bool null(int column) const;
  base::WallTime time(int column) const;
  std::optional<base::WallTime> optional_time(int column) const;
  std::optional<std::string> optional_text(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_; // nullptr: preparing failed, step says why
  int next_ = 1;
};

class Connection {
 public:
  // Creates the file. WAL; waits up to 5 s for another process's write lock.
  static base::Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file,
                                                        bool power_cut_safe);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  base::Result<void> execute(std::string_view sql); // one or more statements without rows
  Query query(const char* sql);                     // a string literal: prepared once
  base::Result<std::int64_t> pragma(std::string_view name);
  // Runs the migrations that the file has not had. Fails for a file of a newer program.
  base::Result<void> migrate();

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  sqlite3* db_;
  std::map<const char*, sqlite3_stmt*> statements_;
};

} // namespace plenum::store
