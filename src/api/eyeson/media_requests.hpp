// Media requests: parameters of broadcasts, layers, playbacks and forwards → neutral commands.
// Owner: functions. Thread: core. Source: eyeson-api 3.21–3.31.
#pragma once

#include "net/form.hpp"
#include "net/url_guard.hpp"
#include "room/commands.hpp"

#include <string>

namespace plenum::api::eyeson {

// Errors of all: invalid.
base::Result<room::StartBroadcast> broadcast_command(const net::Params& params, const net::UrlGuard& urls,
                                                     base::MemberId by);
base::Result<std::string> player_url(const net::Params& params);
base::Result<room::StartPlayback> playback_command(const net::Params& params, const net::UrlGuard& urls,
                                                   const room::State& room, base::MemberId by);
// -1 or 1. `text` as it stands in a path.
base::Result<std::int32_t> layer_index(const std::optional<std::string>& text);
// Without its picture: an uploaded file is the caller's business.
base::Result<room::Layer> layer_of(const net::Params& params, const net::UrlGuard& urls, base::MemberId by);
// Is this file a picture that may stand there? Answers its extension.
base::Result<std::string_view> check_upload(const net::FilePart& file, const room::Layer& layer,
                                            const room::RoomOptions& options);
// Errors: also not_found (unknown user).
base::Result<room::StartForward> forward_command(const net::Params& params, const net::UrlGuard& urls,
                                                 const room::State& room, room::ForwardWhat what);

} // namespace plenum::api::eyeson
