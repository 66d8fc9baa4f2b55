// SqliteArchive: rows of recordings and snapshots in SQLite. See archive_port.hpp. Owner: Store. Thread:
// core; the functions on the writer's.
#pragma once

#include "store/archive_port.hpp"
#include "store/hooks.hpp"
#include "store/writer.hpp"

namespace plenum::store {

base::Result<void> put_archive_row(Connection& db, const ArchiveRow& row);
base::Result<void> end_archive_rows(Connection& db, base::RoomId room, base::WallTime at);

class SqliteArchive final : public Archive {
 public:
  SqliteArchive(const base::Env& env, Writer& writer, SqliteHooks& hooks)
      : env_(env), writer_(writer), hooks_(hooks) {}

  void find(ArchiveRow::Kind kind, base::IdBits id, Completion<ArchiveEntry> done) override;
  void list(ArchiveRow::Kind kind, base::AccountId account, std::string room_external_id,
            ArchiveFilter filter, std::size_t page, Completion<std::vector<ArchiveEntry>> done) override;
  void remove(ArchiveRow::Kind kind, base::IdBits id, base::AccountId account,
              Completion<ArchiveEntry> done) override;
  void finish(base::RecordingId id, std::uint32_t seconds, std::string file, std::uint64_t bytes,
              std::vector<OutboxEvent> events, Completion<void> done) override;
  void expire(base::WallTime older_than, Completion<std::vector<ArchiveEntry>> done) override;

 private:
  base::Env env_;
  Writer& writer_;
  SqliteHooks& hooks_;
};

} // namespace plenum::store
