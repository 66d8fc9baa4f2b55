#include "audio/arrival_delay.hpp"

#include <algorithm>
#include <limits>

namespace plenum::audio {
namespace {
constexpr std::int64_t kDecayUsPerSecond = 15'000;
constexpr std::int64_t rtp_us(std::int64_t rtp) {
  return rtp * 125 / 6;
} // 48 kHz
} // namespace

void ArrivalDelay::drop_old(std::int64_t now_us) {
  while (count_ > 0 && (count_ == kSamples || now_us - samples_[first_].at_us > kWindow.count())) {
    first_ = (first_ + 1) % kSamples;
    --count_;
  }
}

void ArrivalDelay::add(base::Timestamp now, std::int64_t rtp) {
  const auto now_us = base::to_us(now);
  drop_old(now_us);
  samples_[(first_ + count_) % kSamples] = {now_us, now_us - rtp_us(rtp)};
  ++count_;
  base_us_ = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < count_; ++i)
    base_us_ = std::min(base_us_, samples_[(first_ + i) % kSamples].transit_us);

  const auto elapsed = last_us_ == 0 ? 0 : std::clamp<std::int64_t>(now_us - last_us_, 0, 1'000'000);
  last_us_ = now_us;
  const auto decayed = target_.count() - elapsed * kDecayUsPerSecond / 1'000'000;
  const auto wanted = std::max(decayed, percentile_us());
  target_ = base::Duration(std::clamp<std::int64_t>(wanted, kMin.count(), kMax.count()));
}

std::int64_t ArrivalDelay::percentile_us() const {
  std::array<std::int64_t, kSamples> late{};
  for (std::size_t i = 0; i < count_; ++i)
    late[i] = samples_[(first_ + i) % kSamples].transit_us - base_us_;
  const auto rank = (count_ * 97 + 99) / 100 - 1;
  const auto nth = late.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(late.begin(), nth, late.begin() + static_cast<std::ptrdiff_t>(count_));
  return *nth;
}

void ArrivalDelay::forget() {
  count_ = 0;
  first_ = 0;
  base_us_ = 0;
}

base::Duration ArrivalDelay::delay_of(std::int64_t rtp, base::Timestamp now) const {
  return base::Duration(base::to_us(now) - rtp_us(rtp) - base_us_);
}

} // namespace plenum::audio
