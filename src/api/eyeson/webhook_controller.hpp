// WebhookController: registering, looking at and removing the account's webhook. Owner: Rest. Thread: core.
// Source: eyeson-api 3.0.11, 3.41–3.43.
#pragma once

#include "api/eyeson/auth.hpp"
#include "net/router.hpp"

namespace plenum::api::eyeson {

class WebhookController {
 public:
  explicit WebhookController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  void register_hook(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void show(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void remove(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);

  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
