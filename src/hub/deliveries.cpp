#include "hub/deliveries.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::hub {

namespace log = base::log;
using namespace std::chrono_literals;
using Kind = store::Outcome::Kind;

namespace {

constexpr base::Duration kStoreAgain = 1s, kCountEvery = 1min;

bool never_wanted(int status) {
  if (status == 301 || status == 308) return true;
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

store::Outcome judge(const store::Delivery& delivery, const HookAnswer& answer, base::WallTime now,
                     base::Duration give_up) {
  store::Outcome outcome;
  outcome.status = answer.status;
  if (answer.status >= 200 && answer.status < 300) return outcome;
  outcome.why = answer.status == 0 ? answer.why : fmt::format("HTTP {}", answer.status);
  const auto latest = delivery.since + give_up;
  if (never_wanted(answer.status) || now >= latest) {
    outcome.kind = Kind::parked;
    if (!never_wanted(answer.status)) outcome.why = "given up: " + outcome.why;
    return outcome;
  }
  outcome.kind = Kind::retry;
  outcome.retry_at = std::min(now + retry_delay(delivery.attempts + 1), latest);
  return outcome;
}

} // namespace

base::Duration retry_delay(std::uint32_t attempts) {
  if (attempts <= 1) return 5s;
  if (attempts == 2) return 30s;
  const auto doublings = std::min<std::uint32_t>(attempts - 3, 10);
  return std::min<base::Duration>(120s * (1U << doublings), 1h);
}

Deliveries::Deliveries(const base::Env& env, base::Executor& executor, store::Hooks& hooks,
                       const store::Accounts& accounts, HookView& view, HookSender& sender,
                       DeliveryOptions options)
    : env_(env), executor_(executor), hooks_(hooks), accounts_(accounts), view_(view), sender_(sender),
      options_(options),
      delivered_(env.metrics.counter("plenum_hook_attempts_total", "result=\"delivered\"")),
      retried_(env.metrics.counter("plenum_hook_attempts_total", "result=\"retried\"")),
      parked_(env.metrics.counter("plenum_hook_attempts_total", "result=\"parked\"")),
      waiting_(env.metrics.gauge("plenum_hook_waiting")), dead_(env.metrics.gauge("plenum_hook_parked")),
      oldest_(env.metrics.gauge("plenum_hook_oldest_seconds")) {}

Deliveries::~Deliveries() {
  *alive_ = false;
  hooks_.on_waiting(nullptr);
}

void Deliveries::start() {
  hooks_.on_waiting([this] { look(); });
  look();
  count();
}

void Deliveries::look() {
  if (looking_) {
    again_ = true;
    return;
  }
  if (under_way_ >= options_.limits.most) return; // the next that is settled looks again
  looking_ = true;
  again_ = false;
  const store::ClaimLimits limits{options_.limits.most - under_way_, options_.limits.per_hook};
  hooks_.claim(env_.clock.wall(), limits, [this, alive = alive_](base::Result<store::Claimed> claimed) {
    if (!*alive) return;
    looking_ = false;
    if (!claimed) {
      log::error("hooks", "outbox not read", "error", claimed.error().text);
      return look_in(kStoreAgain);
    }
    on_claimed(std::move(*claimed));
  });
}

void Deliveries::look_in(base::Duration delay) {
  due_ = executor_.after(std::max(delay, base::Duration(1ms)), [this] { look(); });
}

void Deliveries::on_claimed(store::Claimed claimed) {
  if (claimed.next) {
    look_in(*claimed.next - env_.clock.wall());
  } else {
    due_.reset();
  }
  under_way_ += claimed.deliveries.size();
  for (const auto& delivery : claimed.deliveries)
    attempt(delivery);
  if (again_) look();
}

void Deliveries::attempt(const store::Delivery& delivery) {
  const auto now = env_.clock.wall();
  const auto key = accounts_.signing_key(delivery.account);
  if (!key) return settle(delivery.id, {Kind::parked, {}, 0, "the account's key cannot be read", now});
  HookRequest request{delivery.url, {{"Content-Type", "application/json"}}, delivery.body};
  std::ranges::move(view_.headers(delivery.body, *key, delivery, now), std::back_inserter(request.headers));
  sender_.send(std::move(request), [this, alive = alive_, delivery, now](const HookAnswer& answer) {
    if (*alive) on_answer(delivery, now, answer);
  });
}

void Deliveries::on_answer(const store::Delivery& delivery, base::WallTime sent_at,
                           const HookAnswer& answer) {
  auto outcome = judge(delivery, answer, env_.clock.wall(), options_.give_up);
  outcome.sent_at = sent_at;
  if (outcome.kind == Kind::parked)
    log::warn("hooks", "delivery parked", "account", delivery.account.hex(), "delivery", delivery.id.hex(),
              "attempts", delivery.attempts + 1, "why", outcome.why);
  settle(delivery.id, std::move(outcome));
}

void Deliveries::settle(base::DeliveryId id, store::Outcome outcome) {
  const auto told = outcome;
  hooks_.settle(id, std::move(outcome), [this, alive = alive_, id, told](const base::Result<void>& stored) {
    if (*alive) on_settled(id, told, stored);
  });
}

// Until the store knows it, the line stands still: an answer that was got is not asked for again.
void Deliveries::on_settled(base::DeliveryId id, store::Outcome outcome, const base::Result<void>& stored) {
  if (!stored) {
    log::error("hooks", "outcome not stored", "delivery", id.hex(), "error", stored.error().text);
    unsettled_[id] = executor_.after(kStoreAgain, [this, id, outcome = std::move(outcome)] {
      auto again = outcome; // this task dies with its entry
      settle(id, std::move(again));
    });
    return;
  }
  unsettled_.erase(id);
  --under_way_;
  (outcome.kind == Kind::delivered ? delivered_ : outcome.kind == Kind::retry ? retried_ : parked_).add();
  look();
}

// --- what the operator sees

void Deliveries::count() {
  hooks_.list([this, alive = alive_](const base::Result<std::vector<store::HookStatus>>& hooks) {
    if (!*alive) return;
    if (hooks) on_counted(*hooks);
    count_timer_ = executor_.after(kCountEvery, [this] { count(); });
  });
}

void Deliveries::on_counted(const std::vector<store::HookStatus>& hooks) {
  std::uint64_t waiting = 0, parked = 0;
  base::Duration oldest{0};
  for (const auto& hook : hooks) {
    waiting += hook.waiting;
    parked += hook.parked;
    if (hook.oldest_waiting) oldest = std::max(oldest, env_.clock.wall() - *hook.oldest_waiting);
  }
  waiting_.set(static_cast<std::int64_t>(waiting));
  dead_.set(static_cast<std::int64_t>(parked));
  oldest_.set(std::chrono::duration_cast<std::chrono::seconds>(oldest).count());
}

} // namespace plenum::hub
