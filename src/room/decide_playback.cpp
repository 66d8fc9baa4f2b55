#include "room/decide_parts.hpp"

#include <algorithm>

namespace plenum::room {

using base::ErrorCode;

namespace {

constexpr std::size_t kMostName = 255;  // bytes
constexpr std::size_t kMostText = 4096; // bytes, of a card

bool usable_url(const std::string& url) {
  return !url.empty() && usable(url, kMostUrl);
}

bool usable_layer(const Layer& layer) {
  const bool place = layer.z == kBehind || layer.z == kInFront;
  const bool anything = !layer.image_url.empty() || !layer.asset.empty() || !layer.icon_url.empty() ||
                        !layer.title.empty() || !layer.text.empty();
  return place && anything && usable(layer.id, kMostId) && usable(layer.image_url, kMostUrl) &&
         usable(layer.asset, kMostUrl) && usable(layer.icon_url, kMostUrl) &&
         usable(layer.title, kMostText) && usable(layer.text, kMostText);
}

std::vector<Layer> without(const std::vector<Layer>& layers, std::int32_t z) {
  auto rest = layers;
  std::erase_if(rest, [&](const Layer& layer) { return layer.z == z; });
  return rest;
}

// What a forward sends must be there.
base::Result<void> check_source(const State& state, const Forward& forward) {
  if (forward.what == ForwardWhat::source) {
    const auto* member = state.find(forward.member);
    if (member == nullptr || !member->present)
      return refuse(ErrorCode::not_found, "that member is not in the meeting");
  }
  if (forward.what == ForwardWhat::playback && state.find_playback(forward.playback) == nullptr)
    return refuse(ErrorCode::not_found, "no such playback");
  return {};
}

} // namespace

// --- layers

Decided decide_layer(const State& state, const SetLayer& command, const Context& context) {
  const auto& layer = command.layer;
  if (!usable_layer(layer)) return refuse(ErrorCode::invalid, "unusable layer");
  if (unknown(state, layer.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (!context.can.layers) return refuse(ErrorCode::unavailable, "Layers are not available on this server");
  auto layers = without(state.layers, layer.z);
  layers.push_back(layer);
  std::ranges::sort(layers, std::ranges::greater{}, &Layer::z);
  if (layers == state.layers) return Events{};
  return Events{LayersChanged{std::move(layers)}};
}

Decided decide_layer(const State& state, const ClearLayer& command) {
  if (command.z != kBehind && command.z != kInFront)
    return refuse(ErrorCode::invalid, "there is no such layer");
  auto layers = without(state.layers, command.z);
  if (layers == state.layers) return Events{};
  return Events{LayersChanged{std::move(layers)}};
}

// --- playbacks

void end_playback(const State& state, const Playback& playback, Events& events) {
  events.push_back(PlaybackEnded{playback.id});
  for (const auto& forward : state.forwards)
    if (forward.what == ForwardWhat::playback && forward.playback == playback.id)
      events.push_back(ForwardEnded{forward.id});
}

Decided decide_playback(const State& state, const StartPlayback& command, const Context& context) {
  auto playback = command.playback;
  if (!usable_url(playback.url)) return refuse(ErrorCode::invalid, "unusable URL of a playback");
  if (playback.id.empty() || !usable(playback.id, kMostId))
    return refuse(ErrorCode::invalid, "unusable id of a playback");
  if (playback.name && !usable(*playback.name, kMostName))
    return refuse(ErrorCode::invalid, "unusable name of a playback");
  if (playback.loops < -1) return refuse(ErrorCode::invalid, "unusable number of loops");
  if (unknown(state, playback.replaces))
    return refuse(ErrorCode::invalid, "the playback would replace an unknown member");
  if (unknown(state, playback.by)) return refuse(ErrorCode::not_found, "unknown member");
  if (state.find_playback(playback.id) != nullptr)
    return refuse(ErrorCode::conflict, "a playback of this id is running");
  if (state.playbacks.size() >= context.limits.playbacks)
    return refuse(ErrorCode::unavailable, "too many playbacks are running");
  if (!context.can.playback)
    return refuse(ErrorCode::unavailable, "Playbacks are not available on this server");
  playback.started_at = context.now;
  return Events{PlaybackStarted{std::move(playback)}};
}

Decided decide_playback(const State& state, const StopPlayback& command) {
  const auto* playback = state.find_playback(command.id);
  if (playback == nullptr) return refuse(ErrorCode::not_found, "no such playback");
  Events events;
  end_playback(state, *playback, events);
  return events;
}

Decided decide_playback(const State& state, const EndPlayback& command) {
  const auto* playback = state.find_playback(command.id);
  Events events;
  if (playback != nullptr) end_playback(state, *playback, events);
  return events;
}

// --- forwards

Decided decide_forward(const State& state, const StartForward& command, const Context& context) {
  auto forward = command.forward;
  if (!usable_url(forward.url)) return refuse(ErrorCode::invalid, "unusable URL of a forward");
  if (forward.id.empty() || !usable(forward.id, kMostId))
    return refuse(ErrorCode::invalid, "unusable id of a forward");
  if (!forward.audio && !forward.video) return refuse(ErrorCode::invalid, "a forward of nothing");
  if (auto there = check_source(state, forward); !there) return std::unexpected(there.error());
  if (state.find_forward(forward.id) != nullptr)
    return refuse(ErrorCode::conflict, "a forward of this id is running");
  if (state.forwards.size() >= context.limits.forwards)
    return refuse(ErrorCode::unavailable, "too many forwards are running");
  if (!context.can.forward)
    return refuse(ErrorCode::unavailable, "Forwarding is not available on this server");
  forward.started_at = context.now;
  return Events{ForwardStarted{std::move(forward)}};
}

Decided decide_forward(const State& state, const StopForward& command) {
  if (state.find_forward(command.id) == nullptr) return refuse(ErrorCode::not_found, "no such forward");
  return Events{ForwardEnded{command.id}};
}

Decided decide_forward(const State& state, const EndForward& command) {
  if (state.find_forward(command.id) == nullptr) return Events{};
  return Events{ForwardEnded{command.id}};
}

} // namespace plenum::room
