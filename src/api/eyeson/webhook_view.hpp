// WebhookView: what this dialect tells the owner of rooms by HTTP, and how it is signed.
//
// `render` is pure, and its bytes are kept: retries and signatures see the same ones. Bodies are compact JSON
// in the members' order of the contract, so that receivers which parse and write them again find the same
// bytes. Never in there: the API key, access keys, the URL of a stream. Owner: apps. Thread: core. Source:
// eyeson-api 6.
#pragma once

#include "api/eyeson/dialect.hpp"
#include "hub/hook_view.hpp"

namespace plenum::api::eyeson {

class WebhookView final : public hub::HookView {
 public:
  explicit WebhookView(const Dialect& dialect) : dialect_(dialect) {}

  std::vector<store::OutboxEvent> render(const room::Event& event, const room::State& after,
                                         base::WallTime at) override;
  // X-Eyeson-Signature is the contract's: over the body alone. Ours beside it: which delivery this is, the
  // same in every attempt, and a signature over "<delivery>.<unix seconds>.<body>", so that an old request
  // cannot be sent again, not even as another delivery.
  std::vector<std::pair<std::string, std::string>> headers(std::string_view body, const base::Secret& key,
                                                           const store::Delivery& delivery,
                                                           base::WallTime now) override;

 private:
  const Dialect& dialect_;
};

} // namespace plenum::api::eyeson
