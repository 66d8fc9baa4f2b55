#include "store/room_log.hpp"

#include "base/log.hpp"
#include "store/archive.hpp"
#include "store/outbox.hpp"
#include "store/room_reading.hpp"

namespace plenum::store {

namespace {

std::int64_t micros(base::WallTime at) {
  return at.time_since_epoch().count();
}

base::Result<void> open_room(Connection& db, const room::RoomOpened& opened) {
  return db
      .query("INSERT INTO rooms (id, account, external_id, last_offset, opened_at) VALUES (?, ?, ?, 0, ?)")
      .bind(opened.room.hex())
      .bind(opened.account.hex())
      .bind(opened.external_id)
      .bind(micros(opened.at))
      .run();
}

base::Result<void> end_room(Connection& db, base::RoomId room, base::WallTime at) {
  auto ended = db.query("UPDATE rooms SET ended_at = ? WHERE id = ?").bind(micros(at)).bind(room.hex()).run();
  if (!ended) return ended;
  return end_archive_rows(db, room, at);
}

base::Result<void> check_offset(Connection& db, const Append& append) {
  auto last = db.query("SELECT last_offset, ended_at IS NULL FROM rooms WHERE id = ?");
  const auto row = last.bind(append.room.hex()).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "the store does not know this room");
  if (last.integer(1) == 0) return base::fail(base::ErrorCode::gone, "the log of this room has ended");
  if (last.count(0) + 1 != append.first_offset)
    return base::fail(base::ErrorCode::conflict, "the log of this room has gone on elsewhere");
  return {};
}

base::Result<void> insert_events(Connection& db, const Append& append) {
  const auto room = append.room.hex();
  auto offset = static_cast<std::int64_t>(append.first_offset);
  for (const auto& event : append.events) {
    auto done = db.query("INSERT INTO events (room, offset, at, name, body) VALUES (?, ?, ?, ?, ?)")
                    .bind(room)
                    .bind(offset++)
                    .bind(micros(append.at))
                    .bind(room::name_of(event))
                    .bind(base::write_json(room::to_json(event)))
                    .run();
    if (!done) return done;
  }
  return db.query("UPDATE rooms SET last_offset = ? WHERE id = ?").bind(offset - 1).bind(room).run();
}

// All of it or nothing: the writer gives each job a savepoint.
base::Result<void> append_events(Connection& db, const Append& append, bool& outgoing) {
  if (append.events.empty()) return {};
  if (const auto* opened = std::get_if<room::RoomOpened>(&append.events.front()))
    if (auto done = open_room(db, *opened); !done) return done;
  if (auto fits = check_offset(db, append); !fits) return fits;
  if (auto done = insert_events(db, append); !done) return done;
  for (const auto& row : append.archive)
    if (auto done = put_archive_row(db, row); !done) return done;
  if (const auto* ended = std::get_if<room::RoomEnded>(&append.events.back()))
    if (auto done = end_room(db, append.room, ended->at); !done) return done;
  const auto last = append.first_offset + append.events.size() - 1;
  const auto added = add_deliveries(
      db, {append.account, append.room, last, append.at, std::to_string(append.first_offset), append.outbox});
  if (!added) return std::unexpected(added.error());
  outgoing = *added;
  return {};
}

base::Result<void> find_latest_room(Connection& db, base::AccountId account, const std::string& external_id,
                                    RoomRef& ref) {
  auto rows = db.query(
      "SELECT id, epoch, last_offset, ended_at IS NOT NULL FROM rooms "
      "WHERE account = ? AND external_id = ? ORDER BY opened_at DESC, ended_at IS NULL DESC LIMIT 1");
  const auto row = rows.bind(account.hex()).bind(external_id).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "no meeting of that name");
  ref = {base::RoomId::parse(rows.text(0)).value_or(base::RoomId{}), rows.count(1), rows.count(2),
         rows.integer(3) != 0};
  return {};
}

base::Result<void> insert_snapshot(Connection& db, base::RoomId room, std::uint64_t offset,
                                   const std::string& state) {
  auto saved = db.query("INSERT INTO room_snapshots (room, offset, at, state) "
                        "SELECT room, offset, at, ? FROM events WHERE room = ? AND offset = ? "
                        "ON CONFLICT DO NOTHING RETURNING offset");
  const auto row = saved.bind(state).bind(room.hex()).bind(static_cast<std::int64_t>(offset)).step();
  if (!row) return std::unexpected(row.error());
  if (*row) return {};
  auto there = db.query("SELECT 1 FROM room_snapshots WHERE room = ? AND offset = ?");
  const auto known = there.bind(room.hex()).bind(static_cast<std::int64_t>(offset)).step();
  if (!known) return std::unexpected(known.error());
  if (!*known) return base::fail(base::ErrorCode::conflict, "a snapshot of what is not stored");
  return {};
}

} // namespace

void SqliteRoomLog::append(Append append, Completion<void> done) {
  auto outgoing = std::make_shared<bool>(false);
  writer_.submit(
      [append = std::move(append), outgoing](Connection& db) { return append_events(db, append, *outgoing); },
      [this, outgoing, done = std::move(done)](base::Result<void> result) mutable {
        const bool wake = result && *outgoing;
        done(std::move(result));
        if (wake) hooks_.wake();
      });
}

void SqliteRoomLog::load_running(Completion<std::vector<LoadedRoom>> done) {
  writer_.submit_for<std::vector<LoadedRoom>>(read_running, std::move(done));
}

void SqliteRoomLog::load(base::RoomId room, Completion<LoadedRoom> done) {
  writer_.submit_for<LoadedRoom>(
      [room](Connection& db, LoadedRoom& loaded) { return read_room(db, room, loaded); }, std::move(done));
}

void SqliteRoomLog::find_latest(base::AccountId account, std::string external_id, Completion<RoomRef> done) {
  writer_.submit_for<RoomRef>(
      [account, external_id = std::move(external_id)](Connection& db, RoomRef& ref) {
        return find_latest_room(db, account, external_id, ref);
      },
      std::move(done));
}

void SqliteRoomLog::save_snapshot(base::RoomId room, std::uint64_t offset, room::State state,
                                  Completion<void> done) {
  // Writing it as text is the writer's work, not the core's.
  writer_.submit(
      [room, offset, state = std::move(state)](Connection& db) {
        return insert_snapshot(db, room, offset, base::write_json(base::to_json(state)));
      },
      std::move(done));
}

void SqliteRoomLog::load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) {
  writer_.submit_for<std::vector<EndedToken>>(
      [since](Connection& db, std::vector<EndedToken>& tokens) { return read_ended(db, since, tokens); },
      std::move(done));
}

} // namespace plenum::store
