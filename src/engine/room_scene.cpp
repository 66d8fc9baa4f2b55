// RoomEngine, the part that puts a Scene into force: canvas, wishes to senders, who is mixed.
#include "cc/tile_rate.hpp"
#include "engine/room_engine.hpp"

#include <algorithm>
#include <functional>

namespace plenum::engine {
namespace {

video::CanvasTile canvas_tile(const link::SceneTile& tile, const link::SceneMember& member, const Leg* leg) {
  video::CanvasTile out;
  // Members that nobody carries have no handle; their placeholder needs a name of its own.
  const auto seed = static_cast<std::uint32_t>(std::hash<base::MemberId>{}(tile.member));
  out.source = leg != nullptr ? leg->handle() : 0x80000000U | seed;
  out.x = tile.rect.x;
  out.y = tile.rect.y;
  out.w = tile.rect.w;
  out.h = tile.rect.h;
  out.z = tile.z;
  out.fit = tile.fit == link::Fit::contain ? video::Fit::contain : video::Fit::cover;
  out.has_video = member.video_on && leg != nullptr;
  out.show_label = tile.label;
  out.talking_border = !member.screen;
  out.label = out.name = member.name;
  out.colour_seed = seed;
  return out;
}

} // namespace

void RoomEngine::apply(base::Timestamp now, const link::Scene& scene) {
  if (scene.revision < scene_.revision) return; // an older wish that was overtaken
  scene_ = scene;
  show(now);
  report_(link::SceneApplied{scene.revision});
}

void RoomEngine::show(base::Timestamp now) {
  auto update = std::make_unique<CanvasUpdate>();
  update->scene.width = scene_.canvas.width;
  update->scene.height = scene_.canvas.height;
  update->scene.fps = scene_.canvas.fps;
  update->scene.background = {scene_.canvas.background.r, scene_.canvas.background.g,
                              scene_.canvas.background.b};
  bool screen = false;
  for (const auto& [id, leg] : legs_) {
    update->sources.push_back({leg->handle(), leg->video()});
    const bool known =
        std::ranges::find(scene_.members, id, &link::SceneMember::peer) != scene_.members.end();
    if (!known) leg->video()->outgrown_by(0, 0); // it is not shown
  }
  for (const auto& member : scene_.members) {
    auto* carrier = leg(member.peer);
    if (carrier != nullptr) {
      carrier->quarantine(!member.decode_video, !member.decode_audio);
      carrier->video()->screen.store(member.screen, std::memory_order_relaxed);
      media_.audio.post(SetVolume{carrier->handle(), member.audio_on ? 1.0F : 0.0F});
    }
    const auto tile = std::ranges::find(scene_.tiles, member.member, &link::SceneTile::member);
    cc::TileShown shown;
    if (tile != scene_.tiles.end()) {
      update->scene.tiles.push_back(canvas_tile(*tile, member, carrier));
      screen |= member.screen;
      shown = {tile->rect.w, tile->rect.h, scene_.canvas.fps,
               member.screen ? cc::TileContent::screen : cc::TileContent::camera};
    }
    if (carrier == nullptr) continue;
    const bool visible = tile != scene_.tiles.end() && member.video_on;
    carrier->peer().set_video_wish(now, visible ? cc::tile_rate(shown) : base::DataRate{});
    if (carrier->video()->outgrown_by(visible ? shown.width : 0, visible ? shown.height : 0))
      carrier->peer().need_keyframe(now);
    carrier->arm(now);
  }
  for (auto* tier : media_.tiers)
    tier->set_canvas(scene_.canvas.width, scene_.canvas.height, scene_.canvas.fps, scene_.top_rate_kbps,
                     screen);
  if (scene_.revision != 0) media_.video.post(std::move(update));
}

} // namespace plenum::engine
