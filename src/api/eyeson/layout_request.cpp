#include "api/eyeson/layout_request.hpp"

#include <array>
#include <cmath>

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;
using Boxes = std::vector<room::LayoutBox>;

const std::string kBadMap = "Layout configuration is invalid";

// A list of rows, the same as JSON text, or a flat run of numbers. nullopt: not given.
base::Result<std::optional<Boxes>> map_of(const net::Params& params) {
  const auto* given = params.find("map");
  if (given == nullptr || given->is_null()) return std::nullopt;
  std::optional<json::array> rows;
  if (const auto text = params.text("map"); given->is_string() && text) {
    if (text->empty()) return std::nullopt;
    const auto value = base::parse_json(*text);
    if (value && value->is_null()) return std::nullopt;
    if (value) rows = net::Params(json::object{{"map", *value}}).rows("map");
  } else {
    rows = params.rows("map");
  }
  if (!rows) return fail(ErrorCode::invalid, kBadMap);
  Boxes boxes;
  for (const auto& row : *rows) {
    const auto box = layout_box(row);
    if (!box) return fail(ErrorCode::invalid, kBadMap);
    boxes.push_back(*box);
  }
  return boxes;
}

} // namespace

std::optional<room::LayoutBox> layout_box(const json::value& row) {
  const auto* cells = row.if_array();
  if (cells == nullptr || cells->size() < 4 || cells->size() > 5) return std::nullopt;
  room::LayoutBox box;
  std::array<std::int32_t*, 4> into{&box.rect.x, &box.rect.y, &box.rect.w, &box.rect.h};
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto number = net::to_number(&(*cells)[i]);
    if (!number || std::abs(*number) > 100'000 || std::trunc(*number) != *number) return std::nullopt;
    *into[i] = static_cast<std::int32_t>(*number);
  }
  if (cells->size() == 5) {
    const auto fit = net::to_text(&(*cells)[4]);
    if (fit != "cover" && fit != "contain" && fit != "auto") return std::nullopt;
    if (fit == "contain") box.fit = room::BoxFit::contain;
    if (fit == "auto") box.fit = room::BoxFit::automatic;
  }
  return box;
}

std::optional<room::AudioInsert> audio_insert(const std::optional<std::string>& word) {
  if (word == "enabled") return room::AudioInsert::enabled;
  if (word == "disabled") return room::AudioInsert::disabled;
  if (word == "audio_only") return room::AudioInsert::audio_only;
  return std::nullopt;
}

base::Result<room::OptionsPatch> layout_patch(const net::Params& params, const room::RoomOptions& now) {
  room::OptionsPatch patch;
  if (const auto mode = params.id("layout")) {
    if (*mode != "auto" && *mode != "custom") return fail(ErrorCode::invalid, "layout is auto or custom");
    patch.layout = *mode == "auto" ? room::LayoutMode::automatic : room::LayoutMode::custom;
  }
  if (const auto name = params.id("name")) patch.layout_name = std::optional(*name);
  if (const auto* users = params.find("users"); users != nullptr && users->is_object())
    return fail(ErrorCode::invalid, "users must be a list");
  if (auto users = params.list("users")) patch.layout_users = std::optional(std::move(*users));
  auto map = map_of(params);
  if (!map) return std::unexpected(map.error());
  if (*map) patch.layout_map = std::move(*map);
  patch.show_names = params.boolean("show_names");
  patch.voice_activation = params.boolean("voice_activation");
  patch.audio_insert = audio_insert(params.text("audio_insert"));
  const auto x = params.number("audio_insert_position[x]");
  const auto y = params.number("audio_insert_position[y]");
  if (x && y) patch.audio_insert_position = std::optional(room::Position{*x, *y});

  if (auto possible = room::check_layout(room::apply_layout(now, patch)); !possible) {
    if (patch.layout_map) return fail(ErrorCode::invalid, kBadMap);
    return std::unexpected(possible.error());
  }
  return patch;
}

} // namespace plenum::api::eyeson
