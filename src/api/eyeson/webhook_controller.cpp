#include "api/eyeson/webhook_controller.hpp"

#include "api/eyeson/routes.hpp"
#include "base/clock.hpp"
#include "base/json_described.hpp"
#include "net/form.hpp"

#include <algorithm>
#include <array>

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::array<std::string_view, 4> kTypes = {"room_update", "recording_update", "participant_update",
                                                    "snapshot_update"};

base::Result<std::string> url_of(const net::Params& params, const Dialect& dialect) {
  const auto text = params.id("url");
  if (!text) return fail(ErrorCode::invalid, "url is missing");
  const auto url = dialect.urls.check(*text, net::UrlUse::hook);
  if (!url) return fail(ErrorCode::invalid, "url: " + url.error().text);
  return *text;
}

// Known ones, each once, in our order; retired and unknown names are dropped.
base::Result<std::vector<std::string>> types_of(const net::Params& params) {
  const auto given = params.list("types", true).value_or(std::vector<std::string>{});
  std::vector<std::string> out;
  for (const auto type : kTypes)
    if (std::ranges::find(given, type) != given.end()) out.emplace_back(type);
  if (out.empty()) return fail(ErrorCode::invalid, "types has no type that there is");
  return out;
}

json::object view(const store::Hook& hook) {
  json::value sent, code;
  if (hook.last_request_sent_at) { // with a numeric offset, unlike all other times
    auto text = base::iso8601(*hook.last_request_sent_at);
    text.replace(text.size() - 1, 1, "+00:00");
    sent = std::move(text);
  }
  if (hook.last_response_code && *hook.last_response_code != 0)
    code = std::to_string(*hook.last_response_code);
  return {{"id", hook.id.hex()},
          {"types", base::to_json(hook.types)},
          {"url", hook.url},
          {"last_request_sent_at", std::move(sent)},
          {"last_response_code", std::move(code)}};
}

} // namespace

void WebhookController::add_routes(net::Router& router) {
  Routes routes(router, dialect_);
  routes.add_account("POST", "/webhooks", this, &WebhookController::register_hook);
  routes.add_account("GET", "/webhooks", this, &WebhookController::show);
  routes.add_account("DELETE", "/webhooks/:webhook_id", this, &WebhookController::remove);
}

void WebhookController::register_hook(const net::Request& request, net::Reply reply,
                                      const hub::AccountInfo& account) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto url = url_of(*params, dialect_);
  if (!url) return answer_error(reply, url.error());
  auto types = types_of(*params);
  if (!types) return answer_error(reply, types.error());
  dialect_.hooks.set(account.id, std::move(*url), std::move(*types),
                     [reply = std::move(reply)](const base::Result<store::Hook>& made) mutable {
                       if (!made) return answer_error(reply, made.error());
                       reply.empty(201);
                     });
}

void WebhookController::show(const net::Request&, net::Reply reply, const hub::AccountInfo& account) {
  dialect_.hooks.get(
      account.id, [reply = std::move(reply)](const base::Result<std::optional<store::Hook>>& found) mutable {
        if (!found) return answer_error(reply, found.error());
        reply.json(200, *found ? json::value(view(**found)) : json::value(nullptr));
      });
}

void WebhookController::remove(const net::Request& request, net::Reply reply,
                               const hub::AccountInfo& account) {
  const auto id = base::HookId::parse(request.path_param("webhook_id"));
  if (!id) return reply.error(400, "No id of a webhook");
  dialect_.hooks.remove(account.id, *id, [reply = std::move(reply)](const base::Result<void>& done) mutable {
    if (!done && done.error().code == ErrorCode::not_found) return reply.error(404, "Unknown webhook");
    if (!done) return answer_error(reply, done.error());
    reply.empty(204);
  });
}

} // namespace plenum::api::eyeson
