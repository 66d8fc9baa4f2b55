// NTP time as RTCP carries it: seconds since 1900 in 32.32 fixed point, and its middle 32 bits.
//
// Owner: values. Thread: any. RFC 3550, 4 and 6.4.1.
#pragma once

#include "base/units.hpp"

#include <cstdint>

namespace plenum::rtp {

constexpr std::uint64_t kNtpUnixOffsetSeconds = 2'208'988'800; // 1900 to 1970

constexpr std::uint64_t to_ntp(base::WallTime time) {
  const auto us = static_cast<std::uint64_t>(time.time_since_epoch().count());
  const std::uint64_t seconds = us / 1'000'000 + kNtpUnixOffsetSeconds;
  const std::uint64_t fraction = ((us % 1'000'000) << 32) / 1'000'000;
  return seconds << 32 | fraction;
}

// Microseconds since 1900: differences of two NTP times without overflow.
constexpr std::int64_t ntp_us(std::uint64_t ntp) {
  return static_cast<std::int64_t>((ntp >> 32) * 1'000'000 + (((ntp & 0xffffffff) * 1'000'000) >> 32));
}

constexpr std::uint32_t compact_ntp(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}

// Units of 1/65,536 s, as in DLSR. Saturates.
constexpr std::uint32_t to_compact(base::Duration d) {
  if (d.count() <= 0) return 0;
  const auto units = (static_cast<std::uint64_t>(d.count()) << 16) / 1'000'000;
  return units > 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(units);
}
constexpr base::Duration from_compact(std::uint32_t units) {
  return base::Duration((std::int64_t{units} * 1'000'000) >> 16);
}

// Round trip from a report block: now − LSR − DLSR, all compact. Zero LSR means "no SR seen yet".
constexpr base::Duration round_trip(std::uint64_t now_ntp, std::uint32_t last_sr, std::uint32_t delay) {
  const auto units = static_cast<std::int32_t>(compact_ntp(now_ntp) - last_sr - delay);
  return from_compact(units > 0 ? static_cast<std::uint32_t>(units) : 0);
}

} // namespace plenum::rtp
