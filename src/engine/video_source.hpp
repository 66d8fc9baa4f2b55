// VideoSource: one member's video from assembled frames to tile-sized pictures.
//
// The net thread pushes encoded frames into a short ring; a pool strand decodes them, scales straight to the
// size that the canvas draws, and publishes into the tile. A full ring drops up to the next keyframe and asks
// for one: latency never grows. While the tile is not on the canvas nothing is decoded at all. Shared between
// three threads, hence shared_ptr: net (push), codec pool (run), video (tile, flags). Owner: Leg.
// Architecture 2.3 steps 6–7, 3.2.
#pragma once

#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/spsc_ring.hpp"
#include "base/strand_pool.hpp"
#include "video/decoder.hpp"
#include "video/scaler.hpp"
#include "video/tile.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace plenum::engine {

class VideoSource final : public base::Strand {
 public:
  explicit VideoSource(const base::Env& env);

  // Thread: net. False: the ring was full; frames are refused until a keyframe comes (ask for one).
  bool push(base::EncodedFrameRef frame);
  // Thread: net. True once after the decoder lost its way or the tile came back to the canvas.
  bool take_keyframe_need() { return needs_key_.exchange(false, std::memory_order_acq_rel); }

  // Thread: net. The canvas shows this source in this size from now on (0×0: not at all). True when it grew
  // beyond what its pictures fill: the sender is to be asked for a keyframe, the old picture is enlarged
  // meanwhile.
  bool outgrown_by(int width, int height);
  bool shown() const { return shown_width_ > 0; } // Thread: net

  void run() override; // Thread: codec pool

  video::Tile& tile() { return tile_; }
  // How long pictures wait for their sound. Written by audio, read by video; µs.
  std::atomic<std::int64_t> audio_delay_us{0};
  std::atomic<bool> talking{false};
  std::atomic<bool> screen{false}; // content hint
  // Size of the newest decoded picture, width << 32 | height; 0 before the first.
  std::atomic<std::uint64_t> decoded_size{0};
  std::atomic<std::uint64_t> decoded_frames{0};

 private:
  void decode(const base::EncodedFrame& frame);

  base::Env env_;
  base::SpscRing<base::EncodedFrameRef> input_;
  bool dropping_ = false;                  // net's
  int shown_width_ = 0, shown_height_ = 0; // net's
  std::atomic<bool> needs_key_{false};
  std::atomic<bool> expected_{false}; // the canvas will show it, or does
  bool awaiting_key_ = true;          // the strand's
  std::unique_ptr<video::Decoder> decoder_;
  video::Scaler scaler_;
  video::FramePool pictures_;
  video::Tile tile_;
};

} // namespace plenum::engine
