// Hub: the use cases of all dialects, and the only door to rooms.
//
// A command goes authorize → decide → append → evolve → publish → reply. Deciding happens at once on the
// newest decided state; publishing and replying happen after the commit, in order. Completions always run
// later, on the core thread, never inside the call. What an event means to hooks and to the archive is stored
// with it. `Directory` answers questions from the published states;
// pointers and references from it are valid until the caller returns to the event loop. Calls are in
// calls.hpp, subscribing in fanout.hpp. Owner: apps. Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/calls.hpp"
#include "hub/door_port.hpp"
#include "hub/fanout.hpp"
#include "hub/hook_view.hpp"
#include "hub/replay.hpp"
#include "hub/tokens.hpp"
#include "hub/workers.hpp"
#include "room/decide.hpp"
#include "store/ports.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::hub {

struct HubOptions {
  room::Limits limits;
  room::Capabilities capabilities;           // of the media behind us
  std::size_t rooms = 200;                   // open at the same time
  std::vector<link::MediaAddress> addresses; // where clients reach media
  std::string video_codec = "vp8";           // preferred outgoing codec: vp8 or h264
  bool continue_in_place = true;             // live calls outlive their media process (architecture 5.3)
  base::Duration remember_tokens = std::chrono::hours(24);
  base::Duration request_deadline = std::chrono::seconds(10);
  std::uint64_t snapshot_every = 500; // events of a room, between two states that are stored
};

struct AccountInfo {
  base::AccountId id;
  std::string name;
};

// Who asks. The account of the room may do everything; a member acts for itself; media reports what became of
// recordings, playbacks and the like, and nothing else.
struct Principal {
  base::AccountId account; // set for the owner
  base::MemberId member;   // set for a member
  bool reports = false;    // media

  static Principal owner(base::AccountId id) { return {id, {}, false}; }
  static Principal of(base::MemberId id) { return {{}, id, false}; }
  static Principal media() { return {{}, {}, true}; }
};

struct OpenRequest {
  base::AccountId account;
  std::string external_id; // empty: generated
  std::string name;        // empty: the account's name; only used at the opening
  room::OptionsPatch options;
  room::RoomOptions defaults; // what the patch changes; only used at the opening
  room::Identity identity;    // of a regular member
  std::string guest_token;    // a permanent one; empty: drawn; only used at the opening
};

struct Entered {
  base::RoomId room;
  base::MemberId member;
  bool opened = false; // this call opened the meeting
};

struct Committed {
  std::uint64_t offset = 0; // of the last event; unchanged when nothing happened
  room::Events events;
};

class Directory {
 public:
  virtual ~Directory() = default;
  virtual const room::State* find(base::RoomId room) const = 0; // open, or ended in this very moment
  virtual const room::State* find(base::AccountId account,
                                  std::string_view external_id) const = 0;             // open ones
  virtual std::vector<const room::State*> list(base::AccountId account) const = 0;     // open, newest first
  virtual base::Result<AccessGrant> by_access_token(std::string_view token) const = 0; // not_found, gone
  virtual base::Result<base::RoomId> by_guest_token(std::string_view token) const = 0; // not_found, gone
  virtual const room::Live* live(base::RoomId room) const = 0;
  virtual std::optional<AccountInfo> account_by_key(std::string_view api_key) const = 0;
  virtual std::optional<AccountInfo> account(base::AccountId id) const = 0;
  virtual std::size_t open_rooms() const = 0;
  virtual std::uint64_t epoch(base::RoomId room) const = 0; // of its log
};

class Hub {
 public:
  Hub(const base::Env& env, base::Executor& executor, store::RoomLog& log, store::Accounts& accounts,
      store::Archive& archive, WorkerPool& workers, DoorPort& door, HubOptions options);
  ~Hub();

  // How events are told to hooks; before `start`. Without one nobody is told.
  void set_hook_view(HookView& view);

  // Loads what runs, then adopts workers. Before its completion nothing else may be called.
  void start(Completion<void> done);
  // No new rooms. keep_media false: every meeting ends (EndReason::shutdown), then `done`.
  void shutdown(bool keep_media, Completion<void> done);

  // Opens a meeting in the account's name space `external_id`, or joins the running one; registers the
  // member. Errors: invalid (name blank or too long, layout), locked, unavailable (limits).
  void open_or_join(OpenRequest request, Completion<Entered> done);
  // Errors: not_found, gone (token), not_allowed (no guests here), locked, invalid, unavailable.
  void register_guest(std::string_view guest_token, room::Identity identity, Completion<Entered> done);

  // Errors: not_found, gone (room), forbidden (not your room, not yourself), and those of room::decide. A
  // recording may become ready after its meeting has ended: then only the archive and hooks hear of it.
  // The caller fills member ids of commands; ids of what begins (message, recording, playback …) may be
  // empty.
  void dispatch(base::RoomId room, room::Command command, Principal principal, Completion<Committed> done);

  // What happened after an offset, also in a meeting that has ended. Events may be in it that subscribers are
  // still to hear of. Errors: not_found (meeting unknown or forgotten, offset not reached), gone (that part
  // is forgotten).
  void replay(base::RoomId room, std::uint64_t after_offset, Completion<Replay> done);
  // The newest meeting of that name, running or ended. not_found: none is remembered.
  void find_latest(base::AccountId account, std::string external_id, Completion<store::RoomRef> done);

  // `member`: also deliver the data channel of this member's leg.
  [[nodiscard]] Subscription subscribe(base::RoomId room, Subscriber& subscriber, base::MemberId member = {});

  // A client shows that somebody is about to join: the idle time starts anew.
  void touch(base::RoomId room);

  // Counters and gauges of all media workers, summed, for the metrics page.
  std::vector<base::Sample> worker_samples() const;

  const Directory& directory() const;
  Calls& calls();
  store::Archive& archive(); // recordings and still pictures, also of ended meetings

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

} // namespace plenum::hub
