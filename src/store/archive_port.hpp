// Archive: recordings and snapshots of meetings, which outlive them.
//
// Rows travel in an Append (ports.hpp), so that an event and its row commit together; each row replaces the
// one of the same id. The store marks rows when their meeting ends. Owner: Store. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "room/running.hpp"
#include "store/completion.hpp"
#include "store/hooks_port.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::store {

struct ArchiveRow {
  enum class Kind { recording, snapshot } kind = Kind::recording;
  base::IdBits id;
  base::RoomId room;
  base::AccountId account;
  std::string room_external_id, room_name, guest_token;
  base::WallTime room_opened_at{};
  std::string by_external_id, by_name;
  std::optional<std::string> by_avatar;
  bool by_guest = false;
  base::WallTime by_joined_at{};
  base::WallTime created_at{};
  room::RecordingPhase phase{}; // a snapshot is ready
  std::uint32_t seconds = 0;
  std::string file;
  std::uint64_t bytes = 0;
  bool operator==(const ArchiveRow&) const = default;
};

struct ArchiveEntry : ArchiveRow {
  std::optional<base::WallTime> room_ended_at;
  bool operator==(const ArchiveEntry&) const = default;
};

struct ArchiveFilter {
  std::optional<base::WallTime> opened_at;                 // only of the meeting that opened then …
  base::Duration precision = std::chrono::milliseconds(1); // … [opened_at, opened_at + precision)
  std::optional<base::WallTime> since, until;              // created at or after, at or before
};

inline constexpr std::size_t kArchivePage = 25;

class Archive {
 public:
  virtual ~Archive() = default;
  virtual void find(ArchiveRow::Kind kind, base::IdBits id, Completion<ArchiveEntry> done) = 0; // not_found
  // Newest first; pages of kArchivePage, from 0. not_found: no meeting of that name is remembered.
  virtual void list(ArchiveRow::Kind kind, base::AccountId account, std::string room_external_id,
                    ArchiveFilter filter, std::size_t page, Completion<std::vector<ArchiveEntry>> done) = 0;
  // Answers what was removed: its file is the caller's to delete. not_found: also of another account.
  virtual void remove(ArchiveRow::Kind kind, base::IdBits id, base::AccountId account,
                      Completion<ArchiveEntry> done) = 0;
  // A recording became ready after its meeting had ended. not_found: none waits for its file (any more).
  virtual void finish(base::RecordingId id, std::uint32_t seconds, std::string file, std::uint64_t bytes,
                      std::vector<OutboxEvent> events, Completion<void> done) = 0;
  // Removes what was created before `older_than` (some hundreds at a time); answers it as `remove` does.
  virtual void expire(base::WallTime older_than, Completion<std::vector<ArchiveEntry>> done) = 0;
};

} // namespace plenum::store
