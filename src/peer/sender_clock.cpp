#include "peer/sender_clock.hpp"

#include "rtp/ntp.hpp"

#include <algorithm>

namespace plenum::peer {
namespace {

constexpr std::int64_t kRisePerSecondUs = 1000;
constexpr std::int64_t kClockStepUs = 2'000'000; // a client whose wall clock jumped: start again

} // namespace

void SenderClock::on_sender_report(MediaStream stream, std::uint64_t ntp, std::uint32_t rtp_time,
                                   std::uint32_t clock_rate) {
  if (ntp == 0 || clock_rate == 0) return;
  line(stream) = {true, rtp::ntp_us(ntp), rtp_time, clock_rate};
}

base::Timestamp SenderClock::captured(MediaStream stream, std::uint32_t rtp_time, base::Timestamp arrived) {
  const auto& known = line(stream);
  if (!known.known) return arrived;
  const auto ticks = static_cast<std::int32_t>(rtp_time - known.rtp_time);
  const auto ntp_us = known.ntp_us + std::int64_t{ticks} * 1'000'000 / known.clock_rate;
  const auto offset = offset_after(base::to_us(arrived) - ntp_us, arrived);
  return base::timestamp_us(std::min(ntp_us + offset, base::to_us(arrived)));
}

std::int64_t SenderClock::offset_after(std::int64_t sample, base::Timestamp now) {
  const auto rise = (now - offset_at_).count() * kRisePerSecondUs / 1'000'000;
  const bool stepped = offset_us_ && std::abs(sample - *offset_us_) > kClockStepUs;
  if (!offset_us_ || stepped || sample <= *offset_us_ + rise) {
    offset_us_ = sample;
    offset_at_ = now;
  } else if (rise > 0) { // else the time since then still counts
    *offset_us_ += rise;
    offset_at_ = now;
  }
  return *offset_us_;
}

} // namespace plenum::peer
