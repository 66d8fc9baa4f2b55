// SqliteRoomLog: the event log of every room in SQLite. See ports.hpp for the contract. Owner: Store. Thread:
// core.
#pragma once

#include "store/ports.hpp"
#include "store/writer.hpp"

namespace plenum::store {

class SqliteRoomLog final : public RoomLog {
 public:
  explicit SqliteRoomLog(Writer& writer) : writer_(writer) {}

  void append(Append append, Completion<void> done) override;
  void load_running(Completion<std::vector<LoadedRoom>> done) override;
  void load_ended_tokens(base::WallTime since, Completion<std::vector<EndedToken>> done) override;

 private:
  Writer& writer_;
};

} // namespace plenum::store
