// Offer × capabilities → answer, and the facts that a peer needs from the exchange; also our own offers.
//
// One value, Negotiated, is all the state there is: the peer keeps the last one and hands it back for the
// next round, so that mids, payload types, SSRCs and msids stay and the o= version counts. One transport per
// leg: only BUNDLE with rtcp-mux is accepted. Pure functions, no I/O, no clock. Owner: peer. Thread: any. RFC
// 3264, 8829 (JSEP), 9143 (BUNDLE), 8839 (ICE), 8842 (DTLS), 8841 (SCTP), 5285 (extensions), 4588 (RTX).
#pragma once

#include "base/result.hpp"
#include "base/units.hpp"
#include "sdp/capabilities.hpp"
#include "sdp/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::sdp {

// Our end of the transport. `setup` is what an offer of ours says or what we choose when the client leaves
// the choice; an offer with `setup:passive` makes us active whatever it says.
struct LocalTransport {
  IceCredentials ice;
  Fingerprint fingerprint;
  SetupRole setup = SetupRole::passive;
  std::vector<std::string> candidates; // text of a candidate line with or without "a=" and "candidate:"
  bool ice_lite = true;
};

// What stays the same for the life of a leg.
struct LocalMedia {
  std::uint64_t session_id = 1; // o= line, 1 … 2^62
  std::string cname;
  std::string stream_id; // one MediaStream for audio and video; no spaces
  std::string audio_track_id = "audio";
  std::string video_track_id = "video";
  std::uint32_t audio_ssrc = 0;
  std::uint32_t video_ssrc = 0;
  std::uint32_t video_rtx_ssrc = 0;
};

struct AnswerOptions {
  SectionOrder order = SectionOrder::as_offered;
  std::vector<std::string> session_attributes; // lines to add, with or without "a="
  std::string receive_cap_attribute;           // media attribute with "max-bitrate=<kbit/s>"; empty: none
  Codec preferred_video = Codec::vp8;          // vp8 or h264; the other one when it is not offered
  LocalMedia media;
};

struct NegotiatedCodec {
  Codec codec = Codec::opus;
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;
  std::uint32_t clock_rate = 0;        // Hz
  std::uint32_t channels = 1;          // as spelled; 1 when not
  std::string fmtp;                    // as the client wrote it: what it can receive
  std::uint8_t packetization_mode = 0; // H.264 only: 0 or 1 (absent is 0)
  bool nack = false, pli = false, fir = false, remb = false, transport_cc = false;
  bool operator==(const NegotiatedCodec&) const = default;
};

struct RemoteStream {
  std::uint32_t ssrc = 0;
  std::optional<std::uint32_t> rtx_ssrc;
  bool operator==(const RemoteStream&) const = default;
};

struct NegotiatedSection {
  std::string mid;
  MediaKind kind = MediaKind::other;
  bool accepted = false;
  Direction direction = Direction::inactive; // from our point of view
  std::vector<NegotiatedCodec> receive;      // every payload type the client may send us, preferred first
  std::optional<NegotiatedCodec> send; // set when we have an encoder for the section, whatever the direction
  ExtensionIds extensions;
  std::vector<RemoteStream>
      remote_streams; // announced by ssrc lines; may be empty: learn by mid, payload type
  std::string remote_cname;
  std::optional<base::DataRate> receive_cap; // the client wants no more than this
};

struct NegotiatedData {
  std::string mid;
  std::uint16_t local_port = 5000;               // SCTP
  std::uint16_t remote_port = 5000;              // SCTP
  std::uint64_t remote_max_message_size = 65536; // bytes; 0 means any
};

struct Negotiated {
  SessionDescription local; // what we said last: our answer, or our offer that the client has answered
  std::vector<NegotiatedSection> sections; // every section, in the order of the offer
  std::optional<NegotiatedData> data;
  IceCredentials remote_ice;
  bool remote_ice_lite = false;
  std::vector<std::string> remote_candidates; // component 1, text without "candidate:"
  Fingerprint remote_fingerprint;
  SetupRole role = SetupRole::passive;                // ours in DTLS: passive (server) or active (client)
  std::vector<std::string> remote_session_attributes; // opaque, without "a="

  const NegotiatedSection* section(MediaKind kind) const; // the accepted one, or nullptr
};

// Answers a client's offer. With `previous` it is a later offer of the same leg: sections may be added but
// not removed or renamed, the send codec stays while it is offered, the o= version counts up.
base::Result<Negotiated> answer(const SessionDescription& offer, const Capabilities& capabilities,
                                const LocalTransport& transport, const AnswerOptions& options,
                                const Negotiated* previous = nullptr);

// An offer of ours on a live leg: the same sections, payload types, SSRCs and msids, `setup:actpass`, the
// next o= version, the transport and session attributes given. Only the o= version of the state changes at
// once, so that an offer that is never answered does not repeat a version; the rest waits for apply_answer().
SessionDescription make_offer(Negotiated& state, const LocalTransport& transport,
                              const std::vector<std::string>& session_attributes);

// Applies the client's answer to `our_offer`, which make_offer() made from `previous`.
base::Result<Negotiated> apply_answer(const SessionDescription& our_offer,
                                      const SessionDescription& client_answer,
                                      const Capabilities& capabilities, const AnswerOptions& options,
                                      const Negotiated& previous);

} // namespace plenum::sdp
