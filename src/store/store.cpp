#include "store/store.hpp"

#include "base/log.hpp"
#include "store/accounts.hpp"
#include "store/archive.hpp"
#include "store/definitions.hpp"
#include "store/hooks.hpp"
#include "store/retention.hpp"
#include "store/room_log.hpp"
#include "store/seal.hpp"
#include "store/writer.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace plenum::store {

namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(const base::Env& env, base::Executor& executor, std::unique_ptr<Connection> connection,
              Sealer sealer, SqliteAccounts::Rows rows)
      : accounts_(env, std::move(sealer), std::move(rows)),
        writer_(env, executor, std::move(connection), [this](Connection& db) { reload(db); }),
        hooks_(env, writer_), log_(writer_, hooks_), archive_(env, writer_, hooks_), definitions_(writer_),
        retention_(writer_) {
    accounts_.use(writer_);
  }
  RoomLog& room_log() override { return log_; }
  Accounts& accounts() override { return accounts_; }
  Archive& archive() override { return archive_; }
  Definitions& definitions() override { return definitions_; }
  Hooks& hooks() override { return hooks_; }
  Retention& retention() override { return retention_; }

 private:
  void reload(Connection& db) { // on the writer's thread
    auto rows = SqliteAccounts::read_all(db);
    if (!rows) {
      base::log::warn("store", "accounts not read again", "error", rows.error().text);
      return;
    }
    writer_.post([this, rows = std::move(*rows)]() mutable {
      accounts_.replace(std::move(rows));
      hooks_.wake(); // perhaps something was replayed or is to be tested
    });
  }

  SqliteAccounts accounts_;
  Writer writer_; // its thread may call reload until it is destroyed
  SqliteHooks hooks_;
  SqliteRoomLog log_;
  SqliteArchive archive_;
  SqliteDefinitions definitions_;
  SqliteRetention retention_;
};

} // namespace

base::Result<std::unique_ptr<Store>> open_store(const base::Env& env, base::Executor& executor,
                                                const StoreOptions& options) {
  std::error_code error;
  if (std::filesystem::create_directories(options.directory, error))
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, error);
  if (error)
    return base::fail(base::ErrorCode::internal, options.directory.string() + ": " + error.message());
  const auto file = options.directory / "plenum.db";
  // Made here first, because the log holds access tokens: SQLite gives its side files the same permissions.
  if (const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); fd >= 0) ::close(fd);
  auto connection = Connection::open(file, options.power_cut_safe);
  if (!connection) return std::unexpected(std::move(connection.error()).context(file.string()));
  if (auto done = (*connection)->migrate(); !done)
    return std::unexpected(std::move(done.error()).context(file.string()));
  auto sealer = Sealer::open(options.directory / "install.key", env.random);
  if (!sealer) return std::unexpected(sealer.error());
  auto rows = SqliteAccounts::read_all(**connection);
  if (!rows) return std::unexpected(rows.error());
  return std::make_unique<SqliteStore>(env, executor, std::move(*connection), std::move(*sealer),
                                       std::move(*rows));
}

} // namespace plenum::store
