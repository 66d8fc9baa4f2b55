// LegState: what another process needs to go on with a live leg in place: same names, same keys, same
// numbers.
//
// Two parts, because one changes with each negotiation and the other all the time. LegSession is what was
// agreed (and, when the leg can be continued, the SRTP keys); LegMarks is how far the leg has come. Both
// travel as opaque bounded bytes through the door, which alone keeps them (docs/architecture.md, 5.3). A
// session without keys cannot be continued, but the leg can be offered again with it (Peer::reopen). Holds
// secrets: never logged. Owner: value. Thread: net.
#pragma once

#include "base/ids.hpp"
#include "base/units.hpp"
#include "ice/address.hpp"
#include "ice/agent.hpp"
#include "sdp/negotiate.hpp"
#include "secure/srtp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::peer {

struct LegSession {
  base::PeerId peer;
  base::MemberId member;
  ice::Credentials local_ice;
  std::string fingerprint; // ours as the client knows it: "sha-256 AB:…", of a process that may be gone
  sdp::AnswerOptions answer;
  sdp::Negotiated negotiated;
  std::optional<secure::SrtpKeys> keys;
};

// Of a stream that we send; its next number is in the SRTP marks.
struct SendMarks {
  std::uint64_t packets = 0, octets = 0;
  std::uint32_t rtp_time = 0; // of the last packet, and when its content was true
  base::Timestamp captured{};
  std::uint16_t picture_id = 0; // video
  bool operator==(const SendMarks&) const = default;
};

struct LegMarks {
  base::Timestamp at{}; // CLOCK_MONOTONIC: the same for all processes of a machine
  ice::PairKey pair;
  std::uint32_t pair_priority = 0;
  secure::SrtpMarks srtp;
  SendMarks audio, video;
  bool operator==(const LegMarks&) const = default;
};

inline constexpr std::size_t kLegSessionBytes = 14 * 1024;
inline constexpr std::size_t kLegMarksBytes = 1024;

std::vector<std::uint8_t> encode(const LegSession& session); // empty: larger than kLegSessionBytes
std::vector<std::uint8_t> encode(const LegMarks& marks);     // the same
std::optional<LegSession> decode_session(base::Bytes bytes); // nullopt: not ours
std::optional<LegMarks> decode_marks(base::Bytes bytes);

} // namespace plenum::peer
