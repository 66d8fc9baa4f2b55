// `plenum hook ls|replay|test`: what owners are told, seen and mended from the command line. Through the
// database, beside the running server, which notices within a second: no port, no key, only the file's own
// rights. Each returns the exit status. Thread: main.
#pragma once

#include "apps/plenum/config.hpp"
#include "base/env.hpp"

#include <string>

namespace plenum::app {

int list_hooks(const base::Env& env, const Config& config, bool parked); // parked: the dead letters instead
// Parked deliveries go back into their lines: one (by id), those of an account, or with neither all.
int replay_deliveries(const base::Env& env, const Config& config, const std::string& delivery,
                      const std::string& account);
// Sends one delivery of type "test" and waits for what becomes of it. An empty account: the only one with a
// hook.
int test_hook(const base::Env& env, const Config& config, const std::string& account);

} // namespace plenum::app
