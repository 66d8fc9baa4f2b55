#include "api/eyeson/media_requests.hpp"

#include "api/eyeson/picture_kind.hpp"
#include "net/url.hpp"
#include "room/layout_solver.hpp"

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kMostPixels = 8192; // of a side

// Only shown to people.
bool web_url(std::string_view text) {
  const auto url = net::parse_url(text);
  return url && (url->scheme == "http" || url->scheme == "https");
}

} // namespace

base::Result<room::StartBroadcast> broadcast_command(const net::Params& params, const net::UrlGuard& urls,
                                                     base::MemberId by) {
  const auto stream = params.id("stream_url");
  if (!stream) return fail(ErrorCode::invalid, "stream_url is missing");
  if (const auto url = urls.check(*stream, net::UrlUse::broadcast); !url)
    return fail(ErrorCode::invalid, "stream_url: " + url.error().text);
  const auto player = params.id("player_url").value_or("");
  if (!player.empty() && !web_url(player)) return fail(ErrorCode::invalid, "player_url is no URL");
  return room::StartBroadcast{{}, by, *stream, player};
}

base::Result<std::string> player_url(const net::Params& params) {
  const auto player = params.id("player_url");
  if (!player) return fail(ErrorCode::invalid, "player_url is missing");
  if (!web_url(*player)) return fail(ErrorCode::invalid, "player_url is no URL");
  return *player;
}

base::Result<room::StartPlayback> playback_command(const net::Params& params, const net::UrlGuard& urls,
                                                   const room::State& room, base::MemberId by) {
  const auto* wrapper = params.find("playback"); // the older spelling wins
  const bool wrapped = wrapper != nullptr && wrapper->is_object();
  const auto& inner = wrapped ? net::Params(wrapper->get_object()) : params;
  const auto url = inner.id("url");
  if (!url || !urls.check(*url, net::UrlUse::playback))
    return fail(ErrorCode::invalid, "url is missing or not allowed");
  room::StartPlayback out;
  auto& playback = out.playback;
  playback.id = inner.id("play_id").value_or("");
  playback.url = *url;
  playback.name = inner.id("name");
  playback.audio = inner.boolean("audio").value_or(false);
  playback.by = by;
  if (inner.given("loop_count")) {
    const auto loops = inner.integer("loop_count");
    if (!loops || *loops < -1 || *loops > 1'000'000)
      return fail(ErrorCode::invalid, "loop_count is unusable");
    playback.loops = static_cast<std::int32_t>(*loops);
  }
  if (const auto replaced = inner.id("replacement_id")) {
    const auto* member = room.find_ref(*replaced);
    if (member == nullptr) return fail(ErrorCode::invalid, "replacement_id is no user of this meeting");
    playback.replaces = member->id;
  }
  return out;
}

base::Result<std::int32_t> layer_index(const std::optional<std::string>& text) {
  if (text == "1") return room::kInFront;
  if (text == "-1") return room::kBehind;
  return fail(ErrorCode::invalid, "z-index is 1 or -1");
}

base::Result<room::Layer> layer_of(const net::Params& params, const net::UrlGuard& urls, base::MemberId by) {
  room::Layer layer;
  layer.by = by;
  layer.id = params.id("id").value_or("");
  const auto z = layer_index(params.id("z-index").value_or("1"));
  if (!z) return std::unexpected(z.error());
  layer.z = *z;
  layer.image_url = params.id("url").value_or("");
  layer.icon_url = params.id("insert[icon]").value_or("");
  layer.title = params.id("insert[title]").value_or("");
  layer.text = params.id("insert[content]").value_or("");
  for (const auto& url : {layer.image_url, layer.icon_url})
    if (!url.empty() && !urls.check(url, net::UrlUse::picture))
      return fail(ErrorCode::invalid, "the URL of the picture is not allowed");
  const bool card = !layer.icon_url.empty() || !layer.title.empty() || !layer.text.empty();
  if (params.file("file") == nullptr && layer.image_url.empty() && !card)
    return fail(ErrorCode::invalid, "one of file, url and insert is needed");
  return layer;
}

base::Result<std::string_view> check_upload(const net::FilePart& file, const room::Layer& layer,
                                            const room::RoomOptions& options) {
  const auto kind = picture_kind(file.data);
  if (!kind) return fail(ErrorCode::invalid, "the file is no PNG, WebP, JPEG or SVG");
  const auto canvas = room::canvas_size(options);
  const bool huge = kind->width > kMostPixels || kind->height > kMostPixels;
  const bool covers =
      std::cmp_greater(kind->width, canvas.width) || std::cmp_greater(kind->height, canvas.height);
  if (huge || (layer.z == room::kInFront && covers))
    return fail(ErrorCode::invalid, "the picture is larger than the canvas");
  return kind->extension;
}

base::Result<room::StartForward> forward_command(const net::Params& params, const net::UrlGuard& urls,
                                                 const room::State& room, room::ForwardWhat what) {
  room::StartForward out;
  auto& forward = out.forward;
  forward.what = what;
  const auto id = params.id("forward_id");
  if (!id) return fail(ErrorCode::invalid, "forward_id is missing");
  forward.id = *id;
  const auto url = params.id("url");
  if (!url || !urls.check(*url, net::UrlUse::forward))
    return fail(ErrorCode::invalid, "url is missing or not allowed");
  forward.url = *url;
  for (const auto& word : params.list("type", true).value_or(std::vector<std::string>{})) {
    if (word != "audio" && word != "video") return fail(ErrorCode::invalid, "type is audio, video or both");
    (word == "audio" ? forward.audio : forward.video) = true;
  }
  if (!forward.audio && !forward.video) return fail(ErrorCode::invalid, "type is missing");
  if (what == room::ForwardWhat::source) {
    const auto user = params.id("user_id");
    if (!user) return fail(ErrorCode::invalid, "user_id is missing");
    const auto* member = room.find_ref(*user);
    if (member == nullptr) return fail(ErrorCode::not_found, "Unknown user");
    forward.member = member->id;
  }
  if (what == room::ForwardWhat::playback) {
    const auto playback = params.id("play_id");
    if (!playback) return fail(ErrorCode::invalid, "play_id is missing");
    forward.playback = *playback;
  }
  return out;
}

} // namespace plenum::api::eyeson
