// SeppSession, the part that listens: events of the room, voice activity, the data channel, offers of ours.
#include "api/eyeson/sepp_session.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

// What one event means for the client of `self`. A total visit: new events do not compile until decided.
struct Meaning {
  bool sources = false; // the picture or who is in it
  std::optional<base::MemberId> joined, left;
  bool recording = false;  // is it recorded, may it be?
  std::optional<int> over; // end of this call, with this code
  bool transport_lost = false;
};

struct Reading {
  base::MemberId self;
  base::PeerId leg;

  Meaning operator()(const room::RoomOpened&) const { return {}; }
  Meaning operator()(const room::MemberRegistered&) const { return {}; }
  Meaning operator()(const room::MemberRenamed&) const { return {}; }
  Meaning operator()(const room::MemberJoined& e) const {
    return e.member == self ? Meaning{.sources = true} : Meaning{.sources = true, .joined = e.member};
  }
  Meaning operator()(const room::LegReplaced& e) const {
    if (e.member != self || e.leg == leg) return {};
    return {.over = 403}; // the same person called again from elsewhere
  }
  Meaning operator()(const room::LegConnected&) const { return {}; }
  Meaning operator()(const room::LegLost& e) const {
    return {.transport_lost = e.member == self && e.leg == leg};
  }
  Meaning operator()(const room::SignalingLost&) const { return {}; }
  Meaning operator()(const room::SignalingRestored&) const { return {}; }
  Meaning operator()(const room::MemberLeft& e) const {
    if (e.member == self) return {.over = termination_code(e.reason)};
    return {.sources = true, .left = e.member};
  }
  Meaning operator()(const room::VideoSwitched&) const { return {.sources = true}; }
  Meaning operator()(const room::MuteRequested&) const { return {}; } // room websocket
  Meaning operator()(const room::PresentationStarted&) const { return {.sources = true}; }
  Meaning operator()(const room::PresentationEnded&) const { return {.sources = true}; }
  Meaning operator()(const room::LayoutChanged&) const { return {.sources = true}; }
  Meaning operator()(const room::MessageSent&) const {
    return {};
  } // room websocket, or it would be seen twice
  Meaning operator()(const room::RoomLocked&) const { return {}; }
  Meaning operator()(const room::OptionsChanged&) const { return {.recording = true}; }
  Meaning operator()(const room::RoomUnlocked&) const { return {}; }
  Meaning operator()(const room::RecordingStarted&) const { return {.recording = true}; }
  Meaning operator()(const room::RecordingStopped&) const { return {.recording = true}; }
  Meaning operator()(const room::RecordingReady&) const { return {}; }
  Meaning operator()(const room::RecordingFailed&) const { return {}; }
  Meaning operator()(const room::BroadcastStarted&) const { return {.sources = true}; }
  Meaning operator()(const room::BroadcastChanged&) const { return {}; }
  Meaning operator()(const room::BroadcastEnded&) const { return {.sources = true}; }
  Meaning operator()(const room::SnapshotWanted&) const { return {}; }
  Meaning operator()(const room::SnapshotTaken&) const { return {}; }
  Meaning operator()(const room::LayersChanged&) const { return {.sources = true}; }
  Meaning operator()(const room::PlaybackStarted&) const { return {.sources = true}; }
  Meaning operator()(const room::PlaybackEnded&) const { return {.sources = true}; }
  Meaning operator()(const room::ForwardStarted&) const { return {}; }
  Meaning operator()(const room::ForwardEnded&) const { return {}; }
  Meaning operator()(const room::RoomEnded&) const { return {.over = 200}; }
};

} // namespace

void SeppSession::on_event(std::uint64_t, const room::Event& event, const room::State& state) {
  if (stage_ != Stage::live) return;
  const auto meaning = std::visit(Reading{client_.member, leg_}, event);
  if (meaning.over) return terminate(*meaning.over, leg_.hex());
  if (meaning.joined) send_members(state, {*meaning.joined}, {});
  if (meaning.left) send_members(state, {}, {*meaning.left});
  if (meaning.sources) note_sources_changed();
  if (meaning.recording) send_recording(state);
  // Android ends the meeting by itself and would not answer.
  if (meaning.transport_lost && !platform_.starts_with("android")) offer_again();
}

// Several events of one cause make one source_update, with the state after the last.
void SeppSession::note_sources_changed() {
  if (sources_changed_) return;
  sources_changed_ = true;
  dialect_.executor.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    sources_changed_ = false;
    const auto* room = dialect_.hub.directory().find(client_.room);
    if (stage_ == Stage::live && room != nullptr && room->open()) send_sources(*room);
  });
}

void SeppSession::on_volatile(const room::Volatile& fact, const room::State&) {
  if (const auto* talking = std::get_if<room::Talking>(&fact); talking != nullptr && stage_ == Stage::live)
    send_voice_activity(talking->member, talking->on);
}

void SeppSession::send_voice_activity(base::MemberId member, bool on) {
  json::object activity{{"type", "voice_activity"}, {"cid", member.hex()}, {"on", on}};
  if (data_open_)
    return dialect_.hub.calls().send_data(client_.room, client_.member, base::write_json(activity));
  activity.erase("type");
  activity["call_id"] = leg_.hex();
  send("voice_activity", std::move(activity));
}

// Only edges are told later on: who talks already is said once. A client that comes back may also have missed
// that somebody fell silent.
void SeppSession::tell_who_talks(bool also_who_does_not) {
  const auto* live = dialect_.hub.directory().live(client_.room);
  if (live == nullptr) return;
  for (const auto& [member, speech] : live->speech)
    if ((speech.talking || also_who_does_not) && member != client_.member)
      send_voice_activity(member, speech.talking);
}

void SeppSession::on_data_open() {
  data_open_ = true;
  if (stage_ == Stage::live) tell_who_talks(false);
}

void SeppSession::on_data(std::string_view text) {
  if (stage_ != Stage::live || !may_command()) return;
  if (const auto message = parse_data_channel(text)) handle(*message);
}

void SeppSession::keep_alive() {
  if (!wants_keep_alive_) return;
  keep_alive_timer_ = dialect_.executor.after(kKeepAlive, [this] {
    // Browsers compare the raw string: exactly these 15 bytes.
    if (data_open_) dialect_.hub.calls().send_data(client_.room, client_.member, R"({"type":"ping"})");
    keep_alive();
  });
}

// The client's transport is gone: a new offer with new ICE names. One at a time, spaced, and never waited for
// long.
void SeppSession::offer_again() {
  const auto now = dialect_.executor.now();
  const auto earliest =
      last_offer_ + (offer_open_ ? base::Duration(kOfferPatience) : base::Duration(kOfferSpacing));
  if (last_offer_ != base::Timestamp{} && now < earliest) {
    if (offer_wanted_) return;
    offer_wanted_ = true;
    offer_timer_ = dialect_.executor.at(earliest, [this] {
      if (offer_wanted_) offer_again();
    });
    return;
  }
  offer_wanted_ = false;
  offer_open_ = true;
  last_offer_ = now;
  dialect_.hub.calls().offer(client_.room, client_.member, true,
                             while_alive([this, leg = leg_](base::Result<std::string> sdp) {
                               if (stage_ != Stage::live || leg != leg_) return;
                               if (!sdp) offer_open_ = false;
                               if (sdp) send_offer(*sdp);
                             }));
}

void SeppSession::send_offer(const std::string& sdp) {
  send("sdp_update", {{"call_id", leg_.hex()}, {"sdp", json::object{{"type", "offer"}, {"sdp", sdp}}}});
}

} // namespace plenum::api::eyeson
