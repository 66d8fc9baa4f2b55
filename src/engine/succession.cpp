// RoomEngine, the part that outlives processes: deposits for a successor, and being one. Each leg of the dead
// worker goes on by the first way that works: in place (session, marks and the socket of its pair are there),
// or open for a new offer of ours (a session is there). Thread: net. Architecture 5.3.
#include "base/log.hpp"
#include "base/wipe.hpp"
#include "engine/room_engine.hpp"

#include <algorithm>
#include <unistd.h>

namespace plenum::engine {
namespace {

// A client that has heard nothing for longer has noticed, and its own counters may be far away.
constexpr base::Duration kMostSilence = std::chrono::seconds(8);

ice::PairKey pair_of(const link::Kept& kept) {
  return {to_address(kept.local, false), to_address(kept.remote, false)};
}

} // namespace

void RoomEngine::deposit(base::Timestamp now) {
  for (const auto& [id, leg] : legs_)
    leg->deposit(now);
}

void RoomEngine::inherit(base::Timestamp now, Inheritance inheritance) {
  if (inheritance.legs.empty() && inheritance.sockets.empty()) return report_(link::LegsInherited{});
  link::LegsInherited fact;
  std::vector<Leg*> continued;
  for (auto& left : inheritance.legs) {
    if (auto* leg = inherit_leg(now, left, inheritance.sockets)) {
      const bool goes_on = leg->peer().continued();
      (goes_on ? fact.continued : fact.reopened).push_back(leg->id());
      if (goes_on) continued.push_back(leg);
    }
    base::wipe(left.session);
    base::wipe(left.marks);
  }
  for (auto& [kept, fd] : inheritance.sockets) {
    const auto owner = std::ranges::find_if(continued, [&left = kept](const Leg* leg) {
      return leg->owns(left.ufrag) || leg->runs_on(pair_of(left));
    });
    if (owner != continued.end()) {
      (*owner)->take_kept(kept, fd);
    } else {
      ::close(fd);
      world_.door.closed(kept.ufrag, pair_of(kept));
    }
  }
  for (auto* leg : continued) {
    leg->deposit(now); // before it sends anything
    on_leg_phase(*leg, peer::Phase::connected, "continued in place");
    leg->arm(now);
  }
  base::log::info(world_.env.log_tag, "room taken over", "continued", fact.continued.size(), "reopened",
                  fact.reopened.size());
  show(now);
  report_(fact);
}

Leg* RoomEngine::inherit_leg(base::Timestamp now, const Inheritance::Leg& left,
                             const std::vector<Inheritance::Socket>& sockets) {
  const auto session = peer::decode_session(left.session.empty() ? left.outline : left.session);
  const bool wanted = session && std::ranges::find(wanted_, session->peer) != wanted_.end();
  if (!wanted || leg(session->peer) != nullptr || legs_.size() >= kMostLegs) return nullptr;
  auto options = peer_options({});
  auto marks = peer::decode_marks(left.marks);
  const bool reachable =
      marks && now - marks->at < kMostSilence &&
      std::ranges::any_of(
          sockets, [&](const Inheritance::Socket& socket) { return pair_of(socket.kept) == marks->pair; });
  if (!reachable || !session->keys)
    base::log::info(world_.env.log_tag, "leg cannot go on in place", "peer", session->peer.hex(), "keys",
                    session->keys.has_value(), "marks", marks.has_value(), "age_ms",
                    marks ? base::to_ms(now - marks->at) : -1);
  auto& owner = static_cast<LegOwner&>(*this);
  std::unique_ptr<Leg> made;
  if (reachable) made = Leg::inherit(world_, now, free_handle(), options, *session, &*marks, owner);
  if (!made) made = Leg::inherit(world_, now, free_handle(), options, *session, nullptr, owner);
  if (!made) return nullptr;
  auto& taken = admit(session->peer, std::move(made));
  taken.register_name();
  return &taken;
}

} // namespace plenum::engine
