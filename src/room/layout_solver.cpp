#include "room/layout_solver.hpp"

#include <algorithm>
#include <set>

namespace plenum::room {

namespace {

struct Spot {
  Rect rect;
  Fit fit = Fit::cover;
  bool reserved = false; // for `member` only
  MemberId member;
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

// Marks spots that the layout gives to somebody; returns who was seated so.
std::set<MemberId> reserve(const State& state, std::vector<Spot>& spots) {
  std::set<MemberId> seated;
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
    const auto* member = state.find_ref(users[i]);
    if (member != nullptr && member->present && seated.insert(member->id).second)
      spots[i].member = member->id;
  }
  return seated;
}

std::vector<Seat> seat(const State& state, const std::vector<Spot>& spots,
                       const std::vector<MemberId>& waiting, WallTime now) {
  std::vector<Seat> seats(spots.size());
  std::set<MemberId> open(waiting.begin(), waiting.end());
  const auto since_of = [&](MemberId member) {
    const auto at = std::ranges::find(state.seats, member, &Seat::member);
    return at == state.seats.end() ? now : at->since;
  };
  for (std::size_t i = 0; i < spots.size(); ++i) {
    if (spots[i].reserved) {
      if (spots[i].member) seats[i] = {spots[i].member, since_of(spots[i].member)};
    } else if (i < state.seats.size() && open.erase(state.seats[i].member) > 0) {
      seats[i] = state.seats[i];
    }
  }
  std::vector<MemberId> queue;
  for (const auto& before : state.seats)
    if (open.erase(before.member) > 0) queue.push_back(before.member);
  for (const auto& member : waiting)
    if (open.erase(member) > 0) queue.push_back(member);
  auto next = queue.begin();
  for (std::size_t i = 0; i < spots.size() && next != queue.end(); ++i) {
    if (spots[i].reserved || seats[i].member) continue;
    seats[i] = {*next, since_of(*next)};
    ++next;
  }
  return seats;
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

std::vector<MemberId> candidates(const State& state) {
  const auto present = state.present();
  const bool anybody = std::ranges::any_of(present, [](const Member* m) { return m->video_on; });
  std::vector<MemberId> out;
  for (const auto* member : present)
    if (member->video_on || !anybody) out.push_back(member->id);
  return out;
}

Arrangement arrange(const State& state, WallTime now) {
  auto waiting = candidates(state);
  auto spots = geometry(state.options, waiting.size());
  const auto reserved = reserve(state, spots);
  std::erase_if(waiting, [&](MemberId member) { return reserved.contains(member); });

  Arrangement out;
  out.seats = seat(state, spots, waiting, now);
  const auto* presenter = state.find(state.presenter);
  if (presenter != nullptr && presenter->present) {
    const auto canvas = canvas_size(state.options);
    out.tiles = {{presenter->id, {0, 0, canvas.width, canvas.height}, Fit::contain}};
    return out;
  }
  for (std::size_t i = 0; i < spots.size(); ++i)
    out.tiles.push_back({out.seats[i].member, spots[i].rect, spots[i].fit});
  return out;
}

} // namespace plenum::room
