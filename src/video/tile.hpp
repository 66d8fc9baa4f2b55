// Tile: the way of one source's pictures from the codec pool to the canvas; the newest picture that is due
// wins.
//
// The producer (the source's decoder strand) puts pictures into four slots in turn; a slot still full is
// overwritten, which drops the oldest. The consumer empties all slots each tick into a private waiting list
// and shows the newest with `captured + delay <= now`, else the last one again. The list holds eight pictures
// (266 ms at 30 fps) so that video can wait for the audio's delay; when more wait, the oldest is shown early
// rather than never. Memory order: a slot changes hands by exchange(acq_rel): the producer's pixels happen
// before the consumer's reading, and the consumer's letting go before the producer's reuse. Nobody waits.
// Owner: engine's video source. Thread: publish() codec strand, target() any, everything else video.
#pragma once

#include "base/env.hpp"
#include "video/frame.hpp"
#include "video/scale.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace plenum::video {

// What the canvas wants of a source. 0×0: not on the canvas, decode only to keep the references alive.
struct TileTarget {
  int width = 0, height = 0; // px, even, as drawn
  Fit fit = Fit::cover;
  bool visible() const { return width > 0 && height > 0; }
  bool operator==(const TileTarget&) const = default;
};

class Tile {
 public:
  static constexpr std::size_t kSlots = 4;
  static constexpr std::size_t kWaiting = 8;

  explicit Tile(const base::Env& env);
  ~Tile();
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;

  // Producer. The picture must not be published elsewhere too. Never fails, never waits.
  void publish(FrameRef picture);
  TileTarget target() const;

  // Consumer. The picture to show now (empty before the first one), valid until the next call.
  const FrameRef& pick(Timestamp now, base::Duration delay);
  Timestamp changed_at() const { return changed_at_; } // `now` of the pick that last brought another picture
  void set_target(TileTarget target);
  void clear(); // shows nothing until the next picture arrives (camera switched off)

 private:
  void take_arrivals();
  void drop_waiting(std::size_t count);

  std::array<std::atomic<Frame*>, kSlots> slots_{};
  std::uint64_t published_ = 0; // producer's
  std::atomic<std::uint64_t> target_{0};

  std::array<FrameRef, kWaiting + kSlots> waiting_; // by sequence
  std::size_t waiting_count_ = 0;
  FrameRef shown_;
  std::uint64_t shown_sequence_ = 0;
  Timestamp changed_at_{};
  base::Counter& overwritten_;
  base::Counter& skipped_;
};

} // namespace plenum::video
