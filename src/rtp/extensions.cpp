#include "rtp/packet.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::rtp {

namespace {

constexpr std::uint16_t kOneByteProfile = 0xbede;
constexpr std::uint16_t kTwoByteProfile = 0x1000; // lower four bits are free

constexpr std::array<std::string_view, kExtensionKinds> kUris = {
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
};

// Walks the elements of a block, padding skipped. `failed` when one runs over the end.
class Elements {
 public:
  explicit Elements(const RtpView& view)
      : reader_(view.extension_block), one_byte_(view.extension_profile == kOneByteProfile),
        known_(one_byte_ || (view.extension_profile & 0xfff0) == kTwoByteProfile) {}

  bool next() {
    while (known_ && reader_.remaining() > 0) {
      const std::uint8_t first = reader_.u8();
      if (first == 0) continue;
      std::size_t bytes = 0;
      if (one_byte_) {
        id = first >> 4;
        bytes = (first & 0x0fU) + 1;
        if (id == 15) return false; // reserved: the rest of the block is to be ignored
        if (id == 0) bytes = 0;     // padding with a length is malformed, but harmless
      } else {
        id = first;
        bytes = reader_.u8();
      }
      value = reader_.take(bytes);
      if (reader_.failed()) return false;
      if (id != 0) return true;
    }
    return false;
  }
  bool failed() const { return reader_.failed(); }

  std::uint8_t id = 0;
  base::Bytes value;

 private:
  base::ByteReader reader_;
  bool one_byte_;
  bool known_;
};

// An element on its way out.
struct Outgoing {
  std::uint8_t id = 0;
  base::Bytes value;
};

struct OutgoingList {
  std::array<Outgoing, kExtensionKinds> items;
  std::size_t count = 0;
  bool one_byte = true;
  std::size_t data_bytes = 0;

  void add(std::uint8_t id, base::Bytes value) {
    if (id == 0) return;
    items[count++] = {id, value};
    data_bytes += value.size();
    if (id > 14 || value.empty() || value.size() > 16) one_byte = false;
  }
  std::size_t block_bytes() const { return data_bytes + count * (one_byte ? 1 : 2); }
};

bool write_extensions(base::ByteWriter& writer, const OutgoingList& list) {
  const std::size_t words = (list.block_bytes() + 3) / 4;
  writer.u16(list.one_byte ? kOneByteProfile : kTwoByteProfile);
  writer.u16(static_cast<std::uint16_t>(words));
  for (std::size_t i = 0; i < list.count; ++i) {
    const Outgoing& item = list.items[i];
    if (list.one_byte) {
      writer.u8(static_cast<std::uint8_t>(std::size_t{item.id} << 4 | (item.value.size() - 1)));
    } else {
      writer.u8(item.id);
      writer.u8(static_cast<std::uint8_t>(item.value.size()));
    }
    writer.put(item.value);
  }
  writer.zeros(words * 4 - list.block_bytes());
  return !writer.failed();
}

} // namespace

std::string_view extension_uri(ExtensionKind kind) {
  return kUris[static_cast<std::size_t>(kind)];
}

std::optional<ExtensionKind> extension_kind(std::string_view uri) {
  const auto found = std::ranges::find(kUris, uri);
  if (found == kUris.end()) return std::nullopt;
  return static_cast<ExtensionKind>(found - kUris.begin());
}

bool extensions_are_sound(const RtpView& view) {
  Elements elements(view);
  while (elements.next()) {
  }
  return !elements.failed();
}

std::optional<base::Bytes> RtpView::extension(std::uint8_t id) const {
  if (id == 0) return std::nullopt;
  Elements elements(*this);
  while (elements.next())
    if (elements.id == id) return elements.value;
  return std::nullopt;
}

ExtensionValues read_extensions(const RtpView& view, const ExtensionMap& map) {
  ExtensionValues values;
  Elements elements(view);
  while (elements.next()) {
    const base::Bytes value = elements.value;
    const auto is = [&](ExtensionKind kind) { return elements.id == map.id(kind); };
    if (is(ExtensionKind::audio_level) && value.size() == 1) {
      values.audio_level =
          AudioLevel{.dbov = static_cast<std::uint8_t>(value[0] & 0x7f), .voice = value[0] >= 0x80};
    } else if (is(ExtensionKind::abs_send_time) && value.size() == 3) {
      values.abs_send_time = base::load_u24(value.data());
    } else if (is(ExtensionKind::transport_sequence) && value.size() == 2) {
      values.transport_sequence = base::load_u16(value.data());
    } else if (is(ExtensionKind::mid)) {
      values.mid = base::as_text(value);
    } else if (is(ExtensionKind::rid)) {
      values.rid = base::as_text(value);
    } else if (is(ExtensionKind::repaired_rid)) {
      values.repaired_rid = base::as_text(value);
    }
  }
  return values;
}

std::size_t write_header(base::MutableBytes out, const RtpHeader& header, const ExtensionMap& map,
                         const ExtensionValues& values) {
  CHECK(header.payload_type < 128);
  std::uint8_t level = 0;
  std::array<std::uint8_t, 3> send_time{};
  std::array<std::uint8_t, 2> transport{};
  OutgoingList list;
  if (values.audio_level) {
    level =
        static_cast<std::uint8_t>((values.audio_level->voice ? 0x80 : 0) | (values.audio_level->dbov & 0x7f));
    list.add(map.id(ExtensionKind::audio_level), {&level, 1});
  }
  if (values.abs_send_time) {
    base::store_u24(send_time.data(), *values.abs_send_time);
    list.add(map.id(ExtensionKind::abs_send_time), send_time);
  }
  if (values.transport_sequence) {
    base::store_u16(transport.data(), *values.transport_sequence);
    list.add(map.id(ExtensionKind::transport_sequence), transport);
  }
  const auto add_text = [&](ExtensionKind kind, std::string_view text) {
    CHECK(text.size() <= 255);
    if (!text.empty()) list.add(map.id(kind), base::as_bytes(text));
  };
  add_text(ExtensionKind::mid, values.mid);
  add_text(ExtensionKind::rid, values.rid);
  add_text(ExtensionKind::repaired_rid, values.repaired_rid);

  base::ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(0x80 | (list.count > 0 ? 0x10 : 0)));
  writer.u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type));
  writer.u16(header.sequence);
  writer.u32(header.timestamp);
  writer.u32(header.ssrc);
  if (list.count > 0) write_extensions(writer, list);
  return writer.failed() ? 0 : writer.size();
}

} // namespace plenum::rtp
