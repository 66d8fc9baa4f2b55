// SenderClock: when a picture or a sound was true, on our clock, from one client's sender reports.
//
// A sender report says "RTP time r was wall time n" for each of its streams; all streams of one CNAME share
// the wall clock n. Arrival minus n is transit plus an unknown offset: the smallest seen lately stands for
// "no queueing", may fall at once and rises by at most 1 ms per second (clock drift). Then `captured(stream,
// r) = n(r) + offset`: equal for sound and picture that belong together, however late either arrived. Before
// the first report the arrival time stands in. Owner: Peer. Thread: net. RFC 3550, 6.4.1; architecture 4.8.
#pragma once

#include "base/seq_unwrap.hpp"
#include "base/units.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace plenum::peer {

enum class MediaStream : std::uint8_t { audio, video };

class SenderClock {
 public:
  // `ntp` is the 32.32 value of the report, `clock_rate` of the stream in Hz.
  void on_sender_report(MediaStream stream, std::uint64_t ntp, std::uint32_t rtp_time,
                        std::uint32_t clock_rate);
  // The capture time of `rtp_time`, learning from this arrival; `arrived` itself until a report is known.
  base::Timestamp captured(MediaStream stream, std::uint32_t rtp_time, base::Timestamp arrived);
  bool synchronized(MediaStream stream) const { return line(stream).known; }
  void forget(MediaStream stream) { line(stream) = {}; } // another SSRC: other timestamps

 private:
  struct Line {
    bool known = false;
    std::int64_t ntp_us = 0;
    std::uint32_t rtp_time = 0, clock_rate = 0;
  };
  Line& line(MediaStream stream) { return lines_[static_cast<std::size_t>(stream)]; }
  const Line& line(MediaStream stream) const { return lines_[static_cast<std::size_t>(stream)]; }
  std::int64_t offset_after(std::int64_t sample, base::Timestamp now);

  std::array<Line, 2> lines_;
  std::optional<std::int64_t> offset_us_; // arrival − wall time, without queueing
  base::Timestamp offset_at_{};
};

} // namespace plenum::peer
