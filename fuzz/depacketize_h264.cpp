// RTP payloads of H264 → frames.
#include "fuzz/depacketize.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::fuzz::depacketize(plenum::base::Codec::h264, data, size);
}
