#include "sdp/negotiate.hpp"

#include "sdp/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace plenum::sdp {
namespace {

std::unexpected<base::Error> refuse(std::string text) {
  return base::fail(base::ErrorCode::invalid, "SDP offer: " + std::move(text));
}

bool alive(const MediaSection& section) {
  return section.port != 0 || section.bundle_only;
}

// An offer without a BUNDLE group but with one live section has one transport all the same.
bool needs_no_group(const SessionDescription& offer) {
  return offer.bundle.empty() && std::ranges::count_if(offer.sections, alive) == 1;
}

bool bundled(const SessionDescription& offer, const MediaSection& section) {
  if (needs_no_group(offer)) return true;
  return !section.mid.empty() && contains(offer.bundle, section.mid);
}

// The section whose transport attributes count for the whole group (RFC 9143, 7.2).
const MediaSection* tagged_section(const SessionDescription& offer) {
  for (const auto& mid : offer.bundle) {
    const auto* section = offer.section(mid);
    if (section != nullptr && section->port != 0 && !section->ice.ufrag.empty()) return section;
  }
  if (!needs_no_group(offer)) return nullptr;
  const auto found = std::ranges::find_if(offer.sections, alive);
  return &*found;
}

base::Result<SetupRole> choose_role(const MediaSection& tagged, const LocalTransport& transport,
                                    const Negotiated* previous) {
  switch (tagged.setup.value_or(SetupRole::actpass)) {
  case SetupRole::active:
    return SetupRole::passive;
  case SetupRole::passive:
    return SetupRole::active;
  case SetupRole::holdconn:
    return refuse("setup:holdconn");
  case SetupRole::actpass:
    break;
  }
  if (previous != nullptr) return previous->role;
  return transport.setup == SetupRole::active ? SetupRole::active : SetupRole::passive;
}

base::Result<void> check_continuity(const SessionDescription& offer, const Negotiated& previous) {
  const auto& before = previous.local.sections;
  if (offer.sections.size() < before.size()) return refuse("fewer sections than before");
  for (std::size_t i = 0; i < before.size(); ++i)
    if (offer.sections[i].mid != before[i].mid || offer.sections[i].kind != before[i].kind)
      return refuse(fmt::format("section {} is not the one it was", i));
  return {};
}

// Parameters of ours for a payload type that we accept: what selects the variant is echoed, the client's own
// receive limits (max-fs, maxplaybackrate …) are not, because these lines say what *we* can receive.
std::string answer_fmtp(const NegotiatedCodec& codec, bool opus_stereo) {
  static const std::map<Codec, std::vector<std::string_view>> kEchoed = {
      {Codec::opus, {"minptime"}},
      {Codec::vp8, {}},
      {Codec::vp9, {"profile-id"}},
      {Codec::h264, {"level-asymmetry-allowed", "packetization-mode", "profile-level-id"}},
      {Codec::av1, {"level-idx", "profile", "tier"}},
  };
  if (codec.fmtp.empty()) return {};
  std::vector<std::string> out;
  for (const auto name : kEchoed.at(codec.codec))
    if (const auto value = fmtp_value(codec.fmtp, name)) out.push_back(fmt::format("{}={}", name, *value));
  if (codec.codec == Codec::opus) {
    out.emplace_back("useinbandfec=1");
    if (opus_stereo && fmtp_value(codec.fmtp, "stereo") == "1") out.emplace_back("stereo=1");
  }
  return fmt::format("{}", fmt::join(out, ";"));
}

class Answer {
 public:
  Answer(const SessionDescription& offer, const Capabilities& capabilities, const LocalTransport& transport,
         const AnswerOptions& options, const Negotiated* previous)
      : offer_(offer), capabilities_(capabilities), transport_(transport), options_(options),
        previous_(previous) {}

  base::Result<Negotiated> make();

 private:
  base::Result<void> section(const MediaSection& offered);
  void media(const MediaSection& offered, NegotiatedSection read);
  void data(const MediaSection& offered);
  void reject(const MediaSection& offered);
  void session();
  MediaSection accepted_shape(const MediaSection& offered);
  std::vector<ExtMap> extensions(const MediaSection& offered, ExtensionIds& ids);
  void put_payloads(const MediaSection& offered, const NegotiatedSection& read, MediaSection& ours) const;
  void put_streams(const NegotiatedSection& read, MediaSection& ours) const;
  bool taken(MediaKind kind) const;

