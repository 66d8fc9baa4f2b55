// LoadOptions: what a run of plenum-load is asked for, as plain values. Owner: main. Thread: any.
#pragma once

#include "base/units.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::load {

// How a bad member misbehaves (`--bad`).
enum class Badness { none, loss, jitter, garbage, broken, flapping, slow, keyframes, plis };
std::optional<Badness> badness(std::string_view name);

// A fault that is put into member 2 on purpose, to see that the verification notices it (`--sabotage`).
enum class Sabotage { none, mute, freeze, vanish };
std::optional<Sabotage> sabotage(std::string_view name);

enum class VideoCodec { vp8, h264 };

struct LoadOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string api_key;
  std::string clips; // directory
  std::string room_id = "load";
  std::size_t rooms = 1;
  std::size_t members = 3;            // in each room, who send
  std::size_t viewers = 0;            // in each room, who only receive
  std::size_t verify = 1;             // members of each room that decode what they get
  std::optional<std::size_t> talkers; // in each room; absent: every member
  std::vector<Badness> bad;           // one more member in each room, for each
  VideoCodec codec = VideoCodec::vp8;
  bool audio_only = false;
  bool shape = false; // pictures of the size that REMB and source_update ask for
  bool keep = false;  // leave the rooms open at the end
  bool json = false;
  double seconds = 10, warm_up = 3;
  double join_rate = 50;   // members a second
  double churn = 0;        // seconds between two leaves; 0: nobody leaves
  int picture_kbps = 1500; // what a receiver says that it can take (REMB)
  double least_fps = 15, least_heard = 0.6, most_gap_ms = 2000;
  Sabotage sabotage = Sabotage::none;
};

} // namespace plenum::load
