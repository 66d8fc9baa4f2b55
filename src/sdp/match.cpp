#include "sdp/match.hpp"

#include <algorithm>
#include <charconv>
#include <span>

namespace plenum::sdp {
namespace {

// With rtcp-mux the second byte of these would read as RTCP types 192–223 (RFC 5761, 4).
bool collides_with_rtcp(std::uint8_t payload_type) {
  return payload_type >= 64 && payload_type <= 95;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view word(std::string_view text, std::size_t index) {
  for (;; --index) {
    const auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    const auto end = std::min(text.find(' '), text.size());
    if (index == 0) return text.substr(0, end);
    text.remove_prefix(end);
  }
}

std::optional<std::uint8_t> rtx_of(const MediaSection& section, std::uint8_t payload_type) {
  for (const auto& p : section.payloads) {
    if (p.encoding != "rtx" && p.encoding != "RTX") continue;
    const auto apt = fmtp_value(p.fmtp, "apt");
    if (apt && number<std::uint8_t>(*apt) == payload_type && !collides_with_rtcp(p.number)) return p.number;
  }
  return std::nullopt;
}

NegotiatedCodec read_codec(const MediaSection& section, const PayloadType& payload, Codec codec) {
  const auto has = [&](std::string_view feedback) {
    return knows_feedback(section.kind, feedback) && contains(payload.feedback, feedback);
  };
  NegotiatedCodec out{.codec = codec,
                      .payload_type = payload.number,
                      .rtx_payload_type = rtx_of(section, payload.number),
                      .clock_rate = payload.clock_rate,
                      .channels = payload.channels.value_or(1),
                      .fmtp = payload.fmtp,
                      .nack = has("nack"),
                      .pli = has("nack pli"),
                      .fir = has("ccm fir"),
                      .remb = has("goog-remb"),
                      .transport_cc = has("transport-cc")};
  if (codec == Codec::h264 && fmtp_value(payload.fmtp, "packetization-mode") == "1")
    out.packetization_mode = 1;
  return out;
}

// H.264 comes in many variants: packetization mode 1 first (no slice limits), then constrained baseline,
// which every decoder takes.
int send_rank(const NegotiatedCodec& codec) {
  if (codec.codec != Codec::h264) return 0;
  const auto level = fmtp_value(codec.fmtp, "profile-level-id").value_or("42000a");
  return codec.packetization_mode * 2 + (level.starts_with("42e0") || level.starts_with("42E0") ? 1 : 0);
}

std::optional<NegotiatedCodec> choose_send(std::span<const NegotiatedCodec> codecs,
                                           const Capabilities& capabilities, Codec preferred,
                                           const NegotiatedSection* previous) {
  const NegotiatedCodec* best = nullptr;
  const auto better = [&](const NegotiatedCodec& a, const NegotiatedCodec& b) {
    if (a.codec != b.codec) return a.codec == preferred;
    return send_rank(a) > send_rank(b);
  };
  for (const auto& codec : codecs) {
    const auto* ability = capabilities.ability(codec.codec);
    if (ability == nullptr || !ability->send) continue;
    if (previous != nullptr && previous->send && previous->send->codec == codec.codec &&
        previous->send->payload_type == codec.payload_type)
      return codec;
    if (best == nullptr || better(codec, *best)) best = &codec;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

void read_extensions(const MediaSection& remote, const MediaSection* ours, ExtensionIds& ids) {
  for (const auto& map : remote.extmaps) {
    auto* slot = extension_slot(ids, map.uri, remote.kind);
    if (slot == nullptr || *slot != 0 || map.id < 1 || map.id > 14 || map.direction == Direction::inactive)
      continue;
    const auto same = [&](const ExtMap& other) { return other.id == map.id && other.uri == map.uri; };
    if (ours != nullptr && std::ranges::none_of(ours->extmaps, same)) continue;
    *slot = static_cast<std::uint8_t>(map.id);
  }
}

void read_streams(const MediaSection& remote, NegotiatedSection& out) {
  std::vector<std::uint32_t> repairs;
  for (const auto& group : remote.ssrc_groups)
    if (group.semantics == "FID" || group.semantics == "FEC-FR")
      for (std::size_t i = 1; i < group.ssrcs.size(); ++i)
        repairs.push_back(group.ssrcs[i]);
  for (const auto& line : remote.ssrcs) {
    if (line.attribute == "cname" && out.remote_cname.empty()) out.remote_cname = line.value;
    if (contains(repairs, line.ssrc)) continue;
    if (contains(out.remote_streams, line.ssrc, &RemoteStream::ssrc)) continue;
    RemoteStream stream{.ssrc = line.ssrc};
    for (const auto& group : remote.ssrc_groups)
      if (group.semantics == "FID" && group.ssrcs.size() == 2 && group.ssrcs[0] == line.ssrc)
        stream.rtx_ssrc = group.ssrcs[1];
    out.remote_streams.push_back(stream);
  }
}

std::optional<base::DataRate> read_cap(const MediaSection& remote, const std::string& key) {
  std::optional<std::int64_t> bps;
  if (remote.bandwidth_bps) bps = static_cast<std::int64_t>(*remote.bandwidth_bps);
  const auto text = key.empty() ? std::nullopt : attribute(remote.attributes, key);
  const auto kbps =
      text ? number<std::uint32_t>(fmtp_value(*text, "max-bitrate").value_or("")) : std::nullopt;
  if (kbps && *kbps > 0) bps = std::min(bps.value_or(INT64_MAX), std::int64_t{*kbps} * 1000);
  return bps ? std::optional(base::DataRate{*bps}) : std::nullopt;
}

bool valid_ice_text(std::string_view text, std::size_t least) {
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  return text.size() >= least && text.size() <= 256 && std::ranges::all_of(text, visible);
}

} // namespace

NegotiatedSection read_section(const MediaSection& remote, const Capabilities& capabilities,
                               const AnswerOptions& options, const MediaSection* ours,
                               const NegotiatedSection* previous) {
  NegotiatedSection out{.mid = remote.mid, .kind = remote.kind};
  std::vector<NegotiatedCodec> known;
  for (const auto& payload : remote.payloads) {
    const auto codec = codec_of(payload);
    if (!codec || kind_of(*codec) != remote.kind || collides_with_rtcp(payload.number)) continue;
    if (capabilities.ability(*codec) == nullptr) continue;
    if (ours != nullptr && ours->payload(payload.number) == nullptr) continue;
    known.push_back(read_codec(remote, payload, *codec));
  }
  out.send = choose_send(known, capabilities, options.preferred_video, previous);
  if (out.send) out.receive.push_back(*out.send);
  for (auto& codec : known)
    if (capabilities.ability(codec.codec)->receive &&
        (!out.send || codec.payload_type != out.send->payload_type))
      out.receive.push_back(std::move(codec));
  read_extensions(remote, ours, out.extensions);
  if (receives(reversed(remote.direction))) read_streams(remote, out);
  out.receive_cap = read_cap(remote, options.receive_cap_attribute);
  return out;
}

bool is_data_section(const MediaSection& section) {
  return section.kind == MediaKind::application && section.proto.ends_with("/DTLS/SCTP") &&
         contains(section.formats, "webrtc-datachannel");
}

base::Result<void> read_transport(const SessionDescription& remote, const MediaSection& tagged,
                                  Negotiated& out) {
  if (!valid_ice_text(tagged.ice.ufrag, 4) || !valid_ice_text(tagged.ice.password, 22))
    return base::fail(base::ErrorCode::invalid, "SDP has no usable ice-ufrag and ice-pwd");
  constexpr std::string_view kPreferred[] = {"sha-256", "sha-384", "sha-512"};
  const Fingerprint* chosen = nullptr;
  for (const auto algorithm : kPreferred)
    for (const auto& f : tagged.fingerprints)
      if (chosen == nullptr && f.algorithm == algorithm) chosen = &f;
  if (chosen == nullptr) return base::fail(base::ErrorCode::invalid, "SDP has no SHA-2 fingerprint");
  const std::size_t bytes = chosen->algorithm == "sha-256" ? 32 : chosen->algorithm == "sha-384" ? 48 : 64;
  if (chosen->value.size() != bytes * 3 - 1)
    return base::fail(base::ErrorCode::invalid, "SDP has a fingerprint of the wrong length");
  out.remote_ice = tagged.ice;
  out.remote_ice_lite = remote.ice_lite;
  out.remote_fingerprint = *chosen;
  for (const auto& candidate : tagged.candidates)
    if (word(candidate, 1) == "1") out.remote_candidates.push_back(candidate);
  out.remote_session_attributes = remote.attributes;
  return {};
}

std::string attribute_text(std::string_view line) {
  if (line.starts_with("a=")) line.remove_prefix(2);
  return std::string(line.substr(0, line.find_first_of("\r\n")));
}

std::string default_address(const LocalTransport& transport) {
  for (const auto& candidate : transport.candidates) {
    const auto text = attribute_text(candidate);
    const auto protocol = word(text, 2);
    const auto address = word(text, 4);
    if ((protocol == "udp" || protocol == "UDP") && !address.empty())
      return (address.find(':') == std::string_view::npos ? "IN IP4 " : "IN IP6 ") + std::string(address);
  }
  return "IN IP4 0.0.0.0";
}

void put_transport(MediaSection& section, const LocalTransport& transport, SetupRole setup,
                   bool with_candidates) {
  put_rejected_transport(section, transport);
  section.connection = default_address(transport);
  section.port = 9;
  section.fingerprints = {transport.fingerprint};
  section.setup = setup;
  for (const auto& candidate : transport.candidates) {
    auto text = attribute_text(candidate);
    if (text.starts_with("candidate:")) text.erase(0, 10);
    const auto port = number<std::uint16_t>(word(text, 5));
    const auto protocol = word(text, 2);
    if (section.port == 9 && port && (protocol == "udp" || protocol == "UDP")) section.port = *port;
    if (with_candidates) section.candidates.push_back(std::move(text));
  }
}

void put_rejected_transport(MediaSection& section, const LocalTransport& transport) {
  section.ice = transport.ice;
  section.candidates.clear();
}

} // namespace plenum::sdp
