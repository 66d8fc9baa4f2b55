#include "room/layout_solver.hpp"

#include <algorithm>
#include <compare>
#include <set>
#include <string>

namespace plenum::room {

namespace {

// Who can have a spot: a member, or a playback that replaces nobody.
struct Source {
  MemberId member;
  std::string playback;
  auto operator<=>(const Source&) const = default;
  explicit operator bool() const { return member || !playback.empty(); }
};

Source of(const Seat& seat) {
  return {seat.member, seat.playback};
}

struct Spot {
  Rect rect;
  Fit fit = Fit::cover;
  bool reserved = false; // for `source` only
  Source source;
};

// round(size / n), half up.
std::int32_t cell(std::int32_t size, std::int32_t n) {
  return (2 * size + n) / (2 * n);
}

std::vector<Spot> geometry(const RoomOptions& options, std::size_t sources) {
  const auto canvas = canvas_size(options);
  std::vector<Spot> spots;
  if (options.layout_map) {
    for (const auto& box : *options.layout_map)
      spots.push_back({box.rect, box.fit == BoxFit::contain ? Fit::contain : Fit::cover, false, {}});
    return spots;
  }
  std::vector<Rect> rects;
  if (options.layout_name) rects = named_layout(canvas, *options.layout_name);
  if (rects.empty() && options.layout_users && !options.layout_users->empty())
    rects = automatic_grid(canvas, options.layout_users->size());
  if (rects.empty()) rects = automatic_grid(canvas, sources);
  for (const auto& rect : rects)
    spots.push_back({rect, Fit::cover, false, {}});
  return spots;
}

bool free_entry(std::string_view entry) {
  return entry.empty() || entry == " ";
}

// Files that only sound have no place in the picture.
bool has_picture(const Playback& playback) {
  const auto path = std::string_view(playback.url).substr(0, playback.url.find_first_of("?#"));
  return !path.ends_with(".mp3") && !path.ends_with(".MP3");
}

// Whom an entry of a layout means: who is in the meeting, or a playback (then perhaps the member that it
// replaces).
Source find_source(const State& state, const std::string& entry) {
  const auto* member = state.find_ref(entry);
  if (member != nullptr && member->present) return {member->id, {}};
  const auto* playback = state.find_playback(entry);
  if (playback == nullptr || !has_picture(*playback)) return {};
  if (!playback->replaces) return {{}, playback->id};
  const auto* replaced = state.find(playback->replaces);
  return replaced != nullptr && replaced->present ? Source{replaced->id, {}} : Source{};
}

// Marks spots that the layout gives to somebody; returns who was seated so.
std::set<Source> reserve(const State& state, std::vector<Spot>& spots) {
  std::set<Source> seated;
  const auto& options = state.options;
  if (!options.layout_users) return seated;
  const auto& users = *options.layout_users;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    const bool listed = i < users.size() && !free_entry(users[i]);
    if (!listed) {
      spots[i].reserved = options.layout == LayoutMode::custom;
      continue;
    }
    spots[i].reserved = true;
    const auto source = find_source(state, users[i]);
    if (source && seated.insert(source).second) spots[i].source = source;
  }
  return seated;
}

std::vector<const Member*> members_wanting_a_spot(const State& state) {
  auto present = state.present();
  const auto shown = [&](const Member* m) { return m->video_on || replacement(state, m->id) != nullptr; };
  const auto alone = [](const Playback& playback) { return !playback.replaces && has_picture(playback); };
  const bool anybody = std::ranges::any_of(present, shown) || std::ranges::any_of(state.playbacks, alone);
  if (anybody) std::erase_if(present, [&](const Member* m) { return !shown(m); });
  return present;
}

// They, and playbacks that are sources of their own, by the time they came.
std::vector<Source> sources(const State& state) {
  std::vector<Source> out;
  auto playback = state.playbacks.begin();
  const auto playbacks_until = [&](WallTime time) {
    for (; playback != state.playbacks.end() && playback->started_at < time; ++playback)
      if (!playback->replaces && has_picture(*playback)) out.push_back({{}, playback->id});
  };
  for (const auto* member : members_wanting_a_spot(state)) {
    playbacks_until(member->joined_at.value_or(WallTime{}));
    out.push_back({member->id, {}});
  }
  playbacks_until(WallTime::max());
  return out;
}

std::vector<Seat> seat(const State& state, const std::vector<Spot>& spots, const std::vector<Source>& waiting,
                       WallTime now) {
  std::vector<Seat> seats(spots.size());
  std::set<Source> open(waiting.begin(), waiting.end());
  const auto seat_of = [&](const Source& source) -> Seat {
    const auto at = std::ranges::find(state.seats, source, of);
    return {source.member, at == state.seats.end() ? now : at->since, source.playback};
  };
  for (std::size_t i = 0; i < spots.size(); ++i) {
    if (spots[i].reserved) {
      if (spots[i].source) seats[i] = seat_of(spots[i].source);
    } else if (i < state.seats.size() && open.erase(of(state.seats[i])) > 0) {
      seats[i] = state.seats[i];
    }
  }
  std::vector<Source> queue;
  for (const auto& before : state.seats)
    if (open.erase(of(before)) > 0) queue.push_back(of(before));
  for (const auto& source : waiting)
    if (open.erase(source) > 0) queue.push_back(source);
  auto next = queue.begin();
  for (std::size_t i = 0; i < spots.size() && next != queue.end(); ++i) {
    if (spots[i].reserved || of(seats[i])) continue;
    seats[i] = seat_of(*next);
    ++next;
  }
  return seats;
}

// What is drawn there: a member's tile names the playback that is shown instead.
Tile tile(const State& state, const Seat& seat, const Rect& rect, Fit fit) {
  const auto* instead = seat.member ? replacement(state, seat.member) : nullptr;
  return {seat.member, rect, fit, instead == nullptr ? seat.playback : instead->id};
}

} // namespace

