// What the four decoder targets share: frames of one stream through libavcodec and our wrapper, within small
// limits. Owner: a fuzz target. Thread: main.
#pragma once

#include "fuzz/input.hpp"
#include "video/av_decoder.hpp"

#include <cstring>

namespace plenum::fuzz {

inline int decode(base::Codec codec, const std::uint8_t* data, std::size_t size) {
  constexpr video::DecoderLimits kLimits{.max_width = 512, .max_height = 512};
  Input in(data, size);
  base::EncodedFramePool pool;
  auto decoder = std::move(*video::AvDecoder::open(base::Env{}, codec, kLimits));
  std::uint64_t touched = 0;
  for (int step = 0; step < 20 && !in.empty(); ++step) {
    const bool key = in.flag();
    const auto content = in.record();
    auto frame = pool.get(content.size());
    if (!content.empty()) std::memcpy(frame->buffer().data(), content.data(), content.size());
    frame->size = content.size();
    frame->codec = codec;
    frame->key = key;
    const auto decoded = decoder->decode(*frame);
    if (decoded.status != video::DecodeStatus::picture) continue;
    const auto& picture = decoded.picture;
    CHECK(!picture.empty() && picture.width > 0 && picture.height > 0);
    CHECK(picture.width <= kLimits.max_width && picture.height <= kLimits.max_height);
    for (int y = 0; y < picture.height; ++y) { // both ends of every row are ours to read
      touched += picture.y[y * picture.stride_y] + picture.y[y * picture.stride_y + picture.width - 1];
      touched += picture.u[y / 2 * picture.stride_u + (picture.width - 1) / 2];
      touched += picture.v[y / 2 * picture.stride_v + (picture.width - 1) / 2];
    }
  }
  CHECK(touched < UINT64_MAX); // used
  return 0;
}

} // namespace plenum::fuzz
