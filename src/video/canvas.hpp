// Canvas: the composed picture of a room, drawn anew at each tick from the newest scene and the newest
// pictures.
//
// set_scene() is cold (lays out, renders names), compose() is hot: copies and small blends, no allocation;
// only the first placeholder of a person is rendered there. A scene takes effect as a whole with the next
// compose(). Geometry in the scene is exact; only here edges are rounded down to even pixels (`drawn_rect`),
// neighbours stay adjacent. Pictures may have any size: the drawn size is a copy, anything else is cropped
// and scaled (an old small picture is enlarged until a new one arrives). When nothing changed, the last frame
// is given again, `changed` is false and the encoder may rest. Owner: engine. Thread: video.
#pragma once

#include "base/env.hpp"
#include "video/frame_pool.hpp"
#include "video/overlay.hpp"
#include "video/placeholder.hpp"
#include "video/scale.hpp"
#include "video/text.hpp"
#include "video/tile.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace plenum::video {

struct CanvasTile {
  std::uint32_t source = 0;       // the engine's handle, unique in a scene
  int x = 0, y = 0, w = 0, h = 0; // px, exact; clipped to the canvas
  int z = 0;                      // higher is nearer; equal: later is nearer
  Fit fit = Fit::cover;
  bool has_video = true; // false: always the placeholder
  bool show_label = true;
  bool talking_border = true; // draw a border while the input says talking
  std::string label;          // corner label; also the name under a placeholder's disc when `name` is empty
  std::string name, initials; // placeholder; empty initials: of the name
  std::uint32_t colour_seed = 0;
  bool operator==(const CanvasTile&) const = default;
};

struct CanvasOverlay {
  OverlayRef image;
  int x = 0, y = 0; // px
  int z = 1;        // negative: between background and tiles, else over everything
  bool operator==(const CanvasOverlay&) const = default;
};

struct CanvasScene {
  int width = 1280, height = 720; // px
  int fps = 25;
  Rgb background;
  std::vector<CanvasTile> tiles; // at most Canvas::kMaxTiles, as overlays
  std::vector<CanvasOverlay> overlays;
  bool operator==(const CanvasScene&) const = default;
};

// Where a tile is really drawn: even edges, inside the canvas. This is the size to scale its pictures to.
Rect drawn_rect(const CanvasScene& scene, const CanvasTile& tile);
TileTarget tile_target(const CanvasScene& scene, const CanvasTile& tile);

// What a source contributes to one tick.
struct TileInput {
  std::uint32_t source = 0;
  FrameRef picture; // empty: placeholder
  bool talking = false;
};

struct Composed {
  FrameRef frame;       // `captured` = now of the compose that drew it; empty only before the first scene
  bool changed = false; // false: same frame as last time
};

class Canvas {
 public:
  static constexpr std::size_t kMaxTiles = 64;
  static constexpr std::size_t kFrames = 8; // canvases alive: in encoders, tiers, sinks

  // `text` outlives the canvas.
  Canvas(const base::Env& env, TextPainter& text);

  void set_scene(CanvasScene scene);
  const CanvasScene& scene() const { return scene_; }
  // Inputs in any order; sources that no tile shows are ignored, tiles without input show their placeholder.
  Composed compose(std::span<const TileInput> inputs, Timestamp now);

 private:
  // A tile, ready to be drawn.
  struct Place {
    std::uint32_t source = 0;
    Rect rect;
    int z = 0;
    Fit fit = Fit::cover;
    bool has_video = true;
    bool talking_border = false;
    Yuv colour; // around the badge
    OverlayRef label;
    OverlayRef badge;     // rendered when first needed
    std::size_t tile = 0; // index in the scene
    // What was drawn last.
    const Frame* picture = nullptr;
    std::uint64_t generation = 0;
    bool talking = false;
  };

  void lay_out();
  bool tiles_cover() const;
  OverlayRef render_label(const CanvasTile& tile, Rect rect);
  OverlayRef render_placeholder(const CanvasTile& tile, Rect rect);
  bool note_inputs(std::span<const TileInput> inputs);
  void draw_all(const MutableI420View& onto);
  void draw_place(const Place& place, const MutableI420View& onto) const;
  void draw_overlays(const MutableI420View& onto, bool behind) const;

  TextPainter& text_;
  FramePool pool_;
  OverlayCache cache_;
  CanvasScene scene_;
  std::vector<Place> places_; // by z
  Yuv background_;
  bool scene_is_new_ = false;
  bool covered_ = false; // the tiles leave nothing of the background
  FrameRef last_;
  base::Counter& skipped_; // ticks without a free frame
};

} // namespace plenum::video
