// What is observed about a room and never stored: who talks, who dominates, how large pictures are.
//
// Volatile facts pass the same fan-out as events, in order, but are neither logged nor replayed. `observe`
// keeps the little that decisions need (voice-driven tiles). Owner: hub. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "base/units.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <map>
#include <variant>

namespace plenum::room {

struct Talking {
  base::MemberId member;
  bool on = false;
};
BOOST_DESCRIBE_STRUCT(Talking, (), (member, on))

struct DominantSpeaker {
  base::MemberId member; // empty: nobody
};
BOOST_DESCRIBE_STRUCT(DominantSpeaker, (), (member))

struct VideoSeen { // the size of the newest decoded pictures
  base::MemberId member;
  std::int32_t width = 0, height = 0; // px
};
BOOST_DESCRIBE_STRUCT(VideoSeen, (), (member, width, height))

using Volatile = std::variant<Talking, DominantSpeaker, VideoSeen>;

struct Speech {
  bool talking = false;
  base::WallTime since{}; // last edge
};

struct Live {
  std::map<base::MemberId, Speech> speech;
  std::map<base::MemberId, VideoSeen> video;
  base::MemberId dominant;
  base::WallTime touched{}; // last keep-alive of a client that has not joined yet
};

void observe(Live& live, const Volatile& fact, base::WallTime now);
void forget(Live& live, base::MemberId member);

} // namespace plenum::room
