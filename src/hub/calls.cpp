#include "hub/calls.hpp"

#include "hub/core.hpp"
#include "room/scene.hpp"

#include <algorithm>

namespace plenum::hub {

using base::ErrorCode;

namespace {

JoinAccepted accepted(link::PeerAnswer answer) {
  return {answer.peer,  std::move(answer.sdp), answer.audio,
          answer.video, answer.data,           std::move(answer.session_attributes)};
}

const room::Member* with_leg(const room::State& state, base::PeerId leg) {
  const auto found = std::ranges::find_if(
      state.members, [&](const room::Member& m) { return m.present && m.leg.id == leg; });
  return found == state.members.end() ? nullptr : &*found;
}

} // namespace

void Hub::Core::join(base::RoomId id, base::MemberId member, JoinRequest request,
                     Completion<JoinAccepted> done) {
  thread_.check();
  const auto* room = rooms_.find(id);
  if (room == nullptr)
    return reply<JoinAccepted>(std::move(done), base::fail(ErrorCode::gone, "the meeting has ended"));
  const auto leg = base::PeerId::make(env_.clock.wall(), env_.random);
  const room::JoinMember command{member, leg, request.platform, request.video_on};
  // Asked before the worker is troubled, and again when it has answered.
  if (auto may = room::decide(room->decided, command, context(*room)); !may)
    return reply<JoinAccepted>(std::move(done), std::unexpected(may.error()));
  link::OpenPeer open{0, leg, member, std::move(request.offer), std::move(request.options)};
  director_.open(id, std::move(open),
                 [this, id, command, done = std::move(done)](base::Result<link::PeerAnswer> answer) mutable {
                   if (!answer) return done(std::unexpected(answer.error()));
                   auto* now = rooms_.find(id);
                   if (now == nullptr) return done(base::fail(ErrorCode::gone, "the meeting has ended"));
                   execute(*now, {command},
                           [this, id, answer = std::move(*answer),
                            done = std::move(done)](base::Result<Committed> result) mutable {
                             if (result) return done(accepted(std::move(answer)));
                             director_.tell(id, link::ClosePeer{answer.peer});
                             done(std::unexpected(result.error()));
                           });
                 });
}

void Hub::Core::resume(base::RoomId id, base::MemberId member, base::PeerId leg, std::string offer,
                       Completion<JoinAccepted> done) {
  thread_.check();
  const auto* room = rooms_.find(id);
  if (room == nullptr)
    return reply<JoinAccepted>(std::move(done), base::fail(ErrorCode::gone, "the meeting has ended"));
  const auto* holder = with_leg(room->decided, leg);
  if (!leg || holder == nullptr || holder->id != member)
    return reply<JoinAccepted>(std::move(done), base::fail(ErrorCode::not_found, "no such call"));
  director_.update(
      id, {0, leg, std::move(offer)},
      [this, id, member, leg, done = std::move(done)](base::Result<link::PeerAnswer> answer) mutable {
        if (!answer) return done(std::unexpected(answer.error()));
        execute_quietly(id, room::RestoreSignaling{member, leg});
        done(accepted(std::move(*answer)));
      });
}

void Hub::Core::offer(base::RoomId id, base::MemberId member, bool ice_restart,
                      Completion<std::string> done) {
  const auto* room = rooms_.find(id);
  const auto* holder = room == nullptr ? nullptr : room->published.find(member);
  if (holder == nullptr || !holder->present)
    return reply<std::string>(std::move(done), base::fail(ErrorCode::not_found, "no such call"));
  director_.offer(id, {0, holder->leg.id, ice_restart},
                  [done = std::move(done)](base::Result<link::PeerOffer> offered) mutable {
                    if (!offered) return done(std::unexpected(offered.error()));
                    done(std::move(offered->sdp));
                  });
}

void Hub::Core::answer(base::RoomId id, base::MemberId member, std::string answer) {
  const auto* room = rooms_.find(id);
  const auto* holder = room == nullptr ? nullptr : room->published.find(member);
  if (holder == nullptr || !holder->present) return;
  director_.tell(id, link::AnswerPeer{holder->leg.id, std::move(answer)});
}

void Hub::Core::send_data(base::RoomId id, base::MemberId member, std::string text) {
  const auto* room = rooms_.find(id);
  const auto* holder = room == nullptr ? nullptr : room->published.find(member);
  if (holder == nullptr || !holder->present) return;
  director_.tell(id, link::SendData{holder->leg.id, std::move(text)});
}

// --- what the director asks and reports

bool Hub::Core::has_room(base::RoomId id) const {
  const auto* room = rooms_.find(id);
  return room != nullptr && room->decided.open() && !room->published.ended_at;
}

link::Scene Hub::Core::scene_of(base::RoomId id) const {
  const auto* room = rooms_.find(id);
  return room == nullptr ? link::Scene{} : room::scene(room->published);
}

std::vector<base::PeerId> Hub::Core::legs_of(base::RoomId id) const {
  std::vector<base::PeerId> legs;
  if (const auto* room = rooms_.find(id))
    for (const auto* member : room->decided.present())
      if (member->leg.id) legs.push_back(member->leg.id);
  return legs;
}

void Hub::Core::on_legs_lost(base::RoomId id, const std::vector<base::PeerId>& lost) {
  for (const auto leg : lost) {
    const auto* room = rooms_.find(id);
    const auto* member = room == nullptr ? nullptr : with_leg(room->decided, leg);
    if (member != nullptr) execute_quietly(id, room::LoseLeg{member->id, leg, false});
  }
}

void Hub::Core::on_legs_continued(base::RoomId id, const std::vector<base::PeerId>& legs) {
  const auto* room = rooms_.find(id);
  if (room == nullptr) return;
  for (const auto leg : legs)
    if (const auto* member = with_leg(room->published, leg)) fanout_.data_closed(id, member->id);
}

void Hub::Core::on_peer_state(Room& room, const link::PeerState& fact) {
  const auto* member = with_leg(room.decided, fact.peer);
  if (member == nullptr) return;
  const auto id = room.decided.id;
  switch (fact.phase) {
  case link::PeerPhase::connecting:
    return;
  case link::PeerPhase::connected:
    return execute_quietly(id, room::ConnectLeg{member->id, fact.peer});
  case link::PeerPhase::disconnected:
  case link::PeerPhase::closed:
    return execute_quietly(id, room::LoseLeg{member->id, fact.peer, false});
  case link::PeerPhase::failed:
    return execute_quietly(id, room::LoseLeg{member->id, fact.peer, true});
  }
}

void Hub::Core::on_fact(base::RoomId id, const link::FromWorker& fact) {
  auto* room = rooms_.find(id);
  if (room == nullptr) return;
  const auto known = [&](base::MemberId member) {
    const auto* found = room->published.find(member);
    return found != nullptr && found->present;
  };
  if (const auto* state = std::get_if<link::PeerState>(&fact)) return on_peer_state(*room, *state);
  if (const auto* talking = std::get_if<link::Talking>(&fact); talking != nullptr && known(talking->member))
    return publish_volatile(*room, room::Talking{talking->member, talking->on});
  if (const auto* speaker = std::get_if<link::DominantSpeaker>(&fact);
      speaker != nullptr && (!speaker->member || known(speaker->member)))
    return publish_volatile(*room, room::DominantSpeaker{speaker->member});
  if (const auto* seen = std::get_if<link::VideoSeen>(&fact); seen != nullptr && known(seen->member))
    return publish_volatile(*room, room::VideoSeen{seen->member, seen->width, seen->height});
  if (const auto* data = std::get_if<link::DataReceived>(&fact))
    if (const auto* member = with_leg(room->published, data->peer)) fanout_.data(id, member->id, data->text);
  if (const auto* open = std::get_if<link::DataOpen>(&fact))
    if (const auto* member = with_leg(room->published, open->peer)) fanout_.data_open(id, member->id);
}

} // namespace plenum::hub
