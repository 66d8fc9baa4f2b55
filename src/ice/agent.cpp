#include "ice/agent.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::ice {

namespace {

// A pair that was never selected, or no more, is forgotten after this silence. Browsers check their spare
// pairs at least every 25 s.
constexpr base::Duration kIdlePairLifetime = std::chrono::seconds(35);
// A nomination of a worse pair is believed at once when the selected one was not nominated for so long.
constexpr base::Duration kStaleNomination = std::chrono::seconds(2);

} // namespace

std::string_view to_string(State state) {
  switch (state) {
  case State::fresh:
    return "new";
  case State::checking:
    return "checking";
  case State::connected:
    return "connected";
  case State::disconnected:
    return "disconnected";
  case State::failed:
    return "failed";
  }
  return "?";
}

Credentials make_credentials(base::Random& random, std::string_view prefix) {
  return {std::string(prefix) + random.alphanumeric(8), base::Secret(random.alphanumeric(24))};
}

Agent::Agent(const base::Env& env, AgentOptions options, AgentSink& sink)
    : env_(env), options_(std::move(options)), sink_(sink), controlling_(options_.role == Role::full),
      tie_breaker_(env_.random.u64()) {
  CHECK(!options_.local.ufrag.empty() && !options_.local.password.empty());
  current_.local = options_.local;
  pairs_.reserve(kMaxPairs);
}

void Agent::start(base::Timestamp now) {
  if (started_) return;
  started_ = true;
  if (!selected_) connect_by_ = now + options_.connect_timeout;
  form_pairs(now);
}

void Agent::restart(base::Timestamp now, Credentials local) {
  const auto* selected = selected_ ? find(*selected_) : nullptr;
  if (selected == nullptr)
    previous_.reset();
  else if (selected->generation == current_.generation)
    previous_ = current_;
  const auto kept = previous_ ? previous_->generation : current_.generation + 1;
  close_unselected_if([kept](const Pair& pair) { return pair.generation != kept; });

  current_ = Session{.local = std::move(local), .generation = current_.generation + 1};
  remote_.clear();
  started_ = true;
  connect_by_ = now + options_.connect_timeout;
  if (state_ == State::failed) become(State::checking);
}

void Agent::go_on_with(base::Timestamp now, Credentials remote, const PairKey& key, std::uint32_t priority) {
  CHECK(options_.role == Role::lite && pairs_.empty());
  started_ = true;
  current_.remote = std::move(remote);
  auto& pair = find_or_make(now, key, current_.generation);
  pair.validated = pair.reachable = true;
  pair.priority = priority;
  select(now, pair);
}

std::uint32_t Agent::selected_priority() const {
  const auto* pair = selected_ ? find(*selected_) : nullptr;
  return pair == nullptr ? 0 : pair->priority;
}

void Agent::set_remote_credentials(Credentials remote) {
  current_.remote = std::move(remote);
}

void Agent::on_stun(base::Timestamp now, const PairKey& pair, base::Bytes datagram) {
  const auto message = parse_stun(datagram);
  if (!message) {
    ++counters_.malformed;
  } else if (message->is_binding(StunClass::request)) {
    on_request(now, pair, *message);
  } else if (options_.role == Role::full &&
             (message->is_binding(StunClass::success) || message->is_binding(StunClass::error))) {
    on_response(now, pair, *message);
  } else {
    ++counters_.unexpected;
  }
}

// What is not authentic gets no answer: an answer would only serve a scanner.
void Agent::on_request(base::Timestamp now, const PairKey& key, const StunMessage& request) {
  const auto* session = session_of(request.receiver_ufrag());
  if (session == nullptr) {
    ++counters_.unknown_username;
    return;
  }
  if (!has_valid_integrity(request, session->local.password.reveal())) {
    ++counters_.bad_integrity;
    return;
  }
  if (state_ == State::failed) { // consent is lost; only new credentials bring it back
    ++counters_.unexpected;
    return;
  }
  if (request.unknown_count > 0) {
    ++counters_.unknown_attributes;
    respond_error(key, request, *session, 420);
    return;
  }
  if (answered_role_conflict(key, request, *session)) return;

  ++counters_.checks_received;
  respond_success(key, request, *session);
  auto& pair = find_or_make(now, key, session->generation);
  pair.validated = true;
  if (request.priority) pair.priority = *request.priority;
  if (state_ == State::fresh) become(State::checking);
  if (options_.role == Role::lite)
    pair.reachable = true;
  else if (!pair.reachable) { // triggered check
    pair.attempts = 0;
    pair.next_check = now;
  }
  // A full agent's own checks prove consent; being checked proves only life.
  hear(now, pair, options_.role == Role::lite);
  if (request.use_candidate && !controlling_) on_nomination(now, pair);
}

