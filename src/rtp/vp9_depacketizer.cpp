#include "rtp/vp9_depacketizer.hpp"

#include "rtp/depacketizer.hpp"

#include <algorithm>
#include <array>

namespace plenum::rtp {

namespace {

constexpr std::size_t kMostLayerFrames = 8; // of a superframe

// Scalability structure (RFC 9628, 4.2.1): sizes per spatial layer, then the picture group, which we do not
// need.
void read_structure(base::ByteReader& reader, Vp9Descriptor& descriptor) {
  const std::uint8_t head = reader.u8();
  const unsigned layers = (head >> 5) + 1U;
  if ((head & 0x10) != 0) {
    for (unsigned i = 0; i < layers; ++i) {
      descriptor.width = reader.u16();
      descriptor.height = reader.u16();
    }
  }
  if ((head & 0x08) == 0) return;
  const unsigned pictures = reader.u8();
  for (unsigned i = 0; i < pictures && !reader.failed(); ++i)
    reader.skip(reader.u8() >> 2 & 3U);
}

// First bits of the uncompressed header: marker, profile, show_existing_frame, frame_type.
bool is_key_header(std::uint8_t first) {
  const bool profile3 = (first & 0x30) == 0x30;
  const unsigned bits = profile3 ? first >> 1 : first >> 2; // profile 3 has one reserved bit more
  const bool existing = (bits & 2) != 0;
  const bool inter = (bits & 1) != 0;
  return first >> 6 == 2 && !existing && !inter;
}

// Sizes of all frames between two equal markers, little endian (VP9 bitstream, annex B).
void put_superframe_index(base::ByteWriter& writer, std::span<const std::size_t> sizes) {
  const std::size_t largest = *std::ranges::max_element(sizes);
  unsigned width = 1;
  while (width < 4 && largest >> (8 * width) != 0)
    ++width;
  const auto marker = static_cast<std::uint8_t>(0xc0 | (width - 1) << 3 | (sizes.size() - 1));
  writer.u8(marker);
  for (const std::size_t size : sizes)
    for (unsigned i = 0; i < width; ++i)
      writer.u8(static_cast<std::uint8_t>(size >> (8 * i)));
  writer.u8(marker);
}

} // namespace

std::optional<Vp9Descriptor> parse_vp9_descriptor(base::Bytes payload) {
  base::ByteReader reader(payload);
  Vp9Descriptor descriptor;
  const std::uint8_t first = reader.u8();
  const bool has_picture_id = (first & 0x80) != 0, has_layer = (first & 0x20) != 0;
  descriptor.inter_predicted = (first & 0x40) != 0;
  descriptor.flexible = (first & 0x10) != 0;
  descriptor.begins_layer_frame = (first & 0x08) != 0;
  descriptor.ends_layer_frame = (first & 0x04) != 0;
  if (has_picture_id) {
    std::uint16_t id = reader.u8();
    if ((id & 0x80) != 0) id = static_cast<std::uint16_t>((id & 0x7f) << 8 | reader.u8());
    descriptor.picture_id = id;
  }
  if (has_layer) {
    const std::uint8_t layer = reader.u8();
    descriptor.temporal = layer >> 5;
    descriptor.spatial = layer >> 1 & 7;
    descriptor.inter_layer = (layer & 1) != 0;
    if (!descriptor.flexible) reader.u8(); // TL0PICIDX
  }
  if (descriptor.flexible && descriptor.inter_predicted) {
    bool more = true;
    for (int i = 0; i < 3 && more; ++i)
      more = (reader.u8() & 1) != 0;
    if (more) return std::nullopt; // at most three references
  }
  if ((first & 0x02) != 0) read_structure(reader, descriptor);
  if (reader.failed() || reader.remaining() == 0) return std::nullopt;
  descriptor.bytes = reader.position();
  return descriptor;
}

std::optional<PayloadFacts> inspect_vp9(base::Bytes payload) {
  const auto descriptor = parse_vp9_descriptor(payload);
  if (!descriptor) return std::nullopt;
  const bool starts = descriptor->begins_layer_frame && descriptor->spatial == 0;
  return PayloadFacts{.starts_frame = starts,
                      .key = starts && !descriptor->inter_predicted &&
                             is_key_header(payload[descriptor->bytes])};
}

base::EncodedFrameRef join_vp9(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool) {
  std::size_t most = 2 + 4 * kMostLayerFrames;
  for (const base::Bytes payload : payloads)
    most += payload.size();
  base::EncodedFrameRef frame = pool.get(most);
  base::ByteWriter writer(frame->buffer());
  std::array<std::size_t, kMostLayerFrames> sizes{};
  std::size_t layers = 0;
  bool open = false; // between a packet that begins and one that ends a layer frame
  for (const base::Bytes payload : payloads) {
    const auto descriptor = parse_vp9_descriptor(payload);
    if (!descriptor || descriptor->begins_layer_frame == open) return {};
    const base::Bytes content = payload.subspan(descriptor->bytes);
    if (descriptor->begins_layer_frame) {
      if (layers == kMostLayerFrames || (layers == 0 && descriptor->spatial != 0)) return {};
      if (layers == 0) frame->key = !descriptor->inter_predicted && is_key_header(content[0]);
      ++layers;
    }
    if (descriptor->width != 0) {
      frame->width = descriptor->width;
      frame->height = descriptor->height;
    }
    sizes[layers - 1] += content.size();
    writer.put(content);
    open = !descriptor->ends_layer_frame;
  }
  if (open) return {};
  if (layers > 1) put_superframe_index(writer, std::span(sizes).first(layers));
  frame->codec = base::Codec::vp9;
  frame->size = writer.size();
  return frame;
}

} // namespace plenum::rtp
