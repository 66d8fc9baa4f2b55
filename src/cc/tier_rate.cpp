#include "cc/tier_rate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace plenum::cc {

namespace {
constexpr std::size_t kPercentile = 20;
constexpr std::int64_t kLeastChangePercent = 5;
} // namespace

TierRate::TierRate(TierRange range) : range_(range), rate_(range.start) {}

void TierRate::set_range(TierRange range) {
  range_ = range;
}

std::optional<base::DataRate> TierRate::update(base::Timestamp now, std::span<base::DataRate> budgets) {
  if (budgets.empty() || (changed_any_ && now - last_change_ < kLeastInterval)) return std::nullopt;
  const auto at = budgets.begin() + static_cast<std::ptrdiff_t>((budgets.size() - 1) * kPercentile / 100);
  std::ranges::nth_element(budgets, at);
  const base::DataRate wanted = std::clamp(*at, range_.least, range_.most);
  const bool in_range = rate_ >= range_.least && rate_ <= range_.most;
  if (wanted == rate_) return std::nullopt;
  if (in_range && std::abs(wanted.bps - rate_.bps) * 100 < rate_.bps * kLeastChangePercent)
    return std::nullopt;
  rate_ = wanted;
  last_change_ = now;
  changed_any_ = true;
  return rate_;
}

} // namespace plenum::cc
