#include "api/eyeson/routes.hpp"

#include <fmt/format.h>

namespace plenum::api::eyeson {
namespace {

std::string_view key_of(const net::Request& request) {
  if (const auto header = request.header("Authorization"); header && !header->empty()) return *header;
  return request.segments.size() > 1 ? std::string_view(request.segments[1]) : std::string_view();
}

} // namespace

void Routes::add(std::string_view method, std::string_view pattern, net::Handler handler,
                 net::RouteOptions options) {
  auto& dialect = dialect_;
  router_.add(
      method, pattern,
      [&dialect, handler = std::move(handler)](net::Request request, net::Reply reply) {
        const auto now = dialect.env.clock.now();
        auto wait = dialect.address_limit.take(request.remote_address, now);
        if (!wait) wait = dialect.key_limit.take(key_of(request), now);
        if (!wait) return handler(std::move(request), std::move(reply));
        dialect.env.metrics.counter("plenum_limit_hits_total", "limit=\"requests\"").add();
        auto response = net::Response::error(429, "Too many requests");
        response.headers.set("Retry-After", fmt::format("{}", *wait));
        reply.send(std::move(response));
      },
      options);
}

} // namespace plenum::api::eyeson
