// Annex B byte streams: NAL units between start codes (H.264, annex B).
//
// Internal to the two H.264 files of this folder. Owner: values. Thread: any.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>

namespace plenum::rtp {

// Calls `take(nal)` for each NAL unit (header byte first, trailing zeros removed, never empty) until it is
// false.
template <class F>
void for_each_nal(base::Bytes stream, F&& take) {
  const auto start_code = [&](std::size_t from) { // index of 00 00 01, or the end
    for (std::size_t i = from; i + 3 <= stream.size(); ++i)
      if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) return i;
    return stream.size();
  };
  std::size_t code = start_code(0);
  while (code < stream.size()) {
    const std::size_t begin = code + 3;
    const std::size_t next = start_code(begin);
    std::size_t end = next;
    while (end > begin && stream[end - 1] == 0)
      --end;
    if (end > begin && !take(stream.subspan(begin, end - begin))) return;
    code = next;
  }
}

} // namespace plenum::rtp
