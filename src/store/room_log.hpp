// SqliteRoomLog: the event log of every room in SQLite. See ports.hpp for the contract. Owner: Store. Thread:
// core.
#pragma once

#include "store/hooks.hpp"
#include "store/ports.hpp"
#include "store/writer.hpp"

namespace plenum::store {

class SqliteRoomLog final : public RoomLog {
 public:
  SqliteRoomLog(Writer& writer, SqliteHooks& hooks) : writer_(writer), hooks_(hooks) {}

  void append(Append append, Completion<void> done) override;
  void load_running(Completion<std::vector<LoadedRoom>> done) override;
  void load(base::RoomId room, Completion<LoadedRoom> done) override;
  void find_latest(base::AccountId account, std::string external_id, Completion<RoomRef> done) override;
  void save_snapshot(base::RoomId room, std::uint64_t offset, room::State state,
                     Completion<void> done) override;
  void load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) override;

 private:
  Writer& writer_;
  SqliteHooks& hooks_;
};

} // namespace plenum::store