  const SessionDescription& offer_;
  const Capabilities& capabilities_;
  const LocalTransport& transport_;
  const AnswerOptions& options_;
  const Negotiated* previous_;
  Negotiated out_;
  std::map<std::uint16_t, std::string> extension_uris_; // one meaning of an id in the whole group
};

base::Result<Negotiated> Answer::make() {
  if (offer_.sections.empty()) return refuse("no media sections");
  if (offer_.bundle.empty() && !needs_no_group(offer_)) return refuse("sections are not bundled");
  if (previous_ != nullptr)
    if (auto done = check_continuity(offer_, *previous_); !done) return std::unexpected(done.error());
  const auto* tagged = tagged_section(offer_);
  if (tagged == nullptr) return refuse("no bundled section with ICE credentials");
  if (auto done = read_transport(offer_, *tagged, out_); !done) return std::unexpected(done.error());
  const auto role = choose_role(*tagged, transport_, previous_);
  if (!role) return std::unexpected(role.error());
  out_.role = *role;
  for (const auto& offered : offer_.sections)
    if (auto done = section(offered); !done) return std::unexpected(done.error());
  session();
  const bool any = std::ranges::any_of(out_.sections, &NegotiatedSection::accepted);
  if (!any) return refuse("no section that we can use");
  return std::move(out_);
}

bool Answer::taken(MediaKind kind) const {
  return std::ranges::any_of(out_.sections, [&](const auto& s) { return s.accepted && s.kind == kind; });
}

base::Result<void> Answer::section(const MediaSection& offered) {
  const bool usable = alive(offered) && bundled(offer_, offered) && !taken(offered.kind);
  if (usable && capabilities_.data_channel && is_data_section(offered)) {
    data(offered);
    return {};
  }
  if (!usable || !offered.is_rtp() || !offered.proto.ends_with("RTP/SAVPF")) {
    reject(offered);
    return {};
  }
  const NegotiatedSection* before = nullptr;
  if (previous_ != nullptr && out_.sections.size() < previous_->sections.size())
    before = &previous_->sections[out_.sections.size()];
  auto read = read_section(offered, capabilities_, options_, nullptr, before);
  if (read.receive.empty()) {
    reject(offered);
    return {};
  }
  if (!offered.rtcp_mux) return refuse(fmt::format("section {} without rtcp-mux", offered.mid));
  media(offered, std::move(read));
  return {};
}

void Answer::reject(const MediaSection& offered) {
  MediaSection ours{.kind = offered.kind,
                    .media = offered.media,
                    .port = 0,
                    .proto = offered.proto,
                    .formats = offered.formats,
                    .connection = "IN IP4 0.0.0.0",
                    .mid = offered.mid,
                    .direction = Direction::inactive};
  // The formats only fill the m= line; nothing is said about them.
  for (const auto& payload : offered.payloads)
    ours.payloads.push_back({.number = payload.number});
  put_rejected_transport(ours, transport_);
  out_.sections.push_back({.mid = offered.mid, .kind = offered.kind});
  out_.local.sections.push_back(std::move(ours));
}

MediaSection Answer::accepted_shape(const MediaSection& offered) {
  MediaSection ours{.kind = offered.kind, .media = offered.media, .proto = offered.proto, .mid = offered.mid};
  put_transport(ours, transport_, out_.role, false);
  return ours;
}

void Answer::data(const MediaSection& offered) {
  auto ours = accepted_shape(offered);
  ours.formats = {"webrtc-datachannel"};
  ours.sctp_port = 5000;
  ours.max_message_size = capabilities_.max_message_size;
  out_.data = NegotiatedData{.mid = offered.mid,
                             .remote_port = offered.sctp_port.value_or(5000),
                             .remote_max_message_size = offered.max_message_size.value_or(65536)};
  out_.sections.push_back(
      {.mid = offered.mid, .kind = offered.kind, .accepted = true, .direction = Direction::sendrecv});
  out_.local.sections.push_back(std::move(ours));
}

void Answer::media(const MediaSection& offered, NegotiatedSection read) {
  const auto wanted = reversed(offered.direction);
  const auto decodable = [&](const NegotiatedCodec& c) { return capabilities_.ability(c.codec)->receive; };
  read.accepted = true;
  read.direction = direction_of(sends(wanted) && read.send.has_value(),
                                receives(wanted) && std::ranges::any_of(read.receive, decodable));
  auto ours = accepted_shape(offered);
  ours.direction = read.direction;
  ours.rtcp_mux = true;
  ours.rtcp_rsize = offered.rtcp_rsize;
  ours.extmaps = extensions(offered, read.extensions);
  put_payloads(offered, read, ours);
  if (sends(read.direction)) put_streams(read, ours);
  out_.sections.push_back(std::move(read));
  out_.local.sections.push_back(std::move(ours));
}

std::vector<ExtMap> Answer::extensions(const MediaSection& offered, ExtensionIds& ids) {
  std::vector<ExtMap> out;
  for (const auto& map : offered.extmaps) {
    auto* slot = extension_slot(ids, map.uri, offered.kind);
    if (slot == nullptr || *slot != map.id || map.direction == Direction::inactive) continue;
    const auto [known, fresh] = extension_uris_.try_emplace(map.id, map.uri);
    if (!fresh && known->second != map.uri) {
      *slot = 0;
      continue;
    }
    if (contains(out, map.uri, &ExtMap::uri)) continue;
    out.push_back({.id = map.id, .uri = map.uri, .direction = reversed(map.direction)});
  }
  return out;
}

void Answer::put_payloads(const MediaSection& offered, const NegotiatedSection& read,
                          MediaSection& ours) const {
  const bool only_sending = read.direction == Direction::sendonly;
  for (const auto& codec : read.receive) {
    if (only_sending && !capabilities_.ability(codec.codec)->send) continue;
    const auto& theirs = *offered.payload(codec.payload_type);
    PayloadType accepted = theirs; // the spelling of the rtpmap is the client's
    accepted.fmtp = answer_fmtp(codec, capabilities_.opus_stereo);
    std::erase_if(accepted.feedback, [&](const std::string& feedback) {
      if (feedback == "transport-cc" && read.extensions.transport_cc == 0) return true;
      return !knows_feedback(offered.kind, feedback);
    });
    ours.payloads.push_back(std::move(accepted));
    if (!codec.rtx_payload_type) continue;
    auto rtx = *offered.payload(*codec.rtx_payload_type);
    rtx.feedback.clear();
    rtx.fmtp = fmt::format("apt={}", codec.payload_type);
    ours.payloads.push_back(std::move(rtx));
  }
}

void Answer::put_streams(const NegotiatedSection& read, MediaSection& ours) const {
  const auto& media = options_.media;
  const bool audio = read.kind == MediaKind::audio;
  const auto ssrc = audio ? media.audio_ssrc : media.video_ssrc;
  ours.msids = {{.stream = media.stream_id, .track = audio ? media.audio_track_id : media.video_track_id}};
  ours.ssrcs.push_back({.ssrc = ssrc, .attribute = "cname", .value = media.cname});
  if (audio || !read.send->rtx_payload_type) return;
  ours.ssrc_groups.push_back({.semantics = "FID", .ssrcs = {ssrc, media.video_rtx_ssrc}});
  ours.ssrcs.push_back({.ssrc = media.video_rtx_ssrc, .attribute = "cname", .value = media.cname});
}

void Answer::session() {
  auto& local = out_.local;
  local.order = options_.order;
  local.origin.session_id = options_.media.session_id;
  local.origin.version = previous_ == nullptr ? 1 : previous_->local.origin.version + 1;
  local.origin.address = default_address(transport_);
  local.ice_lite = transport_.ice_lite;
  local.msid_semantic = options_.media.stream_id;
  for (const auto& line : options_.session_attributes)
    local.attributes.push_back(attribute_text(line));
  const auto accepted = [&](const std::string& mid) {
    return std::ranges::any_of(out_.sections, [&](const auto& s) { return s.accepted && s.mid == mid; });
  };
  for (const auto& mid : offer_.bundle)
    if (accepted(mid) && !contains(local.bundle, mid)) local.bundle.push_back(mid);
  for (auto& section : local.sections) {
    const bool first = local.bundle.empty() ? section.port != 0 : section.mid == local.bundle.front();
    if (first) put_transport(section, transport_, out_.role, true);
  }
}

} // namespace

const NegotiatedSection* Negotiated::section(MediaKind kind) const {
  for (const auto& section : sections)
    if (section.accepted && section.kind == kind) return &section;
  return nullptr;
}

base::Result<Negotiated> answer(const SessionDescription& offer, const Capabilities& capabilities,
                                const LocalTransport& transport, const AnswerOptions& options,
                                const Negotiated* previous) {
  return Answer(offer, capabilities, transport, options, previous).make();
}

} // namespace plenum::sdp
