#include "api/eyeson/cable_views.hpp"

#include "api/eyeson/views.hpp"
#include "base/clock.hpp"

namespace plenum::api::eyeson {
namespace {

template <class Items, class View>
json::array list(const Items& items, View view) {
  json::array out;
  for (const auto& item : items)
    out.push_back(view(item));
  return out;
}

json::array podium(const room::State& room, std::span<const room::Tile> tiles) {
  json::array out;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto& tile = tiles[i];
    // What replaces a member's video stands there instead of the member.
    const auto* member = tile.member && tile.playback.empty() ? room.find(tile.member) : nullptr;
    const auto text = [](bool there, const std::string& t) {
      return there ? json::value(t) : json::value(nullptr);
    };
    out.push_back(
        json::object{{"user_id", text(member != nullptr, member != nullptr ? member->external_id : "")},
                     {"play_id", text(!tile.playback.empty(), tile.playback)},
                     {"width", tile.rect.w},
                     {"height", tile.rect.h},
                     {"left", tile.rect.x},
                     {"top", tile.rect.y},
                     {"z-index", static_cast<std::int64_t>(i)}});
  }
  return out;
}

} // namespace

json::object broadcast_view(const room::State& room, const room::Broadcast& b) {
  return {{"id", "generic"},
          {"platform", "generic"},
          {"player_url", b.player_url},
          {"user", user_or_owner(room, b.by)},
          {"room", room_summary(room)}};
}

json::object playback_view(const room::State& room, const room::Playback& p) {
  const auto* replaced = p.replaces ? room.find(p.replaces) : nullptr;
  return {
      {"play_id", p.id},
      {"url", p.url},
      {"name", p.name ? json::value(*p.name) : json::value(nullptr)},
      {"audio", p.audio},
      {"loop_count", p.loops},
      {"replacement_id", replaced == nullptr ? json::value(nullptr) : json::value(replaced->external_id)}};
}

json::value running_recording(const room::State& room, const Links& links) {
  const auto* running = room.open() ? room.running_recording() : nullptr;
  return running == nullptr ? json::value(nullptr) : json::value(recording_view(room, *running, links));
}

json::array running_broadcasts(const room::State& room) {
  if (!room.open()) return {};
  return list(room.broadcasts, [&](const auto& broadcast) { return broadcast_view(room, broadcast); });
}

json::array running_playbacks(const room::State& room) {
  if (!room.open()) return {};
  return list(room.playbacks, [&](const auto& playback) { return playback_view(room, playback); });
}

json::object room_update(const room::State& room, const Links& links) {
  auto content = room_summary(room);
  content["options"] = options_view(room.options);
  json::array online;
  if (room.open())
    online = list(room.present(), [&](const auto* member) { return participant(room, *member); });
  content["participants"] = std::move(online);
  content["playbacks"] = running_playbacks(room);
  content["presentation"] = room.open() ? presentation(room) : json::value(nullptr);
  content["broadcasts"] = running_broadcasts(room);
  content["recording"] = running_recording(room, links);
  return {{"type", "room_update"}, {"content", std::move(content)}};
}

json::object participant_update(const room::State& room, const room::Member& member) {
  return {{"type", "participant_update"}, {"participant", participant(room, member)}};
}

json::object recording_update(const room::State& room, const room::Recording& r, const Links& links) {
  return {{"type", "recording_update"}, {"recording", recording_view(room, r, links)}};
}

json::object broadcasts_update(const room::State& room) {
  return {{"type", "broadcasts_update"}, {"broadcasts", running_broadcasts(room)}};
}

json::object options_update(const room::State& room) {
  return {{"type", "options_update"}, {"options", options_view(room.options)}};
}

json::object snapshot_update(const room::State& room, const room::Snapshot& s, const Links& links) {
  return {{"type", "snapshot_update"}, {"snapshots", json::array{snapshot_view(room, s, links)}}};
}

json::object message_event(const room::State& room, const room::Message& message) {
  const auto* from = room.find(message.from);
  return {{"type", message.kind},
          {"content", message.content},
          {"cid", from == nullptr ? std::string() : client_id(*from)},
          {"user_id", from == nullptr ? std::string() : from->external_id},
          {"created_at", base::iso8601(message.at)}};
}

json::object playback_update(const room::State& room) {
  return {{"type", "playback_update"}, {"playing", running_playbacks(room)}};
}

json::object podium_update(const room::State& room, std::span<const room::Tile> tiles,
                           std::span<const room::Layer> layers) {
  return {{"type", "podium_update"},
          {"podium", podium(room, tiles)},
          {"layers", list(layers, [](const auto& layer) {
             return json::object{{"z-index", layer.z}, {"id", layer.id}};
           })}};
}

json::object lock_event(const room::State& room) {
  return {{"type", "lock"}, {"locked", room.locked}};
}

json::object presentation_update(const room::State& room) {
  return {{"type", "presentation_update"}, {"presentation", presentation(room)}};
}

} // namespace plenum::api::eyeson
