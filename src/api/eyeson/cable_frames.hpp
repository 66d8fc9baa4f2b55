// Frames of ActionCable, and what AnyCable's extended protocol adds to them: positions in a stream, by which
// a client that was away names the last frame it has. Identifiers come back byte for byte, and every frame
// after welcome has one, because one client dereferences it. Owner: functions. Thread: any. Source:
// eyeson-api 5.4; the extended frames: the source of @anycable/core.
#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::api::eyeson {

inline constexpr std::string_view kRoomIdentifier = R"({"channel":"RoomChannel"})"; // as clients spell it

// Which frame: the `frame`-th of those that the room's event number `event` was turned into. One event may
// become several frames, so the offset that clients see counts both.
struct CablePosition {
  static constexpr std::uint64_t kFrames = 16; // of one event, at most
  std::uint64_t event = 0;
  std::uint64_t frame = kFrames - 1; // the last one: the event as a whole

  std::uint64_t offset() const { return event * kFrames + frame; }
  static CablePosition at(std::uint64_t offset) { return {offset / kFrames, offset % kFrames}; }
  bool operator==(const CablePosition&) const = default;
};

// One subscription's sequence of frames. The stream is named after the identifier, because the client keeps
// one position per stream, and two subscriptions may have come to different places.
struct CableStream {
  std::string id, epoch;
};
CableStream stream_of(std::string_view identifier, std::string epoch);

std::string welcome_frame(std::string_view session); // empty: the plain protocol
std::string ping_frame(std::int64_t unix_seconds);
std::string notice_frame(std::string_view type, std::string_view identifier);
std::string disconnect_frame(std::string_view reason, bool reconnect, std::string_view identifier);
std::string data_frame(std::string_view identifier, std::string_view message);
std::string data_frame(std::string_view identifier, std::string_view message, const CableStream& stream,
                       CablePosition position);

} // namespace plenum::api::eyeson
