#include "room/live.hpp"

namespace plenum::room {

namespace {
struct Observe {
  Live& live;
  base::WallTime now;

  void operator()(const Talking& fact) const {
    auto& speech = live.speech[fact.member];
    if (speech.talking == fact.on && speech.since != base::WallTime{}) return;
    speech = {fact.on, now};
  }
  void operator()(const DominantSpeaker& fact) const { live.dominant = fact.member; }
  void operator()(const VideoSeen& fact) const { live.video[fact.member] = fact; }
};
} // namespace

void observe(Live& live, const Volatile& fact, base::WallTime now) {
  std::visit(Observe{live, now}, fact);
}

void forget(Live& live, base::MemberId member) {
  live.speech.erase(member);
  live.video.erase(member);
  if (live.dominant == member) live.dominant = {};
}

} // namespace plenum::room
