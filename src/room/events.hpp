// What happened in a room. The log of these is the single source: everything else (observers, feeds, history,
// recovery) reads it. Each event has a stable stored name; new members get defaults, so that old logs replay.
// Owner: value. Thread: any.
#pragma once

#include "room/state.hpp"

#include <boost/describe.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace plenum::room {

struct RoomOpened {
  static constexpr std::string_view kName = "room_opened";
  RoomId room;
  AccountId account;
  std::string external_id, name, guest_token;
  RoomOptions options;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(RoomOpened, (), (room, account, external_id, name, guest_token, options, at))

struct MemberRegistered {
  static constexpr std::string_view kName = "member_registered";
  MemberId member;
  std::string external_id, name;
  std::optional<std::string> avatar;
  bool guest = false;
  json::object custom_fields;
  std::string access_token;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(MemberRegistered, (),
                      (member, external_id, name, avatar, guest, custom_fields, access_token, at))

struct MemberRenamed {
  static constexpr std::string_view kName = "member_renamed";
  MemberId member;
  std::string name;
  std::optional<std::string> avatar;
};
BOOST_DESCRIBE_STRUCT(MemberRenamed, (), (member, name, avatar))

struct MemberJoined {
  static constexpr std::string_view kName = "member_joined";
  MemberId member;
  PeerId leg;
  std::string platform;
  bool video_on = false;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(MemberJoined, (), (member, leg, platform, video_on, at))

// The same member again: nobody else sees it leave or join. Whoever speaks for leg `old` is out.
struct LegReplaced {
  static constexpr std::string_view kName = "leg_replaced";
  MemberId member;
  PeerId leg, old;
  std::string platform;
  bool video_on = false;
};
BOOST_DESCRIBE_STRUCT(LegReplaced, (), (member, leg, old, platform, video_on))

struct LegConnected {
  static constexpr std::string_view kName = "leg_connected";
  MemberId member;
  PeerId leg;
};
BOOST_DESCRIBE_STRUCT(LegConnected, (), (member, leg))

struct LegLost { // the seat stays for the grace time
  static constexpr std::string_view kName = "leg_lost";
  MemberId member;
  PeerId leg;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(LegLost, (), (member, leg, at))

struct SignalingLost { // the seat stays for the grace time
  static constexpr std::string_view kName = "signaling_lost";
  MemberId member;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(SignalingLost, (), (member, at))

struct SignalingRestored {
  static constexpr std::string_view kName = "signaling_restored";
  MemberId member;
};
BOOST_DESCRIBE_STRUCT(SignalingRestored, (), (member))

struct MemberLeft {
  static constexpr std::string_view kName = "member_left";
  MemberId member;
  PeerId leg; // the one it had
  LeaveReason reason = LeaveReason::left;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(MemberLeft, (), (member, leg, reason, at))

struct VideoSwitched {
  static constexpr std::string_view kName = "video_switched";
  MemberId member;
  bool on = false;
};
BOOST_DESCRIBE_STRUCT(VideoSwitched, (), (member, on))

struct MuteRequested { // to everybody but `from`
  static constexpr std::string_view kName = "mute_requested";
  MemberId from;
};
BOOST_DESCRIBE_STRUCT(MuteRequested, (), (from))

struct PresentationStarted {
  static constexpr std::string_view kName = "presentation_started";
  MemberId member;
};
BOOST_DESCRIBE_STRUCT(PresentationStarted, (), (member))

struct PresentationEnded {
  static constexpr std::string_view kName = "presentation_ended";
  MemberId member;
};
BOOST_DESCRIBE_STRUCT(PresentationEnded, (), (member))

// The picture from now on; State::previous_tiles keeps the one before. Always the last event of its cause.
struct LayoutChanged {
  static constexpr std::string_view kName = "layout_changed";
  std::vector<Seat> seats;
  std::vector<Tile> tiles;
};
BOOST_DESCRIBE_STRUCT(LayoutChanged, (), (seats, tiles))

struct MessageSent {
  static constexpr std::string_view kName = "message_sent";
  Message message;
};
BOOST_DESCRIBE_STRUCT(MessageSent, (), (message))

struct RoomLocked {
  static constexpr std::string_view kName = "room_locked";
  MemberId by;
};
BOOST_DESCRIBE_STRUCT(RoomLocked, (), (by))

struct RoomUnlocked {
  static constexpr std::string_view kName = "room_unlocked";
  MemberId by; // empty: the owner
};
BOOST_DESCRIBE_STRUCT(RoomUnlocked, (), (by))

struct OptionsChanged {
  static constexpr std::string_view kName = "options_changed";
  RoomOptions options; // all of them
};
BOOST_DESCRIBE_STRUCT(OptionsChanged, (), (options))

struct RecordingStarted {
  static constexpr std::string_view kName = "recording_started";
  Recording recording;
};
BOOST_DESCRIBE_STRUCT(RecordingStarted, (), (recording))

struct RecordingStopped { // its file comes later
  static constexpr std::string_view kName = "recording_stopped";
  RecordingId id;
  WallTime at{};
  std::uint32_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(RecordingStopped, (), (id, at, seconds))

struct RecordingReady {
  static constexpr std::string_view kName = "recording_ready";
  RecordingId id;
  std::uint32_t seconds = 0;
  std::string file;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(RecordingReady, (), (id, seconds, file, bytes))

struct RecordingFailed {
  static constexpr std::string_view kName = "recording_failed";
  RecordingId id;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(RecordingFailed, (), (id, why))

struct BroadcastStarted {
  static constexpr std::string_view kName = "broadcast_started";
  Broadcast broadcast;
};
BOOST_DESCRIBE_STRUCT(BroadcastStarted, (), (broadcast))

struct BroadcastChanged {
  static constexpr std::string_view kName = "broadcast_changed";
  std::string id, player_url;
};
BOOST_DESCRIBE_STRUCT(BroadcastChanged, (), (id, player_url))

struct BroadcastEnded {
  static constexpr std::string_view kName = "broadcast_ended";
  std::string id;
};
BOOST_DESCRIBE_STRUCT(BroadcastEnded, (), (id))

struct SnapshotWanted {
  static constexpr std::string_view kName = "snapshot_wanted";
  SnapshotId id;
  MemberId by;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(SnapshotWanted, (), (id, by, at))

struct SnapshotTaken {
  static constexpr std::string_view kName = "snapshot_taken";
  SnapshotId id;
  std::string file;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(SnapshotTaken, (), (id, file, bytes))

// All layers from now on; State::previous_layers keeps the ones before. The tiles stay as they are.
struct LayersChanged {
  static constexpr std::string_view kName = "layers_changed";
  std::vector<Layer> layers;
};
BOOST_DESCRIBE_STRUCT(LayersChanged, (), (layers))

struct PlaybackStarted {
  static constexpr std::string_view kName = "playback_started";
  Playback playback;
};
BOOST_DESCRIBE_STRUCT(PlaybackStarted, (), (playback))

struct PlaybackEnded {
  static constexpr std::string_view kName = "playback_ended";
  std::string id;
};
BOOST_DESCRIBE_STRUCT(PlaybackEnded, (), (id))

struct ForwardStarted {
  static constexpr std::string_view kName = "forward_started";
  Forward forward;
};
BOOST_DESCRIBE_STRUCT(ForwardStarted, (), (forward))

struct ForwardEnded {
  static constexpr std::string_view kName = "forward_ended";
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ForwardEnded, (), (id))

struct RoomEnded { // the last event of every log
  static constexpr std::string_view kName = "room_ended";
  EndReason reason = EndReason::requested;
  WallTime at{};
};
BOOST_DESCRIBE_STRUCT(RoomEnded, (), (reason, at))

using Event =
    std::variant<RoomOpened, MemberRegistered, MemberRenamed, MemberJoined, LegReplaced, LegConnected,
                 LegLost, SignalingLost, SignalingRestored, MemberLeft, VideoSwitched, MuteRequested,
                 PresentationStarted, PresentationEnded, LayoutChanged, MessageSent, RoomLocked, RoomUnlocked,
                 OptionsChanged, RecordingStarted, RecordingStopped, RecordingReady, RecordingFailed,
                 BroadcastStarted, BroadcastChanged, BroadcastEnded, SnapshotWanted, SnapshotTaken,
                 LayersChanged, PlaybackStarted, PlaybackEnded, ForwardStarted, ForwardEnded, RoomEnded>;
using Events = std::vector<Event>;

template <class... Kinds>
bool is_any(const Event& event) {
  return (std::holds_alternative<Kinds>(event) || ...);
}

std::string_view name_of(const Event& event);
json::value to_json(const Event& event); // the body, without the name
base::Result<Event> event_from_json(std::string_view name, const json::value& body);

} // namespace plenum::room