bool Agent::answered_role_conflict(const PairKey& key, const StunMessage& request, const Session& session) {
  bool conflict = false;
  if (options_.role == Role::lite) {
    conflict = request.ice_controlled.has_value(); // a lite agent cannot control: the other must
  } else if (controlling_ && request.ice_controlling) {
    conflict = tie_breaker_ >= *request.ice_controlling;
    if (!conflict) controlling_ = false;
  } else if (!controlling_ && request.ice_controlled) {
    conflict = tie_breaker_ < *request.ice_controlled;
    if (!conflict) controlling_ = true;
  } else {
    return false;
  }
  if (conflict || options_.role == Role::full) ++counters_.role_conflicts;
  if (conflict) respond_error(key, request, session, 487);
  return conflict;
}

void Agent::respond_success(const PairKey& key, const StunMessage& request, const Session& session) {
  std::array<std::uint8_t, 128> buffer{};
  StunBuilder response(buffer, StunClass::success, request.transaction);
  sink_.transmit_stun(key, response.xor_mapped(key.remote).finish(session.local.password.reveal()));
}

void Agent::respond_error(const PairKey& key, const StunMessage& request, const Session& session,
                          std::uint16_t code) {
  std::array<std::uint8_t, 128> buffer{};
  StunBuilder response(buffer, StunClass::error, request.transaction);
  response.error(code, {}); // no reason: an answer is never longer than its request
  if (code == 420) response.unknown_attributes(request.unknown());
  sink_.transmit_stun(key, response.finish(session.local.password.reveal()));
}

const Agent::Session* Agent::session_of(std::string_view local_ufrag) const {
  if (local_ufrag == current_.local.ufrag) return &current_;
  if (previous_ && local_ufrag == previous_->local.ufrag) return &*previous_;
  return nullptr;
}

const Agent::Session* Agent::session_of(std::uint32_t generation) const {
  if (generation == current_.generation) return &current_;
  if (previous_ && generation == previous_->generation) return &*previous_;
  return nullptr;
}

void Agent::on_nomination(base::Timestamp now, Pair& pair) {
  const bool first = !pair.nominated;
  if (!pair.reachable) { // full and controlled: selected when our own check succeeds
    pair.nominated = true;
    return;
  }
  auto* current = selected_ ? find(*selected_) : nullptr;
  if (current == &pair && !(first && previous_)) {
    pair.last_nomination = now;
    for (auto& other : pairs_)
      other.nominations_in_a_row = 0;
    return;
  }
  ++pair.nominations_in_a_row;
  const bool chosen = current == nullptr || current == &pair || should_switch(now, *current, pair);
  pair.nominated = true;
  if (chosen) select(now, pair);
}

// A regular controller nominates another pair because it means it; an aggressive one nominates all pairs all
// the time and expects that the best of them wins (RFC 5245, 8.1.1.2). Without a signal which of the two we
// face: a better or new equal pair wins at once, a worse one when the selected pair is no longer nominated in
// between.
bool Agent::should_switch(base::Timestamp now, const Pair& from, const Pair& to) const {
  if (to.generation != from.generation) return to.generation > from.generation;
  if (!from.nominated || to.priority > from.priority) return true;
  if (!to.nominated && to.priority == from.priority) return true;
  return to.nominations_in_a_row >= 2 || now - from.last_nomination > kStaleNomination;
}

Agent::Pair* Agent::find(const PairKey& key) {
  const auto at = std::ranges::find(pairs_, key, &Pair::key);
  return at == pairs_.end() ? nullptr : &*at;
}

const Agent::Pair* Agent::find(const PairKey& key) const {
  const auto at = std::ranges::find(pairs_, key, &Pair::key);
  return at == pairs_.end() ? nullptr : &*at;
}

Agent::Pair& Agent::find_or_make(base::Timestamp now, const PairKey& key, std::uint32_t generation) {
  if (auto* pair = find(key)) {
    if (pair->generation < generation) { // the same addresses in a new run of ICE
      pair->generation = generation;
      pair->nominated = pair->reachable = false;
      pair->nominations_in_a_row = pair->attempts = 0;
      pair->next_check = base::kNever;
      pair->checks = {};
    }
    return *pair;
  }
  make_room();
  return pairs_.emplace_back(
      Pair{.key = key, .generation = generation, .last_heard = now, .last_consent = now});
}

