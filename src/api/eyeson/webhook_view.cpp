#include "api/eyeson/webhook_view.hpp"

#include "api/eyeson/cable_views.hpp"
#include "api/eyeson/views.hpp"
#include "base/clock.hpp"
#include "net/signature.hpp"

#include <fmt/format.h>

namespace plenum::api::eyeson {
namespace {

struct Told { // type and resource, nothing for most events
  std::string_view type, member;
  json::object resource;
};

json::object ended_room(const room::State& room) {
  return {{"id", room.external_id},
          {"name", room.name},
          {"ready", false},
          {"started_at", nullptr},
          {"shutdown", true}};
}

std::optional<Told> tell(const room::Event& event, const room::State& room, const Links& links) {
  const auto presence = [&](base::MemberId id) -> std::optional<Told> {
    const auto* member = room.find(id);
    if (member == nullptr) return std::nullopt;
    return Told{"participant_update", "participant", participant(room, *member)};
  };
  if (std::holds_alternative<room::RoomOpened>(event)) return Told{"room_update", "room", room_summary(room)};
  if (std::holds_alternative<room::RoomEnded>(event)) return Told{"room_update", "room", ended_room(room)};
  if (const auto* joined = std::get_if<room::MemberJoined>(&event)) return presence(joined->member);
  if (const auto* left = std::get_if<room::MemberLeft>(&event)) return presence(left->member);
  if (const auto* ready = std::get_if<room::RecordingReady>(&event))
    if (const auto* recording = room.find(ready->id))
      return Told{"recording_update", "recording", recording_view(room, *recording, links)};
  if (const auto* taken = std::get_if<room::SnapshotTaken>(&event))
    if (const auto* snapshot = room.find(taken->id))
      return Told{"snapshot_update", "snapshot", snapshot_view(room, *snapshot, links)};
  return std::nullopt;
}

} // namespace

std::vector<store::OutboxEvent> WebhookView::render(const room::Event& event, const room::State& after,
                                                    base::WallTime at) {
  // No request has come, so that there is no other address to name than the configured one.
  auto told = tell(event, after, Links(dialect_, configured_bases(dialect_).api, at));
  if (!told) return {};
  const json::object body{
      {"timestamp", base::unix_seconds(at)}, {"type", told->type}, {told->member, std::move(told->resource)}};
  return {{std::string(told->type), base::write_json(body)}};
}

std::vector<std::pair<std::string, std::string>> WebhookView::headers(std::string_view body,
                                                                      const base::Secret& key,
                                                                      const store::Delivery& delivery,
                                                                      base::WallTime now) {
  const auto seconds = base::unix_seconds(now);
  const auto id = delivery.id.hex();
  return {{"X-Eyeson-Signature", net::hmac_sha256_hex(key, body)},
          {"X-Plenum-Delivery", id},
          {"X-Plenum-Signature",
           fmt::format("t={},v1={}", seconds,
                       net::hmac_sha256_hex(key, fmt::format("{}.{}.{}", id, seconds, body)))}};
}

} // namespace plenum::api::eyeson
