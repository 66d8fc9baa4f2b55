// FrameClock: the video thread: at each tick of the canvas it picks the due picture of every tile, composes,
// and offers the result to the encoders that somebody watches.
//
// A new scene arrives as a whole through a mailbox and is in force from the next tick on: a change is atomic
// in one frame. Late ticks are skipped and counted. With no watcher nothing is composed, and the thread
// sleeps until `post` or `wake`. A live camera without a picture for 5 s shows its placeholder. Owner:
// Worker. Thread: video (everything but the constructor and `post`). Architecture 3.2, 4.1, 4.8.
#pragma once

#include "base/env.hpp"
#include "base/mailbox.hpp"
#include "base/strand_pool.hpp"
#include "engine/tier.hpp"
#include "engine/video_source.hpp"
#include "video/canvas.hpp"

#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

namespace plenum::engine {

struct CanvasSource {
  std::uint32_t handle = 0;
  std::shared_ptr<VideoSource> video;
};

// What the canvas shows from the next tick on, and every source of the room (off-canvas ones stop decoding).
struct CanvasUpdate {
  video::CanvasScene scene;
  std::vector<CanvasSource> sources;
};

class FrameClock {
 public:
  FrameClock(const base::Env& env, base::StrandPool& pool,
             std::vector<std::shared_ptr<EncoderStrand>> encoders);
  ~FrameClock();

  bool post(std::unique_ptr<CanvasUpdate> update) { return updates_.post(std::move(update)); } // Thread: any
  void wake() { updates_.post(nullptr); } // Thread: any. Somebody watches now.

 private:
  struct Shown {
    std::uint32_t handle = 0;
    std::shared_ptr<VideoSource> video;
    base::Timestamp since{}; // on the canvas
  };
  void run(const std::stop_token& stop);
  void apply(CanvasUpdate& update, base::Timestamp now);
  void tick(base::Timestamp now);
  void rest();
  bool anybody_watches() const;

  base::Env env_;
  base::StrandPool& pool_;
  std::vector<std::shared_ptr<EncoderStrand>> encoders_;
  base::Mailbox<std::unique_ptr<CanvasUpdate>> updates_;
  video::TextPainter text_;
  video::Canvas canvas_;
  std::vector<Shown> shown_;
  std::vector<video::TileInput> inputs_;
  bool have_scene_ = false;
  base::Counter& ticks_;
  base::Counter& skipped_;
  base::Gauge& worst_late_us_;
  std::jthread thread_; // last: it uses everything above
};

} // namespace plenum::engine
