// SDP as values: one SessionDescription with its media sections, nothing interpreted beyond its syntax.
//
// What Plenum has no field for stays as opaque text in `attributes`, in order, so that a dialect above can
// read or add its own lines without this folder knowing them. Text never contains line breaks; attribute text
// is stored without "a=". Owner: value. Thread: any. RFC 8866 (SDP), 8839 (ICE), 8843/9143 (BUNDLE), 8841
// (SCTP), 5576 (ssrc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::sdp {

enum class MediaKind { audio, video, application, other };
enum class Direction { inactive, sendonly, recvonly, sendrecv };
enum class SetupRole { actpass, active, passive, holdconn };
enum class SectionOrder { as_offered, audio_first }; // how write() arranges sections

constexpr bool sends(Direction d) {
  return d == Direction::sendonly || d == Direction::sendrecv;
}
constexpr bool receives(Direction d) {
  return d == Direction::recvonly || d == Direction::sendrecv;
}
constexpr Direction direction_of(bool send, bool receive) {
  if (send) return receive ? Direction::sendrecv : Direction::sendonly;
  return receive ? Direction::recvonly : Direction::inactive;
}
// The same flow seen from the other end.
constexpr Direction reversed(Direction d) {
  return direction_of(receives(d), sends(d));
}

std::string_view to_string(Direction direction);
std::string_view to_string(SetupRole setup);

struct Origin {
  std::string username = "-";
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  std::string address = "IN IP4 127.0.0.1"; // "IN IP4 …" or "IN IP6 …"
  bool operator==(const Origin&) const = default;
};

// One RTP payload type of a section with everything said about it.
struct PayloadType {
  std::uint8_t number = 0;      // 0–127
  std::string encoding;         // as spelled ("opus", "VP8"); empty: no rtpmap and not a known static type
  std::uint32_t clock_rate = 0; // Hz
  std::optional<std::uint32_t> channels; // only when spelled
  std::string fmtp;                      // parameters without the number
  std::vector<std::string> feedback;     // "nack pli"; lines for `*` are copied into each
  bool operator==(const PayloadType&) const = default;
};

struct ExtMap {
  std::uint16_t id = 0; // as offered; usable are 1–14
  std::string uri;
  Direction direction = Direction::sendrecv;
  bool operator==(const ExtMap&) const = default;
};

struct Fingerprint {
  std::string algorithm; // lower case: "sha-256"
  std::string value;     // upper-case hexadecimal pairs with colons
  bool operator==(const Fingerprint&) const = default;
};

struct IceCredentials {
  std::string ufrag;
  std::string password;
  bool operator==(const IceCredentials&) const = default;
};

struct SsrcLine { // a=ssrc:<ssrc> <attribute>[:<value>]
  std::uint32_t ssrc = 0;
  std::string attribute;
  std::string value;
  bool operator==(const SsrcLine&) const = default;
};

struct SsrcGroup { // a=ssrc-group:FID 1 2
  std::string semantics;
  std::vector<std::uint32_t> ssrcs;
  bool operator==(const SsrcGroup&) const = default;
};

struct Msid {
  std::string stream; // "-" for none
  std::string track;  // may be empty
  bool operator==(const Msid&) const = default;
};

struct MediaSection {
  MediaKind kind = MediaKind::other;
  std::string media; // first word of the m= line
  std::uint16_t port = 9;
  std::string proto;
  std::vector<PayloadType> payloads;          // audio and video over RTP
  std::vector<std::string> formats;           // everything else: "webrtc-datachannel"
  std::string connection;                     // "IN IP4 192.0.2.1"; empty: none
  std::optional<std::uint64_t> bandwidth_bps; // lowest of b=AS and b=TIAS
  std::string mid;
  Direction direction = Direction::sendrecv;
  IceCredentials ice;
  std::string ice_options;
  std::vector<Fingerprint> fingerprints;
  std::optional<SetupRole> setup;
  std::vector<std::string> candidates; // without "candidate:"
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  bool bundle_only = false;
  std::vector<ExtMap> extmaps;
  std::vector<Msid> msids;
  std::vector<SsrcGroup> ssrc_groups;
  std::vector<SsrcLine> ssrcs;
  std::vector<std::string> rids; // "hi send"
  std::string simulcast;         // "send hi;lo"
  std::optional<std::uint16_t> sctp_port;
  std::optional<std::uint64_t> max_message_size; // bytes; 0 means any
  std::vector<std::string> attributes;           // opaque, in order
  bool operator==(const MediaSection&) const = default;

  const PayloadType* payload(std::uint8_t number) const;
  bool is_rtp() const { return kind == MediaKind::audio || kind == MediaKind::video; }
};

struct SessionDescription {
  Origin origin;
  std::string name = "-";
  std::string connection;          // session-level c=
  std::vector<std::string> bundle; // mids of a=group:BUNDLE, in order; empty: none
  bool ice_lite = false;
  std::string msid_semantic;           // after "WMS"; empty: no line
  std::vector<std::string> attributes; // opaque, in order
  std::vector<MediaSection> sections;
  SectionOrder order = SectionOrder::as_offered; // how write() arranges the sections
  bool operator==(const SessionDescription&) const = default;

  const MediaSection* section(std::string_view mid) const; // nullptr: none
};

// The value of an opaque attribute: text after "key:", empty for a flag, nullopt when absent. The first one
// counts.
std::optional<std::string_view> attribute(const std::vector<std::string>& attributes, std::string_view key);

// The value of "name" in "a=1;name=2"; empty for a bare name, nullopt when absent. Names ignore case.
std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view name);

} // namespace plenum::sdp
