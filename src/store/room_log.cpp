#include "store/room_log.hpp"

#include "base/log.hpp"

namespace plenum::store {

namespace log = base::log;

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

base::Result<void> append_events(Connection& db, const Append& append) {
  const auto room = append.room.hex();
  if (append.events.empty()) return {};
  if (const auto* opened = std::get_if<room::RoomOpened>(&append.events.front()))
    if (auto done = open_room(db, *opened); !done) return done;

  auto last = db.query("SELECT last_offset, ended_at IS NULL FROM rooms WHERE id = ?");
  const auto row = last.bind(room).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "the store does not know this room");
  if (last.integer(1) == 0) return base::fail(base::ErrorCode::gone, "the log of this room has ended");
  if (static_cast<std::uint64_t>(last.integer(0)) + 1 != append.first_offset)
    return base::fail(base::ErrorCode::conflict, "the log of this room has gone on elsewhere");

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
  auto done = db.query("UPDATE rooms SET last_offset = ? WHERE id = ?").bind(offset - 1).bind(room).run();
  if (!done) return done;
  if (const auto* ended = std::get_if<room::RoomEnded>(&append.events.back()))
    return db.query("UPDATE rooms SET ended_at = ? WHERE id = ?").bind(micros(ended->at)).bind(room).run();
  return {};
}

base::Result<room::Event> read_event(const Query& row, int name_column) {
  const auto body = base::parse_json(row.text(name_column + 1), {8 << 20, 64});
  if (!body) return std::unexpected(body.error());
  return room::event_from_json(row.text(name_column), *body);
}

// A room whose log cannot be read is left alone (and reported), so that the others come up.
base::Result<void> read_running(Connection& db, std::vector<LoadedRoom>& rooms) {
  auto rows = db.query("SELECT e.room, e.name, e.body FROM events e JOIN rooms r ON r.id = e.room "
                       "WHERE r.ended_at IS NULL ORDER BY r.opened_at, e.room, e.offset");
  base::RoomId broken;
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const auto id = base::RoomId::parse(rows.text(0)).value_or(base::RoomId{});
    if (id == broken) continue;
    auto event = read_event(rows, 1);
    if (!event) {
      log::error("store", "unreadable event, room not restored", "room", id.hex(), "error",
                 event.error().text);
      broken = id;
      if (!rooms.empty() && rooms.back().room == id) rooms.pop_back();
      continue;
    }
    if (rooms.empty() || rooms.back().room != id) rooms.push_back({id, {}});
    rooms.back().events.push_back(std::move(*event));
  }
}

base::Result<void> read_ended(Connection& db, base::WallTime since, std::vector<EndedToken>& tokens) {
  auto rows = db.query("SELECT r.ended_at, r.id, e.name, e.body FROM rooms r JOIN events e ON e.room = r.id "
                       "WHERE r.ended_at >= ? AND e.name IN ('room_opened', 'member_registered') "
                       "ORDER BY r.ended_at");
  rows.bind(micros(since));
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const base::WallTime at{base::Duration(rows.integer(0))};
    const auto room = base::RoomId::parse(rows.text(1)).value_or(base::RoomId{});
    const auto event = read_event(rows, 2);
    if (!event) continue;
    if (const auto* opened = std::get_if<room::RoomOpened>(&*event))
      tokens.push_back({opened->guest_token, TokenKind::guest, room, at});
    if (const auto* registered = std::get_if<room::MemberRegistered>(&*event))
      tokens.push_back({registered->access_token, TokenKind::access, room, at});
  }
}

// Work that yields a value on the writer's thread and hands it over with the commit.
template <class T, class Read>
void read(Writer& writer, Read work, Completion<T> done) {
  auto value = std::make_shared<T>();
  writer.submit([value, work = std::move(work)](Connection& db) mutable { return work(db, *value); },
                [value, done = std::move(done)](base::Result<void> result) mutable {
                  if (!result) return done(std::unexpected(result.error()));
                  done(std::move(*value));
                });
}

} // namespace

void SqliteRoomLog::append(Append append, Completion<void> done) {
  writer_.submit([append = std::move(append)](Connection& db) { return append_events(db, append); },
                 std::move(done));
}

void SqliteRoomLog::load_running(Completion<std::vector<LoadedRoom>> done) {
  read<std::vector<LoadedRoom>>(writer_, read_running, std::move(done));
}

void SqliteRoomLog::load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) {
  read<std::vector<EndedToken>>(
      writer_,
      [since](Connection& db, std::vector<EndedToken>& tokens) { return read_ended(db, since, tokens); },
      std::move(done));
}

} // namespace plenum::store
