#include "api/eyeson/permalink_controller.hpp"

#include "api/eyeson/answers.hpp"
#include "api/eyeson/queries.hpp"
#include "api/eyeson/requests.hpp"
#include "api/eyeson/routes.hpp"
#include "api/eyeson/views.hpp"
#include "base/clock.hpp"

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;
using base::fail;

constexpr auto kUnknown = "Unknown permalink";

// The first host: the creator, while it is there.
std::optional<store::Host> creator(const store::Definition& definition) {
  return definition.hosts.empty() ? std::nullopt : std::optional(definition.hosts.front());
}

json::object host_view(const store::Definition& definition, const std::optional<store::Host>& host) {
  const auto avatar = host ? host->avatar : std::nullopt;
  return {{"id", host ? host->external_id : ""},
          {"name", host ? host->name : definition.name},
          {"avatar", avatar ? json::value(*avatar) : json::value(nullptr)},
          {"guest", false},
          {"joined_at", base::iso8601(host ? host->created_at : definition.created_at)}};
}

void answer_missing(net::Reply& reply, const base::Error& error) {
  if (error.code == ErrorCode::not_found) return reply.error(404, kUnknown);
  answer_error(reply, error);
}

hub::Completion<void> answer_empty(net::Reply reply) {
  return [reply = std::move(reply)](const base::Result<void>& done) mutable {
    if (!done) return answer_missing(reply, done.error());
    reply.empty(200);
  };
}

// Not given: nullopt. null: never.
base::Result<std::optional<std::optional<base::WallTime>>> expiry(const net::Params& params) {
  using Expiry = std::optional<std::optional<base::WallTime>>;
  const auto* given = params.find("expires_at");
  if (given == nullptr) return Expiry();
  if (given->is_null()) return Expiry(std::optional<base::WallTime>());
  const auto text = params.text("expires_at");
  if (text && text->empty()) return Expiry();
  const auto time = text ? parse_time(*text) : std::nullopt;
  if (!time) return fail(ErrorCode::invalid, "expires_at is no ISO 8601 time");
  return Expiry(std::optional(time->at));
}

} // namespace

void PermalinkController::add_routes(net::Router& router) {
  using C = PermalinkController;
  Routes routes(router, dialect_);
  routes.add_account("POST", "/permalink", this, &C::create, 401);
  routes.add("GET", "/permalink", this, &C::list_or_page);
  routes.add("GET", "/permalink/:id", this, &C::show);
  routes.add_account("PUT", "/permalink/:id", this, &C::change, 401);
  routes.add_account("DELETE", "/permalink/:id", this, &C::remove, 401);
  routes.add("POST", "/permalink/:id", this, &C::enter);
  routes.add_account("POST", "/permalink/:id/users", this, &C::add_host, 401);
  routes.add_account("DELETE", "/permalink/:id/users/:user_token", this, &C::remove_host, 401);
}

json::object PermalinkController::view(const Bases& bases, const store::Definition& definition,
                                       const std::optional<store::Host>& host) const {
  const auto id = definition.id.hex();
  const auto* room = dialect_.definitions.running(definition);
  const auto team = dialect_.hub.directory().account(definition.account);
  const auto time = [](const std::optional<base::WallTime>& at) {
    return at ? json::value(base::iso8601(*at)) : json::value(nullptr);
  };
  const auto of_host = [&](const std::string& prefix) {
    return host ? json::value(prefix + host->token) : json::value(nullptr);
  };
  const auto started = room == nullptr ? std::nullopt : std::optional(room->opened_at);
  return {{"permalink", json::object{{"id", id},
                                     {"created_at", base::iso8601(definition.created_at)},
                                     {"user_token", of_host("")},
                                     {"guest_token", definition.guest_token},
                                     {"expires_at", time(definition.expires_at)}}},
          {"room", json::object{{"id", id}, {"name", definition.name}, {"started_at", time(started)}}},
          {"team", json::object{{"name", team ? team->name : ""}}},
          {"user", host_view(definition, host ? host : creator(definition))},
          {"options", options_view(definition.options)},
          {"links", json::object{{"self", bases.api + "/permalink/" + id},
                                 {"gui", of_host(bases.gui + "/permalink?")},
                                 {"guest_join", bases.gui + "/permalink?guest=" + definition.guest_token}}}};
}

hub::Completion<store::Definition>
PermalinkController::answer_definition(net::Reply reply, const net::Request& request, int status) const {
  return [this, bases = bases_for(dialect_, request), status,
          reply = std::move(reply)](const base::Result<store::Definition>& found) mutable {
    if (!found) return answer_missing(reply, found.error());
    reply.json(status, view(bases, *found, creator(*found)));
  };
}

