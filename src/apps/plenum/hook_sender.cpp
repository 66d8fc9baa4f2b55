#include "apps/plenum/hook_sender.hpp"

namespace plenum::app {

void NetHookSender::send(hub::HookRequest request, std::move_only_function<void(hub::HookAnswer)> done) {
  auto url =
      guard_.check(request.url, net::UrlUse::hook); // the rules may have changed since it was registered
  if (!url) {
    executor_.post([done = std::move(done), why = url.error().text]() mutable { done({0, std::move(why)}); });
    return;
  }
  outbound_.send({"POST", std::move(*url), std::move(request.headers), std::move(request.body)},
                 [done = std::move(done)](base::Result<net::OutboundAnswer> answer) mutable {
                   if (!answer) return done({0, std::move(answer.error().text)});
                   done({answer->status, ""});
                 });
}

} // namespace plenum::app
