#include "room/options.hpp"

#include "room/layout_solver.hpp"
#include "room/texts.hpp"

#include <fmt/format.h>

#include <charconv>

namespace plenum::room {

namespace {

template <class T>
void set(T& value, const std::optional<T>& wanted) {
  if (wanted) value = *wanted;
}

bool inside(const Rect& box, CanvasSize canvas) {
  return box.x >= 0 && box.y >= 0 && box.w > 0 && box.h > 0 && box.w <= canvas.width &&
         box.h <= canvas.height && box.x <= canvas.width - box.w && box.y <= canvas.height - box.h;
}

constexpr std::size_t kMostText = 2048;

} // namespace

RoomOptions apply(RoomOptions options, const OptionsPatch& patch, Moment moment) {
  set(options.show_names, patch.show_names);
  set(options.show_label, patch.show_label);
  set(options.exit_url, patch.exit_url);
  set(options.recording_available, patch.recording_available);
  set(options.broadcast_available, patch.broadcast_available);
  set(options.layout_available, patch.layout_available);
  set(options.reaction_available, patch.reaction_available);
  set(options.suggest_guest_names, patch.suggest_guest_names);
  set(options.lock_available, patch.lock_available);
  set(options.kick_available, patch.kick_available);
  set(options.guests_allowed, patch.guests_allowed);
  set(options.layout, patch.layout);
  set(options.layout_users, patch.layout_users);
  set(options.layout_name, patch.layout_name);
  set(options.layout_map, patch.layout_map);
  set(options.voice_activation, patch.voice_activation);
  set(options.audio_insert, patch.audio_insert);
  set(options.audio_insert_position, patch.audio_insert_position);
  set(options.background, patch.background);
  set(options.custom_fields, patch.custom_fields);
  if (moment == Moment::opening) {
    set(options.media_mode, patch.media_mode);
    set(options.widescreen, patch.widescreen);
  }
  return options;
}

RoomOptions apply_layout(RoomOptions options, const OptionsPatch& patch) {
  const auto given = [](const auto& field) { return field && *field; };
  const bool back = given(patch.layout_name) && **patch.layout_name == "auto";
  const bool named = given(patch.layout_name) && !back;
  const bool whole = given(patch.layout_users) || named || given(patch.layout_map) || back;
  if (whole || patch.layout == LayoutMode::automatic) {
    options.layout = patch.layout.value_or(LayoutMode::automatic);
    options.layout_users = patch.layout_users.value_or(std::nullopt);
    options.layout_name = named ? *patch.layout_name : std::nullopt;
    options.layout_map = patch.layout_map.value_or(std::nullopt);
    options.voice_activation = patch.voice_activation.value_or(false);
  }
  set(options.layout, patch.layout);
  set(options.voice_activation, patch.voice_activation);
  set(options.show_names, patch.show_names);
  set(options.audio_insert, patch.audio_insert);
  set(options.audio_insert_position, patch.audio_insert_position);
  return options;
}

base::Result<void> check_layout(const RoomOptions& options) {
  const auto invalid = [](const char* text) { return base::fail(base::ErrorCode::invalid, text); };
  const auto canvas = canvas_size(options);
  const bool named = options.layout_name && *options.layout_name != "auto";
  if (options.layout_map) {
    if (options.layout_map->empty() || options.layout_map->size() > kMostBoxes)
      return invalid("a layout map has one to ten boxes");
    for (const auto& box : *options.layout_map)
      if (!inside(box.rect, canvas)) return invalid("a box of the layout map is empty or outside the canvas");
  } else if (named && named_layout(canvas, *options.layout_name).empty()) {
    return invalid("unknown layout name");
  }
  if (options.layout_users) {
    const std::size_t most = options.layout_map || named ? kMostBoxes : kMostTiles;
    if (options.layout_users->size() > most) return invalid("too many users in the layout");
  }
  return {};
}

base::Result<void> check(const OptionsPatch& patch) {
  const auto invalid = [](const char* text) { return base::fail(base::ErrorCode::invalid, text); };
  const auto bad = [](const std::string& text) { return text.size() > kMostText || !valid_utf8(text); };
  if (patch.exit_url && *patch.exit_url && bad(**patch.exit_url)) return invalid("unusable exit URL");
  if (patch.layout_name && *patch.layout_name && bad(**patch.layout_name))
    return invalid("unusable layout name");
  if (patch.layout_users && *patch.layout_users)
    for (const auto& user : **patch.layout_users)
      if (bad(user)) return invalid("unusable layout user");
  if (!patch.custom_fields) return {};
  const auto fields = base::write_json(*patch.custom_fields);
  if (fields.size() > kMostCustomFieldBytes) return invalid("the custom fields are too large");
  if (!valid_utf8(fields)) return invalid("the custom fields are not UTF-8");
  return {};
}

std::optional<Colour> parse_colour(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  std::uint32_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, value, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return Colour{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8 & 0xff),
                static_cast<std::uint8_t>(value & 0xff)};
}

std::string to_text(Colour colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b);
}

} // namespace plenum::room
