#include "api/eyeson/cable_feed.hpp"

#include "api/eyeson/cable_views.hpp"
#include "api/eyeson/views.hpp"

namespace plenum::api::eyeson {
namespace {

// What both kinds of reader hear.
struct Shared {
  const room::State& state;
  const Links& links;

  CableMessages operator()(const room::RoomOpened&) const { return {}; }
  CableMessages operator()(const room::MemberRegistered&) const { return {}; } // heard of when it joins
  CableMessages operator()(const room::MemberRenamed&) const { return {}; }
  CableMessages operator()(const room::MemberJoined&) const { return {}; }
  CableMessages operator()(const room::LegReplaced&) const { return {}; } // neither leave nor join
  CableMessages operator()(const room::LegConnected&) const { return {}; }
  CableMessages operator()(const room::LegLost&) const { return {}; }
  CableMessages operator()(const room::SignalingLost&) const { return {}; }
  CableMessages operator()(const room::SignalingRestored&) const { return {}; }
  CableMessages operator()(const room::MemberLeft&) const { return {}; }
  CableMessages operator()(const room::VideoSwitched&) const { return {}; } // seen in the layout
  CableMessages operator()(const room::MuteRequested&) const { return {}; }
  CableMessages operator()(const room::PresentationStarted&) const { return {presentation_update(state)}; }
  CableMessages operator()(const room::PresentationEnded&) const { return {presentation_update(state)}; }
  CableMessages operator()(const room::LayoutChanged&) const { return {}; }
  CableMessages operator()(const room::MessageSent& sent) const {
    return {message_event(state, sent.message)};
  }
  CableMessages operator()(const room::RoomLocked&) const { return {lock_event(state)}; }
  CableMessages operator()(const room::RoomUnlocked&) const { return {lock_event(state)}; }
  CableMessages operator()(const room::OptionsChanged&) const { return {options_update(state)}; }

  CableMessages recording(base::RecordingId id) const {
    const auto* recording = state.find(id);
    if (recording == nullptr) return {};
    return {recording_update(state, *recording, links)};
  }
  CableMessages operator()(const room::RecordingStarted& started) const {
    return recording(started.recording.id);
  }
  CableMessages operator()(const room::RecordingStopped& stopped) const { return recording(stopped.id); }
  CableMessages operator()(const room::RecordingReady& ready) const { return recording(ready.id); }
  CableMessages operator()(const room::RecordingFailed&) const {
    return {};
  } // it has stopped; no file follows
  CableMessages operator()(const room::SnapshotWanted&) const { return {}; } // heard of when it is there
  CableMessages operator()(const room::SnapshotTaken& taken) const {
    const auto* snapshot = state.find(taken.id);
    if (snapshot == nullptr) return {};
    return {snapshot_update(state, *snapshot, links)};
  }
  CableMessages operator()(const room::BroadcastStarted&) const { return {broadcasts_update(state)}; }
  CableMessages operator()(const room::BroadcastChanged&) const { return {broadcasts_update(state)}; }
  CableMessages operator()(const room::BroadcastEnded&) const { return {broadcasts_update(state)}; }
  CableMessages operator()(const room::LayersChanged&) const { return {}; }
  CableMessages operator()(const room::PlaybackStarted&) const { return {playback_update(state)}; }
  CableMessages operator()(const room::PlaybackEnded&) const { return {playback_update(state)}; }
  CableMessages operator()(const room::ForwardStarted&) const {
    return {};
  } // the contract knows no such event
  CableMessages operator()(const room::ForwardEnded&) const { return {}; }
  CableMessages operator()(const room::RoomEnded&) const { return {room_update(state, links)}; }
};

struct Participant : Shared {
  using Shared::operator();
  CableMessages operator()(const room::MuteRequested& request) const {
    const auto* from = state.find(request.from);
    if (from == nullptr) return {};
    return {{{"type", "stfu"}, {"user", user_details(state, *from)}}};
  }
};

struct Observer : Shared {
  using Shared::operator();
  CableMessages operator()(const room::RoomOpened&) const { return {room_update(state, links)}; }
  CableMessages presence(base::MemberId id) const {
    const auto* member = state.find(id);
    if (member == nullptr) return {};
    return {participant_update(state, *member)};
  }
  CableMessages operator()(const room::MemberJoined& joined) const { return presence(joined.member); }
  CableMessages operator()(const room::MemberLeft& left) const { return presence(left.member); }
  // The picture before and after; nothing when only what it does not show has changed.
  static CableMessages changed(json::object before, json::object after) {
    if (before == after) return {};
    return {std::move(before), std::move(after)};
  }
  CableMessages operator()(const room::LayoutChanged&) const {
    return changed(podium_update(state, state.previous_tiles, state.layers),
                   podium_update(state, state.tiles, state.layers));
  }
  CableMessages operator()(const room::LayersChanged&) const {
    return changed(podium_update(state, state.tiles, state.previous_layers),
                   podium_update(state, state.tiles, state.layers));
  }
};

} // namespace

CableNews participant_news(const room::Event& event, const room::State& state, const Links& links) {
  CableNews news{std::visit(Participant{{state, links}}, event), {}};
  if (const auto* mute = std::get_if<room::MuteRequested>(&event)) news.except = mute->from;
  return news;
}

CableNews observer_news(const room::Event& event, const room::State& state, const Links& links) {
  return {std::visit(Observer{{state, links}}, event), {}};
}

} // namespace plenum::api::eyeson
