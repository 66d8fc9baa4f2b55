// Director: keeps one media worker per room in step with the room's Scene, and asks it about peers.
//
// A worker is taken when the first member joins and given back when the room ends. Whenever the link comes
// up, the whole wish goes over (SyncRequest), then what waited. Scenes are coalesced: however much changes in
// one turn of the loop, one Scene is sent. Requests have a deadline. When a worker dies, another one takes
// its place under the same names and says which legs go on with it (LegsInherited); only the others are
// reported lost, and all of them when it says nothing. Three deaths within a minute are blamed on the last
// input: nothing of it reaches a decoder any more (quarantine). Owner: hub. Thread: core.
// docs/architecture.md, 5.3.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/calls.hpp"
#include "hub/door_port.hpp"
#include "hub/workers.hpp"
#include "link/messages.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace plenum::hub {

// What the director asks of and reports to its owner.
class DirectorOwner {
 public:
  virtual ~DirectorOwner() = default;
  virtual bool has_room(base::RoomId room) const = 0; // and it is open
  virtual link::Scene scene_of(base::RoomId room) const = 0;
  virtual std::vector<base::PeerId> legs_of(base::RoomId room) const = 0;
  virtual void on_fact(base::RoomId room, const link::FromWorker& fact) = 0;
  virtual void on_legs_lost(base::RoomId room, const std::vector<base::PeerId>& lost) = 0;
  // They go on in another worker, without what died with the first one: their data channels.
  virtual void on_legs_continued(base::RoomId room, const std::vector<base::PeerId>& legs) = 0;
};

struct DirectorOptions {
  std::vector<link::MediaAddress> addresses;
  std::string video_codec = "vp8";
  base::Duration deadline = std::chrono::seconds(10);
  base::Duration succession = std::chrono::seconds(3); // death to LegsInherited, else the legs are lost
  bool continue_in_place = true;
};

class Director final : public WorkerOwner {
 public:
  using Answered = Completion<link::PeerAnswer>;
  using Offered = Completion<link::PeerOffer>;

  Director(const base::Env& env, base::Executor& executor, WorkerPool& workers, DoorPort& door,
           DirectorOptions options, DirectorOwner& owner);
  ~Director() override;

  void changed(base::RoomId room); // its Scene may be another one
  void ended(base::RoomId room);
  bool has_worker(base::RoomId room) const;

  // The request number of the message is filled in. Errors: unavailable, timeout, and the worker's refusals
  // (invalid, not_found, unavailable, internal).
  void open(base::RoomId room, link::OpenPeer message, Answered done);
  void update(base::RoomId room, link::UpdatePeer message, Answered done);
  void offer(base::RoomId room, link::OfferPeer message, Offered done);
  void tell(base::RoomId room, const link::ToWorker& message); // dropped without a worker

  // Sums over all workers that are or were, for the metrics page.
  std::vector<base::Sample> samples() const;

 private:
  bool adopted(WorkerId worker, const link::SyncState& state) override;
  void link_up(WorkerId worker) override;
  void received(WorkerId worker, link::FromWorker message) override;
  void gone(WorkerId worker, const std::string& why) override;

  struct Quarantine {
    bool audio = false; // video always
  };
  struct Media {
    WorkerId worker = 0;
    bool linked = false;
    std::uint64_t sent_revision = 0;
    std::vector<link::ToWorker> waiting; // until the link is up; at most kMostWaiting
    std::deque<base::Timestamp> deaths;  // of the last minute
    std::vector<base::PeerId> orphans;   // legs of a dead worker that wait for its successor
    base::Executor::Timer patience;      // for it
    base::Timestamp died{};
    std::map<base::PeerId, Quarantine> quarantined; // bounded by the legs of the room
  };
  struct Request {
    base::RoomId room;
    base::PeerId peer;
    bool opens = false;
    std::variant<Answered, Offered> done;
    base::Executor::Timer deadline;
  };
  using Totals = std::map<std::pair<std::string, std::string>, std::pair<bool, std::int64_t>>;
  static constexpr std::size_t kMostWaiting = 1024;
  static constexpr std::size_t kMostRequests = 4096;
  static constexpr std::size_t kDeathsPerMinute = 3;

  base::Result<void> ensure(base::RoomId room);
  void assign(base::RoomId room, Media& media, WorkerId worker);
  base::RoomId room_of(WorkerId worker) const;
  void ask(base::RoomId room, link::ToWorker message, std::uint64_t number, Request request);
  void fail(std::uint64_t number, base::Error error);
  void complete(std::uint64_t number, link::FromWorker& message);
  void flush();
  void compare(base::RoomId room, const link::SyncState& state);
  void inherited(base::RoomId room, const link::LegsInherited& fact);
  void give_up_orphans(base::RoomId room);
  bool quarantine_last_input(base::RoomId room, Media& media); // false: nothing is left to blame
  link::Scene scene_for(base::RoomId room);
  void keep_statistics(WorkerId worker, const link::WorkerStats& stats);

  base::Env env_;
  base::Executor& executor_;
  WorkerPool& workers_;
  DoorPort& door_;
  DirectorOptions options_;
  DirectorOwner& owner_;
  std::unordered_map<base::RoomId, Media> rooms_;
  std::map<std::uint64_t, Request> requests_;
  std::uint64_t last_request_ = 0;
  std::set<base::RoomId> changed_;
  std::map<WorkerId, Totals> statistics_;
  Totals past_; // counters of workers that are no more
  base::Counter &continued_, &reopened_, &lost_, &quarantines_;
  base::Gauge& last_repair_ms_; // death to LegsInherited
  base::Counter& dropped_;      // messages for a worker whose link stays down
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The names that a room's worker may register at the door.
std::string ufrag_prefix(base::RoomId room);

} // namespace plenum::hub
