// DecodeSelection: which sources are worth decoding.
//
// Up to 12 sources all are; above that only those whose RFC 6464 level is among the loudest 8, each held for
// 300 ms after it last was, and never more than 12 at once: decoding costs the same for 20 and for 1,000
// microphones. Levels are those of arriving packets, ahead of playout by the jitter delay, so an onset is
// decoded from its start. A source without the level extension counts as −50 dBov: below talkers, above
// silence. Owner: RoomAudio. Thread: audio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::audio {

class DecodeSelection {
 public:
  explicit DecodeSelection(std::size_t capacity, std::size_t all_up_to = 12, std::size_t loudest = 8);

  // `slot` < capacity.
  void add(std::size_t slot);
  void remove(std::size_t slot);
  void note_level(std::size_t slot, std::optional<std::uint8_t> rfc6464); // of each arriving packet
  void tick();                                                            // once per 20 ms, before `selected`
  bool selected(std::size_t slot) const { return entries_[slot].selected; }

 private:
  struct Entry {
    bool present = false;
    bool selected = false;
    std::uint8_t level = 127;
    std::uint64_t heard = 0;  // tick of the last packet
    std::uint64_t ranked = 0; // tick at which it last was among the loudest
  };

  std::vector<Entry> entries_;
  std::vector<std::size_t> order_; // scratch
  std::size_t present_ = 0;
  std::size_t all_up_to_;
  std::size_t loudest_;
  std::uint64_t tick_ = 0;
};

} // namespace plenum::audio
