#include "video/canvas.hpp"

#include "base/alloc_counter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace plenum::video {
namespace {

constexpr Rgb kTalkingColour{72, 199, 142};
constexpr int kMaxCanvas = 4096, kMinCanvas = 16; // px

int canvas_side(int side) {
  return std::clamp(side, kMinCanvas, kMaxCanvas) & ~1;
}
// The edge of a tile on a canvas `side` long. Computed in 64 bits: x + w of a broken scene may overflow.
int edge(std::int64_t at, int side) {
  return static_cast<int>(std::clamp<std::int64_t>(at, 0, side)) & ~1;
}

const TileInput* input_of(std::span<const TileInput> inputs, std::uint32_t source) {
  const auto found =
      std::find_if(inputs.begin(), inputs.end(), [&](const TileInput& i) { return i.source == source; });
  return found == inputs.end() ? nullptr : &*found;
}

// Stable, and without the temporary buffer of std::stable_sort; there are few.
template <class WithZ>
void sort_by_z(std::vector<WithZ>& all) {
  for (auto at = all.begin(); at != all.end(); ++at) {
    const auto behind = [](const WithZ& a, const WithZ& b) { return a.z < b.z; };
    std::rotate(std::upper_bound(all.begin(), at, *at, behind), at, at + 1);
  }
}

void draw_border(const MutableI420View& tile) {
  const int thick = std::clamp(std::min(tile.width, tile.height) / 80, 2, 6) & ~1;
  if (tile.width < 4 * thick || tile.height < 4 * thick) return;
  const Yuv colour = to_yuv(kTalkingColour);
  fill(tile.part({0, 0, tile.width, thick}), colour);
  fill(tile.part({0, tile.height - thick, tile.width, thick}), colour);
  fill(tile.part({0, thick, thick, tile.height - 2 * thick}), colour);
  fill(tile.part({tile.width - thick, thick, thick, tile.height - 2 * thick}), colour);
}

} // namespace

Rect drawn_rect(const CanvasScene& scene, const CanvasTile& tile) {
  const int width = canvas_side(scene.width), height = canvas_side(scene.height);
  const int left = edge(tile.x, width), top = edge(tile.y, height);
  const int right = edge(std::int64_t{tile.x} + tile.w, width);
  const int bottom = edge(std::int64_t{tile.y} + tile.h, height);
  return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

TileTarget tile_target(const CanvasScene& scene, const CanvasTile& tile) {
  const Rect rect = drawn_rect(scene, tile);
  if (rect.empty()) return {};
  return {rect.width, rect.height, tile.fit};
}

Canvas::Canvas(const base::Env& env, TextPainter& text)
    : text_(text), pool_(env, kFrames, "canvas"),
      skipped_(env.metrics.counter("plenum_canvas_skipped_total")) {}

void Canvas::set_scene(CanvasScene scene) {
  const base::alloc_counter::Allow cold;
  if (scene.tiles.size() > kMaxTiles) scene.tiles.resize(kMaxTiles);
  if (scene.overlays.size() > kMaxTiles) scene.overlays.resize(kMaxTiles);
  sort_by_z(scene.overlays);
  if (last_ && scene == scene_) return;
  scene_ = std::move(scene);
  background_ = to_yuv(scene_.background);
  lay_out();
  scene_is_new_ = true;
}

void Canvas::lay_out() {
  places_.clear();
  places_.reserve(scene_.tiles.size());
  for (const auto& tile : scene_.tiles) {
    Place place;
    place.rect = drawn_rect(scene_, tile);
    if (place.rect.empty()) continue;
    place.source = tile.source;
    place.z = tile.z;
    place.fit = tile.fit;
    place.has_video = tile.has_video;
    place.talking_border = tile.talking_border;
    place.label = render_label(tile, place.rect);
    place.tile = static_cast<std::size_t>(&tile - scene_.tiles.data());
    places_.push_back(std::move(place));
  }
  sort_by_z(places_);
  covered_ = tiles_cover();
}

// Every place paints all of its rectangle, and rectangles lie within the canvas: when no two of them overlap,
// their areas tell.
bool Canvas::tiles_cover() const {
  std::int64_t area = 0;
  for (auto at = places_.begin(); at != places_.end(); ++at) {
    const Rect& a = at->rect;
    area += std::int64_t{a.width} * a.height;
    for (auto other = std::next(at); other != places_.end(); ++other) {
      const Rect& b = other->rect;
      if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)
        return false;
    }
  }
  return area == std::int64_t{canvas_side(scene_.width)} * canvas_side(scene_.height);
}

