// Which system calls a worker may make: a seccomp allow-list for all of its threads. Part of the sandbox.
// Owner: main. Thread: main. seccomp(2), seccomp_rule_add(3).
#pragma once

#include "base/result.hpp"

namespace plenum::media {

base::Result<void> restrict_system_calls();

} // namespace plenum::media
