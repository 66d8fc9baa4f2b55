#include "store/archive.hpp"

#include "store/outbox.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>

namespace plenum::store {

namespace {

constexpr std::int64_t kExpiredAtOnce = 500;

// Columns of every SELECT here, in the order in which read_entry takes them.
#define PLENUM_ARCHIVE_COLUMNS                                                                               \
  "id, kind, account, room, room_external_id, room_name, guest_token, room_opened_at, room_ended_at, "       \
  "by_external_id, by_name, by_avatar, by_guest, by_joined_at, created_at, phase, seconds, file, bytes"

std::string_view name_of(ArchiveRow::Kind kind) {
  return kind == ArchiveRow::Kind::recording ? "recording" : "snapshot";
}

ArchiveEntry read_entry(const Query& row) {
  ArchiveEntry entry;
  entry.id = base::IdBits::parse(row.text(0)).value_or(base::IdBits{});
  entry.kind = row.text(1) == "recording" ? ArchiveRow::Kind::recording : ArchiveRow::Kind::snapshot;
  entry.account = base::AccountId::parse(row.text(2)).value_or(base::AccountId{});
  entry.room = base::RoomId::parse(row.text(3)).value_or(base::RoomId{});
  entry.room_external_id = row.text(4);
  entry.room_name = row.text(5);
  entry.guest_token = row.text(6);
  entry.room_opened_at = row.time(7);
  entry.room_ended_at = row.optional_time(8);
  entry.by_external_id = row.text(9);
  entry.by_name = row.text(10);
  entry.by_avatar = row.optional_text(11);
  entry.by_guest = row.integer(12) != 0;
  entry.by_joined_at = row.time(13);
  entry.created_at = row.time(14);
  if (!boost::describe::enum_from_string(row.text(15).c_str(), entry.phase))
    entry.phase = room::RecordingPhase::failed;
  entry.seconds = static_cast<std::uint32_t>(row.integer(16));
  entry.file = row.text(17);
  entry.bytes = row.count(18);
  return entry;
}

base::Result<void> read_entries(Query& rows, std::vector<ArchiveEntry>& entries) {
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    entries.push_back(read_entry(rows));
  }
}

base::Result<void> read_one(Query& rows, ArchiveEntry& entry) {
  const auto row = rows.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "no such file in the archive");
  entry = read_entry(rows);
  return {};
}

base::Result<void> know_name(Connection& db, base::AccountId account, const std::string& external_id) {
  auto known = db.query("SELECT 1 FROM rooms WHERE account = ?1 AND external_id = ?2 UNION ALL "
                        "SELECT 1 FROM archive WHERE account = ?1 AND room_external_id = ?2 LIMIT 1");
  const auto row = known.bind(account.hex()).bind(external_id).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "no meeting of that name is remembered");
  return {};
}

struct Listing {
  ArchiveRow::Kind kind;
  base::AccountId account;
  std::string external_id;
  ArchiveFilter filter;
  std::size_t page;
};

base::Result<void> list_entries(Connection& db, const Listing& wanted, std::vector<ArchiveEntry>& entries) {
  if (auto known = know_name(db, wanted.account, wanted.external_id); !known) return known;
  const auto& filter = wanted.filter;
  const auto opened_before =
      filter.opened_at ? std::optional(*filter.opened_at + filter.precision) : std::nullopt;
  auto rows = db.query("SELECT " PLENUM_ARCHIVE_COLUMNS " FROM archive WHERE account = ?1 "
                       "AND room_external_id = ?2 AND kind = ?3 "
                       "AND (?4 IS NULL OR (room_opened_at >= ?4 AND room_opened_at < ?5)) "
                       "AND (?6 IS NULL OR created_at >= ?6) AND (?7 IS NULL OR created_at <= ?7) "
                       "ORDER BY created_at DESC, id DESC LIMIT ?8 OFFSET ?9");
  rows.bind(wanted.account.hex())
      .bind(wanted.external_id)
      .bind(name_of(wanted.kind))
      .bind_time(filter.opened_at)
      .bind_time(opened_before)
      .bind_time(filter.since)
      .bind_time(filter.until)
      .bind(static_cast<std::int64_t>(kArchivePage))
      .bind(static_cast<std::int64_t>(std::min<std::size_t>(wanted.page, 1'000'000) * kArchivePage));
  return read_entries(rows, entries);
}

