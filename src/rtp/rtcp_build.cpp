#include "rtp/rtcp_build.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <bit>

namespace plenum::rtp {

namespace {

void put_block(base::ByteWriter& writer, const ReportBlock& block) {
  writer.u32(block.ssrc);
  writer.u8(block.fraction_lost);
  writer.u24(static_cast<std::uint32_t>(std::clamp(block.cumulative_lost, -0x800000, 0x7fffff)) & 0xffffff);
  writer.u32(block.highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sr);
  writer.u32(block.delay_since_last_sr);
}

} // namespace

// Claims `bytes` (header included, a multiple of 4) and writes the header; empty when they do not fit.
base::MutableBytes RtcpBuilder::packet(std::uint8_t count, std::uint8_t type, std::size_t bytes) {
  CHECK(bytes % 4 == 0 && count < 32 && bytes / 4 <= 65536);
  if (bytes > out_.size() - size_) return {};
  const base::MutableBytes at = out_.subspan(size_, bytes);
  at[0] = static_cast<std::uint8_t>(0x80 | count);
  at[1] = type;
  base::store_u16(&at[2], static_cast<std::uint16_t>(bytes / 4 - 1));
  size_ += bytes;
  return at.subspan(4);
}

bool RtcpBuilder::sender_report(std::uint32_t ssrc, const SenderInfo& info,
                                std::span<const ReportBlock> blocks) {
  CHECK(blocks.size() <= 31);
  const auto body = packet(static_cast<std::uint8_t>(blocks.size()), 200, 28 + blocks.size() * 24);
  if (body.empty()) return false;
  base::ByteWriter writer(body);
  writer.u32(ssrc);
  writer.u64(info.ntp);
  writer.u32(info.rtp_time);
  writer.u32(info.packets);
  writer.u32(info.octets);
  for (const ReportBlock& block : blocks)
    put_block(writer, block);
  return true;
}

bool RtcpBuilder::receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks) {
  CHECK(blocks.size() <= 31);
  const auto body = packet(static_cast<std::uint8_t>(blocks.size()), 201, 8 + blocks.size() * 24);
  if (body.empty()) return false;
  base::ByteWriter writer(body);
  writer.u32(ssrc);
  for (const ReportBlock& block : blocks)
    put_block(writer, block);
  return true;
}

bool RtcpBuilder::source_description(std::uint32_t ssrc, std::string_view cname) {
  CHECK(cname.size() <= 255);
  const std::size_t content = 4 + 2 + cname.size() + 1; // at least one null item ends the chunk
  const std::size_t padded = (content + 3) / 4 * 4;
  const auto body = packet(1, 202, 4 + padded);
  if (body.empty()) return false;
  base::ByteWriter writer(body);
  writer.u32(ssrc);
  writer.u8(1);
  writer.u8(static_cast<std::uint8_t>(cname.size()));
  writer.put(base::as_bytes(cname));
  writer.zeros(writer.remaining());
  return true;
}

bool RtcpBuilder::goodbye(std::span<const std::uint32_t> ssrcs) {
  CHECK(!ssrcs.empty() && ssrcs.size() <= 31);
  const auto body = packet(static_cast<std::uint8_t>(ssrcs.size()), 203, 4 + ssrcs.size() * 4);
  if (body.empty()) return false;
  base::ByteWriter writer(body);
  for (const std::uint32_t ssrc : ssrcs)
    writer.u32(ssrc);
  return true;
}

std::size_t RtcpBuilder::nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                              std::span<const std::uint16_t> lost) {
  if (lost.empty() || out_.size() - size_ < 16) return 0;
  const std::size_t most_items = std::min<std::size_t>((out_.size() - size_ - 12) / 4, 256);
  const base::MutableBytes items = out_.subspan(size_ + 12);
  std::size_t count = 0, written = 0;
  while (written < lost.size() && count < most_items) {
    const std::uint16_t first = lost[written++];
    std::uint16_t mask = 0;
    while (written < lost.size()) {
      const auto distance = static_cast<std::uint16_t>(lost[written] - first);
      if (distance < 1 || distance > 16) break;
      mask = static_cast<std::uint16_t>(mask | 1U << (distance - 1U));
      ++written;
    }
    base::store_u16(&items[count * 4], first);
    base::store_u16(&items[count * 4 + 2], mask);
    ++count;
  }
  const auto body = packet(1, 205, 12 + count * 4);
  base::store_u32(&body[0], sender_ssrc);
  base::store_u32(&body[4], media_ssrc);
  return written;
}

bool RtcpBuilder::picture_loss(std::uint32_t sender_ssrc, std::uint32_t media_ssrc) {
  const auto body = packet(1, 206, 12);
  if (body.empty()) return false;
  base::store_u32(&body[0], sender_ssrc);
  base::store_u32(&body[4], media_ssrc);
  return true;
}

bool RtcpBuilder::full_intra(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence) {
  const auto body = packet(4, 206, 20);
  if (body.empty()) return false;
  base::ByteWriter writer(body);
  writer.u32(sender_ssrc);
  writer.u32(0); // unused by FIR: the target stands in its entry
  writer.u32(media_ssrc);
  writer.u8(sequence);
  writer.zeros(3);
  return true;
}

bool RtcpBuilder::remb(std::uint32_t sender_ssrc, base::DataRate bitrate,
                       std::span<const std::uint32_t> media_ssrcs) {
  CHECK(media_ssrcs.size() <= 255 && bitrate.bps >= 0);
  const auto body = packet(15, 206, 20 + media_ssrcs.size() * 4);
  if (body.empty()) return false;
  const auto rate = static_cast<std::uint64_t>(bitrate.bps);
  const int bits = static_cast<int>(std::bit_width(rate));
  const auto exponent = static_cast<std::uint32_t>(bits > 18 ? bits - 18 : 0);
  base::ByteWriter writer(body);
  writer.u32(sender_ssrc);
  writer.u32(0);
  writer.put(base::as_bytes("REMB"));
  writer.u8(static_cast<std::uint8_t>(media_ssrcs.size()));
  writer.u24(exponent << 18 | static_cast<std::uint32_t>(rate >> exponent));
  for (const std::uint32_t ssrc : media_ssrcs)
    writer.u32(ssrc);
  return true;
}

bool RtcpBuilder::append(base::Bytes finished) {
  if (finished.size() > out_.size() - size_ || finished.size() % 4 != 0) return false;
  std::ranges::copy(finished, out_.subspan(size_).begin());
  size_ += finished.size();
  return true;
}

} // namespace plenum::rtp
