// Which files a worker may open: Landlock, as much of it as the kernel has. Part of the sandbox.
// Owner: main. Thread: main, before it starts others (Landlock binds the calling thread). landlock(7).
#pragma once

#include "apps/plenum_media/sandbox.hpp"

namespace plenum::media {

// Only reading, and only below these paths; those that do not exist are left out. Also no TCP, no signals to
// and no abstract Unix sockets of processes outside. A kernel without Landlock is noted in `done`.
base::Result<void> restrict_files(const std::vector<std::string>& readable, Confinement& done);

} // namespace plenum::media