// The recording has become ready; what waits for its room's line goes first.
base::Result<void> finish_recording(Connection& db, base::RecordingId id, std::uint32_t seconds,
                                    const std::string& file, std::uint64_t bytes,
                                    std::span<const OutboxEvent> events, base::WallTime now, bool& outgoing) {
  Outgoing out;
  {
    auto rows =
        db.query("UPDATE archive SET phase = 'ready', seconds = ?, file = ?, bytes = ? "
                 "WHERE id = ? AND kind = 'recording' AND phase = 'processing' RETURNING account, room");
    rows.bind(std::int64_t{seconds}).bind(file).bind(static_cast<std::int64_t>(bytes)).bind(id.hex());
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return base::fail(base::ErrorCode::not_found, "no recording that waits for its file");
    out.account = base::AccountId::parse(rows.text(0)).value_or(base::AccountId{});
    out.room = base::RoomId::parse(rows.text(1)).value_or(base::RoomId{});
  }
  {
    auto rows = db.query("SELECT last_offset FROM rooms WHERE id = ?");
    const auto row = rows.bind(out.room.hex()).step();
    if (!row) return std::unexpected(row.error());
    if (*row) out.offset = rows.count(0);
  }
  const auto origin = "recording " + id.hex();
  out.at = now;
  out.origin = origin;
  out.events = events;
  const auto added = add_deliveries(db, out);
  if (!added) return std::unexpected(added.error());
  outgoing = *added;
  return {};
}

} // namespace

base::Result<void> put_archive_row(Connection& db, const ArchiveRow& row) {
  return db
      .query("INSERT OR REPLACE INTO archive (id, kind, account, room, room_external_id, room_name, "
             "guest_token, "
             "room_opened_at, by_external_id, by_name, by_avatar, by_guest, by_joined_at, created_at, phase, "
             "seconds, file, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(row.id.hex())
      .bind(name_of(row.kind))
      .bind(row.account.hex())
      .bind(row.room.hex())
      .bind(row.room_external_id)
      .bind(row.room_name)
      .bind(row.guest_token)
      .bind_time(row.room_opened_at)
      .bind(row.by_external_id)
      .bind(row.by_name)
      .bind_text(row.by_avatar)
      .bind(std::int64_t{row.by_guest})
      .bind_time(row.by_joined_at)
      .bind_time(row.created_at)
      .bind(boost::describe::enum_to_string(row.phase, ""))
      .bind(std::int64_t{row.seconds})
      .bind(row.file)
      .bind(static_cast<std::int64_t>(row.bytes))
      .run();
}

base::Result<void> end_archive_rows(Connection& db, base::RoomId room, base::WallTime at) {
  return db.query("UPDATE archive SET room_ended_at = ? WHERE room = ?").bind_time(at).bind(room.hex()).run();
}

void SqliteArchive::find(ArchiveRow::Kind kind, base::IdBits id, Completion<ArchiveEntry> done) {
  writer_.submit_for<ArchiveEntry>(
      [kind, id](Connection& db, ArchiveEntry& entry) {
        auto rows = db.query("SELECT " PLENUM_ARCHIVE_COLUMNS " FROM archive WHERE id = ? AND kind = ?");
        rows.bind(id.hex()).bind(name_of(kind));
        return read_one(rows, entry);
      },
      std::move(done));
}

void SqliteArchive::list(ArchiveRow::Kind kind, base::AccountId account, std::string room_external_id,
                         ArchiveFilter filter, std::size_t page, Completion<std::vector<ArchiveEntry>> done) {
  writer_.submit_for<std::vector<ArchiveEntry>>(
      [wanted = Listing{kind, account, std::move(room_external_id), filter, page}](
          Connection& db, std::vector<ArchiveEntry>& entries) { return list_entries(db, wanted, entries); },
      std::move(done));
}

void SqliteArchive::remove(ArchiveRow::Kind kind, base::IdBits id, base::AccountId account,
                           Completion<ArchiveEntry> done) {
  writer_.submit_for<ArchiveEntry>(
      [kind, id, account](Connection& db, ArchiveEntry& entry) {
        auto rows = db.query("DELETE FROM archive WHERE id = ? AND kind = ? AND account = ? "
                             "RETURNING " PLENUM_ARCHIVE_COLUMNS);
        rows.bind(id.hex()).bind(name_of(kind)).bind(account.hex());
        return read_one(rows, entry);
      },
      std::move(done));
}

void SqliteArchive::finish(base::RecordingId id, std::uint32_t seconds, std::string file, std::uint64_t bytes,
                           std::vector<OutboxEvent> events, Completion<void> done) {
  auto outgoing = std::make_shared<bool>(false);
  writer_.submit(
      [=, file = std::move(file), events = std::move(events), now = env_.clock.wall()](Connection& db) {
        return finish_recording(db, id, seconds, file, bytes, events, now, *outgoing);
      },
      [this, outgoing, done = std::move(done)](base::Result<void> result) mutable {
        const bool wake = result && *outgoing;
        done(std::move(result));
        if (wake) hooks_.wake();
      });
}

void SqliteArchive::expire(base::WallTime older_than, Completion<std::vector<ArchiveEntry>> done) {
  writer_.submit_for<std::vector<ArchiveEntry>>(
      [older_than](Connection& db, std::vector<ArchiveEntry>& entries) {
        auto rows = db.query("DELETE FROM archive WHERE id IN (SELECT id FROM archive WHERE created_at < ? "
                             "ORDER BY created_at LIMIT ?) RETURNING " PLENUM_ARCHIVE_COLUMNS);
        rows.bind_time(older_than).bind(kExpiredAtOnce);
        return read_entries(rows, entries);
      },
      std::move(done));
}

} // namespace plenum::store
