// Tier: one encoder of the composed picture, shared by everybody who watches it with the same codec.
//
// Two halves. EncoderStrand lives on the codec pool: the video thread offers it the newest canvas (an older
// one still waiting is replaced: the clock never waits for an encoder), it encodes, and the frame goes
// through a ring to net. Tier lives on net: who watches, when a keyframe is due (KeyframeBudget merges all
// wishes), which bitrate the watchers can take (TierRate), packetizing once per frame. Nothing is encoded
// while nobody watches. Owner: Worker (strand, shared with the pool), RoomEngine (Tier). Thread: as said.
// Architecture 2.3 steps 9–11, 4.2.
#pragma once

#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/spsc_ring.hpp"
#include "base/strand_pool.hpp"
#include "cc/keyframe_budget.hpp"
#include "cc/tier_rate.hpp"
#include "peer/peer.hpp"
#include "rtp/packetized_frame.hpp"
#include "video/encoder.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace plenum::engine {

struct EncodedOut {
  base::EncodedFrameRef frame;
  base::Timestamp encode_started{};
};

class EncoderStrand final : public base::Strand {
 public:
  EncoderStrand(const base::Env& env, base::EncodedFramePool& frames, base::Codec codec, int wake_net);
  ~EncoderStrand() override;

  // Thread: video. True when the frame was taken and the strand must be requested.
  bool offer(const video::FrameRef& canvas, bool changed, base::Timestamp tick);
  void run() override; // Thread: codec pool

  // Written by net, read by video and the strand.
  std::atomic<bool> watched{false};
  std::atomic<bool> key_wanted{false};
  std::atomic<int> kbps{1200};
  std::atomic<int> fps{25};
  std::atomic<bool> screen{false};

  base::SpscRing<EncodedOut>& output() { return output_; } // consumer: net
  base::Codec codec() const { return codec_; }

 private:
  bool fit_encoder(const video::Frame& canvas);

  base::Env env_;
  base::EncodedFramePool& frames_;
  base::Codec codec_;
  int wake_net_;
  std::atomic<video::Frame*> waiting_{nullptr};
  std::atomic<std::int64_t> waiting_tick_us_{0}; // when the waiting canvas is to be seen
  base::Timestamp last_offered_{};               // video's
  std::int64_t last_tick_us_ = 0;                // the strand's
  std::unique_ptr<video::Encoder> encoder_;
  int width_ = 0, height_ = 0, set_kbps_ = 0, set_fps_ = 0;
  bool set_screen_ = false;
  base::SpscRing<EncodedOut> output_;
  base::Counter& replaced_;
  base::Counter& encoded_;
  base::Counter& failed_;
};

class Tier {
 public:
  Tier(std::shared_ptr<EncoderStrand> strand, rtp::PacketizedFramePool& packets,
       std::uint32_t first_rtp_time);

  void watch(peer::Peer& peer); // idempotent; a newcomer needs a keyframe
  void leave(peer::Peer& peer);
  void set_canvas(int width, int height, int fps, int rate_kbps, bool screen);

  void wish_keyframe(base::Timestamp now);
  // Sends what the encoder has made, and moves keyframe and rate decisions on. Returns when to be called
  // again.
  base::Timestamp work(base::Timestamp now);
  std::size_t watchers() const { return watchers_.size(); }
  base::Codec codec() const { return strand_->codec(); }
  EncoderStrand& strand() { return *strand_; }

 private:
  void send(base::Timestamp now, const EncodedOut& out);
  void update_rate(base::Timestamp now);

  std::shared_ptr<EncoderStrand> strand_;
  rtp::PacketizedFramePool& packets_;
  std::uint32_t first_rtp_time_;
  std::vector<peer::Peer*> watchers_;
  std::vector<base::DataRate> budgets_; // scratch
  cc::KeyframeBudget keyframes_;
  cc::TierRate rate_;
  std::uint16_t picture_id_ = 0;
};

// Start, least and most bitrate of the full tier for a canvas (architecture 4.2), scaled by its pixels.
cc::TierRange full_tier_range(base::Codec codec, int width, int height, int wished_kbps);

} // namespace plenum::engine
