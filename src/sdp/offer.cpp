#include "base/check.hpp"
#include "sdp/match.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::sdp {
namespace {

std::unexpected<base::Error> refuse(std::string text) {
  return base::fail(base::ErrorCode::invalid, "SDP answer: " + std::move(text));
}

base::Result<void> check_sections(const SessionDescription& ours, const SessionDescription& theirs) {
  if (ours.sections.size() != theirs.sections.size())
    return refuse(fmt::format("{} sections instead of {}", theirs.sections.size(), ours.sections.size()));
  for (std::size_t i = 0; i < ours.sections.size(); ++i) {
    const auto& answered = theirs.sections[i];
    const bool same_mid = answered.mid.empty() || answered.mid == ours.sections[i].mid;
    if (!same_mid || answered.kind != ours.sections[i].kind)
      return refuse(fmt::format("section {} is not the one offered", i));
  }
  return {};
}

// RFC 8842, 5.3: the answerer chooses; without a line the roles stay.
base::Result<SetupRole> read_role(const MediaSection& tagged, SetupRole before) {
  if (!tagged.setup) return before;
  if (*tagged.setup == SetupRole::active) return SetupRole::passive;
  if (*tagged.setup == SetupRole::passive) return SetupRole::active;
  return refuse("setup is neither active nor passive");
}

base::Result<NegotiatedSection> read_answered(const MediaSection& ours, const MediaSection& theirs,
                                              const Capabilities& capabilities, const AnswerOptions& options,
                                              const NegotiatedSection& before) {
  NegotiatedSection rejected{.mid = ours.mid, .kind = ours.kind};
  if (ours.port == 0 || theirs.port == 0) return rejected;
  if (!ours.is_rtp()) {
    rejected.accepted = ours.kind == MediaKind::application && is_data_section(theirs);
    rejected.direction = rejected.accepted ? Direction::sendrecv : Direction::inactive;
    return rejected;
  }
  auto read = read_section(theirs, capabilities, options, &ours, &before);
  if (read.receive.empty())
    return refuse(fmt::format("section {} accepts no payload type of ours", ours.mid));
  if (!theirs.rtcp_mux) return refuse(fmt::format("section {} without rtcp-mux", ours.mid));
  const auto wanted = reversed(theirs.direction);
  read.mid = ours.mid;
  read.accepted = true;
  read.direction = direction_of(sends(ours.direction) && sends(wanted) && read.send.has_value(),
                                receives(ours.direction) && receives(wanted));
  return read;
}

} // namespace

SessionDescription make_offer(Negotiated& state, const LocalTransport& transport,
                              const std::vector<std::string>& session_attributes) {
  ++state.local.origin.version;
  auto out = state.local;
  out.order = SectionOrder::as_offered;
  out.ice_lite = transport.ice_lite;
  out.attributes.clear();
  for (const auto& line : session_attributes)
    out.attributes.push_back(attribute_text(line));
  bool carried = false;
  for (auto& section : out.sections) {
    if (section.port == 0) {
      put_rejected_transport(section, transport);
      continue;
    }
    put_transport(section, transport, SetupRole::actpass, !carried);
    carried = true;
  }
  return out;
}

base::Result<Negotiated> apply_answer(const SessionDescription& our_offer,
                                      const SessionDescription& client_answer,
                                      const Capabilities& capabilities, const AnswerOptions& options,
                                      const Negotiated& previous) {
  CHECK(our_offer.sections.size() == previous.sections.size()); // ours: made by make_offer from `previous`
  if (auto done = check_sections(our_offer, client_answer); !done) return std::unexpected(done.error());
  const auto live = [](const MediaSection& s) { return s.port != 0 && !s.ice.ufrag.empty(); };
  const auto tagged = std::ranges::find_if(client_answer.sections, live);
  if (tagged == client_answer.sections.end()) return refuse("every section is rejected");
  Negotiated out;
  if (auto done = read_transport(client_answer, *tagged, out); !done) return std::unexpected(done.error());
  const auto role = read_role(*tagged, previous.role);
  if (!role) return std::unexpected(role.error());
  out.role = *role;
  out.local = our_offer;
  for (std::size_t i = 0; i < our_offer.sections.size(); ++i) {
    const auto& theirs = client_answer.sections[i];
    auto read = read_answered(our_offer.sections[i], theirs, capabilities, options, previous.sections[i]);
    if (!read) return std::unexpected(read.error());
    if (read->accepted && read->kind == MediaKind::application)
      out.data = NegotiatedData{.mid = read->mid,
                                .remote_port = theirs.sctp_port.value_or(5000),
                                .remote_max_message_size = theirs.max_message_size.value_or(65536)};
    out.sections.push_back(std::move(*read));
  }
  return out;
}

} // namespace plenum::sdp
