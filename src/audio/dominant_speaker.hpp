// Who talks, and who leads the talk.
//
// TalkingDetector: talking begins after 250 ms of speech and ends after 800 ms without. DominantSpeaker: a
// contest on three time scales (100 ms, 600 ms, 2 s) after Volfin and Cohen, "Dominant speaker identification
// for multipoint videoconferencing" (2013), on levels instead of sub-bands: a challenger must be talking and
// lead on the short and the medium scale without being far behind on the long one, for 1.5 s while the leader
// still talks, at once when it has stopped. In silence the last speaker stays. Fixed capacity. Owner:
// RoomAudio. Thread: audio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace plenum::audio {

class TalkingDetector {
 public:
  // Once per 20 ms; true when `talking()` changed.
  bool update(bool speech);
  bool talking() const { return talking_; }

 private:
  static constexpr int kOnTicks = 13;  // 260 ms
  static constexpr int kOffTicks = 40; // 800 ms
  int run_ = 0;
  int pause_ = 0;
  bool talking_ = false;
};

class DominantSpeaker {
 public:
  explicit DominantSpeaker(std::size_t capacity);

  // `slot` < capacity.
  void add(std::size_t slot);
  void remove(std::size_t slot);
  // Once per tick and source; true when the source's talking state changed.
  bool update(std::size_t slot, float level_dbov, bool speech);
  // Once per tick after the updates; true when the dominant speaker changed.
  bool decide();

  bool talking(std::size_t slot) const { return speakers_[slot].talk.talking(); }
  std::optional<std::size_t> dominant() const { return dominant_; }

 private:
  struct Speaker {
    bool present = false;
    TalkingDetector talk;
    float immediate = 0.0F; // loudness 0 … 1, averaged
    float medium = 0.0F;
    float lengthy = 0.0F;
    int leading_ticks = 0;
  };
  static bool beats(const Speaker& challenger, const Speaker& leader);

  std::vector<Speaker> speakers_;
  std::optional<std::size_t> dominant_;
  bool changed_ = false;
};

} // namespace plenum::audio
