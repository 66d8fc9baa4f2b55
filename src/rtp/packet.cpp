#include "rtp/packet.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::rtp {

bool is_rtcp(base::Bytes datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

std::optional<RtpView> RtpView::parse(base::Bytes packet) {
  if (packet.size() < kFixedHeaderBytes || packet[0] >> 6 != 2) return std::nullopt;
  const bool padded = (packet[0] & 0x20) != 0;
  const bool extended = (packet[0] & 0x10) != 0;
  const std::size_t sources = packet[0] & 0x0fU;

  RtpView view;
  view.header = {.payload_type = static_cast<std::uint8_t>(packet[1] & 0x7f),
                 .marker = (packet[1] & 0x80) != 0,
                 .sequence = base::load_u16(&packet[2]),
                 .timestamp = base::load_u32(&packet[4]),
                 .ssrc = base::load_u32(&packet[8])};
  base::ByteReader reader(packet);
  reader.skip(kFixedHeaderBytes + 4 * sources);
  if (extended) {
    view.extension_profile = reader.u16();
    view.extension_block = reader.take(std::size_t{reader.u16()} * 4);
  }
  if (reader.failed()) return std::nullopt;
  view.header_bytes = reader.position();
  if (padded) {
    view.padding_bytes = packet.back();
    if (view.padding_bytes == 0 || view.padding_bytes > reader.remaining()) return std::nullopt;
  }
  view.payload = reader.take(reader.remaining() - view.padding_bytes);
  if (!extensions_are_sound(view)) return std::nullopt;
  return view;
}

void set_marker(base::MutableBytes packet, bool marker) {
  CHECK(packet.size() >= kFixedHeaderBytes);
  packet[1] = static_cast<std::uint8_t>((packet[1] & 0x7f) | (marker ? 0x80 : 0));
}

void set_payload_type(base::MutableBytes packet, std::uint8_t payload_type) {
  CHECK(packet.size() >= kFixedHeaderBytes && payload_type < 128);
  packet[1] = static_cast<std::uint8_t>((packet[1] & 0x80) | payload_type);
}

void set_sequence(base::MutableBytes packet, std::uint16_t sequence) {
  CHECK(packet.size() >= kFixedHeaderBytes);
  base::store_u16(&packet[2], sequence);
}

void set_timestamp(base::MutableBytes packet, std::uint32_t timestamp) {
  CHECK(packet.size() >= kFixedHeaderBytes);
  base::store_u32(&packet[4], timestamp);
}

void set_ssrc(base::MutableBytes packet, std::uint32_t ssrc) {
  CHECK(packet.size() >= kFixedHeaderBytes);
  base::store_u32(&packet[8], ssrc);
}

bool set_extension(base::MutableBytes packet, std::uint8_t id, base::Bytes value) {
  const auto view = RtpView::parse(packet);
  if (!view) return false;
  const auto element = view->extension(id);
  if (!element || element->size() != value.size()) return false;
  const auto offset = static_cast<std::size_t>(element->data() - packet.data());
  std::ranges::copy(value, packet.subspan(offset).begin());
  return true;
}

void stamp(base::MutableBytes packet, const ExtensionMap& map, std::uint16_t transport_sequence,
           std::uint32_t abs_send_time_24) {
  const auto view = RtpView::parse(packet);
  if (!view) return;
  const auto field = [&](ExtensionKind kind, std::size_t bytes) -> std::uint8_t* {
    const auto element = view->extension(map.id(kind));
    if (!element || element->size() != bytes) return nullptr;
    return packet.data() + (element->data() - packet.data());
  };
  if (auto* at = field(ExtensionKind::transport_sequence, 2)) base::store_u16(at, transport_sequence);
  if (auto* at = field(ExtensionKind::abs_send_time, 3)) base::store_u24(at, abs_send_time_24);
}

} // namespace plenum::rtp
