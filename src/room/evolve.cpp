#include "room/evolve.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::room {

namespace {

struct Evolve {
  State& state;

  Member& member(MemberId id) const {
    const auto at = std::ranges::find(state.members, id, &Member::id);
    CHECK(at != state.members.end()); // decide only speaks of members that the log has registered
    return *at;
  }

  void operator()(const RoomOpened& e) const {
    state.id = e.room;
    state.account = e.account;
    state.external_id = e.external_id;
    state.name = e.name;
    state.guest_token = e.guest_token;
    state.options = e.options;
    state.phase = Phase::open;
    state.opened_at = state.empty_since = e.at;
  }
  void operator()(const MemberRegistered& e) const {
    Member added;
    added.id = e.member;
    added.external_id = e.external_id;
    added.name = e.name;
    added.avatar = e.avatar;
    added.guest = e.guest;
    added.custom_fields = e.custom_fields;
    added.access_token = e.access_token;
    added.registered_at = e.at;
    state.members.push_back(std::move(added));
  }
  void operator()(const MemberRenamed& e) const {
    member(e.member).name = e.name;
    member(e.member).avatar = e.avatar;
  }
  void operator()(const MemberJoined& e) const {
    auto& joined = member(e.member);
    joined.present = true;
    joined.join_number = ++state.joins;
    joined.joined_at = e.at;
    joined.leg = {};
    joined.leg.id = e.leg;
    joined.platform = e.platform;
    joined.video_on = e.video_on;
  }
  void operator()(const LegReplaced& e) const {
    auto& again = member(e.member);
    again.leg = {};
    again.leg.id = e.leg;
    again.platform = e.platform;
    again.video_on = e.video_on;
  }
  void operator()(const LegConnected& e) const {
    auto& leg = member(e.member).leg;
    leg.connected = true;
    leg.ever_connected = true;
    leg.transport_lost_at.reset();
  }
  void operator()(const LegLost& e) const {
    auto& leg = member(e.member).leg;
    leg.connected = false;
    leg.transport_lost_at = e.at;
  }
  void operator()(const SignalingLost& e) const { member(e.member).leg.signaling_lost_at = e.at; }
  void operator()(const SignalingRestored& e) const { member(e.member).leg.signaling_lost_at.reset(); }
  void operator()(const MemberLeft& e) const {
    auto& left = member(e.member);
    left.present = false;
    left.leg = {};
    left.video_on = false;
    if (state.presenter == e.member) state.presenter = {};
    if (state.present_count() == 0) state.empty_since = e.at;
  }
  void operator()(const VideoSwitched& e) const { member(e.member).video_on = e.on; }
  void operator()(const MuteRequested&) const {}
  void operator()(const PresentationStarted& e) const { state.presenter = e.member; }
  void operator()(const PresentationEnded&) const { state.presenter = {}; }
  void operator()(const LayoutChanged& e) const {
    state.previous_tiles = std::exchange(state.tiles, e.tiles);
    state.seats = e.seats;
  }
  void operator()(const MessageSent& e) const {
    auto& tail = state.messages;
    tail.push_back(e.message);
    std::size_t bytes = 0, keep = 0;
    while (keep < tail.size() && keep < kMessageTail) {
      bytes += tail[tail.size() - 1 - keep].content.size();
      if (bytes > kMessageTailBytes) break;
      ++keep;
    }
    tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(keep));
  }
  void operator()(const RoomLocked&) const { state.locked = true; }
  void operator()(const RoomUnlocked&) const { state.locked = false; }
  void operator()(const OptionsChanged& e) const { state.options = e.options; }

  Recording& recording(RecordingId id) const {
    const auto at = std::ranges::find(state.recordings, id, &Recording::id);
    CHECK(at != state.recordings.end());
    return *at;
  }
  void operator()(const RecordingStarted& e) const { state.recordings.push_back(e.recording); }
  void operator()(const RecordingStopped& e) const {
    auto& stopped = recording(e.id);
    stopped.phase = RecordingPhase::processing;
    stopped.stopped_at = e.at;
    stopped.seconds = e.seconds;
  }
  void operator()(const RecordingReady& e) const {
    auto& ready = recording(e.id);
    ready.phase = RecordingPhase::ready;
    ready.seconds = e.seconds;
    ready.file = e.file;
    ready.bytes = e.bytes;
  }
  void operator()(const RecordingFailed& e) const { recording(e.id).phase = RecordingPhase::failed; }
  void operator()(const SnapshotWanted& e) const {
    state.snapshots.push_back({e.id, e.by, e.at, false, {}, 0});
  }
  void operator()(const SnapshotTaken& e) const {
    const auto at = std::ranges::find(state.snapshots, e.id, &Snapshot::id);
    CHECK(at != state.snapshots.end());
    at->ready = true;
    at->file = e.file;
    at->bytes = e.bytes;
  }
  void operator()(const BroadcastStarted& e) const { state.broadcasts.push_back(e.broadcast); }
  void operator()(const BroadcastChanged& e) const {
    for (auto& broadcast : state.broadcasts)
      if (broadcast.id == e.id) broadcast.player_url = e.player_url;
  }
  void operator()(const BroadcastEnded& e) const {
    std::erase_if(state.broadcasts, [&](const Broadcast& broadcast) { return broadcast.id == e.id; });
  }
  void operator()(const LayersChanged& e) const {
    state.previous_layers = std::exchange(state.layers, e.layers);
  }
  void operator()(const PlaybackStarted& e) const { state.playbacks.push_back(e.playback); }
  void operator()(const PlaybackEnded& e) const {
    std::erase_if(state.playbacks, [&](const Playback& playback) { return playback.id == e.id; });
  }
  void operator()(const ForwardStarted& e) const { state.forwards.push_back(e.forward); }
  void operator()(const ForwardEnded& e) const {
    std::erase_if(state.forwards, [&](const Forward& forward) { return forward.id == e.id; });
  }

  void operator()(const RoomEnded& e) const {
    state.phase = Phase::ended;
    state.ended_at = e.at;
    state.end_reason = e.reason;
    state.seats.clear();
    state.previous_tiles = std::exchange(state.tiles, {});
    state.previous_layers = std::exchange(state.layers, {});
  }
};

} // namespace

void evolve(State& state, const Event& event) {
  std::visit(Evolve{state}, event);
  ++state.revision;
}

} // namespace plenum::room
