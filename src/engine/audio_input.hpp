// AudioInput: the way of one member's Opus packets from net to the audio thread; a ring of its own, so that
// nobody's flood costs another's sound. Owner: Leg. Thread: push net, ring's other end audio.
#pragma once

#include "audio/frame.hpp"
#include "base/spsc_ring.hpp"
#include "peer/peer.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace plenum::engine {

struct AudioItem {
  base::Timestamp arrived{};
  std::uint32_t ssrc = 0, rtp_time = 0;
  std::uint16_t sequence = 0, size = 0;
  std::optional<std::uint8_t> level;
  bool marker = false;
  std::array<std::uint8_t, audio::kMaxOpusPayload> bytes;
};

class AudioInput {
 public:
  AudioInput(std::uint32_t source, base::Metrics& metrics)
      : source_(source), ring_(64, metrics, "audio_in") {}

  void push(base::Timestamp now, const peer::IncomingAudio& packet) {
    if (packet.payload.size() > item_.bytes.size()) return;
    item_.arrived = now;
    item_.ssrc = packet.ssrc;
    item_.rtp_time = packet.rtp_time;
    item_.sequence = packet.sequence;
    item_.size = static_cast<std::uint16_t>(packet.payload.size());
    item_.level = packet.level;
    item_.marker = packet.marker;
    std::memcpy(item_.bytes.data(), packet.payload.data(), packet.payload.size());
    ring_.push(item_);
  }
  base::SpscRing<AudioItem>& ring() { return ring_; }
  std::uint32_t source() const { return source_; }

 private:
  std::uint32_t source_;
  AudioItem item_; // push's scratch
  base::SpscRing<AudioItem> ring_;
};

} // namespace plenum::engine
