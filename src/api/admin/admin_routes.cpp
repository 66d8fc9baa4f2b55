#include "api/admin/admin_routes.hpp"

namespace plenum::api::admin {

void add_routes(net::Router& router, hub::Hub& hub, base::Metrics& metrics,
                std::function<std::string()> ready) {
  router.add("GET", "/healthz", [](const net::Request&, net::Reply reply) {
    reply.json(200, base::json::object{{"status", "ok"}});
  });
  router.add("GET", "/readyz", [ready = std::move(ready)](const net::Request&, net::Reply reply) {
    const auto why_not = ready();
    if (why_not.empty()) return reply.json(200, base::json::object{{"status", "ready"}});
    reply.error(503, why_not);
  });
  router.add("GET", "/metrics", [&hub, &metrics](const net::Request&, net::Reply reply) {
    metrics.gauge("plenum_rooms_open").set(static_cast<std::int64_t>(hub.directory().open_rooms()));
    auto samples = metrics.snapshot();
    for (auto& sample : hub.worker_samples())
      samples.push_back(std::move(sample));
    reply.send(net::Response::text(200, base::prometheus_text(samples), "text/plain; version=0.0.4"));
  });
}

} // namespace plenum::api::admin
