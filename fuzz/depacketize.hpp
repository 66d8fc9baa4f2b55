// What the four depacketizer targets share: payloads of one stream, inspected and joined in groups of one to
// four. Owner: a fuzz target. Thread: main.
#pragma once

#include "fuzz/input.hpp"
#include "rtp/depacketizer.hpp"

namespace plenum::fuzz {

inline int depacketize(base::Codec codec, const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  base::EncodedFramePool pool;
  rtp::Depacketizer depacketizer(codec);
  for (int step = 0; step < 100 && !in.empty(); ++step) {
    std::vector<std::vector<std::uint8_t>> payloads(1 + in.below(4));
    std::size_t total = 0;
    for (auto& payload : payloads) {
      payload = copy(in.record());
      total += payload.size();
      (void)depacketizer.inspect(payload);
    }
    const std::vector<base::Bytes> views(payloads.begin(), payloads.end());
    const auto frame = depacketizer.join(views, pool);
    if (!frame) continue;
    CHECK(frame->size > 0 && frame->size <= frame->capacity && frame->codec == codec);
    // Parameter sets, start codes and size fields are all that may be added.
    CHECK(frame->size <= 4 * total + 40'000);
  }
  return 0;
}

} // namespace plenum::fuzz
