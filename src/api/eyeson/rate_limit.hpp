// RateLimit: how often one key, or one address, may ask. A table of token buckets, bounded: a full bucket
// says nothing and is forgotten; when the table is full of busy ones, newcomers share one bucket.
//
// Who asks is kept as a hash only: keys are secrets. Owner: Dialect. Thread: core. Source: eyeson-api 10.20
// (nothing documented: ours).
#pragma once

#include "base/token_bucket.hpp"
#include "base/units.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace plenum::api::eyeson {

struct Rate {
  double per_second = 0; // 0: no limit
  double burst = 0;      // at once
};

class RateLimit {
 public:
  static constexpr std::size_t kMostBuckets = 20'000;

  explicit RateLimit(Rate rate) : rate_(rate), rest_(rate.burst, rate.per_second) {}
  // nullopt: go on. Otherwise the seconds to wait, at least one.
  std::optional<int> take(std::string_view who, base::Timestamp now);
  std::size_t size() const { return buckets_.size(); }

 private:
  base::TokenBucket& bucket_of(std::string_view who, base::Timestamp now);

  Rate rate_;
  std::unordered_map<std::size_t, base::TokenBucket> buckets_;
  base::TokenBucket rest_; // of everybody who found no place
  base::Timestamp swept_at_{};
};

} // namespace plenum::api::eyeson
