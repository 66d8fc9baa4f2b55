#include "api/eyeson/cable_feed.hpp"

#include "api/eyeson/views.hpp"

namespace plenum::api::eyeson {
namespace {

// What both kinds of reader hear.
struct Shared {
  const room::State& state;
  std::string_view api;

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
  CableMessages operator()(const room::PresentationStarted&) const {
    return {{{"type", "presentation_update"}, {"presentation", presentation(state)}}};
  }
  CableMessages operator()(const room::PresentationEnded&) const {
    return {{{"type", "presentation_update"}, {"presentation", nullptr}}};
  }
  CableMessages operator()(const room::LayoutChanged&) const { return {}; }
  CableMessages operator()(const room::MessageSent& sent) const {
    return {message_event(state, sent.message)};
  }
  CableMessages operator()(const room::RoomLocked&) const { return {{{"type", "lock"}, {"locked", true}}}; }
  CableMessages operator()(const room::OptionsChanged&) const {
    return {{{"type", "options_update"}, {"options", options_view(state.options)}}};
  }
  // Nothing is said of these yet.
  CableMessages operator()(const room::RoomUnlocked&) const { return {}; }
  CableMessages operator()(const room::RecordingStarted&) const { return {}; }
  CableMessages operator()(const room::RecordingStopped&) const { return {}; }
  CableMessages operator()(const room::RecordingReady&) const { return {}; }
  CableMessages operator()(const room::RecordingFailed&) const { return {}; }
  CableMessages operator()(const room::BroadcastStarted&) const { return {}; }
  CableMessages operator()(const room::BroadcastChanged&) const { return {}; }
  CableMessages operator()(const room::BroadcastEnded&) const { return {}; }
  CableMessages operator()(const room::SnapshotWanted&) const { return {}; }
  CableMessages operator()(const room::SnapshotTaken&) const { return {}; }
  CableMessages operator()(const room::LayersChanged&) const { return {}; }
  CableMessages operator()(const room::PlaybackStarted&) const { return {}; }
  CableMessages operator()(const room::PlaybackEnded&) const { return {}; }
  CableMessages operator()(const room::ForwardStarted&) const { return {}; }
  CableMessages operator()(const room::ForwardEnded&) const { return {}; }
  CableMessages operator()(const room::RoomEnded&) const { return {room_update(state)}; }
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
  CableMessages presence(base::MemberId id) const {
    const auto* member = state.find(id);
    if (member == nullptr) return {};
    return {{{"type", "participant_update"}, {"participant", participant(state, *member)}}};
  }
  CableMessages operator()(const room::MemberJoined& joined) const { return presence(joined.member); }
  CableMessages operator()(const room::MemberLeft& left) const { return presence(left.member); }
  CableMessages operator()(const room::LayoutChanged&) const {
    if (podium(state, state.previous_tiles) == podium(state, state.tiles)) return {};
    return {podium_update(state, state.previous_tiles), podium_update(state, state.tiles)};
  }
};

} // namespace

CableNews participant_news(const room::Event& event, const room::State& state, std::string_view api) {
  CableNews news{std::visit(Participant{{state, api}}, event), {}};
  if (const auto* mute = std::get_if<room::MuteRequested>(&event)) news.except = mute->from;
  return news;
}

CableNews observer_news(const room::Event& event, const room::State& state, std::string_view api) {
  return {std::visit(Observer{{state, api}}, event), {}};
}

} // namespace plenum::api::eyeson
