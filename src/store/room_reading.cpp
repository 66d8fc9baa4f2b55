#include "store/room_reading.hpp"

#include "base/json_described.hpp"
#include "base/log.hpp"

#include <map>

namespace plenum::store {

namespace log = base::log;

namespace {

constexpr base::JsonLimits kStored{64 << 20, 64}; // our own words, therefore wide

base::Result<room::Event> read_event(const Query& row, int name_column) {
  const auto body = base::parse_json(row.text(name_column + 1), kStored);
  if (!body) return std::unexpected(body.error());
  return room::event_from_json(row.text(name_column), *body);
}

base::Result<room::State> read_state(const std::string& text) {
  const auto body = base::parse_json(text, kStored);
  if (!body) return std::unexpected(body.error());
  room::State state;
  if (auto read = base::from_json(*body, state); !read) return std::unexpected(read.error());
  return state;
}

// The events after `offset`, in order and without a gap.
base::Result<void> read_tail(Connection& db, const std::string& room, std::uint64_t offset,
                             room::Events& events) {
  auto rows = db.query("SELECT offset, name, body FROM events WHERE room = ? AND offset > ? ORDER BY offset");
  rows.bind(room).bind(static_cast<std::int64_t>(offset));
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (rows.count(0) != ++offset)
      return base::fail(base::ErrorCode::gone, "the beginning of this log is forgotten");
    auto event = read_event(rows, 1);
    if (!event) return std::unexpected(std::move(event.error()).context("unreadable event"));
    events.push_back(std::move(*event));
  }
}

// The newest snapshot, or the oldest one from which on the log is whole. No row: false.
base::Result<bool> read_snapshot(Query rows, const std::string& room, LoadedRoom& loaded) {
  const auto row = rows.bind(room).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return false;
  auto state = read_state(rows.text(1));
  if (!state) return std::unexpected(std::move(state.error()).context("unreadable snapshot"));
  loaded.first_offset = rows.count(0) + 1;
  loaded.snapshot = std::move(*state);
  return true;
}

base::Result<void> read_newest(Connection& db, const std::string& room, LoadedRoom& loaded) {
  const auto found = read_snapshot(
      db.query("SELECT offset, state FROM room_snapshots WHERE room = ? ORDER BY offset DESC LIMIT 1"), room,
      loaded);
  if (!found) // perhaps of another version: the whole log says the same, if it is still there
    log::warn("store", "snapshot not read", "room", room, "error", found.error().text);
  return read_tail(db, room, loaded.first_offset - 1, loaded.events);
}

base::Result<void> read_whole(Connection& db, const std::string& room, LoadedRoom& loaded) {
  const auto found = read_snapshot(
      db.query("SELECT s.offset, s.state FROM room_snapshots s WHERE s.room = ?1 AND s.offset + 1 >= "
               "(SELECT COALESCE(MIN(e.offset), 1) FROM events e WHERE e.room = ?1) "
               "AND (SELECT MIN(e.offset) FROM events e WHERE e.room = ?1) > 1 ORDER BY s.offset LIMIT 1"),
      room, loaded);
  if (!found) return std::unexpected(found.error());
  return read_tail(db, room, loaded.first_offset - 1, loaded.events);
}

void add_tokens(const room::State& state, base::WallTime ended_at, std::vector<EndedToken>& tokens) {
  tokens.push_back({state.guest_token, TokenKind::guest, state.id, ended_at});
  for (const auto& member : state.members)
    tokens.push_back({member.access_token, TokenKind::access, state.id, ended_at});
}

// Tokens whose events are forgotten, because their meeting ran for longer than events are kept.
base::Result<void> read_tokens_of_snapshots(Connection& db, base::WallTime since,
                                            std::vector<EndedToken>& tokens) {
  auto rows = db.query("SELECT r.ended_at, s.state, MIN(s.offset) FROM rooms r "
                       "JOIN room_snapshots s ON s.room = r.id WHERE r.ended_at >= ? AND NOT EXISTS "
                       "(SELECT 1 FROM events e WHERE e.room = r.id AND e.offset = 1) GROUP BY r.id");
  rows.bind_time(since);
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (const auto state = read_state(rows.text(1))) add_tokens(*state, rows.time(0), tokens);
  }
}

} // namespace

base::Result<void> read_running(Connection& db, std::vector<LoadedRoom>& rooms) {
  std::vector<std::pair<base::RoomId, std::uint64_t>> running;
  {
    auto rows = db.query("SELECT id, epoch FROM rooms WHERE ended_at IS NULL ORDER BY opened_at, id");
    for (;;) {
      const auto row = rows.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      running.emplace_back(base::RoomId::parse(rows.text(0)).value_or(base::RoomId{}), rows.count(1));
    }
  }
  for (const auto& [id, epoch] : running) {
    LoadedRoom loaded;
    loaded.room = id;
    loaded.epoch = epoch;
    if (const auto read = read_newest(db, id.hex(), loaded)) {
      rooms.push_back(std::move(loaded));
    } else {
      log::error("store", "room not restored", "room", id.hex(), "error", read.error().text);
    }
  }
  return {};
}

base::Result<void> read_room(Connection& db, base::RoomId room, LoadedRoom& loaded) {
  auto rows = db.query("SELECT epoch, ended_at FROM rooms WHERE id = ?");
  const auto row = rows.bind(room.hex()).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::ErrorCode::not_found, "no such meeting");
  loaded.room = room;
  loaded.epoch = rows.count(0);
  loaded.ended_at = rows.optional_time(1);
  return read_whole(db, room.hex(), loaded);
}

base::Result<void> read_ended(Connection& db, base::WallTime since, std::vector<EndedToken>& tokens) {
  auto rows = db.query("SELECT r.ended_at, r.id, e.name, e.body FROM rooms r JOIN events e ON e.room = r.id "
                       "WHERE r.ended_at >= ? AND e.name IN ('room_opened', 'member_registered') "
                       "ORDER BY r.ended_at");
  rows.bind_time(since);
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const auto room = base::RoomId::parse(rows.text(1)).value_or(base::RoomId{});
    const auto event = read_event(rows, 2);
    if (!event) continue;
    if (const auto* opened = std::get_if<room::RoomOpened>(&*event))
      tokens.push_back({opened->guest_token, TokenKind::guest, room, rows.time(0)});
    if (const auto* registered = std::get_if<room::MemberRegistered>(&*event))
      tokens.push_back({registered->access_token, TokenKind::access, room, rows.time(0)});
  }
  return read_tokens_of_snapshots(db, since, tokens);
}

} // namespace plenum::store
