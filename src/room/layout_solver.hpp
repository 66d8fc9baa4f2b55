// Who sits where. Two steps: the catalogue gives the spots of a layout on the canvas, the solver seats
// members.
//
// Rules: members keep their spot while the layout has it; the ones whose spot vanished come before newcomers
// in taking free spots; newcomers come in order of joining. Members without video have no spot, unless nobody
// has video: then placeholders are seated. A playback is a source like a member, by the time of its start,
// unless it only sounds or replaces a member: then that member counts as one with video and its tile names
// the playback. A presenter fills the canvas, the seats behind it stay. Columns and rows follow the cell
// rule: round(size / n), the last one takes the rest. Pure. Thread: any.
#pragma once

#include "room/state.hpp"

#include <string_view>

namespace plenum::room {

inline constexpr std::size_t kMostTiles = 9; // of the automatic grid

struct CanvasSize {
  std::int32_t width = 1280, height = 960; // px
};
CanvasSize canvas_size(const RoomOptions& options);

// Cells of a grid, row by row from top left.
std::vector<Rect> grid(CanvasSize canvas, std::int32_t columns, std::int32_t rows);
// The grid for this many sources: 1, 2, 4, 6 or 9 cells; none for 0.
std::vector<Rect> automatic_grid(CanvasSize canvas, std::size_t sources);
// A layout of the catalogue; empty when the name is unknown.
std::vector<Rect> named_layout(CanvasSize canvas, std::string_view name);

struct Arrangement {
  std::vector<Seat> seats;
  std::vector<Tile> tiles;
  bool operator==(const Arrangement&) const = default;
};
// The picture of this state; `now` dates seats that are newly taken.
Arrangement arrange(const State& state, WallTime now);
// Members that would like a spot, in order of joining (with video, or all when there is no picture at all).
std::vector<MemberId> candidates(const State& state);
// The playback that is shown instead of this member's video; nullptr: none. The newest counts.
const Playback* replacement(const State& state, MemberId member);

} // namespace plenum::room
