// TierRate: the bitrate of one encoder shared by many receivers.
//
// clamp(20th percentile of the subscribers' video budgets, least, most), changed at most once a second and
// only by 5 % or more: one slow phone never degrades a crowd, and the encoder's rate control is left in
// peace. Owner: engine/tier. Thread: net. Architecture 4.2.
#pragma once

#include "base/units.hpp"

#include <optional>
#include <span>

namespace plenum::cc {

struct TierRange {
  base::DataRate start, least, most;
};

class TierRate {
 public:
  static constexpr base::Duration kLeastInterval = std::chrono::seconds(1);

  explicit TierRate(TierRange range);

  // `budgets` (one per subscriber) is reordered. The new rate when it is time for one and it differs, else
  // nullopt. Without subscribers nothing changes.
  std::optional<base::DataRate> update(base::Timestamp now, std::span<base::DataRate> budgets);
  // E.g. a recording raises `least`; takes effect with the next update.
  void set_range(TierRange range);
  base::DataRate rate() const { return rate_; }

 private:
  TierRange range_;
  base::DataRate rate_;
  base::Timestamp last_change_{};
  bool changed_any_ = false;
};

} // namespace plenum::cc
