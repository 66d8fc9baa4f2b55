// Everything that a room can be told to be, with defaults, as one value; and a patch that names only what
// changes.
//
// Some options shape the picture for life and are fixed at the opening (`media_mode`, `widescreen`); the
// others may change while people meet. A dialect parses its own spelling into OptionsPatch, ignoring what is
// unusable; `apply` never refuses, `check` says why a layout in the patch is not possible on the canvas.
// Owner: value. Thread: any.
#pragma once

#include "base/json_described.hpp"
#include "base/result.hpp"
#include "link/scene.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::room {

namespace json = base::json;
using link::Colour;
using link::Fit;
using link::Rect;

// What two people get: each other's stream, only a screen's stream, or always the composed picture.
enum class MediaMode { direct_pair, direct_screen, composed };
BOOST_DESCRIBE_ENUM(MediaMode, direct_pair, direct_screen, composed)

enum class LayoutMode { automatic, custom }; // custom leaves free spots empty
BOOST_DESCRIBE_ENUM(LayoutMode, automatic, custom)

enum class BoxFit { cover, contain, automatic };
BOOST_DESCRIBE_ENUM(BoxFit, cover, contain, automatic)

enum class AudioInsert { enabled, disabled, audio_only };
BOOST_DESCRIBE_ENUM(AudioInsert, enabled, disabled, audio_only)

struct LayoutBox { // one spot of a custom geometry, canvas px
  Rect rect;
  BoxFit fit = BoxFit::cover;
  bool operator==(const LayoutBox&) const = default;
};
BOOST_DESCRIBE_STRUCT(LayoutBox, (), (rect, fit))

struct Position { // canvas px
  double x = 0, y = 0;
  bool operator==(const Position&) const = default;
};
BOOST_DESCRIBE_STRUCT(Position, (), (x, y))

struct RoomOptions {
  bool show_names = true;
  bool show_label = true;
  std::optional<std::string> exit_url;
  bool recording_available = true;
  bool broadcast_available = true;
  bool layout_available = true;
  bool reaction_available = true;
  bool suggest_guest_names = true;
  bool lock_available = false;
  bool kick_available = true;
  bool guests_allowed = true;
  MediaMode media_mode = MediaMode::direct_pair; // fixed at the opening
  bool widescreen = false;                       // fixed at the opening
  LayoutMode layout = LayoutMode::automatic;
  std::optional<std::vector<std::string>> layout_users; // one entry per spot: member, "" free, else reserved
  std::optional<std::string> layout_name;               // of the catalogue, or a label of layout_map
  std::optional<std::vector<LayoutBox>> layout_map;     // at most kMostBoxes
  bool voice_activation = false;
  AudioInsert audio_insert = AudioInsert::audio_only;
  std::optional<Position> audio_insert_position;
  Colour background{0x12, 0x12, 0x12};
  json::object custom_fields;
  bool operator==(const RoomOptions&) const = default;
};
BOOST_DESCRIBE_STRUCT(RoomOptions, (),
                      (show_names, show_label, exit_url, recording_available, broadcast_available,
                       layout_available, reaction_available, suggest_guest_names, lock_available,
                       kick_available, guests_allowed, media_mode, widescreen, layout, layout_users,
                       layout_name, layout_map, voice_activation, audio_insert, audio_insert_position,
                       background, custom_fields))

// Only what is set changes. For nullable options the inner optional is the new value. `custom_fields`
// replaces the whole map.
struct OptionsPatch {
  std::optional<bool> show_names, show_label, recording_available, broadcast_available, layout_available,
      reaction_available, suggest_guest_names, lock_available, kick_available, guests_allowed, widescreen,
      voice_activation;
  std::optional<std::optional<std::string>> exit_url, layout_name;
  std::optional<MediaMode> media_mode;
  std::optional<LayoutMode> layout;
  std::optional<std::optional<std::vector<std::string>>> layout_users;
  std::optional<std::optional<std::vector<LayoutBox>>> layout_map;
  std::optional<AudioInsert> audio_insert;
  std::optional<std::optional<Position>> audio_insert_position;
  std::optional<Colour> background;
  std::optional<json::object> custom_fields;
};

inline constexpr std::size_t kMostBoxes = 10;
inline constexpr std::size_t kMostCustomFieldBytes = 16 * 1024; // serialised

enum class Moment { opening, running }; // running: options that are fixed at the opening stay
RoomOptions apply(RoomOptions options, const OptionsPatch& patch, Moment moment);

// What one request for a layout does. A request with users, a name or a map describes the whole layout: what
// it does not give becomes default. `layout = automatic` alone (or the name "auto") goes back to the default
// layout. Everything else changes only itself. Fields that are not about the picture are ignored.
RoomOptions apply_layout(RoomOptions options, const OptionsPatch& patch);

// Is the layout possible: known name or a map, boxes inside the canvas, at most ten users (nine without a
// name or a map)? Error code invalid.
base::Result<void> check_layout(const RoomOptions& options);
base::Result<void> check(const OptionsPatch& patch); // sizes of texts and maps

// "#rrggbb", any case; nullopt for everything else. `to_text` writes lower case.
std::optional<Colour> parse_colour(std::string_view text);
std::string to_text(Colour colour);

} // namespace plenum::room
