// Reception: what RFC 3550 wants to know of one incoming stream: sequence, loss, jitter, report blocks.
//
// Owner: ReceiveStream. Thread: net. RFC 3550, 6.4.1 and appendix A.
#pragma once

#include "base/seq_unwrap.hpp"
#include "base/units.hpp"
#include "rtp/rtcp_parse.hpp"

#include <cstdint>

namespace plenum::peer {

class Reception {
 public:
  void start(std::uint32_t ssrc, std::uint32_t clock_rate);
  // Returns the unwrapped sequence number. Retransmissions are a stream of their own (RFC
  // 4588): they repair the picture, but a sender must still learn what its path loses.
  std::int64_t on_packet(base::Timestamp now, std::uint16_t sequence, std::uint32_t rtp_time,
                         bool retransmitted);
  void on_sender_report(base::Timestamp now, std::uint64_t ntp);
  rtp::ReportBlock report(base::Timestamp now); // and begins the next interval

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint64_t received() const { return received_; }
  std::int64_t lost() const;
  base::Duration jitter() const;

 private:
  std::uint32_t ssrc_ = 0, clock_rate_ = 90'000;
  base::Unwrapper<std::uint16_t> unwrapper_;
  std::int64_t first_ = -1, highest_ = -1;
  std::uint64_t received_ = 0;
  std::int64_t expected_before_ = 0, received_before_ = 0;
  double jitter_ = 0; // RTP units
  std::int64_t last_transit_ = 0;
  bool have_transit_ = false;
  std::uint32_t last_sr_ = 0;
  base::Timestamp last_sr_at_{};
};

} // namespace plenum::peer
