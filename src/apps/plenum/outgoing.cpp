#include "apps/plenum/outgoing.hpp"

#include "apps/plenum/paths.hpp"
#include "base/log.hpp"

#include <fmt/ranges.h>
#include <fstream>

namespace plenum::app {

namespace {

hub::DeliveryOptions delivery_options(const Config& config) {
  return {{config.hooks_most, config.hooks_most_each}, std::chrono::hours(config.hooks_give_up_hours)};
}

hub::JanitorOptions janitor_options(const Config& config) {
  hub::JanitorOptions options;
  options.meetings = std::chrono::days(config.keep_meetings_days);
  options.files = std::chrono::days(config.keep_files_days);
  options.dead_letters = std::chrono::days(config.keep_dead_letters_days);
  return options; // no file is written yet, so there is none to remove
}

std::vector<std::string> own_addresses(const Config& config) {
  auto own = interface_addresses();
  own.insert(own.end(), config.media_announce.begin(), config.media_announce.end());
  return own;
}

} // namespace

net::UrlPolicy url_policy(const Config& config, const std::vector<std::string>& own_addresses) {
  net::UrlPolicy policy;
  policy.plain_http = config.outbound_plain_http;
  for (const auto& text : config.outbound_allowed_networks)
    if (const auto network = net::IpPrefix::parse(text)) policy.allowed.push_back(*network); // checked before
  for (const auto& text : own_addresses)
    if (const auto address = net::IpPrefix::parse(text)) policy.denied.push_back(*address);
  return policy;
}

base::Result<std::unique_ptr<Outgoing>> Outgoing::open(const base::Env& env, base::Executor& executor,
                                                       store::Store& store, hub::HookView& view,
                                                       const Config& config) {
  const auto& authorities = config.outbound_authorities;
  if (!authorities.empty() && !std::ifstream(authorities))
    return base::fail(base::ErrorCode::invalid, "outbound.authorities: cannot read " + authorities);
  if (config.outbound_plain_http) base::log::warn("", "URLs of users may be http: outbound.plain_http is on");
  if (!config.outbound_allowed_networks.empty())
    base::log::warn("", "URLs of users may lead to inner networks", "networks",
                    fmt::format("{}", fmt::join(config.outbound_allowed_networks, ",")));
  return std::unique_ptr<Outgoing>(new Outgoing(env, executor, store, view, config));
}

Outgoing::Outgoing(const base::Env& env, base::Executor& executor, store::Store& store, hub::HookView& view,
                   const Config& config)
    : guard_(url_policy(config, own_addresses(config))),
      outbound_(env, executor, guard_, {.authorities = config.outbound_authorities}),
      sender_(executor, guard_, outbound_),
      deliveries_(env, executor, store.hooks(), store.accounts(), view, sender_, delivery_options(config)),
      janitor_(env, executor, store.retention(), store.archive(), janitor_options(config)) {}

void Outgoing::start() {
  deliveries_.start();
  janitor_.start();
}

} // namespace plenum::app
