// What `plenum serve` tells its media processes about their confinement: the settings media.sandbox and
// media.worker_*, and users by number, because a worker looks up no names. Owner: Server. Thread: start-up.
#pragma once

#include "apps/plenum/config.hpp"

namespace plenum::app {

// Arguments of plenum-media. `root`: this process may change users. Fails for a user that does not exist,
// that is root, or that this process cannot become.
base::Result<std::vector<std::string>> confinement_arguments(const Config& config, bool root);

} // namespace plenum::app