void Agent::make_room() {
  if (pairs_.size() < kMaxPairs) return;
  Pair* oldest = nullptr;
  for (auto& pair : pairs_) {
    if (selected_ == pair.key) continue;
    if (oldest == nullptr || pair.last_heard < oldest->last_heard) oldest = &pair;
  }
  ++counters_.pairs_evicted;
  const auto doomed = oldest->key;
  close_unselected_if([&doomed](const Pair& pair) { return pair.key == doomed; });
}

template <class Predicate>
void Agent::close_unselected_if(Predicate is_doomed) {
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    if (selected_ == pairs_[i].key || !is_doomed(pairs_[i])) continue;
    const auto key = pairs_[i].key;
    pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(i));
    sink_.on_pair_closed(key);
  }
}

void Agent::select(base::Timestamp now, Pair& pair) {
  const auto key = pair.key;
  const auto generation = pair.generation;
  pair.nominated = true;
  pair.last_nomination = now;
  for (auto& other : pairs_)
    other.nominations_in_a_row = 0;
  selected_ = key;
  if (generation == current_.generation) {
    connect_by_ = base::kNever;
    previous_.reset();
    close_unselected_if([generation](const Pair& other) { return other.generation < generation; });
  }
  sink_.on_pair_selected(key);
  become(State::connected);
}

void Agent::hear(base::Timestamp now, Pair& pair, bool consent) {
  pair.last_heard = now;
  if (consent) pair.last_consent = now;
  if (state_ == State::disconnected && selected_ == pair.key) become(State::connected);
}

void Agent::become(State state) {
  if (state_ == state) return;
  state_ = state;
  sink_.on_ice_state(state);
}

void Agent::on_authentic_traffic(base::Timestamp now, const PairKey& key) {
  auto* pair = find(key);
  if (pair == nullptr || !pair->validated) return;
  hear(now, *pair, options_.role == Role::lite);
}

void Agent::on_pair_lost(base::Timestamp now, const PairKey& key) {
  if (find(key) == nullptr) return;
  const bool was_selected = selected_ == key;
  if (was_selected) selected_.reset();
  std::erase_if(pairs_, [&key](const Pair& pair) { return pair.key == key; });
  if (!was_selected) return;
  connect_by_ = now + options_.consent_timeout;
  become(State::disconnected);
}

void Agent::on_deadline(base::Timestamp now) {
  if (connect_by_ <= now) {
    connect_by_ = base::kNever;
    if (!selected_) fail(); // else a restart did not complete: the old pair goes on
  }
  if (selected_) judge_selected(now);
  close_unselected_if([now](const Pair& pair) { return now - pair.last_heard >= kIdlePairLifetime; });
  run_checks(now);
}

void Agent::judge_selected(base::Timestamp now) {
  const auto* pair = find(*selected_);
  if (now - pair->last_consent >= options_.consent_timeout) {
    fail();
  } else if (now - pair->last_heard >= options_.disconnect_after && !left_silent_selection(now)) {
    become(State::disconnected);
  }
}

void Agent::fail() {
  selected_.reset();
  previous_.reset();
  connect_by_ = base::kNever;
  state_ = State::failed;
  close_unselected_if([](const Pair&) { return true; });
  sink_.on_ice_state(State::failed);
}

base::Timestamp Agent::next_deadline() const {
  auto next = connect_by_;
  for (const auto& pair : pairs_) {
    if (selected_ != pair.key) next = std::min(next, pair.last_heard + kIdlePairLifetime);
    next = std::min(next, pair.next_check);
  }
  if (const auto* pair = selected_ ? find(*selected_) : nullptr) {
    next = std::min(next, pair->last_consent + options_.consent_timeout);
    if (state_ == State::connected) next = std::min(next, pair->last_heard + options_.disconnect_after);
  }
  return next;
}

bool Agent::is_validated(const PairKey& key) const {
  const auto* pair = find(key);
  return pair != nullptr && pair->validated;
}

Agent::View Agent::view() const {
  return {.state = state_,
          .selected = selected_,
          .controlling = controlling_,
          .restarting = previous_.has_value(),
          .counters = counters_};
}

} // namespace plenum::ice
