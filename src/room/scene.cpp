#include "room/scene.hpp"

#include "room/layout_solver.hpp"

namespace plenum::room {

link::Scene scene(const State& state) {
  link::Scene out;
  out.room = state.id;
  out.revision = state.revision;
  const auto canvas = canvas_size(state.options);
  out.canvas.width = canvas.width;
  out.canvas.height = canvas.height;
  out.canvas.background = state.options.background;
  for (const auto* member : state.present()) {
    link::SceneMember shown;
    shown.member = member->id;
    shown.peer = member->leg.id;
    shown.name = member->name;
    shown.video_on = member->video_on;
    shown.screen = member->id == state.presenter;
    out.members.push_back(std::move(shown));
  }
  std::int32_t z = 0;
  for (const auto& tile : state.tiles) {
    if (tile.member) out.tiles.push_back({tile.member, tile.rect, z, tile.fit, state.options.show_names});
    ++z;
  }
  return out;
}

bool may_change_scene(const Event& event) {
  return is_any<RoomOpened, MemberRenamed, MemberJoined, LegReplaced, MemberLeft, VideoSwitched,
                PresentationStarted, PresentationEnded, LayoutChanged, OptionsChanged, RoomEnded>(event);
}

} // namespace plenum::room
