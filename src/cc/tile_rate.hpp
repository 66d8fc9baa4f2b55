// tile_rate: the bitrate a sender deserves from the size of its tile, sent to it as a REMB cap.
//
// A person shown at 320×240 px has no use for 2 Mbit/s: browsers obey the cap and lower their resolution,
// which saves their uplink and our decoder. Linear between the points below by pixels, then scaled by frame
// rate; monotone in every argument, so that a growing tile never gets less.
//   hidden 100 kbit/s · 160×120 150 · 320×240 300 · 640×480 1,000 · 1280×720 1,800 · 1920×1080 and above
//   2,500 screen share: 2,500 kbit/s from 1280×720 px, linear below, at least 500; not scaled by frame rate
// Owner: pure function. Thread: any. draft-alvestrand-rmcat-remb (REMB), architecture 4.4.
#pragma once

#include "base/units.hpp"

#include <cstdint>

namespace plenum::cc {

enum class TileContent : std::uint8_t { camera, screen };

struct TileShown {
  int width = 0, height = 0; // px on the canvas; 0: hidden
  int fps = 25;              // of the canvas; counts between 5 and 30
  TileContent content = TileContent::camera;
};

constexpr base::DataRate kHiddenRate = base::DataRate::kbps(100);

base::DataRate tile_rate(const TileShown& tile);

// Whether a new cap is worth a message before the regular one: changed by more than a tenth.
bool differs(base::DataRate announced, base::DataRate wanted);

} // namespace plenum::cc
