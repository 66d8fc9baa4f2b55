// What a worker observes and answers. Facts describe, they never command; control decides what they mean.
// Owner: value.
#pragma once

#include "base/ids.hpp"
#include "base/metrics.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace plenum::link {

struct PeerAnswer {
  std::uint64_t request = 0;
  base::PeerId peer;
  std::string sdp;
  bool audio = false, video = false, data = false; // what the client sends or has
  std::vector<std::string> session_attributes;     // "a=…" lines of the offer that media does not understand
};
BOOST_DESCRIBE_STRUCT(PeerAnswer, (), (request, peer, sdp, audio, video, data, session_attributes))

struct PeerOffer {
  std::uint64_t request = 0;
  base::PeerId peer;
  std::string sdp;
};
BOOST_DESCRIBE_STRUCT(PeerOffer, (), (request, peer, sdp))

enum class RefusalReason { bad_sdp, unknown_peer, limit, internal };
BOOST_DESCRIBE_ENUM(RefusalReason, bad_sdp, unknown_peer, limit, internal)

struct PeerRefused {
  std::uint64_t request = 0;
  base::PeerId peer;
  RefusalReason reason = RefusalReason::internal;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(PeerRefused, (), (request, peer, reason, text))

// connected: ICE and DTLS are up and media flows. disconnected: no consent for 5 s, may come back.
// failed: no consent for 30 s, or the transport never came up in 30 s.
enum class PeerPhase { connecting, connected, disconnected, failed, closed };
BOOST_DESCRIBE_ENUM(PeerPhase, connecting, connected, disconnected, failed, closed)

struct PeerState {
  base::PeerId peer;
  PeerPhase phase = PeerPhase::connecting;
  std::string detail; // for people: "no connectivity check seen", "DTLS fingerprint mismatch"
};
BOOST_DESCRIBE_STRUCT(PeerState, (), (peer, phase, detail))

struct DataReceived {
  base::PeerId peer;
  std::string text; // at most 64 KiB
};
BOOST_DESCRIBE_STRUCT(DataReceived, (), (peer, text))

struct DataOpen { // the data channel is up
  base::PeerId peer;
};
BOOST_DESCRIBE_STRUCT(DataOpen, (), (peer))

struct Talking {
  base::MemberId member;
  bool on = false;
};
BOOST_DESCRIBE_STRUCT(Talking, (), (member, on))

struct DominantSpeaker {
  base::MemberId member;
};
BOOST_DESCRIBE_STRUCT(DominantSpeaker, (), (member))

// First decoded picture of a source, or one of a new size; 0×0: on the canvas, and no picture for 5 s.
struct VideoSeen {
  base::MemberId member;
  std::int32_t width = 0, height = 0; // px
};
BOOST_DESCRIBE_STRUCT(VideoSeen, (), (member, width, height))

struct SceneApplied {
  std::uint64_t revision = 0;
};
BOOST_DESCRIBE_STRUCT(SceneApplied, (), (revision))

// A worker in the place of a dead one: which of the legs go on as if nothing had happened (without a data
// channel), and which are ready for an OfferPeer that the client must answer. The others are lost.
struct LegsInherited {
  std::vector<base::PeerId> continued, reopened;
};
BOOST_DESCRIBE_STRUCT(LegsInherited, (), (continued, reopened))

struct MetricSample {
  std::string name, labels;
  bool counter = true;
  std::int64_t value = 0;
};
BOOST_DESCRIBE_STRUCT(MetricSample, (), (name, labels, counter, value))

struct WorkerStats { // every 5 s
  std::vector<MetricSample> samples;
};
BOOST_DESCRIBE_STRUCT(WorkerStats, (), (samples))

} // namespace plenum::link
