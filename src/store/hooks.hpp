// SqliteHooks: hooks and the lines of their deliveries in SQLite. See hooks_port.hpp. Owner: Store. Thread:
// core.
#pragma once

#include "base/env.hpp"
#include "store/hooks_port.hpp"
#include "store/writer.hpp"

namespace plenum::store {

class SqliteHooks final : public Hooks {
 public:
  SqliteHooks(const base::Env& env, Writer& writer) : env_(env), writer_(writer) {}

  void set(base::AccountId account, std::string url, std::vector<std::string> types,
           Completion<Hook> done) override;
  void get(base::AccountId account, Completion<std::optional<Hook>> done) override;
  void remove(base::AccountId account, base::HookId id, Completion<void> done) override;
  void list(Completion<std::vector<HookStatus>> done) override;
  void test(base::AccountId account, OutboxEvent event, Completion<base::DeliveryId> done) override;
  void progress(base::DeliveryId id, Completion<std::optional<Progress>> done) override;
  void claim(base::WallTime now, ClaimLimits limits, Completion<Claimed> done) override;
  void settle(base::DeliveryId id, Outcome outcome, Completion<void> done) override;
  void on_waiting(std::move_only_function<void()> listener) override { listener_ = std::move(listener); }
  void dead_letters(base::AccountId account, std::size_t most,
                    Completion<std::vector<DeadLetter>> done) override;
  void replay(base::AccountId account, base::DeliveryId delivery, Completion<std::uint64_t> done) override;

  // Something may be due now: says so to the listener.
  void wake() {
    if (listener_) listener_();
  }

 private:
  base::Env env_;
  Writer& writer_;
  std::move_only_function<void()> listener_;
  bool first_claim_ = true;
};

} // namespace plenum::store
