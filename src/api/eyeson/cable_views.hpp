// What a room has besides its members, and the messages of /rt about it, in this dialect's JSON, member order
// and all. No decision about the business is made here. Owner: functions. Thread: any. Source:
// eyeson-api 3.0.5–3.0.8, 5.5.
#pragma once

#include "api/eyeson/media_views.hpp"
#include "room/state.hpp"

#include <span>
#include <string>

namespace plenum::api::eyeson {

json::object broadcast_view(const room::State& room, const room::Broadcast& broadcast); // 3.0.7
json::object playback_view(const room::State& room, const room::Playback& playback);    // 3.0.8
// What runs now: null or the recording; empty lists when the meeting is over.
json::value running_recording(const room::State& room, const Links& links);
json::array running_broadcasts(const room::State& room);
json::array running_playbacks(const room::State& room);

json::object room_update(const room::State& room, const Links& links);                // 5.5.1
json::object participant_update(const room::State& room, const room::Member& member); // 5.5.2
json::object recording_update(const room::State& room, const room::Recording& r,
                              const Links& links);                                                  // 5.5.3
json::object broadcasts_update(const room::State& room);                                            // 5.5.4
json::object options_update(const room::State& room);                                               // 5.5.5
json::object snapshot_update(const room::State& room, const room::Snapshot& s, const Links& links); // 5.5.6
json::object message_event(const room::State& room, const room::Message& message);                  // 5.5.7
json::object playback_update(const room::State& room);                                              // 5.5.8
json::object podium_update(const room::State& room, std::span<const room::Tile> tiles,
                           std::span<const room::Layer> layers); // 5.5.9
json::object lock_event(const room::State& room);                // 5.5.10
json::object presentation_update(const room::State& room);       // 5.5.11

} // namespace plenum::api::eyeson
