// Scene: "this is the picture and the sound", the whole desired state of one room's media, as a value.
//
// Control never sends "add a tile": it sends the whole Scene with a growing revision, the worker draws the
// newest one at its next tick (docs/architecture.md, 0). The same message heals every failure. Geometry is in
// canvas pixels, exactly as the dialects report it. Only value types: room/ includes this header alone of
// link/. Owner: value, published as shared_ptr<const Scene>. Thread: any.
#pragma once

#include "base/ids.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace plenum::link {

struct Rect {
  std::int32_t x = 0, y = 0, w = 0, h = 0; // px
  bool operator==(const Rect&) const = default;
};
BOOST_DESCRIBE_STRUCT(Rect, (), (x, y, w, h))

enum class Fit { cover, contain };
BOOST_DESCRIBE_ENUM(Fit, cover, contain)

struct Colour {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Colour&) const = default;
};
BOOST_DESCRIBE_STRUCT(Colour, (), (r, g, b))

struct CanvasSpec {
  std::int32_t width = 1280, height = 960; // px, even
  std::int32_t fps = 25;                   // 1–60
  Colour background;
  bool operator==(const CanvasSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(CanvasSpec, (), (width, height, fps, background))

// One member as media sees it: a name to paint and the peer that carries it. Off-canvas members are listed
// too, because they are heard.
struct SceneMember {
  base::MemberId member;
  base::PeerId peer;                             // empty while nobody carries the member
  std::string name;                              // what a label or placeholder shows
  bool video_on = false;                         // the member says that its camera (or screen) is live
  bool audio_on = true;                          // false: not mixed (moderator mute)
  bool screen = false;                           // its video is screen content
  bool decode_video = true, decode_audio = true; // false: quarantined, nothing of it may reach a decoder
  bool operator==(const SceneMember&) const = default;
};
BOOST_DESCRIBE_STRUCT(SceneMember, (),
                      (member, peer, name, video_on, audio_on, screen, decode_video, decode_audio))

struct SceneTile {
  base::MemberId member;
  Rect rect;
  std::int32_t z = 0;
  Fit fit = Fit::cover;
  bool label = true; // paint the name
  bool operator==(const SceneTile&) const = default;
};
BOOST_DESCRIBE_STRUCT(SceneTile, (), (member, rect, z, fit, label))

struct Scene {
  base::RoomId room;
  std::uint64_t revision = 0;
  CanvasSpec canvas;
  std::vector<SceneMember> members;
  std::vector<SceneTile> tiles;
  std::int32_t top_rate_kbps = 0; // target of the full tier; 0: by canvas size
  bool operator==(const Scene&) const = default;
};
BOOST_DESCRIBE_STRUCT(Scene, (), (room, revision, canvas, members, tiles, top_rate_kbps))

} // namespace plenum::link
