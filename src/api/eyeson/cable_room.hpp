// CableRoom: one meeting as the websockets of /rt hear it. Every event is turned into JSON once per audience
// (those who hear the same bytes: nearly always all observers, and all participants) and that one text is
// sent to all of it; what it costs to watch a room is a pointer per reader and event.
//
// A CableSeat is the right to be told; destroying it (also from inside a call) ends the calls, and the last
// one ends the room. Owner: seats. Thread: core. Source: eyeson-api 5.4, 5.7.
#pragma once

#include "api/eyeson/cable_feed.hpp"
#include "api/eyeson/cable_frames.hpp"
#include "api/eyeson/dialect.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace plenum::api::eyeson {

class CableListener {
 public:
  virtual ~CableListener() = default;
  virtual void hear(const std::shared_ptr<const std::string>& frame) = 0;
  virtual void meeting_over() = 0; // after the last frame
};

struct CableAudience {
  std::string identifier;
  std::string api;        // where links in documents lead
  bool observers = false; // else participants
  bool positions = false; // the extended protocol

  bool operator==(const CableAudience&) const = default;
};

class CableRoom;

class CableSeat {
 public:
  struct Entry {
    CableListener* listener = nullptr;
    base::MemberId member;
    std::uint64_t after = 0; // it knows everything up to this event
  };
  CableSeat() = default;
  CableSeat(std::shared_ptr<CableRoom> room, std::shared_ptr<Entry> entry)
      : room_(std::move(room)), entry_(std::move(entry)) {}
  CableSeat(CableSeat&&) noexcept = default;
  CableSeat& operator=(CableSeat&& other) noexcept {
    release();
    room_ = std::move(other.room_);
    entry_ = std::move(other.entry_);
    return *this;
  }
  ~CableSeat() { release(); }
  void release() {
    if (entry_) entry_->listener = nullptr;
    entry_.reset();
    room_.reset();
  }
  explicit operator bool() const { return entry_ != nullptr; }

 private:
  std::shared_ptr<CableRoom> room_;
  std::shared_ptr<Entry> entry_;
};

class CableRoom final : private hub::Subscriber, public std::enable_shared_from_this<CableRoom> {
 public:
  CableRoom(Dialect& dialect, base::RoomId room);
  // From the next event on, but not before the one behind `after`. `member`: the participant who listens,
  // none for observers.
  [[nodiscard]] CableSeat join(CableAudience audience, CableListener& listener, base::MemberId member,
                               std::uint64_t after);

 private:
  using Entries = std::vector<std::shared_ptr<CableSeat::Entry>>;
  struct Group {
    CableAudience audience;
    CableStream stream;
    Entries entries;
  };
  void on_event(std::uint64_t offset, const room::Event& event, const room::State& state) override;
  void on_volatile(const room::Volatile&, const room::State&) override {}
  static void tell(const Group& group, std::uint64_t offset, const CableNews& news);

  Dialect& dialect_;
  base::RoomId room_;
  hub::Subscription subscription_;
  std::deque<Group> groups_; // a few: as many as there are ways to be a client
};

// The rooms that somebody listens to.
class CableRooms {
 public:
  explicit CableRooms(Dialect& dialect) : dialect_(dialect) {}
  std::shared_ptr<CableRoom> of(base::RoomId room);

 private:
  Dialect& dialect_;
  std::unordered_map<base::RoomId, std::weak_ptr<CableRoom>> rooms_;
  std::size_t sweep_at_ = 64;
};

} // namespace plenum::api::eyeson
