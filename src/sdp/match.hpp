// The shared half of negotiate.cpp (our answers) and offer.cpp (our offers): what a remote media section
// means for us. Internal to this folder. Owner: none. Thread: any.
#pragma once

#include "sdp/negotiate.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace plenum::sdp {

template <class Range, class Value, class Projection = std::identity>
bool contains(const Range& range, const Value& value, Projection projection = {}) {
  return std::ranges::find(range, value, projection) != std::ranges::end(range);
}

// Reads codecs, extensions, streams and caps of a remote section. `ours` limits an answer to what we offered
// (payload types and extension ids); nullptr for an offer. An empty `receive` and no `send` means that
// nothing matched.
NegotiatedSection read_section(const MediaSection& remote, const Capabilities& capabilities,
                               const AnswerOptions& options, const MediaSection* ours,
                               const NegotiatedSection* previous);

bool is_data_section(const MediaSection& section);

// Copies ICE credentials, candidates (component 1) and the fingerprint of the transport's section into `out`.
base::Result<void> read_transport(const SessionDescription& remote, const MediaSection& tagged,
                                  Negotiated& out);

// "a=x" or "x" → "x".
std::string attribute_text(std::string_view line);

// Writes our end of the transport into a section; only the first live one carries the candidates.
void put_transport(MediaSection& section, const LocalTransport& transport, SetupRole setup,
                   bool with_candidates);
void put_rejected_transport(MediaSection& section, const LocalTransport& transport);

// "IN IP4 203.0.113.5" of the first UDP candidate; the unspecified address without one.
std::string default_address(const LocalTransport& transport);

} // namespace plenum::sdp
