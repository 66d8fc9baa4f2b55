// VP9 frames of a stranger → pictures.
#include "fuzz/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::fuzz::decode(plenum::base::Codec::vp9, data, size);
}
