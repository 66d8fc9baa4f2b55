// Env: what a long-lived object needs from its surroundings, in one value: clock, random bytes, metrics, log
// tag. First parameter of constructors (docs/architecture.md, 8.3). The referenced objects outlive
// everything.
#pragma once

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"

#include <string>

namespace plenum::base {

struct Env {
  const Clock& clock = Clock::system();
  Random& random = Random::system();
  Metrics& metrics = Metrics::process();
  std::string log_tag; // "room=… member=…", put in front of every line

  Env tagged(std::string tag) const { return {clock, random, metrics, std::move(tag)}; }
};

} // namespace plenum::base
