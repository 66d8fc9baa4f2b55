#include "cc/keyframe_requests.hpp"

#include <algorithm>

namespace plenum::cc {

namespace {
using namespace std::chrono_literals;
constexpr base::Duration kFirstRetry = 500ms;  // after the first PLI
constexpr base::Duration kSecondRetry = 500ms; // after the first retry: 1 s after the first PLI
constexpr base::Duration kLaterRetry = 2s;
constexpr base::Duration kLeastBetweenNeeds = 1s;
} // namespace

void KeyframeRequests::need(base::Timestamp now) {
  if (waiting()) return;
  attempt_ = 0;
  next_ = sent_any_ ? std::max(now, last_sent_ + kLeastBetweenNeeds) : now;
}

void KeyframeRequests::on_keyframe() {
  next_ = base::kNever;
}

bool KeyframeRequests::poll(base::Timestamp now) {
  if (now < next_) return false;
  const base::Duration retry = attempt_ == 0 ? kFirstRetry : attempt_ == 1 ? kSecondRetry : kLaterRetry;
  ++attempt_;
  next_ = now + retry;
  last_sent_ = now;
  sent_any_ = true;
  ++sent_;
  return true;
}

} // namespace plenum::cc
