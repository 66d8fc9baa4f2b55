#include "store/sqlite.hpp"

#include "store/schema.hpp"

#include <sqlite3.h>

namespace plenum::store {

namespace {

std::unexpected<base::Error> sqlite_error(sqlite3* db) {
  const int code = sqlite3_extended_errcode(db) & 0xff;
  const auto kind = code == SQLITE_CONSTRAINT                    ? base::ErrorCode::conflict
                    : code == SQLITE_BUSY || code == SQLITE_FULL ? base::ErrorCode::unavailable
                                                                 : base::ErrorCode::internal;
  return base::fail(kind, std::string("database: ") + sqlite3_errmsg(db));
}

} // namespace

Query::Query(Query&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)), next_(other.next_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Query& Query::bind(std::string_view text) {
  if (statement_ != nullptr)
    sqlite3_bind_text64(statement_, next_++, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Query& Query::bind(base::Bytes blob) {
  if (statement_ != nullptr)
    sqlite3_bind_blob64(statement_, next_++, blob.data(), blob.size(), SQLITE_TRANSIENT);
  return *this;
}

Query& Query::bind_time(std::optional<base::WallTime> at) {
  if (at) return bind(static_cast<std::int64_t>(at->time_since_epoch().count()));
  if (statement_ != nullptr) sqlite3_bind_null(statement_, next_++);
  return *this;
}

Query& Query::bind_text(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  if (statement_ != nullptr) sqlite3_bind_null(statement_, next_++);
  return *this;
}

base::Result<bool> Query::step() {
  if (statement_ == nullptr) return sqlite_error(db_);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return sqlite_error(db_);
}

base::Result<void> Query::run() {
  for (;;) {
    const auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::vector<std::uint8_t> Query::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, bytes + sqlite3_column_bytes(statement_, column)};
}

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

base::WallTime Query::time(int column) const {
  return base::WallTime(base::Duration(integer(column)));
}

std::optional<base::WallTime> Query::optional_time(int column) const {
  return null(column) ? std::nullopt : std::optional(time(column));
}

std::optional<std::string> Query::optional_text(int column) const {
  return null(column) ? std::nullopt : std::optional(text(column));
}

base::Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file,
                                                           bool power_cut_safe) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (result != SQLITE_OK) return sqlite_error(raw);
  sqlite3_busy_timeout(raw, 5000);
  const std::string setup =
      std::string("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA synchronous=") +
      (power_cut_safe ? "FULL" : "NORMAL");
  if (auto done = connection->execute(setup); !done) return std::unexpected(done.error());
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  sqlite3_close(db_);
}

base::Result<void> Connection::execute(std::string_view sql) {
  if (sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return sqlite_error(db_);
  return {};
}

Query Connection::query(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return {db_, statement};
}

base::Result<std::int64_t> Connection::pragma(std::string_view name) {
  sqlite3_stmt* statement = nullptr;
  const auto sql = "PRAGMA " + std::string(name);
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return sqlite_error(db_);
  base::Result<std::int64_t> value = 0;
  if (sqlite3_step(statement) == SQLITE_ROW) {
    value = sqlite3_column_int64(statement, 0);
  } else {
    value = sqlite_error(db_);
  }
  sqlite3_finalize(statement);
  return value;
}

base::Result<void> Connection::migrate() {
  for (const auto& migration : migrations()) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    const auto at = pragma("user_version"); // inside the transaction: another process may have been faster
    base::Result<void> result;
    if (!at) {
      result = std::unexpected(at.error());
    } else if (*at > migrations().back().number) {
      result = base::fail(base::ErrorCode::invalid, "the database belongs to a newer version of Plenum");
    } else if (*at < migration.number) {
      result = execute(migration.sql);
      if (result) result = execute("PRAGMA user_version=" + std::to_string(migration.number));
    }
    if (result) result = execute("COMMIT");
    if (!result) {
      static_cast<void>(execute("ROLLBACK"));
      return std::unexpected(std::move(result.error()).context(migration.name));
    }
  }
  return {};
}

} // namespace plenum::store
