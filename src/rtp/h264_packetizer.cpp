#include "rtp/h264_packetizer.hpp"

#include "rtp/annex_b.hpp"
#include "rtp/h264_depacketizer.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace plenum::rtp {

namespace {

constexpr std::size_t kMostNals = 256;

struct NalList {
  std::array<base::Bytes, kMostNals> items;
  std::size_t count = 0;
  bool overflow = false;
};

NalList collect(base::Bytes stream) {
  NalList nals;
  for_each_nal(stream, [&](base::Bytes nal) {
    const NalType type = nal_type(nal[0]);
    if (type == NalType::delimiter || type == NalType::filler) return true;
    if (nals.count == kMostNals) {
      nals.overflow = true;
      return false;
    }
    nals.items[nals.count++] = nal;
    return true;
  });
  return nals;
}

bool may_aggregate(base::Bytes nal) {
  const NalType type = nal_type(nal[0]);
  return type == NalType::sps || type == NalType::pps || type == NalType::sei;
}

std::uint32_t offset_in(const PacketizedFrame& out, base::Bytes part) {
  return static_cast<std::uint32_t>(part.data() - out.frame->bytes().data());
}

void add_single(PacketizedFrame& out, base::Bytes nal) {
  out.slices.push_back({.bytes = static_cast<std::uint16_t>(nal.size()), .at = offset_in(out, nal)});
}

// A few dozen bytes of parameter sets are copied once into the headers: they are not contiguous in the frame.
void add_stap(PacketizedFrame& out, std::span<const base::Bytes> nals) {
  const auto header_at = static_cast<std::uint32_t>(out.headers.size());
  std::uint8_t importance = 0; // the highest nal_ref_idc of the units (RFC 6184, 5.7)
  for (const base::Bytes nal : nals)
    importance = std::max<std::uint8_t>(importance, nal[0] & 0x60);
  out.headers.push_back(static_cast<std::uint8_t>(importance | static_cast<std::uint8_t>(NalType::stap_a)));
  for (const base::Bytes nal : nals) {
    out.headers.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    out.headers.push_back(static_cast<std::uint8_t>(nal.size()));
    out.headers.insert(out.headers.end(), nal.begin(), nal.end());
  }
  out.slices.push_back(
      {.header_at = header_at, .header_bytes = static_cast<std::uint16_t>(out.headers.size() - header_at)});
}

void add_fragments(PacketizedFrame& out, base::Bytes nal, std::size_t most_payload) {
  const base::Bytes content = nal.subspan(1);
  const std::size_t most = most_payload - 2;
  const std::size_t packets = (content.size() + most - 1) / most;
  std::size_t at = 0;
  for (std::size_t i = 0; i < packets; ++i) {
    const std::size_t bytes = content.size() / packets + (i < content.size() % packets ? 1 : 0);
    const auto header_at = static_cast<std::uint32_t>(out.headers.size());
    out.headers.push_back(
        static_cast<std::uint8_t>((nal[0] & 0xe0) | static_cast<std::uint8_t>(NalType::fu_a)));
    out.headers.push_back(
        static_cast<std::uint8_t>((i == 0 ? 0x80 : 0) | (i + 1 == packets ? 0x40 : 0) | (nal[0] & 0x1f)));
    out.slices.push_back({.header_at = header_at,
                          .header_bytes = 2,
                          .bytes = static_cast<std::uint16_t>(bytes),
                          .at = offset_in(out, content.subspan(at, bytes))});
    at += bytes;
  }
}

// How many units from the first on share one STAP-A; 0 or 1: no STAP-A.
std::size_t aggregate_length(std::span<const base::Bytes> nals, std::size_t most_payload) {
  std::size_t bytes = 1, count = 0;
  while (count < nals.size() && may_aggregate(nals[count]) && bytes + 2 + nals[count].size() <= most_payload)
    bytes += 2 + nals[count++].size();
  return count;
}

} // namespace

bool packetize_h264(PacketizedFrame& out, H264Mode mode, std::size_t most_payload) {
  if (!out.frame || most_payload < 16 || most_payload > UINT16_MAX) return false;
  out.slices.clear();
  out.headers.clear();
  const NalList list = collect(out.frame->bytes());
  const auto nals = std::span(list.items).first(list.count);
  const bool too_large = mode == H264Mode::single_nal && std::ranges::any_of(nals, [&](base::Bytes nal) {
                           return nal.size() > most_payload;
                         });
  if (nals.empty() || list.overflow || too_large) return false;
  for (std::size_t i = 0; i < nals.size();) {
    const std::size_t together =
        mode == H264Mode::non_interleaved ? aggregate_length(nals.subspan(i), most_payload) : 1;
    if (together > 1) {
      add_stap(out, nals.subspan(i, together));
    } else if (nals[i].size() <= most_payload) {
      add_single(out, nals[i]);
    } else {
      add_fragments(out, nals[i], most_payload);
    }
    i += std::max<std::size_t>(together, 1);
  }
  out.slices.back().marker = true;
  return true;
}

} // namespace plenum::rtp