CanvasSize canvas_size(const RoomOptions& options) {
  return {1280, options.widescreen ? 720 : 960};
}

std::vector<Rect> grid(CanvasSize canvas, std::int32_t columns, std::int32_t rows) {
  const auto w = cell(canvas.width, columns), h = cell(canvas.height, rows);
  std::vector<Rect> out;
  for (std::int32_t r = 0; r < rows; ++r)
    for (std::int32_t c = 0; c < columns; ++c)
      out.push_back({c * w, r * h, c + 1 == columns ? canvas.width - c * w : w,
                     r + 1 == rows ? canvas.height - r * h : h});
  return out;
}

std::vector<Rect> automatic_grid(CanvasSize canvas, std::size_t sources) {
  if (sources == 0) return {};
  if (sources == 1) return grid(canvas, 1, 1);
  if (sources == 2) return grid(canvas, 2, 1);
  if (sources <= 4) return grid(canvas, 2, 2);
  if (sources <= 6) return grid(canvas, 3, 2);
  return grid(canvas, 3, 3);
}

const Playback* replacement(const State& state, MemberId member) {
  const Playback* newest = nullptr;
  for (const auto& playback : state.playbacks)
    if (playback.replaces == member && has_picture(playback)) newest = &playback;
  return newest;
}

std::vector<MemberId> candidates(const State& state) {
  std::vector<MemberId> out;
  for (const auto* member : members_wanting_a_spot(state))
    out.push_back(member->id);
  return out;
}

Arrangement arrange(const State& state, WallTime now) {
  auto waiting = sources(state);
  auto spots = geometry(state.options, waiting.size());
  const auto reserved = reserve(state, spots);
  std::erase_if(waiting, [&](const Source& source) { return reserved.contains(source); });

  Arrangement out;
  out.seats = seat(state, spots, waiting, now);
  const auto* presenter = state.find(state.presenter);
  if (presenter != nullptr && presenter->present) {
    const auto canvas = canvas_size(state.options);
    out.tiles = {tile(state, {presenter->id, now, {}}, {0, 0, canvas.width, canvas.height}, Fit::contain)};
    return out;
  }
  for (std::size_t i = 0; i < spots.size(); ++i)
    out.tiles.push_back(tile(state, out.seats[i], spots[i].rect, spots[i].fit));
  return out;
}

} // namespace plenum::room
