#include "store/retention.hpp"

namespace plenum::store {

namespace {

// In one call: a few milliseconds of the writer's time.
constexpr std::uint64_t kMostEvents = 2000;
constexpr std::int64_t kMostRooms = 50;
constexpr std::int64_t kMostLetters = 500;

struct Ripe {
  std::string room;
  std::uint64_t first = 0, last = 0; // offsets
};

// Events first … last of a room, as far as the piece allows; true when all are gone.
base::Result<bool> delete_events(Connection& db, const Ripe& ripe, Forgotten& forgotten) {
  const auto room_for = kMostEvents - std::min(kMostEvents, forgotten.events);
  const auto count = std::min(ripe.last - ripe.first + 1, room_for);
  auto removed = db.query("DELETE FROM events WHERE room = ? AND offset >= ? AND offset < ?")
                     .bind(ripe.room)
                     .bind(static_cast<std::int64_t>(ripe.first))
                     .bind(static_cast<std::int64_t>(ripe.first + count))
                     .run();
  if (!removed) return std::unexpected(removed.error());
  forgotten.events += count;
  return count == ripe.last - ripe.first + 1;
}

base::Result<std::vector<Ripe>> read_ripe(Query& rows) {
  std::vector<Ripe> ripe;
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return ripe;
    ripe.push_back({rows.text(0), rows.count(1), rows.count(2)});
  }
}

base::Result<void> delete_room(Connection& db, const std::string& room) {
  if (auto done = db.query("DELETE FROM room_snapshots WHERE room = ?").bind(room).run(); !done) return done;
  return db.query("DELETE FROM rooms WHERE id = ?").bind(room).run();
}

base::Result<void> forget_rooms(Connection& db, base::WallTime before, Forgotten& forgotten) {
  auto rows = db.query("SELECT r.id, (SELECT MIN(offset) FROM events e WHERE e.room = r.id), r.last_offset "
                       "FROM rooms r WHERE r.ended_at < ? ORDER BY r.ended_at LIMIT ?");
  const auto ripe = read_ripe(rows.bind_time(before).bind(kMostRooms));
  if (!ripe) return std::unexpected(ripe.error());
  for (const auto& room : *ripe) {
    if (room.first > 0) { // NULL reads as 0: no events are left
      const auto whole = delete_events(db, room, forgotten);
      if (!whole) return std::unexpected(whole.error());
      if (!*whole) {
        forgotten.more = true;
        return {};
      }
    }
    if (auto done = delete_room(db, room.room); !done) return done;
    ++forgotten.rooms;
  }
  if (ripe->size() == static_cast<std::size_t>(kMostRooms)) forgotten.more = true;
  return {};
}

// Running meetings: up to the newest snapshot that is old enough. That snapshot stays, as the beginning of
// what is left; older ones serve nobody.
base::Result<void> forget_beginnings(Connection& db, base::WallTime before, Forgotten& forgotten) {
  auto rows =
      db.query("SELECT r.id, (SELECT MIN(e.offset) FROM events e WHERE e.room = r.id) AS first, "
               "(SELECT MAX(s.offset) FROM room_snapshots s WHERE s.room = r.id AND s.at < ?) AS last "
               "FROM rooms r WHERE r.ended_at IS NULL AND last >= first ORDER BY r.opened_at");
  const auto ripe = read_ripe(rows.bind_time(before));
  if (!ripe) return std::unexpected(ripe.error());
  for (const auto& room : *ripe) {
    const auto whole = delete_events(db, room, forgotten);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) {
      forgotten.more = true;
      return {};
    }
    auto done = db.query("DELETE FROM room_snapshots WHERE room = ? AND offset < ?")
                    .bind(room.room)
                    .bind(static_cast<std::int64_t>(room.last))
                    .run();
    if (!done) return done;
  }
  return {};
}

base::Result<void> forget_letters(Connection& db, base::WallTime before, Forgotten& forgotten) {
  auto rows = db.query("DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries WHERE parked_at < ? "
                       "ORDER BY parked_at LIMIT ?) RETURNING seq");
  rows.bind_time(before).bind(kMostLetters);
  for (;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    ++forgotten.dead_letters;
  }
  if (forgotten.dead_letters == static_cast<std::uint64_t>(kMostLetters)) forgotten.more = true;
  return {};
}

} // namespace

void SqliteRetention::forget(Keep keep, Completion<Forgotten> done) {
  writer_.submit_for<Forgotten>(
      [keep](Connection& db, Forgotten& forgotten) -> base::Result<void> {
        if (auto rooms = forget_rooms(db, keep.rooms, forgotten); !rooms) return rooms;
        if (auto begun = forget_beginnings(db, keep.events, forgotten); !begun) return begun;
        return forget_letters(db, keep.dead_letters, forgotten);
      },
      std::move(done));
}

} // namespace plenum::store
