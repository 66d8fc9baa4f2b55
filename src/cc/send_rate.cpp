#include "cc/send_rate.hpp"

#include <algorithm>

namespace plenum::cc {

namespace {
using namespace std::chrono_literals;
constexpr double kMuchLoss = 0.10, kLittleLoss = 0.02;
constexpr double kGrowthPerSecond = 0.08;
constexpr std::int64_t kReachedPercent = 125; // a cap below this share of what was sent has been reached
constexpr double kSmoothing = 0.5;            // of one report
constexpr base::Duration kLeastInterval = 200ms;
constexpr base::Duration kMostGrowthInterval = 2s; // a late report does not earn a leap
} // namespace

SendRate::SendRate(SendRateLimits limits) : limits_(limits), rate_(limits.start) {}

void SendRate::on_remb(base::Timestamp now, base::DataRate cap, base::DataRate sent) {
  const auto elapsed = std::min(now - last_remb_, kMostGrowthInterval);
  last_remb_ = now;
  if (cap.bps * 100 < sent.bps * kReachedPercent) {
    remb_ = cap; // it has seen what it can take
  } else if (remb_.bps > 0) {
    const auto grown = static_cast<double>(remb_.bps) * (1 + kGrowthPerSecond * base::to_seconds(elapsed));
    remb_.bps = std::max(cap.bps, std::min(static_cast<std::int64_t>(grown), limits_.most.bps));
  }
}

void SendRate::set_session_cap(base::DataRate cap) {
  session_cap_ = cap;
}

void SendRate::on_loss(base::Timestamp now, std::uint8_t fraction_lost) {
  const double loss = fraction_lost / 256.0;
  loss_ += kSmoothing * (loss - loss_);
  congested_ = congested_ ? loss_ >= kLittleLoss : loss_ > kMuchLoss;
  if (reported_ && now - last_change_ < kLeastInterval) return;
  const base::Duration elapsed = reported_ ? std::min(now - last_change_, kMostGrowthInterval) : 0us;
  reported_ = true;
  last_change_ = now;

  auto bps = static_cast<double>(rate_.bps);
  if (loss > kMuchLoss) {
    bps *= 1 - loss / 2;
  } else if (loss < kLittleLoss) {
    bps *= 1 + kGrowthPerSecond * base::to_seconds(elapsed);
  }
  rate_.bps = std::clamp(static_cast<std::int64_t>(bps), limits_.least.bps, limits_.most.bps);
}

base::DataRate SendRate::budget() const {
  base::DataRate budget = rate_;
  if (remb_.bps > 0) budget = std::min(budget, remb_);
  if (session_cap_.bps > 0) budget = std::min(budget, session_cap_);
  return std::max(budget, limits_.least);
}

} // namespace plenum::cc
