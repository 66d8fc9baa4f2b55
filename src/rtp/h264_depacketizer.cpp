#include "rtp/h264_depacketizer.hpp"

#include "rtp/depacketizer.hpp"

#include <algorithm>

namespace plenum::rtp {

namespace {

constexpr std::array<std::uint8_t, 4> kStartCode = {0, 0, 0, 1};

// Reads the Exp-Golomb number at bit 0 of `bytes` (H.264, 9.1); nullopt when it does not end within 32 bits.
std::optional<std::uint32_t> exp_golomb(base::Bytes bytes) {
  const auto bit = [&](std::size_t i) { return bytes[i / 8] >> (7 - i % 8) & 1U; };
  const std::size_t bits = bytes.size() * 8;
  std::size_t zeros = 0;
  while (zeros < bits && zeros < 16 && bit(zeros) == 0)
    ++zeros;
  if (zeros == 16 || 2 * zeros + 1 > bits) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = zeros; i <= 2 * zeros; ++i)
    value = value << 1 | bit(i);
  return value - 1;
}

// Calls `take(nal)` for each unit of a STAP-A; false when lengths do not add up or there is none.
template <class F>
bool for_each_aggregated(base::Bytes payload, F&& take) {
  base::ByteReader reader(payload);
  reader.skip(1);
  std::size_t units = 0;
  while (reader.remaining() > 0) {
    const base::Bytes nal = reader.take(reader.u16());
    if (reader.failed() || nal.empty()) return false;
    take(nal);
    ++units;
  }
  return units > 0;
}

bool is_single(NalType type) {
  return static_cast<std::uint8_t>(type) >= 1 && static_cast<std::uint8_t>(type) <= 23;
}

struct Fragment {
  std::uint8_t nal_header = 0;
  bool start = false, end = false;
  base::Bytes content;
};

std::optional<Fragment> parse_fragment(base::Bytes payload) {
  if (payload.size() < 3) return std::nullopt;
  const Fragment fragment{.nal_header = static_cast<std::uint8_t>((payload[0] & 0xe0) | (payload[1] & 0x1f)),
                          .start = (payload[1] & 0x80) != 0,
                          .end = (payload[1] & 0x40) != 0,
                          .content = payload.subspan(2)};
  if ((fragment.start && fragment.end) || !is_single(nal_type(fragment.nal_header))) return std::nullopt;
  return fragment;
}

// Which NAL units a payload (or a whole access unit) carries, as far as anybody asks.
struct Contents {
  bool idr = false, sps = false, pps = false, delimiter = false;

  void note(NalType type) {
    idr |= type == NalType::idr;
    sps |= type == NalType::sps;
    pps |= type == NalType::pps;
    delimiter |= type == NalType::delimiter;
  }
};

// Adds what `payload` carries; false: malformed.
bool add_contents(base::Bytes payload, Contents& contents) {
  if (payload.empty()) return false;
  const NalType type = nal_type(payload[0]);
  if (type == NalType::stap_a)
    return for_each_aggregated(payload, [&](base::Bytes nal) { contents.note(nal_type(nal[0])); });
  if (type == NalType::fu_a) {
    const auto fragment = parse_fragment(payload);
    if (fragment) contents.note(nal_type(fragment->nal_header));
    return fragment.has_value();
  }
  contents.note(type);
  return is_single(type);
}

// Writes one access unit in Annex B.
struct AccessUnit {
  base::ByteWriter writer;
  bool in_fragment = false;

  void put(base::Bytes nal) {
    writer.put(kStartCode);
    writer.put(nal);
  }
  bool put(const Fragment& fragment) {
    if (fragment.start == in_fragment) return false;
    if (fragment.start) {
      writer.put(kStartCode);
      writer.u8(fragment.nal_header);
    }
    writer.put(fragment.content);
    in_fragment = !fragment.end;
    return true;
  }
  bool put_payload(base::Bytes payload, H264ParameterSets& sets) {
    const NalType type = nal_type(payload[0]);
    if (type == NalType::fu_a) return put(*parse_fragment(payload));
    if (in_fragment) return false;
    const auto put_whole = [&](base::Bytes nal) {
      sets.remember(nal);
      put(nal);
    };
    if (type == NalType::stap_a) return for_each_aggregated(payload, put_whole);
    put_whole(payload);
    return true;
  }
};

// Each aggregated unit trades its two length bytes for four of start code.
std::size_t most_output(std::span<const base::Bytes> payloads) {
  std::size_t most = 0;
  for (const base::Bytes payload : payloads) {
    most += payload.size() + kStartCode.size();
    if (!payload.empty() && nal_type(payload[0]) == NalType::stap_a) most += payload.size();
  }
  return most;
}

} // namespace

void H264ParameterSets::remember(base::Bytes nal) {
  if (nal.size() < 2 || nal.size() > kMostBytes) return;
  const NalType type = nal_type(nal[0]);
  Set* set = nullptr;
  if (type == NalType::sps && nal.size() > 4) { // profile, constraints and level come before the id
    const auto id = exp_golomb(nal.subspan(4));
    if (id && *id < kMostSps) set = &sps_[*id];
  } else if (type == NalType::pps) {
    const auto id = exp_golomb(nal.subspan(1));
    if (id && *id < kMostPps) set = &pps_[*id];
  }
  if (set == nullptr) return;
  std::ranges::copy(nal, set->bytes.begin());
  set->size = nal.size();
}

bool H264ParameterSets::complete() const {
  const auto known = [](const Set& set) { return set.size != 0; };
  return std::ranges::any_of(sps_, known) && std::ranges::any_of(pps_, known);
}

std::size_t H264ParameterSets::annex_b_bytes() const {
  std::size_t bytes = 0;
  for_each([&](base::Bytes nal) { bytes += kStartCode.size() + nal.size(); });
  return bytes;
}

std::optional<PayloadFacts> inspect_h264(base::Bytes payload) {
  Contents contents;
  if (!add_contents(payload, contents)) return std::nullopt;
  return PayloadFacts{.starts_frame = contents.sps || contents.delimiter, .key = contents.idr};
}

base::EncodedFrameRef join_h264(std::span<const base::Bytes> payloads, H264ParameterSets& sets,
                                base::EncodedFramePool& pool) {
  Contents contents;
  for (const base::Bytes payload : payloads)
    if (!add_contents(payload, contents)) return {};
  const bool needs_sets = contents.idr && !(contents.sps && contents.pps);
  base::EncodedFrameRef frame = pool.get((needs_sets ? sets.annex_b_bytes() : 0) + most_output(payloads));
  AccessUnit unit{.writer = base::ByteWriter(frame->buffer())};
  if (needs_sets) sets.for_each([&](base::Bytes nal) { unit.put(nal); });
  for (const base::Bytes payload : payloads)
    if (!unit.put_payload(payload, sets)) return {};
  // Asked last: a lone PPS completes a set that came earlier, or the other way round.
  if (unit.in_fragment || unit.writer.failed() || (contents.idr && !sets.complete())) return {};
  frame->codec = base::Codec::h264;
  frame->key = contents.idr;
  frame->size = unit.writer.size();
  return frame;
}

} // namespace plenum::rtp
