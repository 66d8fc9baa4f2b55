#include "rtp/vp8_depacketizer.hpp"

#include "rtp/depacketizer.hpp"

namespace plenum::rtp {

namespace {

constexpr std::size_t kKeyHeaderBytes = 10; // frame tag, start code, two dimensions (RFC 6386, 9.1)

std::uint16_t little_endian_14(base::Bytes at) {
  return static_cast<std::uint16_t>((at[1] & 0x3f) << 8 | at[0]);
}

void read_dimensions(base::EncodedFrame& frame) {
  const base::Bytes bytes = frame.bytes();
  if (!frame.key || bytes.size() < kKeyHeaderBytes || base::load_u24(&bytes[3]) != 0x9d012a) return;
  frame.width = little_endian_14(bytes.subspan(6));
  frame.height = little_endian_14(bytes.subspan(8));
}

} // namespace

std::optional<Vp8Descriptor> parse_vp8_descriptor(base::Bytes payload) {
  base::ByteReader reader(payload);
  Vp8Descriptor descriptor;
  const std::uint8_t first = reader.u8();
  descriptor.non_reference = (first & 0x20) != 0;
  descriptor.starts_partition = (first & 0x10) != 0;
  descriptor.partition = first & 0x07;
  if ((first & 0x80) != 0) {
    const std::uint8_t present = reader.u8();
    if ((present & 0x80) != 0) {
      std::uint16_t id = reader.u8();
      if ((id & 0x80) != 0) id = static_cast<std::uint16_t>((id & 0x7f) << 8 | reader.u8());
      descriptor.picture_id = id;
    }
    if ((present & 0x40) != 0) descriptor.tl0_index = reader.u8();
    if ((present & 0x30) != 0) descriptor.temporal = reader.u8() >> 6; // shared by T and K
  }
  if (reader.failed() || reader.remaining() == 0) return std::nullopt;
  descriptor.bytes = reader.position();
  return descriptor;
}

std::optional<PayloadFacts> inspect_vp8(base::Bytes payload) {
  const auto descriptor = parse_vp8_descriptor(payload);
  if (!descriptor) return std::nullopt;
  const bool starts = descriptor->starts_partition && descriptor->partition == 0;
  return PayloadFacts{.starts_frame = starts, .key = starts && (payload[descriptor->bytes] & 1) == 0};
}

base::EncodedFrameRef join_vp8(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool) {
  std::size_t most = 0;
  for (const base::Bytes payload : payloads)
    most += payload.size();
  base::EncodedFrameRef frame = pool.get(most);
  base::ByteWriter writer(frame->buffer());
  for (const base::Bytes payload : payloads) {
    const auto descriptor = parse_vp8_descriptor(payload);
    if (!descriptor) return {};
    const bool starts = descriptor->starts_partition && descriptor->partition == 0;
    if (starts != (writer.size() == 0)) return {}; // two frames under one timestamp, or half a one
    writer.put(payload.subspan(descriptor->bytes));
  }
  frame->codec = base::Codec::vp8;
  frame->size = writer.size();
  frame->key = (frame->bytes()[0] & 1) == 0;
  read_dimensions(*frame);
  return frame;
}

} // namespace plenum::rtp
