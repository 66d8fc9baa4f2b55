// Deliveries: tells owners what happened, from the outbox, until they have heard it.
//
// The store keeps one line per room and gives out only its head (store/hooks_port.hpp): order within a room
// holds, and what fails delays later events of the same room only. A failed attempt is tried again after 5,
// 30 and 120 s, then at growing distances of at most an hour, until `give_up`; then, or at once when the
// receiver says that it will never take it (4xx but 408 and 429; moved for good), the delivery is parked for
// `plenum hook replay`. Nothing of this is in memory only: after a restart what was on its way is sent again,
// with the same id. Owner: apps. Thread: core. docs/architecture.md 2.5.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/hook_view.hpp"
#include "store/ports.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace plenum::hub {

struct HookRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HookAnswer {
  int status = 0;  // 0: none came
  std::string why; // then, in words
};

// One POST, no redirects, bounded in time and size. Implemented over net/ by apps. Completions on core,
// later.
class HookSender {
 public:
  virtual ~HookSender() = default;
  virtual void send(HookRequest request, std::move_only_function<void(HookAnswer)> done) = 0;
};

struct DeliveryOptions {
  store::ClaimLimits limits; // under way at the same time
  base::Duration give_up = std::chrono::hours(72);
};

class Deliveries {
 public:
  Deliveries(const base::Env& env, base::Executor& executor, store::Hooks& hooks,
             const store::Accounts& accounts, HookView& view, HookSender& sender, DeliveryOptions options);
  ~Deliveries(); // what is under way will be claimed again
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  void start();

 private:
  void look(); // for what is due
  void on_claimed(store::Claimed claimed);
  void attempt(const store::Delivery& delivery);
  void on_answer(const store::Delivery& delivery, base::WallTime sent_at, const HookAnswer& answer);
  void settle(base::DeliveryId id, store::Outcome outcome);
  void on_settled(base::DeliveryId id, store::Outcome outcome, const base::Result<void>& stored);
  void look_in(base::Duration delay);
  void count();
  void on_counted(const std::vector<store::HookStatus>& hooks);

  base::Env env_;
  base::Executor& executor_;
  store::Hooks& hooks_;
  const store::Accounts& accounts_;
  HookView& view_;
  HookSender& sender_;
  DeliveryOptions options_;
  bool looking_ = false, again_ = false;
  std::size_t under_way_ = 0; // sent and not settled
  base::Executor::Timer due_, count_timer_;
  std::map<base::DeliveryId, base::Executor::Timer> unsettled_; // the store refused: once more
  base::Counter &delivered_, &retried_, &parked_;
  base::Gauge &waiting_, &dead_, &oldest_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// After so many attempts: 5, 30, 120 s, then twice as long each time, at most an hour.
base::Duration retry_delay(std::uint32_t attempts);

} // namespace plenum::hub
