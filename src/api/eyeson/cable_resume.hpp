// CableResume: what an observer missed, from the log of its meeting, up to the moment from which it can
// listen again.
//
// The position names the meeting, also one that has ended; then its rest is told, and nothing follows. Frames
// go out as fast as the reader takes them. Nothing is missed between the log and the live events: `live` says
// after which event to listen, which may be one that listeners are still to hear of. Destroying it ends the
// calls; `done` may do that. Owner: CableSession. Thread: core. Source: eyeson-api 5.4.6; @anycable/core.
#pragma once

#include "api/eyeson/cable_frames.hpp"
#include "api/eyeson/dialect.hpp"
#include "hub/replay.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace plenum::api::eyeson {

// Positions of two meetings, or of one meeting in two stores, are never compared.
std::string epoch_name(base::RoomId room, std::uint64_t epoch);

struct CableMark { // where a reader says that it is
  base::RoomId room;
  std::string epoch;
  CablePosition position;
};
// From `history` of a subscribe or history command; none: it names no position in this stream.
std::optional<CableMark> mark_in(const json::value& history, std::string_view stream);

class CableResume {
 public:
  static constexpr base::Duration kPause = std::chrono::milliseconds(20); // between looks at a busy reader
  static constexpr base::Duration kPatience = std::chrono::seconds(10);   // with one that takes nothing

  enum class End { live, over, refused, too_slow };
  struct Calls {
    std::move_only_function<bool()> ready; // the reader can take more
    std::move_only_function<void(const std::string& message, CablePosition)> missed;
    std::move_only_function<void(End, std::uint64_t last_event)> done;
  };
  // Only meetings of this account and name; `api`: where links lead.
  CableResume(Dialect& dialect, base::AccountId account, std::string external_id, std::string api,
              CableMark mark, Calls calls);
  CableResume(const CableResume&) = delete;
  CableResume& operator=(const CableResume&) = delete;
  ~CableResume() { *alive_ = false; }

 private:
  void load();
  void take(const hub::Replay& replay);
  void pump();
  void finish(End end);

  struct Missed {
    std::string message;
    CablePosition position;
  };
  Dialect& dialect_;
  base::AccountId account_;
  std::string external_id_, api_;
  CableMark mark_;
  Calls calls_;
  std::deque<Missed> missed_;
  std::uint64_t last_ = 0;
  bool ended_ = false;
  base::Timestamp moved_; // when the reader last took something
  base::Executor::Timer pause_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace plenum::api::eyeson
