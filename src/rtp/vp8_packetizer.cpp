#include "rtp/vp8_packetizer.hpp"

#include <algorithm>

namespace plenum::rtp {

namespace {

constexpr std::uint8_t kExtended = 0x80, kNonReference = 0x20, kStart = 0x10; // first byte: X, N, S
constexpr std::uint8_t kHasPictureId = 0x80, kHasTl0 = 0x40, kHasTid = 0x20;  // second byte: I, L, T
constexpr std::uint8_t kLongPictureId = 0x80, kLayerSync = 0x20;

} // namespace

bool packetize_vp8(PacketizedFrame& out, const Vp8Layer& layer, std::size_t most_payload) {
  const std::size_t total = out.frame ? out.frame->size : 0;
  if (total == 0 || most_payload < 16 || most_payload > UINT16_MAX) return false;
  const std::size_t header_bytes = layer.tl0_index ? 6 : 4;
  const std::size_t most = most_payload - header_bytes;
  const std::size_t packets = (total + most - 1) / most;

  out.slices.clear();
  out.headers.clear();
  std::size_t at = 0;
  for (std::size_t i = 0; i < packets; ++i) {
    // The first `total % packets` payloads are one byte longer: runs of equal packets for segmentation
    // offload.
    const std::size_t bytes = total / packets + (i < total % packets ? 1 : 0);
    const auto header_at = static_cast<std::uint32_t>(out.headers.size());
    const std::uint8_t flags =
        static_cast<std::uint8_t>((layer.non_reference ? kNonReference : 0) | (i == 0 ? kStart : 0));
    out.headers.push_back(kExtended | flags);
    out.headers.push_back(layer.tl0_index ? kHasPictureId | kHasTl0 | kHasTid : kHasPictureId);
    out.headers.push_back(static_cast<std::uint8_t>(kLongPictureId | (layer.picture_id >> 8 & 0x7f)));
    out.headers.push_back(static_cast<std::uint8_t>(layer.picture_id));
    if (layer.tl0_index) {
      out.headers.push_back(*layer.tl0_index);
      out.headers.push_back(
          static_cast<std::uint8_t>((layer.temporal & 3U) << 6 | (layer.layer_sync ? kLayerSync : 0)));
    }
    out.slices.push_back({.header_at = header_at,
                          .header_bytes = static_cast<std::uint16_t>(header_bytes),
                          .bytes = static_cast<std::uint16_t>(bytes),
                          .at = static_cast<std::uint32_t>(at),
                          .marker = i + 1 == packets});
    at += bytes;
  }
  return true;
}

bool rewrite_vp8(base::MutableBytes payload, std::uint16_t picture_id,
                 std::optional<std::uint8_t> tl0_index) {
  if (payload.size() < 4 || (payload[0] & kExtended) == 0 || (payload[1] & kHasPictureId) == 0 ||
      (payload[2] & kLongPictureId) == 0)
    return false;
  payload[2] = static_cast<std::uint8_t>(kLongPictureId | (picture_id >> 8 & 0x7f));
  payload[3] = static_cast<std::uint8_t>(picture_id);
  if (tl0_index && (payload[1] & kHasTl0) != 0 && payload.size() >= 5) payload[4] = *tl0_index;
  return true;
}

} // namespace plenum::rtp
