// RTP payloads of VP9 → frames.
#include "fuzz/depacketize.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::fuzz::depacketize(plenum::base::Codec::vp9, data, size);
}
