// FrameAssembler: RTP packets of one video stream in any order → complete frames in decodable order.
//
// A frame leaves as soon as every packet since the previous frame is there: senders talk to us directly, so a
// hole in the sequence numbers is a loss and every frame may be a reference. A hole that stays open for
// `most_wait`, that the NACK tracker gives up, or that the window outgrows ends the chain: then nothing
// leaves until a complete keyframe
// (`needs_keyframe()`). A complete keyframe behind a hole is taken at once. Packets are kept as references to
// pool blocks, at most `window` of them; padding-only packets fill their place and nothing else. Owner:
// peer/receive_stream. Thread: net.
#pragma once

#include "base/encoded_frame.hpp"
#include "base/units.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/packet.hpp"
#include "rtp/packet_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::rtp {

struct AssemblerLimits {
  std::size_t window = 512; // packets held; rounded up to a power of two
  base::Duration most_wait = std::chrono::seconds(1);
};

struct AssemblerCounters {
  std::uint64_t frames = 0, keyframes = 0;
  std::uint64_t late = 0, duplicate = 0, malformed = 0; // packets dropped
  std::uint64_t dropped = 0;                            // packets of frames that never became decodable
  std::uint64_t chains_lost = 0;                        // times a keyframe became necessary
};

class FrameAssembler {
 public:
  FrameAssembler(base::Codec codec, base::EncodedFramePool& frames, AssemblerLimits limits = {});

  // `sequence` is unwrapped (base::Unwrapper). `payload` lies inside `*packet` (for RTX: without the original
  // sequence number); empty for padding-only packets. Of `header` marker and timestamp are read.
  void insert(base::Timestamp now, std::int64_t sequence, const RtpHeader& header, base::Bytes payload,
              PacketRef packet);
  // The next decodable frame or an empty reference; call until empty after each insert. `rtp_time` is set;
  // `captured` is the arrival of its last packet, until the receive stream knows better.
  base::EncodedFrameRef pop(base::Timestamp now);

  // The NACK tracker will not ask for `sequence` again.
  void give_up(std::int64_t sequence);
  // When the open hole is given up; kNever without one.
  base::Timestamp next_deadline() const;
  void on_timer(base::Timestamp now);

  // From the start and after each lost chain until a keyframe is complete (cc/keyframe_requests asks for it).
  bool needs_keyframe() const { return waiting_; }
  // Packets before this sequence number are of no use any more: do not ask for them again.
  std::int64_t floor() const { return floor_; }
  const AssemblerCounters& counters() const { return counters_; }
  // Forgets everything, e.g. when the payload type changes.
  void reset(base::Codec codec);

 private:
  struct Slot {
    std::int64_t sequence = -1;
    PacketRef packet; // empty: padding
    base::Bytes payload;
    std::uint32_t timestamp = 0;
    base::Timestamp arrived{};
    bool marker = false, starts = false, key = false;
  };
  struct Span { // first to last sequence of a complete frame
    std::int64_t first = 0, last = 0;
    bool key = false;
  };

  Slot* find(std::int64_t sequence);
  void clear(Slot& slot);
  bool fits_window(std::int64_t sequence);
  bool begins_frame(const Slot& slot);
  std::optional<Span> frame_around(std::int64_t sequence);
  std::optional<Span> frame_from(std::int64_t first);
  void settle(std::int64_t sequence);
  bool all_present(std::int64_t first, std::int64_t end);
  void discard_below(std::int64_t sequence);
  void thin_out();
  void lose_chain();
  void watch_hole(base::Timestamp now);
  base::EncodedFrameRef build(const Span& span);

  Depacketizer depacketizer_;
  base::EncodedFramePool& frames_;
  AssemblerLimits limits_;
  std::vector<Slot> slots_;
  std::vector<base::Bytes> payloads_; // scratch of build()
  std::int64_t floor_ = 0;            // next expected while chained; lowest acceptable while waiting
  std::int64_t highest_ = -1;
  std::int64_t hole_at_ = -1; // first missing packet of a chain that has packets behind it
  bool started_ = false;
  bool waiting_ = true;
  base::Timestamp hole_since_ = base::kNever;
  unsigned far_late_run_ = 0;
  AssemblerCounters counters_;
};

} // namespace plenum::rtp
