// What a Peer needs to stand in for a browser: the offer that a browser makes and the full ICE role.
//
// Simulations and the load lab dial with these, so that both talk to the server as the same browser. Owner:
// function. Thread: any. RFC 8829 (JSEP), 4588 (RTX).
#pragma once

#include "peer/peer.hpp"

#include <string>

namespace plenum::peer {

// The sections and codecs of an offer, as Chromium writes them; without a transport, for Peer::dial.
struct BrowserOffer {
  sdp::Direction audio = sdp::Direction::sendrecv;
  sdp::Direction video = sdp::Direction::sendrecv;
  bool has_video = true;
  bool vp8 = true, h264 = false; // with RTX each
};
std::string browser_offer(const BrowserOffer& wish = {});

// Full ICE from `address`, transport-wide sequence numbers.
PeerOptions browser_options(const ice::TransportAddress& address);

} // namespace plenum::peer
