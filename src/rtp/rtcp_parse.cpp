#include "rtp/rtcp_parse.hpp"

#include <algorithm>

namespace plenum::rtp {

namespace {

constexpr std::uint8_t kSenderReport = 200, kReceiverReport = 201, kSourceDescription = 202, kGoodbye = 203,
                       kTransportLayerFeedback = 205, kPayloadFeedback = 206;
constexpr std::uint8_t kNackFormat = 1, kTransportFeedbackFormat = 15;
constexpr std::uint8_t kPictureLossFormat = 1, kFullIntraFormat = 4, kApplicationFormat = 15;
constexpr std::uint32_t kRembMark = 0x52454d42; // "REMB"
constexpr std::uint8_t kCnameItem = 1;

std::optional<RtcpMessage> parse_sender_report(std::uint8_t count, base::Bytes body) {
  base::ByteReader reader(body);
  SenderReport report;
  report.sender_ssrc = reader.u32();
  report.ntp = reader.u64();
  report.rtp_time = reader.u32();
  report.packets = reader.u32();
  report.octets = reader.u32();
  report.blocks = ReportBlocks(reader.take(std::size_t{count} * 24));
  if (reader.failed()) return std::nullopt;
  return report;
}

std::optional<RtcpMessage> parse_receiver_report(std::uint8_t count, base::Bytes body) {
  base::ByteReader reader(body);
  ReceiverReport report;
  report.sender_ssrc = reader.u32();
  report.blocks = ReportBlocks(reader.take(std::size_t{count} * 24));
  if (reader.failed()) return std::nullopt;
  return report;
}

// One chunk: an SSRC and items up to a null item, then nulls up to the next 32-bit boundary.
bool parse_chunk(base::ByteReader& reader, SourceDescription::Chunk& chunk) {
  chunk.ssrc = reader.u32();
  while (!reader.failed()) {
    const std::uint8_t type = reader.u8();
    if (type == 0) break;
    const base::Bytes text = reader.take(reader.u8());
    if (type == kCnameItem && !reader.failed()) chunk.cname = base::as_text(text);
  }
  reader.skip((4 - reader.position() % 4) % 4);
  return !reader.failed();
}

std::optional<RtcpMessage> parse_source_description(std::uint8_t count, base::Bytes body) {
  base::ByteReader reader(body);
  SourceDescription description;
  const std::size_t wanted = std::min<std::size_t>(count, SourceDescription::kMostChunks);
  while (description.count < wanted) {
    if (!parse_chunk(reader, description.chunks[description.count])) return std::nullopt;
    ++description.count;
  }
  return description;
}

std::optional<RtcpMessage> parse_goodbye(std::uint8_t count, base::Bytes body) {
  if (body.size() < std::size_t{count} * 4) return std::nullopt;
  return Goodbye{SsrcList(body.first(std::size_t{count} * 4))};
}

std::optional<RtcpMessage> parse_remb(std::uint32_t sender_ssrc, base::Bytes rest) {
  if (rest.size() < 8) return std::nullopt;
  const std::size_t count = rest[4];
  const unsigned exponent = rest[5] >> 2;
  const std::uint64_t mantissa = base::load_u24(&rest[5]) & 0x3ffff;
  if (rest.size() < 8 + count * 4) return std::nullopt;
  // A rate above 2^62 bit/s is a lie; the shift would leave 64 bits.
  if (exponent > 44) return std::nullopt;
  return Remb{.sender_ssrc = sender_ssrc,
              .bitrate = {static_cast<std::int64_t>(mantissa << exponent)},
              .ssrcs = SsrcList(rest.subspan(8, count * 4))};
}

// The two SSRCs that open every feedback message, and what follows.
struct Feedback {
  std::uint32_t sender_ssrc = 0, media_ssrc = 0;
  base::Bytes content;
};

std::optional<Feedback> parse_feedback(base::Bytes body) {
  if (body.size() < 8) return std::nullopt;
  return Feedback{base::load_u32(&body[0]), base::load_u32(&body[4]), body.subspan(8)};
}

} // namespace

ReportBlock read_report_block(const std::uint8_t* at) {
  std::int32_t lost = static_cast<std::int32_t>(base::load_u24(at + 5));
  if (lost >= 0x800000) lost -= 0x1000000;
  return {.ssrc = base::load_u32(at),
          .fraction_lost = at[4],
          .cumulative_lost = lost,
          .highest_sequence = base::load_u32(at + 8),
          .jitter = base::load_u32(at + 12),
          .last_sr = base::load_u32(at + 16),
          .delay_since_last_sr = base::load_u32(at + 20)};
}

std::uint32_t read_ssrc(const std::uint8_t* at) {
  return base::load_u32(at);
}

FirEntry read_fir_entry(const std::uint8_t* at) {
  return {.ssrc = base::load_u32(at), .sequence = at[4]};
}

NackItem read_nack_item(const std::uint8_t* at) {
  return {.packet_id = base::load_u16(at), .mask = base::load_u16(at + 2)};
}

std::optional<RtcpMessage> RtcpReader::next() {
  while (!rest_.empty()) {
    const std::size_t bytes = rest_.size() < 4 ? 0 : (std::size_t{base::load_u16(&rest_[2])} + 1) * 4;
    if (bytes == 0 || bytes > rest_.size() || rest_[0] >> 6 != 2) {
      ++malformed_;
      rest_ = {};
      return std::nullopt;
    }
    const base::Bytes packet = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    base::Bytes body = packet.subspan(4);
    if ((packet[0] & 0x20) != 0) {
      // RFC 3550 wants a multiple of four; browsers pad transport feedback by one to three.
      const std::size_t padding = body.empty() ? 0 : body.back();
      if (padding == 0 || padding > body.size()) {
        ++malformed_;
        rest_ = {};
        return std::nullopt;
      }
      body = body.first(body.size() - padding);
    }
    if (auto found = message(packet[1], packet[0] & 0x1f, body)) return found;
  }
  return std::nullopt;
}

// Feedback messages carry their format in place of the count. Counts what it does not return.
std::optional<RtcpMessage> RtcpReader::message(std::uint8_t type, std::uint8_t count, base::Bytes body) {
  std::optional<RtcpMessage> found;
  bool known = true;
  if (type == kSenderReport) {
    found = parse_sender_report(count, body);
  } else if (type == kReceiverReport) {
    found = parse_receiver_report(count, body);
  } else if (type == kSourceDescription) {
    found = parse_source_description(count, body);
  } else if (type == kGoodbye) {
    found = parse_goodbye(count, body);
  } else if (type == kTransportLayerFeedback || type == kPayloadFeedback) {
    const auto feedback = parse_feedback(body);
    if (!feedback) {
      ++malformed_;
      return std::nullopt;
    }
    const auto& [sender, media, content] = *feedback;
    if (type == kTransportLayerFeedback && count == kNackFormat) {
      if (content.size() >= 4) found = Nack{sender, media, ElementList<NackItem, 4, read_nack_item>(content)};
    } else if (type == kTransportLayerFeedback && count == kTransportFeedbackFormat) {
      found = TransportFeedback{sender, media, content};
    } else if (type == kPayloadFeedback && count == kPictureLossFormat) {
      found = PictureLoss{sender, media};
    } else if (type == kPayloadFeedback && count == kFullIntraFormat) {
      if (content.size() >= 8) found = FullIntra{sender, ElementList<FirEntry, 8, read_fir_entry>(content)};
    } else if (type == kPayloadFeedback && count == kApplicationFormat && content.size() >= 4 &&
               base::load_u32(content.data()) == kRembMark) {
      found = parse_remb(sender, content);
    } else {
      known = false;
    }
  } else {
    known = false;
  }
  if (!known) ++skipped_;
  if (known && !found) ++malformed_;
  return found;
}

} // namespace plenum::rtp
