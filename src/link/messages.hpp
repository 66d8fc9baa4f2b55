// The link: every message between control and one worker, and its text form.
//
// On connect both sides say Hello; then control sends its whole wish (SyncRequest: Scene and the peers it
// believes in) and the worker its whole truth (SyncState). After that, messages flow as things happen. Either
// side may restart: the next connect repeats the sync, and nothing else is needed. Wire form: a 4-byte length
// in network order and a JSON object {"t":"<type name>","m":{…}} (framing.hpp). Owner: value.
#pragma once

#include "base/result.hpp"
#include "link/facts.hpp"
#include "link/peer_messages.hpp"
#include "link/scene.hpp"

#include <boost/describe.hpp>

#include <string>
#include <variant>
#include <vector>

namespace plenum::link {

inline constexpr std::uint32_t kVersion = 1;

struct Hello {
  std::uint32_t version = kVersion;
  std::string from;         // "control" or "worker"
  std::int64_t process = 0; // pid, for logs
};
BOOST_DESCRIBE_STRUCT(Hello, (), (version, from, process))

struct Heartbeat { // twice a second, both ways (session.hpp says what silence means)
  std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (count))

// Where media of this machine is reached, for candidates: decided by control's configuration.
struct MediaAddress {
  std::string address; // IP literal that clients reach
  std::uint16_t udp_port = 0;
  std::uint16_t tcp_port = 0; // 0: no ICE-TCP
};
BOOST_DESCRIBE_STRUCT(MediaAddress, (), (address, udp_port, tcp_port))

struct RoomSettings { // fixed for the life of a room's worker
  base::RoomId room;
  std::string
      ufrag_prefix; // random, assigned by control: the only names this worker may register at the door
  std::vector<MediaAddress> addresses;
  std::string video_codec = "vp8"; // preferred outgoing codec: vp8 or h264
  bool continue_in_place = true;   // leave keys and marks of live legs with the door
};
BOOST_DESCRIBE_STRUCT(RoomSettings, (), (room, ufrag_prefix, addresses, video_codec, continue_in_place))

struct SyncRequest {
  RoomSettings settings;
  Scene scene;
  std::vector<base::PeerId> peers; // every peer that control knows; the worker closes all others
};
BOOST_DESCRIBE_STRUCT(SyncRequest, (), (settings, scene, peers))

struct KnownPeer {
  base::PeerId peer;
  base::MemberId member;
  PeerPhase phase = PeerPhase::connecting;
};
BOOST_DESCRIBE_STRUCT(KnownPeer, (), (peer, member, phase))

struct SyncState {
  base::RoomId room; // empty: a spare that has no room yet
  std::uint64_t scene_revision = 0;
  std::vector<KnownPeer> peers;
  std::vector<base::MemberId> talking;
};
BOOST_DESCRIBE_STRUCT(SyncState, (), (room, scene_revision, peers, talking))

struct Shutdown { // close every peer politely (DTLS close_notify) and exit 0
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(Shutdown, (), (reason))

using ToWorker = std::variant<Hello, Heartbeat, SyncRequest, Scene, OpenPeer, UpdatePeer, OfferPeer,
                              AnswerPeer, ClosePeer, SendData, Shutdown>;
using FromWorker =
    std::variant<Hello, Heartbeat, SyncState, PeerAnswer, PeerOffer, PeerRefused, PeerState, DataReceived,
                 DataOpen, Talking, DominantSpeaker, VideoSeen, SceneApplied, WorkerStats, LegsInherited>;

std::string encode(const ToWorker& message);
std::string encode(const FromWorker& message);
// An unknown type or a member of a wrong type is an error: both sides are built from one tree, a mismatch is
// a bug.
base::Result<ToWorker> decode_to_worker(std::string_view text);
base::Result<FromWorker> decode_from_worker(std::string_view text);

} // namespace plenum::link
