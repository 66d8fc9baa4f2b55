// RtcpBuilder: appends RTCP packets to one datagram, in place.
//
// Each call writes a whole packet or, when it does not fit, nothing (false). The caller orders them: SR or RR
// and SDES first for a compound packet, or a single feedback message where reduced size was negotiated. Leave
// room for the SRTCP trailer in the buffer. Owner: value. Thread: any. RFC 3550, 4585, 5104, 5506, REMB and
// transport-cc drafts.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "rtp/rtcp_parse.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plenum::rtp {

struct SenderInfo {
  std::uint64_t ntp = 0;
  std::uint32_t rtp_time = 0;
  std::uint32_t packets = 0, octets = 0;
};

class RtcpBuilder {
 public:
  explicit RtcpBuilder(base::MutableBytes out) : out_(out) {}

  // At most 31 blocks (CHECK).
  bool sender_report(std::uint32_t ssrc, const SenderInfo& info, std::span<const ReportBlock> blocks);
  bool receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks);
  bool source_description(std::uint32_t ssrc, std::string_view cname); // cname ≤ 255 bytes
  bool goodbye(std::span<const std::uint32_t> ssrcs);                  // at most 31
  // `lost` ascending on the wrapping line; neighbours within 17 share an item. Returns how many were written:
  // the rest did not fit and goes into the next datagram.
  std::size_t nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::span<const std::uint16_t> lost);
  bool picture_loss(std::uint32_t sender_ssrc, std::uint32_t media_ssrc);
  bool full_intra(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence);
  bool remb(std::uint32_t sender_ssrc, base::DataRate bitrate,
            std::span<const std::uint32_t> media_ssrcs); // ≤ 255
  bool append(base::Bytes packet); // a finished RTCP packet, e.g. from TwccRecorder::build

  base::Bytes bytes() const { return out_.first(size_); }
  std::size_t size() const { return size_; }

 private:
  base::MutableBytes packet(std::uint8_t count, std::uint8_t type, std::size_t bytes);

  base::MutableBytes out_;
  std::size_t size_ = 0;
};

} // namespace plenum::rtp
