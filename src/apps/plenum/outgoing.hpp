// Outgoing: what the server does by itself besides meetings: it tells owners what happened, and forgets what
// is old. Guard, HTTP client, deliveries and janitor put together from the settings. Owner: Server. Thread:
// core.
#pragma once

#include "apps/plenum/config.hpp"
#include "apps/plenum/hook_sender.hpp"
#include "base/env.hpp"
#include "base/executor.hpp"
#include "hub/deliveries.hpp"
#include "hub/janitor.hpp"
#include "net/outbound.hpp"
#include "store/store.hpp"

namespace plenum::app {

// Public addresses but our own, and what outbound.* adds.
net::UrlPolicy url_policy(const Config& config, const std::vector<std::string>& own_addresses);

class Outgoing {
 public:
  // Error: invalid (outbound.authorities cannot be read).
  static base::Result<std::unique_ptr<Outgoing>> open(const base::Env& env, base::Executor& executor,
                                                      store::Store& store, hub::HookView& view,
                                                      const Config& config);
  void start(); // once meetings are restored

  const net::UrlGuard& guard() const { return guard_; } // for whoever takes URLs from users

 private:
  Outgoing(const base::Env& env, base::Executor& executor, store::Store& store, hub::HookView& view,
           const Config& config);
  net::UrlGuard guard_;
  net::Outbound outbound_;
  NetHookSender sender_;
  hub::Deliveries deliveries_;
  hub::Janitor janitor_;
};

} // namespace plenum::app
