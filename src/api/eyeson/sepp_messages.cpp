#include "api/eyeson/sepp_messages.hpp"

#include <algorithm>
#include <optional>

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;
using base::find_bool;
using base::find_string;

std::string text_of(const json::value& in, std::string_view key) {
  return std::string(find_string(in, key).value_or(""));
}

base::Result<std::string> sdp_of(const json::value& data, std::string_view wanted_type) {
  const auto* sdp = base::find(data, "sdp");
  if (sdp == nullptr) return fail(ErrorCode::invalid, "sdp is missing");
  const auto text = find_string(*sdp, "sdp");
  if (!text || text->empty()) return fail(ErrorCode::invalid, "sdp.sdp is missing");
  if (text->size() > kMostSdpBytes) return fail(ErrorCode::too_large, "the SDP is longer than 64 KiB");
  const auto type = find_string(*sdp, "type").value_or(wanted_type);
  if (!wanted_type.empty() && type != wanted_type)
    return fail(ErrorCode::invalid, "sdp.type must be " + std::string(wanted_type));
  return std::string(*text);
}

base::Result<SeppMessage> call_start(const json::value& data) {
  auto sdp = sdp_of(data, "offer");
  if (!sdp) return std::unexpected(std::move(sdp).error());
  return CallStart{std::move(*sdp), text_of(data, "display_name"), text_of(data, "platform"),
                   find_bool(data, "mute_video").value_or(false)};
}

base::Result<SeppMessage> call_resume(const json::value& data) {
  auto sdp = sdp_of(data, "offer");
  if (!sdp) return std::unexpected(std::move(sdp).error());
  return CallResume{text_of(data, "call_id"), std::move(*sdp)};
}

base::Result<SeppMessage> sdp_update(const json::value& data) {
  auto sdp = sdp_of(data, "");
  if (!sdp) return std::unexpected(std::move(sdp).error());
  const auto type = text_of(*base::find(data, "sdp"), "type");
  if (type != "offer" && type != "answer")
    return fail(ErrorCode::invalid, "sdp.type must be offer or answer");
  return SdpUpdate{text_of(data, "call_id"), std::move(*sdp), type == "answer"};
}

base::Result<SeppMessage> read_data(std::string_view type, const json::value& data) {
  const auto on = find_bool(data, "on");
  const auto needs_on = [&]<class T>(T message) -> base::Result<SeppMessage> {
    if (!on) return fail(ErrorCode::invalid, "on is missing");
    message.on = *on;
    return message;
  };
  if (type == "call_start") return call_start(data);
  if (type == "call_terminate") return CallTerminate{text_of(data, "call_id")};
  if (type == "call_resume") return call_resume(data);
  if (type == "sdp_update") return sdp_update(data);
  if (type == "mute_video") return needs_on(MuteVideo{});
  if (type == "set_presenter") return needs_on(SetPresenter{});
  if (type == "desktopstreaming") return needs_on(Desktopstreaming{});
  if (type == "chat") {
    const auto content = find_string(data, "content");
    if (!content || content->empty()) return fail(ErrorCode::invalid, "content is missing");
    return Chat{std::string(*content)};
  }
  return UnknownMessage{std::string(type.substr(0, 64))};
}

} // namespace

base::Result<SeppMessage> parse_sepp(std::string_view text, std::string_view client_id) {
  const auto parsed = base::parse_json(text, {.bytes = 256 * 1024, .depth = 8});
  if (!parsed) return std::unexpected(parsed.error());
  const auto type = find_string(*parsed, "type");
  const auto* data = base::find(*parsed, "data");
  if (!type || type->empty()) return fail(ErrorCode::invalid, "type is missing");
  if (data == nullptr || !data->is_object()) return fail(ErrorCode::invalid, "data must be an object");
  if (find_string(*parsed, "from") != client_id)
    return fail(ErrorCode::forbidden, "from is not the client of the token");
  return read_data(*type, *data);
}

std::optional<SeppMessage> parse_data_channel(std::string_view text) {
  const auto parsed = base::parse_json(text, {.bytes = 64 * 1024, .depth = 8});
  if (!parsed) return std::nullopt;
  const auto type = find_string(*parsed, "type").value_or("");
  if (type != "mute_video" && type != "set_presenter" && type != "desktopstreaming" && type != "chat")
    return std::nullopt;
  auto message = read_data(type, *parsed);
  return message ? std::optional(std::move(*message)) : std::nullopt;
}

std::string write_sepp(base::Random& random, std::string_view type, std::string_view conference,
                       std::string_view client, json::object data) {
  return base::write_json(json::object{{"type", type},
                                       {"msg_id", random.uuid4()},
                                       {"from", conference},
                                       {"to", client},
                                       {"data", std::move(data)}});
}

std::string media_id(std::string_view playback) {
  return "media-" + std::string(playback);
}

json::object memberlist(const room::State& state, const std::vector<base::MemberId>& add,
                        const std::vector<base::MemberId>& gone) {
  json::array added, removed, media;
  for (const auto id : add) {
    const auto* member = state.find(id);
    if (member != nullptr) added.push_back(json::object{{"cid", id.hex()}, {"p", member->platform}});
  }
  for (const auto id : gone)
    removed.emplace_back(id.hex());
  for (const auto& playback : state.playbacks)
    media.push_back(json::object{{"mid", media_id(playback.id)}, {"playid", playback.id}});
  return {{"add", std::move(added)},
          {"del", std::move(removed)},
          {"count", static_cast<std::int64_t>(state.present_count())},
          {"media", std::move(media)}};
}

int reject_code(const base::Error& error) {
  switch (error.code) {
  case ErrorCode::invalid:
    return 400;
  case ErrorCode::unauthorized:
  case ErrorCode::forbidden:
  case ErrorCode::not_allowed:
  case ErrorCode::conflict:
    return 403;
  case ErrorCode::not_found: // 404 breaks browsers
  case ErrorCode::gone:
    return 410;
  case ErrorCode::too_large:
    return 413;
  case ErrorCode::locked:
    return 607;
  case ErrorCode::rate_limited:
  case ErrorCode::unavailable:
  case ErrorCode::timeout:
    return 503;
  case ErrorCode::internal:
    return 500;
  }
  return 500;
}

int termination_code(room::LeaveReason reason) {
  switch (reason) {
  case room::LeaveReason::left:
  case room::LeaveReason::removed:
  case room::LeaveReason::room_ended:
    return 200;
  case room::LeaveReason::lost:
    return 410;
  case room::LeaveReason::no_media:
    return 426;
  }
  return 200;
}

} // namespace plenum::api::eyeson
