#include "rtp/depacketizer.hpp"

#include "base/check.hpp"
#include "rtp/av1_depacketizer.hpp"
#include "rtp/vp8_depacketizer.hpp"
#include "rtp/vp9_depacketizer.hpp"

namespace plenum::rtp {

Depacketizer::Depacketizer(base::Codec codec) : codec_(codec) {
  CHECK(codec == base::Codec::vp8 || codec == base::Codec::vp9 || codec == base::Codec::h264 ||
        codec == base::Codec::av1);
}

std::optional<PayloadFacts> Depacketizer::inspect(base::Bytes payload) const {
  switch (codec_) {
  case base::Codec::vp8:
    return inspect_vp8(payload);
  case base::Codec::vp9:
    return inspect_vp9(payload);
  case base::Codec::h264:
    return inspect_h264(payload);
  default:
    return inspect_av1(payload);
  }
}

base::EncodedFrameRef Depacketizer::join(std::span<const base::Bytes> payloads,
                                         base::EncodedFramePool& pool) {
  if (payloads.empty()) return {};
  switch (codec_) {
  case base::Codec::vp8:
    return join_vp8(payloads, pool);
  case base::Codec::vp9:
    return join_vp9(payloads, pool);
  case base::Codec::h264:
    return join_h264(payloads, parameter_sets_, pool);
  default:
    return join_av1(payloads, pool);
  }
}

} // namespace plenum::rtp
