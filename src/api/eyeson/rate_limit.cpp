#include "api/eyeson/rate_limit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace plenum::api::eyeson {

std::optional<int> RateLimit::take(std::string_view who, base::Timestamp now) {
  if (rate_.per_second <= 0 || who.empty()) return std::nullopt;
  if (bucket_of(who, now).take(now)) return std::nullopt;
  return std::max(1, static_cast<int>(std::ceil(1 / rate_.per_second)));
}

base::TokenBucket& RateLimit::bucket_of(std::string_view who, base::Timestamp now) {
  const auto hash = std::hash<std::string_view>{}(who);
  if (const auto known = buckets_.find(hash); known != buckets_.end()) return known->second;
  if (buckets_.size() >= kMostBuckets && now - swept_at_ >= std::chrono::seconds(1)) {
    for (auto it = buckets_.begin(); it != buckets_.end();)
      it = it->second.is_full(now) ? buckets_.erase(it) : std::next(it);
    swept_at_ = now;
  }
  if (buckets_.size() >= kMostBuckets) return rest_;
  return buckets_.try_emplace(hash, rate_.burst, rate_.per_second).first->second;
}

} // namespace plenum::api::eyeson
