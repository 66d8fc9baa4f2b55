// RtcpReader: walks a compound (or reduced-size) RTCP datagram, one message at a time, without copying.
//
// Messages are views into the datagram. Wrong framing (version, length beyond the datagram, padding) ends the
// walk; a well-framed packet with a bad body is skipped; both are visible in `malformed()`. XR, APP and
// everything unknown are skipped and counted apart, never an error. Owner: value. Thread: any. RFC 3550 (SR,
// RR, SDES, BYE), 4585 (NACK, PLI), 5104 (FIR), 5506 (reduced size), draft-alvestrand-rmcat-remb,
// draft-holmer-rmcat-transport-wide-cc.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace plenum::rtp {

struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;        // in 1/256
  std::int32_t cumulative_lost = 0;      // 24 bits, signed
  std::uint32_t highest_sequence = 0;    // cycles in the upper half
  std::uint32_t jitter = 0;              // in RTP clock units
  std::uint32_t last_sr = 0;             // compact NTP (ntp.hpp), 0: none
  std::uint32_t delay_since_last_sr = 0; // 1/65,536 s
  bool operator==(const ReportBlock&) const = default;
};

// Fixed-size elements that lie one after the other in the datagram.
template <class Element, std::size_t kBytes, Element (*read)(const std::uint8_t*)>
class ElementList {
 public:
  ElementList() = default;
  explicit ElementList(base::Bytes bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / kBytes; }
  Element operator[](std::size_t i) const { return read(bytes_.data() + i * kBytes); }

 private:
  base::Bytes bytes_;
};

struct FirEntry {
  std::uint32_t ssrc = 0;
  std::uint8_t sequence = 0;
};
struct NackItem { // `packet_id` is lost; bit i of `mask`: packet_id + i + 1 is lost too
  std::uint16_t packet_id = 0;
  std::uint16_t mask = 0;
};

ReportBlock read_report_block(const std::uint8_t* at);
std::uint32_t read_ssrc(const std::uint8_t* at);
FirEntry read_fir_entry(const std::uint8_t* at);
NackItem read_nack_item(const std::uint8_t* at);

using ReportBlocks = ElementList<ReportBlock, 24, read_report_block>;
using SsrcList = ElementList<std::uint32_t, 4, read_ssrc>;

struct SenderReport {
  std::uint32_t sender_ssrc = 0;
  std::uint64_t ntp = 0;
  std::uint32_t rtp_time = 0;
  std::uint32_t packets = 0, octets = 0;
  ReportBlocks blocks;
};
struct ReceiverReport {
  std::uint32_t sender_ssrc = 0;
  ReportBlocks blocks;
};
struct SourceDescription { // the first eight chunks; an empty cname: the chunk had none
  struct Chunk {
    std::uint32_t ssrc = 0;
    std::string_view cname;
  };
  static constexpr std::size_t kMostChunks = 8;
  std::array<Chunk, kMostChunks> chunks;
  std::size_t count = 0;
};
struct Goodbye {
  SsrcList ssrcs;
};
struct Nack {
  std::uint32_t sender_ssrc = 0, media_ssrc = 0;
  ElementList<NackItem, 4, read_nack_item> items;

  // Calls `lost(sequence)` for every sequence number asked for: at most 17 per item.
  template <class F>
  void for_each(F&& lost) const {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const NackItem item = items[i];
      lost(item.packet_id);
      for (unsigned bit = 0; bit < 16; ++bit)
        if ((item.mask >> bit & 1) != 0) lost(static_cast<std::uint16_t>(item.packet_id + bit + 1));
    }
  }
};
struct PictureLoss {
  std::uint32_t sender_ssrc = 0, media_ssrc = 0;
};
struct FullIntra {
  std::uint32_t sender_ssrc = 0;
  ElementList<FirEntry, 8, read_fir_entry> entries;
};
struct Remb {
  std::uint32_t sender_ssrc = 0;
  base::DataRate bitrate;
  SsrcList ssrcs;
};
struct TransportFeedback { // `content` goes to TwccFeedback::parse (twcc.hpp)
  std::uint32_t sender_ssrc = 0, media_ssrc = 0;
  base::Bytes content;
};

using RtcpMessage = std::variant<SenderReport, ReceiverReport, SourceDescription, Goodbye, Nack, PictureLoss,
                                 FullIntra, Remb, TransportFeedback>;

class RtcpReader {
 public:
  explicit RtcpReader(base::Bytes datagram) : rest_(datagram) {}

  // The next known message; nullopt at the end.
  std::optional<RtcpMessage> next();
  std::size_t malformed() const { return malformed_; } // packets that did not parse
  std::size_t skipped() const { return skipped_; }     // XR, APP, unknown types and formats

 private:
  std::optional<RtcpMessage> message(std::uint8_t type, std::uint8_t count, base::Bytes body);

  base::Bytes rest_;
  std::size_t malformed_ = 0;
  std::size_t skipped_ = 0;
};

} // namespace plenum::rtp
