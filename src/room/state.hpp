// State: one running meeting as a value, and nothing else. It changes only by `evolve` (evolve.hpp), so that
// replaying the log of a room gives the same State again.
//
// A member is one person or device that is known to the room: registered first (with an access token of its
// own), present while it has a seat. A leg is the transport that carries a present member; it may be lost or
// replaced without anybody seeing the member leave. What is only observed (who talks) is in live.hpp.
// Owner: hub (two copies: decided and published). Thread: core.
#pragma once

#include "base/ids.hpp"
#include "room/options.hpp"
#include "room/running.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::room {

using base::AccountId;
using base::MemberId;
using base::MessageId;
using base::PeerId;
using base::RoomId;
using base::WallTime;

enum class Phase { unopened, open, ended };
BOOST_DESCRIBE_ENUM(Phase, unopened, open, ended)

enum class EndReason { requested, idle, shutdown };
BOOST_DESCRIBE_ENUM(EndReason, requested, idle, shutdown)

// left: said so. lost: the connection did not come back within the grace time. no_media: its transport never
// came up. removed: by another member or the owner.
enum class LeaveReason { left, lost, no_media, removed, room_ended };
BOOST_DESCRIBE_ENUM(LeaveReason, left, lost, no_media, removed, room_ended)

struct Leg {
  PeerId id;                                 // empty: none
  bool connected = false;                    // media can flow now
  bool ever_connected = false;               // and could at least once
  std::optional<WallTime> transport_lost_at; // grace time runs
  std::optional<WallTime> signaling_lost_at; // grace time runs
  bool operator==(const Leg&) const = default;
};
BOOST_DESCRIBE_STRUCT(Leg, (), (id, connected, ever_connected, transport_lost_at, signaling_lost_at))

struct Member {
  MemberId id;
  std::string external_id; // chosen by the owner, else id.hex()
  std::string name;
  std::optional<std::string> avatar; // URL
  bool guest = false;
  json::object custom_fields;
  std::string access_token; // bearer secret: never into logs
  WallTime registered_at{};

  bool present = false;              // has a seat; stays true during the grace time
  std::uint64_t join_number = 0;     // order of joining among present members
  std::optional<WallTime> joined_at; // last time
  Leg leg;                           // of a present member
  std::string platform;              // what the client calls itself
  bool video_on = false;             // the member says that its camera or screen is live
  bool operator==(const Member&) const = default;
};
BOOST_DESCRIBE_STRUCT(Member, (),
                      (id, external_id, name, avatar, guest, custom_fields, access_token, registered_at,
                       present, join_number, joined_at, leg, platform, video_on))

// A place in the layout; members keep theirs while the grid allows it, also behind a presentation.
struct Seat {
  MemberId member; // empty: free, or a playback has it
  WallTime since{};
  std::string playback; // one that is a source of its own
  bool operator==(const Seat&) const = default;
};
BOOST_DESCRIBE_STRUCT(Seat, (), (member, since, playback))

// One spot of the picture, in spot order; z is its index. Neither member nor playback: background shows.
struct Tile {
  MemberId member;
  Rect rect;
  Fit fit = Fit::cover;
  std::string playback; // without a member: a source of its own; with one: shown instead of its video
  bool operator==(const Tile&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tile, (), (member, rect, fit, playback))

struct Message {
  MessageId id;
  MemberId from;
  std::string kind; // "chat", "custom" or a word of the application
  std::string content;
  WallTime at{};
  bool operator==(const Message&) const = default;
};
BOOST_DESCRIBE_STRUCT(Message, (), (id, from, kind, content, at))

struct State {
  RoomId id; // of this meeting
  AccountId account;
  std::string external_id; // of the name space that hosts one meeting at a time
  std::string name;
  std::string guest_token; // bearer secret: never into logs
  Phase phase = Phase::unopened;
  WallTime opened_at{};
  std::optional<WallTime> ended_at;
  EndReason end_reason = EndReason::requested;
  WallTime empty_since{}; // when the last present member left, or the opening

  RoomOptions options;
  bool locked = false;
  std::vector<Member> members; // in order of registration; leaving does not remove
  MemberId presenter;          // empty: nobody presents
  std::vector<Seat> seats;
  std::vector<Tile> tiles, previous_tiles; // the picture now and before its last change
  std::vector<Message> messages;           // newest last, bounded by kMessageTail and kMessageTailBytes

  std::vector<Recording> recordings; // of this meeting, oldest first; at most one is running
  std::vector<Snapshot> snapshots;   // of this meeting, oldest first; also those that are not taken yet
  std::vector<Broadcast> broadcasts;
  std::vector<Layer> layers, previous_layers; // in front first; and before their last change
  std::vector<Playback> playbacks;            // in order of their start
  std::vector<Forward> forwards;

  std::uint64_t joins = 0;
  std::uint64_t revision = 0; // events applied = offset of the last one in the room's log

  bool open() const { return phase == Phase::open; }
  const Member* find(MemberId member) const;
  const Member* find_ref(std::string_view member_or_external_id) const; // id first, then regular, then guest
  const Member* find_token(std::string_view access_token) const;
  std::vector<const Member*> present() const; // in order of joining
  std::size_t present_count() const;
  const Recording* running_recording() const;
  const Recording* find(RecordingId recording) const;
  const Snapshot* find(SnapshotId snapshot) const;
  const Playback* find_playback(std::string_view playback) const;
  const Forward* find_forward(std::string_view forward) const;
  bool operator==(const State&) const = default;
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (id, account, external_id, name, guest_token, phase, opened_at, ended_at, end_reason,
                       empty_since, options, locked, members, presenter, seats, tiles, previous_tiles,
                       messages, recordings, snapshots, broadcasts, layers, previous_layers, playbacks,
                       forwards, joins, revision))

inline constexpr std::size_t kMessageTail = 100;
inline constexpr std::size_t kMessageTailBytes = 256 * 1024;

} // namespace plenum::room
