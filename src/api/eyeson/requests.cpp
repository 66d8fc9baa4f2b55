#include "api/eyeson/requests.hpp"

#include "api/eyeson/layout_request.hpp"

#include <algorithm>
#include <array>

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kMostContentBytes = 64 * 1024;

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

// Types of frames and events of ours (eyeson-api 3.10), and words that browsers execute (eyeson-sepp 2.5).
constexpr std::array kReserved = std::to_array<std::string_view>({
    "accept",
    "all_devices_ended",
    "audio_device_ended",
    "broadcasts_update",
    "capture_error",
    "change_screen_video",
    "change_stream",
    "clear_front_layer",
    "confirm_subscription",
    "delete_file",
    "disconnect",
    "ext_cancel",
    "ext_installed",
    "ext_not_installed",
    "fetch_room",
    "kick_user",
    "lock",
    "lock_meeting",
    "memberlist",
    "message_status",
    "moderator_info",
    "options_update",
    "participant_update",
    "ping",
    "playback_update",
    "podium",
    "podium_update",
    "presentation_ended",
    "presentation_update",
    "recording",
    "recording_update",
    "reject_subscription",
    "replace_stream",
    "request_guest_user",
    "request_permalink_meeting_info",
    "request_stfu",
    "room_ready",
    "room_setup",
    "room_update",
    "send_chat",
    "session_termination",
    "set_layer",
    "set_layout",
    "snapshot",
    "snapshot_update",
    "start_annotation",
    "start_media",
    "start_mixer",
    "start_pip_cam",
    "start_playback",
    "start_presenting",
    "start_recording",
    "start_rtmp",
    "start_screen_capture",
    "start_stream",
    "stfu",
    "stop_annotation",
    "stop_broadcasts",
    "stop_pip_cam",
    "stop_playback",
    "stop_presenting",
    "stop_recording",
    "stop_rtmp",
    "stop_screen_video",
    "suspend_virtual_background",
    "terminate_meeting",
    "toggle_camera",
    "update_mixer",
    "update_pip_cam",
    "upload_file",
    "video_device_ended",
    "voice_activity_raw",
    "welcome",
});
static_assert(std::ranges::is_sorted(kReserved));

std::optional<room::MediaMode> media_mode(const net::Params& params) {
  const auto text = params.text("options[sfu_mode]");
  if (text == "ptp") return room::MediaMode::direct_pair;
  if (text == "screencast") return room::MediaMode::direct_screen;
  if (text == "disabled") return room::MediaMode::composed;
  return std::nullopt;
}

void read_layout(const net::Params& params, room::OptionsPatch& patch) {
  const auto mode = params.text("options[layout]");
  if (mode == "auto") patch.layout = room::LayoutMode::automatic;
  if (mode == "custom") patch.layout = room::LayoutMode::custom;
  if (const auto name = params.id("options[layout_name]")) patch.layout_name = std::optional(*name);
  if (auto users = params.list("options[layout_users]"))
    patch.layout_users = std::optional(std::move(*users));
  if (const auto rows = params.rows("options[layout_map]")) {
    std::vector<room::LayoutBox> boxes;
    for (const auto& row : *rows)
      if (const auto box = layout_box(row)) boxes.push_back(*box);
    if (boxes.size() == rows->size()) patch.layout_map = std::optional(std::move(boxes));
  }
  const auto x = params.number("options[audio_insert_position][x]");
  const auto y = params.number("options[audio_insert_position][y]");
  if (x && y) patch.audio_insert_position = std::optional(room::Position{*x, *y});
}

json::object custom_fields(const net::Params& params, std::string_view path) {
  const auto* value = params.find(path);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

} // namespace

bool reserved_message_type(std::string_view type) {
  return std::ranges::binary_search(kReserved, type);
}