// Keys begin with what is numeric and end with the text, so that no text can imitate another key.
OverlayRef Canvas::render_label(const CanvasTile& tile, Rect rect) {
  if (!tile.show_label || tile.label.empty()) return nullptr;
  LabelStyle style;
  style.font_px = std::clamp(rect.height / 20, 11, 30);
  style.max_width = rect.width * 9 / 10;
  return cache_.get(fmt::format("label {} {} {}", style.font_px, style.max_width, tile.label),
                    [&] { return text_.label(tile.label, style); });
}

OverlayRef Canvas::render_placeholder(const CanvasTile& tile, Rect rect) {
  const std::string& name = tile.name.empty() ? tile.label : tile.name;
  const auto key = fmt::format("badge {} {} {} {} {} {}{}", rect.width, rect.height, tile.colour_seed,
                               tile.show_label, tile.initials.size(), tile.initials, name);
  return cache_.get(key, [&] {
    return render_badge(text_,
                        {tile.initials, name, tile.show_label, tile.colour_seed, rect.width, rect.height});
  });
}

// True when something differs from what was drawn last.
bool Canvas::note_inputs(std::span<const TileInput> inputs) {
  bool changed = std::exchange(scene_is_new_, false);
  for (auto& place : places_) {
    const TileInput* input = input_of(inputs, place.source);
    const Frame* picture = input != nullptr && place.has_video ? input->picture.get() : nullptr;
    const std::uint64_t generation = picture != nullptr ? picture->generation : 0;
    const bool talking = input != nullptr && input->talking && place.talking_border;
    changed =
        changed || picture != place.picture || generation != place.generation || talking != place.talking;
    if (picture == nullptr && !place.badge) { // first time without a picture in this scene
      const base::alloc_counter::Allow cold;
      place.badge = render_placeholder(scene_.tiles[place.tile], place.rect);
      const I420View box = place.badge->view();
      place.colour = {box.y[0], box.u[0], box.v[0]}; // exactly its edge, or the box would show
    }
    place.picture = picture;
    place.generation = generation;
    place.talking = talking;
  }
  return changed;
}

Composed Canvas::compose(std::span<const TileInput> inputs, Timestamp now) {
  if (!note_inputs(inputs)) return {last_, false};
  FrameRef frame = pool_.get(canvas_side(scene_.width), canvas_side(scene_.height));
  if (!frame) { // everything is still being encoded: this tick is lost, the next one draws
    skipped_.add();
    scene_is_new_ = true;
    return {last_, false};
  }
  frame->captured = now;
  draw_all(frame->pixels());
  last_ = std::move(frame);
  return {last_, true};
}

void Canvas::draw_all(const MutableI420View& onto) {
  if (!covered_) {
    fill(onto, background_);
    draw_overlays(onto, true);
  }
  for (const auto& place : places_)
    draw_place(place, onto);
  draw_overlays(onto, false);
}

void Canvas::draw_place(const Place& place, const MutableI420View& onto) const {
  const MutableI420View tile = onto.part(place.rect);
  if (place.picture != nullptr) {
    draw(place.picture->view(), tile, place.fit, place.picture->hint, background_);
    if (place.label) {
      const int margin = std::max(4, place.rect.height / 60);
      blend(*place.label, tile, margin, place.rect.height - margin - place.label->height());
    }
  } else {
    fill(tile, place.colour);
    blend(*place.badge, tile, (tile.width - place.badge->width()) / 2,
          (tile.height - place.badge->height()) / 2);
  }
  if (place.talking) draw_border(tile);
}

void Canvas::draw_overlays(const MutableI420View& onto, bool behind) const {
  for (const auto& overlay : scene_.overlays) {
    if ((overlay.z < 0) == behind && overlay.image) blend(*overlay.image, onto, overlay.x, overlay.y);
  }
}

} // namespace plenum::video
