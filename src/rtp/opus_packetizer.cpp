#include "rtp/opus_packetizer.hpp"

namespace plenum::rtp {

namespace {
constexpr std::size_t kMostOpusBytes = 1275; // RFC 6716, 3.2.1
} // namespace

bool packetize_opus(PacketizedFrame& out, bool marker) {
  const std::size_t total = out.frame ? out.frame->size : 0;
  if (total == 0 || total > kMostOpusBytes) return false;
  out.slices.clear();
  out.headers.clear();
  out.slices.push_back({.bytes = static_cast<std::uint16_t>(total), .marker = marker});
  return true;
}

} // namespace plenum::rtp
