// Layout request: the parameters of 3.24 → a patch of the layout's options. Owner: function. Thread: core.
// Source: eyeson-api 3.24, 7.5.
#pragma once

#include "net/form.hpp"
#include "room/options.hpp"

namespace plenum::api::eyeson {

namespace json = base::json;

// Errors: invalid (unknown mode, users that are no list, a map that is none, or a layout that is not possible
// in a room with these options).
base::Result<room::OptionsPatch> layout_patch(const net::Params& params, const room::RoomOptions& now);

// One row of a map: x, y, width, height and perhaps a fit. nullopt: not such a row.
std::optional<room::LayoutBox> layout_box(const json::value& row);
std::optional<room::AudioInsert> audio_insert(const std::optional<std::string>& word);

} // namespace plenum::api::eyeson
