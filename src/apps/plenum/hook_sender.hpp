// NetHookSender: posts deliveries to owners, through the guard and net/outbound. Owner: Server. Thread: core.
#pragma once

#include "base/executor.hpp"
#include "hub/deliveries.hpp"
#include "net/outbound.hpp"
#include "net/url_guard.hpp"

namespace plenum::app {

class NetHookSender final : public hub::HookSender {
 public:
  NetHookSender(base::Executor& executor, net::UrlGuard guard, net::Outbound& outbound)
      : executor_(executor), guard_(std::move(guard)), outbound_(outbound) {}

  void send(hub::HookRequest request, std::move_only_function<void(hub::HookAnswer)> done) override;

 private:
  base::Executor& executor_;
  net::UrlGuard guard_;
  net::Outbound& outbound_;
};

} // namespace plenum::app
