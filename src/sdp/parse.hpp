// Text → SessionDescription. Bounded in every dimension, because offers come from strangers; tolerant in
// spelling (LF or CRLF, unknown lines, missing optional lines), because stacks differ.
//
// Session-level ice-ufrag, ice-pwd, ice-options, fingerprint, setup, direction and c= are copied into the
// sections that have none of their own, so that readers look in one place. Errors are ErrorCode::invalid or
// too_large with a sentence that names the line. Owner: none. Thread: any. RFC 8866.
#pragma once

#include "base/result.hpp"
#include "sdp/model.hpp"

#include <cstddef>
#include <string_view>

namespace plenum::sdp {

inline constexpr std::size_t kMaxTextBytes = 64 * 1024;
inline constexpr std::size_t kMaxLineBytes = 4 * 1024;
inline constexpr std::size_t kMaxSections = 64;
inline constexpr std::size_t kMaxPayloads = 128;   // per section
inline constexpr std::size_t kMaxCandidates = 128; // per section; further ones are ignored
inline constexpr std::size_t kMaxLinesOfAKind =
    256; // extmaps, ssrc lines, feedback, opaque attributes … per section

base::Result<SessionDescription> parse(std::string_view text);

} // namespace plenum::sdp