room::OptionsPatch options_patch(const net::Params& params) {
  room::OptionsPatch patch;
  patch.show_names = params.boolean("options[show_names]");
  patch.show_label = params.boolean("options[show_label]");
  patch.recording_available = params.boolean("options[recording_available]");
  patch.broadcast_available = params.boolean("options[broadcast_available]");
  patch.layout_available = params.boolean("options[layout_available]");
  patch.reaction_available = params.boolean("options[reaction_available]");
  patch.suggest_guest_names = params.boolean("options[suggest_guest_names]");
  patch.lock_available = params.boolean("options[lock_available]");
  patch.kick_available = params.boolean("options[kick_available]");
  patch.guests_allowed = params.boolean("options[guest_token_available]");
  patch.widescreen = params.boolean("options[widescreen]");
  patch.voice_activation = params.boolean("options[voice_activation]");
  if (const auto* exit = params.find("options[exit_url]")) {
    const auto url = params.id("options[exit_url]");
    if (url || exit->is_null()) patch.exit_url = url;
  }
  patch.media_mode = media_mode(params);
  patch.audio_insert = audio_insert(params.text("options[audio_insert]"));
  if (const auto colour = params.text("options[background_color]"))
    patch.background = room::parse_colour(*colour);
  if (const auto* fields = params.find("options[custom_fields]"); fields != nullptr && fields->is_object())
    patch.custom_fields = custom_fields(params, "options[custom_fields]");
  read_layout(params, patch);
  return patch;
}

base::Result<room::Identity> user_identity(const net::Params& params, bool id_is_name) {
  const auto* user = params.find("user");
  if (user != nullptr && !user->is_object() && !user->is_null())
    return fail(ErrorCode::invalid, "user must be an object");
  room::Identity identity;
  identity.external_id = params.id("user[id]").value_or("");
  identity.name = params.text("user[name]").value_or("");
  if (id_is_name && !params.given("user[name]")) identity.name = identity.external_id;
  if (blank(identity.name)) return fail(ErrorCode::invalid, "user[name] is missing");
  identity.avatar = params.id("user[avatar]");
  identity.custom_fields = custom_fields(params, "user[custom_fields]");
  return identity;
}

base::Result<hub::OpenRequest> open_request(const net::Params& params, base::AccountId account) {
  auto identity = user_identity(params, false);
  if (!identity) return std::unexpected(std::move(identity.error()));
  hub::OpenRequest request;
  request.account = account;
  request.external_id = params.id("id").value_or(params.id("room[id]").value_or(""));
  request.name = params.id("name").value_or(params.id("room[name]").value_or(""));
  if (blank(request.name)) request.name.clear();
  request.options = options_patch(params);
  request.identity = std::move(*identity);
  return request;
}

base::Result<room::Identity> guest_identity(const net::Params& params) {
  const auto name = params.text("name");
  if (!name || blank(*name)) return fail(ErrorCode::invalid, "name is missing");
  room::Identity identity;
  identity.external_id = params.id("id").value_or("");
  identity.name = *name;
  identity.avatar = params.id("avatar");
  identity.guest = true;
  identity.custom_fields = custom_fields(params, "custom_fields");
  return identity;
}

base::Result<room::SendMessage> message_command(const net::Params& params, base::MemberId from) {
  const auto* content = params.find("content");
  if (content != nullptr && (content->is_object() || content->is_array()))
    return fail(ErrorCode::invalid, "content must be text");
  auto type = params.text("type");
  auto text = params.text("content");
  if (!type || blank(*type)) return fail(ErrorCode::invalid, "type is missing");
  if (!text || blank(*text)) return fail(ErrorCode::invalid, "content is missing");
  if (reserved_message_type(*type)) return fail(ErrorCode::invalid, "type is reserved");
  if (text->size() > kMostContentBytes) return fail(ErrorCode::invalid, "content is longer than 64 KiB");
  return room::SendMessage{{}, from, std::move(*type), std::move(*text)};
}

} // namespace plenum::api::eyeson
