#include "peer/reception.hpp"

#include "rtp/ntp.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::peer {

void Reception::start(std::uint32_t ssrc, std::uint32_t clock_rate) {
  *this = Reception{};
  ssrc_ = ssrc;
  clock_rate_ = clock_rate;
}

std::int64_t Reception::on_packet(base::Timestamp now, std::uint16_t sequence, std::uint32_t rtp_time,
                                  bool retransmitted) {
  if (retransmitted) return unwrapper_.peek(sequence);
  ++received_;
  const auto unwrapped = unwrapper_.unwrap(sequence);
  if (first_ < 0) first_ = unwrapped;
  highest_ = std::max(highest_, unwrapped);
  const auto arrival = base::to_us(now) * static_cast<std::int64_t>(clock_rate_) / 1'000'000;
  const auto transit = static_cast<std::int64_t>(static_cast<std::uint32_t>(arrival) - rtp_time);
  if (have_transit_) {
    const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(transit - last_transit_));
    // A jump of more than five seconds is a new timestamp line, not jitter.
    if (std::abs(std::int64_t{difference}) < std::int64_t{clock_rate_} * 5)
      jitter_ += (std::abs(static_cast<double>(difference)) - jitter_) / 16;
  }
  last_transit_ = transit;
  have_transit_ = true;
  return unwrapped;
}

void Reception::on_sender_report(base::Timestamp now, std::uint64_t ntp) {
  last_sr_ = rtp::compact_ntp(ntp);
  last_sr_at_ = now;
}

std::int64_t Reception::lost() const {
  return highest_ < 0 ? 0 : highest_ - first_ + 1 - static_cast<std::int64_t>(received_);
}

base::Duration Reception::jitter() const {
  return base::Duration(static_cast<std::int64_t>(jitter_ * 1e6 / clock_rate_));
}

rtp::ReportBlock Reception::report(base::Timestamp now) {
  rtp::ReportBlock block;
  block.ssrc = ssrc_;
  const auto expected = highest_ < 0 ? 0 : highest_ - first_ + 1;
  const auto expected_now = expected - expected_before_;
  const auto lost_now = expected_now - (static_cast<std::int64_t>(received_) - received_before_);
  expected_before_ = expected;
  received_before_ = static_cast<std::int64_t>(received_);
  if (expected_now > 0 && lost_now > 0)
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
  block.cumulative_lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<std::uint32_t>(highest_ < 0 ? 0 : highest_ - 0x10000);
  block.jitter = static_cast<std::uint32_t>(jitter_);
  block.last_sr = last_sr_;
  if (last_sr_ != 0) block.delay_since_last_sr = rtp::to_compact(now - last_sr_at_);
  return block;
}

} // namespace plenum::peer
