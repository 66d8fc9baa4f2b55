// What a room has besides its members: recordings, still pictures, broadcasts, layers, playbacks, forwards.
// Values of State, with their JSON. Owner: value. Thread: any.
#pragma once

#include "base/ids.hpp"
#include "base/json_described.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace plenum::room {

using base::MemberId;
using base::RecordingId;
using base::SnapshotId;
using base::WallTime;

// At most one is running. processing: stopped, its file is not there yet.
enum class RecordingPhase { running, processing, ready, failed };
BOOST_DESCRIBE_ENUM(RecordingPhase, running, processing, ready, failed)

struct Recording {
  RecordingId id;
  MemberId by; // empty: the owner
  WallTime started_at{};
  std::optional<WallTime> stopped_at;
  RecordingPhase phase = RecordingPhase::running;
  std::uint32_t seconds = 0; // once stopped
  std::string file;          // once ready: its name in the file store
  std::uint64_t bytes = 0;
  bool operator==(const Recording&) const = default;
};
BOOST_DESCRIBE_STRUCT(Recording, (), (id, by, started_at, stopped_at, phase, seconds, file, bytes))

struct Snapshot { // one still picture
  SnapshotId id;
  MemberId by;
  WallTime at{};
  bool ready = false;
  std::string file;
  std::uint64_t bytes = 0;
  bool operator==(const Snapshot&) const = default;
};
BOOST_DESCRIBE_STRUCT(Snapshot, (), (id, by, at, ready, file, bytes))

struct Broadcast { // the picture, pushed to a streaming service
  std::string id;
  MemberId by;
  std::string stream_url; // holds a secret of the service: never into logs or answers
  std::string player_url; // where people watch; may be empty
  WallTime started_at{};
  bool operator==(const Broadcast&) const = default;
};
BOOST_DESCRIBE_STRUCT(Broadcast, (), (id, by, stream_url, player_url, started_at))

inline constexpr std::int32_t kBehind = -1, kInFront = 1; // of all videos: the two places of layers

struct Layer { // a still image or a card of text; one for each z
  std::string id;
  std::int32_t z = kInFront;
  std::string image_url, asset;      // fetched from there; or the name of a stored upload
  std::string icon_url, title, text; // a card
  MemberId by;
  bool operator==(const Layer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Layer, (), (id, z, image_url, asset, icon_url, title, text, by))

struct Playback { // a media file, played to everybody
  std::string id, url;
  std::optional<std::string> name;
  bool audio = false;
  std::int32_t loops = 0; // -1: endless, 0: once, n: n + 1 times
  MemberId replaces;      // shown instead of this member's video; empty: a source of its own
  MemberId by;
  WallTime started_at{};
  bool operator==(const Playback&) const = default;
};
BOOST_DESCRIBE_STRUCT(Playback, (), (id, url, name, audio, loops, replaces, by, started_at))

enum class ForwardWhat { source, canvas, playback };
BOOST_DESCRIBE_ENUM(ForwardWhat, source, canvas, playback)

struct Forward { // media, sent to another server
  std::string id;
  ForwardWhat what = ForwardWhat::canvas;
  MemberId member;      // of a source
  std::string playback; // of a playback
  bool audio = false, video = false;
  std::string url;
  WallTime started_at{};
  bool operator==(const Forward&) const = default;
};
BOOST_DESCRIBE_STRUCT(Forward, (), (id, what, member, playback, audio, video, url, started_at))

} // namespace plenum::room
