// What can be asked of a room. Ids and tokens come with the command (the hub draws them), because deciding is
// pure. `decide` answers with events or says why not; see decide.hpp for the errors of each. Owner: value.
#pragma once

#include "room/state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace plenum::room {

struct Identity {
  std::string external_id; // empty: the member's own id is used
  std::string name;        // 1–255 bytes
  std::optional<std::string> avatar;
  bool guest = false;
  json::object custom_fields;
};

struct OpenRoom {
  RoomId room;
  AccountId account;
  std::string external_id, name, guest_token;
  OptionsPatch options;
  RoomOptions defaults; // what the patch changes
};

// The same external id again is the same member (only name and avatar change); guests are always new, because
// a guest's id is its own claim.
struct RegisterMember {
  MemberId member; // used when it is a new one
  std::string access_token;
  Identity identity;
};

// Takes a seat with a leg, or replaces the leg of a present member.
struct JoinMember {
  MemberId member;
  PeerId leg;
  std::string platform;
  bool video_on = true;
};

struct LeaveRoom { // `leg`: ignored when another leg has replaced it; empty means any
  MemberId member;
  PeerId leg;
};
struct RemoveMember {
  MemberId member;
  bool by_owner = false; // the account itself may, whatever the options say
};

struct ConnectLeg { // media flows (again)
  MemberId member;
  PeerId leg;
};
struct LoseLeg { // transport is gone; final: it will not come back by itself
  MemberId member;
  PeerId leg;
  bool final = false;
};
struct LoseSignaling {
  MemberId member;
  PeerId leg;
};
struct RestoreSignaling {
  MemberId member;
  PeerId leg;
};
struct ExpireGrace { // for every member whose grace time is over
};

struct SwitchVideo {
  MemberId member;
  bool on = false;
};
struct RequestMute { // asks everybody else to mute
  MemberId from;
};
struct StartPresentation {
  MemberId member;
};
struct StopPresentation {}; // by anybody; nothing happens when nobody presents
struct ReconsiderTiles {};  // somebody talks: does a tile change hands?

struct SendMessage {
  MessageId id;
  MemberId from;
  std::string kind;    // 1–64 bytes
  std::string content; // 1 byte – Limits::message_bytes
};

struct LockRoom {
  MemberId by;
};
struct UnlockRoom { // for the owner: members cannot
  MemberId by;
};
struct ChangeOptions {
  OptionsPatch patch;
};
// A change of the picture by somebody inside. Only layout fields of the patch count; see `apply_layout`.
struct SetLayout {
  MemberId by;
  OptionsPatch patch;
};

struct StartRecording {
  RecordingId id;
  MemberId by;
};
struct StopRecording {
  RecordingId id; // empty: the running one
};
struct TakeSnapshot {
  SnapshotId id;
  MemberId by;
};
struct StartBroadcast { // one at a time
  std::string id;
  MemberId by;
  std::string stream_url, player_url;
};
struct ChangeBroadcast {
  std::string id; // empty: any
  std::string player_url;
};
struct StopBroadcast {
  std::string id; // empty: all
};
struct SetLayer { // instead of the one with the same z
  Layer layer;
};
struct ClearLayer {
  std::int32_t z = kInFront;
};
struct StartPlayback { // its start is dated by decide
  Playback playback;
};
struct StopPlayback {
  std::string id;
};
struct StartForward { // for the owner; its start is dated by decide
  Forward forward;
};
struct StopForward { // for the owner
  std::string id;
};

// What media reports about all that.
struct FinishRecording {
  RecordingId id;
  std::uint32_t seconds = 0;
  std::string file;
  std::uint64_t bytes = 0;
};
struct FailRecording {
  RecordingId id;
  std::string why;
};
struct StoreSnapshot {
  SnapshotId id;
  std::string file;
  std::uint64_t bytes = 0;
};
struct EndPlayback { // its file is over, or cannot be played
  std::string id;
};
struct EndBroadcast {
  std::string id;
};
struct EndForward {
  std::string id;
};

struct EndRoom {
  EndReason reason = EndReason::requested;
};
struct EndIfIdle {}; // nothing happens when somebody is present or the idle time is not over

using Command =
    std::variant<OpenRoom, RegisterMember, JoinMember, LeaveRoom, RemoveMember, ConnectLeg, LoseLeg,
                 LoseSignaling, RestoreSignaling, ExpireGrace, SwitchVideo, RequestMute, StartPresentation,
                 StopPresentation, ReconsiderTiles, SendMessage, LockRoom, UnlockRoom, ChangeOptions,
                 SetLayout, StartRecording, StopRecording, FinishRecording, FailRecording, TakeSnapshot,
                 StoreSnapshot, StartBroadcast, ChangeBroadcast, StopBroadcast, EndBroadcast, SetLayer,
                 ClearLayer, StartPlayback, StopPlayback, EndPlayback, StartForward, StopForward, EndForward,
                 EndRoom, EndIfIdle>;

} // namespace plenum::room