void PermalinkController::create(const net::Request& request, net::Reply reply,
                                 const hub::AccountInfo& account) {
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto host = user_identity(*params, true); // a client of theirs sends no name
  if (!host) return answer_error(reply, host.error());
  const auto expires = expiry(*params);
  if (!expires) return answer_error(reply, expires.error());
  hub::NewDefinition wanted;
  wanted.account = account.id;
  wanted.name = params->id("name").value_or("");
  wanted.options = options_patch(*params);
  wanted.expires_at = expires->value_or(std::nullopt);
  wanted.host = std::move(*host);
  dialect_.definitions.create(std::move(wanted), answer_definition(std::move(reply), request, 201));
}

void PermalinkController::list_or_page(const net::Request& request, net::Reply reply) {
  const bool browser = request.header("Accept").value_or("").contains("text/html");
  if (browser && !has_authorization(request) && dialect_.page)
    return dialect_.page(request, std::move(reply));
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(401, "Invalid API key");
  list(request, std::move(reply), *account);
}

void PermalinkController::list(const net::Request& request, net::Reply reply,
                               const hub::AccountInfo& account) {
  store::DefinitionFilter filter;
  filter.page = page_from_one(request);
  filter.limit = limit_of(request);
  const json::value expired(std::string(request.query_value("expired").value_or("")));
  filter.expired = net::to_bool(&expired);
  dialect_.definitions.list(account.id, filter,
                            [this, bases = bases_for(dialect_, request), filter, reply = std::move(reply)](
                                const base::Result<store::DefinitionPage>& found) mutable {
                              if (!found) return answer_error(reply, found.error());
                              json::array items;
                              for (const auto& definition : found->items)
                                items.push_back(view(bases, definition, creator(definition)));
                              reply.json(200, json::object{{"page", filter.page + 1},
                                                           {"limit", filter.limit},
                                                           {"total", found->total},
                                                           {"items", std::move(items)}});
                            });
}

void PermalinkController::change(const net::Request& request, net::Reply reply,
                                 const hub::AccountInfo& account) {
  const auto id = base::DefinitionId::parse(request.path_param("id"));
  if (!id) return reply.error(404, kUnknown);
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto expires = expiry(*params);
  if (!expires) return answer_error(reply, expires.error());
  hub::DefinitionChange change{params->id("name"), *expires, options_patch(*params)};
  dialect_.definitions.change(account.id, *id, std::move(change),
                              answer_definition(std::move(reply), request, 200));
}

void PermalinkController::remove(const net::Request& request, net::Reply reply,
                                 const hub::AccountInfo& account) {
  const auto id = base::DefinitionId::parse(request.path_param("id"));
  if (!id) return reply.error(404, kUnknown);
  dialect_.definitions.remove(account.id, *id, answer_empty(std::move(reply)));
}

void PermalinkController::add_host(const net::Request& request, net::Reply reply,
                                   const hub::AccountInfo& account) {
  const auto id = base::DefinitionId::parse(request.path_param("id"));
  if (!id) return reply.error(404, kUnknown);
  const auto params = net::parse_params(request);
  if (!params) return answer_error(reply, params.error());
  auto host = user_identity(*params, false);
  if (!host) return answer_error(reply, host.error());
  dialect_.definitions.add_host(account.id, *id, std::move(*host),
                                [this, bases = bases_for(dialect_, request), reply = std::move(reply)](
                                    const base::Result<hub::AddedHost>& added) mutable {
                                  if (!added) return answer_missing(reply, added.error());
                                  reply.json(201, view(bases, added->definition, added->host));
                                });
}

void PermalinkController::remove_host(const net::Request& request, net::Reply reply,
                                      const hub::AccountInfo& account) {
  const auto id = base::DefinitionId::parse(request.path_param("id"));
  if (!id) return reply.error(404, kUnknown);
  dialect_.definitions.remove_host(account.id, *id, request.path_param("user_token"),
                                   answer_empty(std::move(reply)));
}

void PermalinkController::show(const net::Request& request, net::Reply reply) {
  dialect_.definitions.find_by_token(
      request.path_param("id"),
      [this, request, reply = std::move(reply)](const base::Result<store::FoundDefinition>& found) mutable {
        if (found) return reply.json(200, view(bases_for(dialect_, request), found->definition, found->host));
        if (found.error().code != ErrorCode::not_found) return answer_error(reply, found.error());
        show_by_id(request, std::move(reply));
      });
}

void PermalinkController::show_by_id(const net::Request& request, net::Reply reply) {
  const auto id = base::DefinitionId::parse(request.path_param("id"));
  if (!id) return reply.error(404, kUnknown);
  const auto account = account_of(dialect_, request);
  if (!account) return reply.error(401, "Invalid API key");
  dialect_.definitions.find(account->id, *id, answer_definition(std::move(reply), request, 200));
}

void PermalinkController::enter(const net::Request& request, net::Reply reply) {
  dialect_.definitions.enter(request.path_param("id"),
                             [entered = answer_entered(dialect_, std::move(reply), request)](
                                 base::Result<hub::Entered> result) mutable { entered(std::move(result)); });
}

} // namespace plenum::api::eyeson
