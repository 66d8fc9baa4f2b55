// The half of Agent that sends checks: forming pairs, pacing, consent, nomination, migration. A lite agent
// never gets here beyond the guards.
#include "ice/agent.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::ice {

namespace {

constexpr base::Duration kPace = std::chrono::milliseconds(20); // between first checks of pairs
constexpr base::Duration kFirstRetry = std::chrono::milliseconds(250);
constexpr int kMaxAttempts = 10;
// RFC 7675 asks for 5 s ± 20 %; browsers use half of it, and so the other side sees a dead path in time.
constexpr base::Duration kConsentInterval = std::chrono::milliseconds(2500);
constexpr base::Duration kUrgentInterval = std::chrono::milliseconds(500);

// What our address would be worth to the other side, were it new to them.
const std::uint32_t kCheckPriority = candidate_priority(CandidateType::peer_reflexive, 0xffff);

} // namespace

void Agent::add_local_address(base::Timestamp now, const TransportAddress& base) {
  if (options_.role == Role::lite || local_.size() >= kMaxPairs) return;
  local_.push_back(base);
  form_pairs(now);
}

void Agent::add_remote_candidate(base::Timestamp now, const Candidate& candidate) {
  if (options_.role == Role::lite || remote_.size() >= kMaxPairs) return;
  remote_.push_back(candidate);
  form_pairs(now);
}

void Agent::form_pairs(base::Timestamp now) {
  if (!started_) return;
  for (const auto& base : local_)
    for (const auto& candidate : remote_)
      form_pair(now, base, candidate);
}

void Agent::form_pair(base::Timestamp now, const TransportAddress& base, const Candidate& candidate) {
  const bool both_udp = base.transport == Transport::udp && candidate.address.transport == Transport::udp;
  if (!both_udp || base.family != candidate.address.family) return;
  const PairKey key{base, candidate.address};
  const auto* known = find(key);
  if (known != nullptr && known->generation == current_.generation) return;
  if (known == nullptr && pairs_.size() >= kMaxPairs) return;
  auto& pair = find_or_make(now, key, current_.generation);
  pair.priority = candidate.priority;
  pair.next_check = now + kPace * static_cast<int>(pairs_.size() - 1);
  if (state_ == State::fresh) become(State::checking);
}

void Agent::run_checks(base::Timestamp now) {
  if (options_.role == Role::lite || state_ == State::failed) return;
  for (auto& pair : pairs_)
    if (pair.next_check <= now) send_check(now, pair);
}

void Agent::send_check(base::Timestamp now, Pair& pair) {
  const auto* session = session_of(pair.generation);
  if (session == nullptr || session->remote.ufrag.empty()) { // the answer is not here yet
    pair.next_check = now + kUrgentInterval;
    return;
  }
  auto& check = pair.checks[pair.checks_begun++ % pair.checks.size()];
  env_.random.fill(check.transaction);
  check.nominates = should_nominate(pair);
  check.pending = true;

  std::array<char, kStunMaxUsernameBytes> name{};
  const auto end =
      fmt::format_to_n(name.data(), name.size(), "{}:{}", session->remote.ufrag, session->local.ufrag);
  const std::string_view username(name.data(), std::min(end.size, name.size()));
  std::array<std::uint8_t, 768> buffer{};
  StunBuilder request(buffer, StunClass::request, check.transaction);
  request.username(username).priority(kCheckPriority);
  if (controlling_)
    request.ice_controlling(tie_breaker_);
  else
    request.ice_controlled(tie_breaker_);
  if (check.nominates) request.use_candidate();
  ++counters_.checks_sent;
  ++pair.attempts;
  schedule_check(now, pair);
  sink_.transmit_stun(pair.key, request.finish(session->remote.password.reveal()));
}

// Aggressive until a pair is selected; afterwards only that pair is nominated again, so that the other side
// can tell a migration from a habit.
bool Agent::should_nominate(const Pair& pair) const {
  if (!controlling_) return false;
  return !selected_ || selected_ == pair.key || (previous_ && pair.generation == current_.generation);
}

void Agent::schedule_check(base::Timestamp now, Pair& pair) {
  if (!pair.reachable) {
    const bool hopeless = pair.attempts >= kMaxAttempts;
    pair.next_check = hopeless ? base::kNever : now + kFirstRetry * (1 << std::min(pair.attempts - 1, 3));
    return;
  }
  const bool urgent = pair.attempts > 1;
  const auto interval = urgent ? kUrgentInterval : kConsentInterval;
  pair.next_check = now + interval * static_cast<std::int64_t>(800 + env_.random.u32() % 401) / 1000;
}

void Agent::on_response(base::Timestamp now, const PairKey& key, const StunMessage& response) {
  auto* pair = find(key);
  const auto* session = pair == nullptr ? nullptr : session_of(pair->generation);
  if (session == nullptr) {
    ++counters_.unexpected;
    return;
  }
  const auto check = std::ranges::find_if(pair->checks, [&response](const Pair::Check& c) {
    return c.pending && c.transaction == response.transaction;
  });
  if (check == pair->checks.end()) {
    ++counters_.unexpected;
    return;
  }
  if (!has_valid_integrity(response, session->remote.password.reveal())) {
    ++counters_.bad_integrity;
    return;
  }
  check->pending = false;
  ++counters_.responses_received;
  if (response.cls == StunClass::error)
    on_error(now, *pair, response.error_code);
  else
    on_success(now, *pair, check->nominates);
}

void Agent::on_error(base::Timestamp now, Pair& pair, std::uint16_t code) {
  if (code != 487) return; // the retries go on, and end by themselves
  ++counters_.role_conflicts;
  controlling_ = !controlling_;
  tie_breaker_ = env_.random.u64();
  for (auto& check : pair.checks)
    check.pending = false; // made in the other role
  pair.next_check = now;
}

void Agent::on_success(base::Timestamp now, Pair& pair, bool nominated) {
  pair.validated = pair.reachable = true;
  pair.attempts = 0;
  pair.next_check = now + kConsentInterval;
  hear(now, pair, true);
  const auto* current = selected_ ? find(*selected_) : nullptr;
  if (!controlling_) {
    if (pair.nominated && current != &pair) on_nomination(now, pair);
    return;
  }
  if (state_ == State::disconnected && current != &pair) { // the way out that we were waiting for
    pair.next_check = now;
    select(now, pair);
    return;
  }
  if (!nominated) return;
  const bool completes_restart = previous_ && pair.generation == current_.generation;
  const bool better = current == nullptr || (current != &pair && pair.priority > current->priority);
  pair.nominated = true;
  if (completes_restart || better) select(now, pair);
}

bool Agent::left_silent_selection(base::Timestamp now) {
  if (options_.role == Role::lite || !controlling_) return false;
  Pair* best = nullptr;
  for (auto& pair : pairs_) {
    if (selected_ == pair.key || !pair.reachable || now - pair.last_heard >= options_.disconnect_after)
      continue;
    if (best == nullptr || pair.priority > best->priority) best = &pair;
  }
  if (best == nullptr) return false;
  best->next_check = now;
  select(now, *best);
  return true;
}

} // namespace plenum::ice
