#include "rtp/av1_depacketizer.hpp"

#include "rtp/depacketizer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace plenum::rtp {

namespace {

constexpr std::uint8_t kTemporalDelimiter = 2, kTileList = 8, kPadding = 15; // OBU types to leave out
constexpr std::size_t kMostElements = 256;                                   // per packet
constexpr std::size_t kMostObus = 64;                                        // per temporal unit

struct Aggregation {
  bool continues_previous = false; // Z
  bool continues_in_next = false;  // Y
  unsigned elements = 0;           // W; 0: each element has a length
  bool new_sequence = false;       // N
};

Aggregation read_aggregation(std::uint8_t byte) {
  return {.continues_previous = (byte & 0x80) != 0,
          .continues_in_next = (byte & 0x40) != 0,
          .elements = byte >> 4 & 3U,
          .new_sequence = (byte & 0x08) != 0};
}

// leb128 of at most 32 bits (AV1 bitstream, 4.10.5); fails the reader otherwise.
std::size_t read_leb128(base::ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint8_t byte = reader.u8();
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80) == 0) break;
  }
  if (value > UINT32_MAX) reader.skip(SIZE_MAX);
  return static_cast<std::size_t>(value);
}

void write_leb128(base::ByteWriter& writer, std::size_t value) {
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7f);
    value >>= 7;
    writer.u8(static_cast<std::uint8_t>(low | (value != 0 ? 0x80 : 0)));
  } while (value != 0);
}

// Calls `take(element, is_first)`; false: malformed.
template <class F>
bool for_each_element(base::Bytes payload, F&& take) {
  if (payload.size() < 2) return false;
  const Aggregation aggregation = read_aggregation(payload[0]);
  base::ByteReader reader(payload);
  reader.skip(1);
  std::size_t count = 0;
  while (reader.remaining() > 0) {
    const bool rest = aggregation.elements != 0 && count + 1 == aggregation.elements;
    const base::Bytes element = reader.take(rest ? reader.remaining() : read_leb128(reader));
    if (reader.failed() || ++count > kMostElements) return false;
    if (!take(element, count == 1)) return false;
  }
  return aggregation.elements == 0 || count == aggregation.elements;
}

// The bytes of one OBU, spread over elements of neighbouring packets: [first, first + count) of a list.
struct Obu {
  std::size_t first = 0, count = 0, bytes = 0;
};

struct TemporalUnit {
  std::array<Obu, kMostObus> obus;
  std::size_t obu_count = 0;
  std::array<base::Bytes, 1024> pieces;
  std::size_t piece_count = 0;
  bool open = false; // the last OBU continues in the next packet

  bool add(base::Bytes piece, bool continues) {
    if (piece_count == pieces.size()) return false;
    if (!continues) {
      if (obu_count == obus.size()) return false;
      obus[obu_count++] = {.first = piece_count};
    }
    Obu& obu = obus[obu_count - 1];
    pieces[piece_count++] = piece;
    ++obu.count;
    obu.bytes += piece.size();
    return true;
  }
  bool add_payload(base::Bytes payload) {
    if (payload.empty()) return false;
    const Aggregation aggregation = read_aggregation(payload[0]);
    if (aggregation.continues_previous != open) return false;
    const bool good = for_each_element(payload, [&](base::Bytes element, bool first) {
      return add(element, first && aggregation.continues_previous);
    });
    open = aggregation.continues_in_next;
    return good;
  }
};

// Reads across the pieces of one OBU.
class PieceReader {
 public:
  PieceReader(const TemporalUnit& unit, const Obu& obu)
      : pieces_(std::span(unit.pieces).subspan(obu.first, obu.count)), left_(obu.bytes) {}
  std::size_t left() const { return left_; }
  std::optional<std::uint8_t> u8() {
    while (!pieces_.empty() && at_ == pieces_[0].size())
      advance();
    if (pieces_.empty()) return std::nullopt;
    --left_;
    return pieces_[0][at_++];
  }
  void copy_to(base::ByteWriter& writer, std::size_t bytes) {
    while (bytes > 0 && !pieces_.empty()) {
      const base::Bytes part = pieces_[0].subspan(at_, std::min(bytes, pieces_[0].size() - at_));
      writer.put(part);
      at_ += part.size();
      bytes -= part.size();
      if (at_ == pieces_[0].size()) advance();
    }
  }

 private:
  void advance() {
    pieces_ = pieces_.subspan(1);
    at_ = 0;
  }
  std::span<const base::Bytes> pieces_;
  std::size_t at_ = 0, left_ = 0;
};

// Writes one OBU with a size field, whether it came with one or without. False: malformed.
bool write_obu(base::ByteWriter& writer, const TemporalUnit& unit, const Obu& obu) {
  if (obu.bytes == 0) return true;
  PieceReader reader(unit, obu);
  const auto header = reader.u8();
  if (!header || (*header & 0x80) != 0) return false; // forbidden bit
  const auto type = static_cast<std::uint8_t>(*header >> 3 & 0x0f);
  if (type == kTemporalDelimiter || type == kTileList || type == kPadding) return true;
  const bool extended = (*header & 0x04) != 0, sized = (*header & 0x02) != 0;
  const auto extension = extended ? reader.u8() : std::optional<std::uint8_t>(0);
  if (!extension) return false;
  std::size_t content = reader.left();
  if (sized) {
    std::uint64_t size = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const auto byte = reader.u8();
      if (!byte) return false;
      size |= std::uint64_t{*byte & 0x7fU} << (7 * i);
      if ((*byte & 0x80) == 0) break;
    }
    if (size > reader.left()) return false;
    content = static_cast<std::size_t>(size);
  }
  writer.u8(static_cast<std::uint8_t>(*header | 0x02));
  if (extended) writer.u8(*extension);
  write_leb128(writer, content);
  reader.copy_to(writer, content);
  return !writer.failed();
}

} // namespace

std::optional<PayloadFacts> inspect_av1(base::Bytes payload) {
  if (!for_each_element(payload, [](base::Bytes, bool) { return true; })) return std::nullopt;
  const Aggregation aggregation = read_aggregation(payload[0]);
  if (aggregation.new_sequence && aggregation.continues_previous) return std::nullopt;
  return PayloadFacts{.starts_frame = aggregation.new_sequence, .key = aggregation.new_sequence};
}

base::EncodedFrameRef join_av1(std::span<const base::Bytes> payloads, base::EncodedFramePool& pool) {
  TemporalUnit unit;
  std::size_t most = 2;
  for (const base::Bytes payload : payloads) {
    if (!unit.add_payload(payload)) return {};
    most += payload.size() + 10; // at most one element per packet came without a length
  }
  if (unit.open || unit.obu_count == 0) return {};
  base::EncodedFrameRef frame = pool.get(most);
  base::ByteWriter writer(frame->buffer());
  writer.u8(kTemporalDelimiter << 3 | 0x02);
  writer.u8(0);
  for (std::size_t i = 0; i < unit.obu_count; ++i)
    if (!write_obu(writer, unit, unit.obus[i])) return {};
  if (writer.size() == 2) return {};
  frame->codec = base::Codec::av1;
  frame->key = read_aggregation(payloads[0][0]).new_sequence;
  frame->size = writer.size();
  return frame;
}

} // namespace plenum::rtp
