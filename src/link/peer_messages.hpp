// What control asks of a worker about peers. A peer is one transport of one member (a leg): ICE, DTLS, SRTP,
// one incoming audio and video, one outgoing mix and picture. SDP travels as text; its meaning stays in the
// worker, its dialect quirks in PeerOptions (docs/architecture.md, 1.2 and ADR 22). Every OpenPeer,
// UpdatePeer and RestartPeer is answered by exactly one PeerAnswer, PeerOffer or PeerRefused (facts.hpp) with
// the same `request`. Owner: value.
#pragma once

#include "base/ids.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace plenum::link {

enum class SectionOrder { as_offered, audio_first };
BOOST_DESCRIBE_ENUM(SectionOrder, as_offered, audio_first)

struct PeerOptions {
  SectionOrder order = SectionOrder::as_offered;
  std::vector<std::string> session_attributes; // "a=…" lines for every answer and offer of ours
  std::string stream_name = "room";            // msid of the mix and the picture
  std::string receive_cap_attribute;           // media attribute whose max-bitrate (kbit/s) caps what we send
  bool operator==(const PeerOptions&) const = default;
};
BOOST_DESCRIBE_STRUCT(PeerOptions, (), (order, session_attributes, stream_name, receive_cap_attribute))

// A new leg from a client's offer. An open peer with the same id is replaced.
struct OpenPeer {
  std::uint64_t request = 0;
  base::PeerId peer;
  base::MemberId member;
  std::string offer;
  PeerOptions options;
};
BOOST_DESCRIBE_STRUCT(OpenPeer, (), (request, peer, member, offer, options))

// A later offer of the client on a live leg (resume, renegotiation): same transport, new answer.
struct UpdatePeer {
  std::uint64_t request = 0;
  base::PeerId peer;
  std::string offer;
};
BOOST_DESCRIBE_STRUCT(UpdatePeer, (), (request, peer, offer))

// Make an offer of our own, with new ICE credentials when asked.
struct OfferPeer {
  std::uint64_t request = 0;
  base::PeerId peer;
  bool ice_restart = false;
};
BOOST_DESCRIBE_STRUCT(OfferPeer, (), (request, peer, ice_restart))

// The client's answer to our last offer.
struct AnswerPeer {
  base::PeerId peer;
  std::string answer;
};
BOOST_DESCRIBE_STRUCT(AnswerPeer, (), (peer, answer))

struct ClosePeer {
  base::PeerId peer;
};
BOOST_DESCRIBE_STRUCT(ClosePeer, (), (peer))

// Text for the data channel of one peer; dropped and counted when it has none.
struct SendData {
  base::PeerId peer;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(SendData, (), (peer, text))

} // namespace plenum::link
