// Admin routes: liveness, readiness and metrics, on their own loopback port.
//
// /healthz: the core thread turns. /readyz: rooms can be opened. /metrics: Prometheus text of control and all
// workers. Owner: apps. Thread: core.
#pragma once

#include "base/metrics.hpp"
#include "hub/hub.hpp"
#include "net/router.hpp"

#include <functional>

namespace plenum::api::admin {

// `ready`: why not, empty when ready.
void add_routes(net::Router& router, hub::Hub& hub, base::Metrics& metrics,
                std::function<std::string()> ready);

} // namespace plenum::api::admin
