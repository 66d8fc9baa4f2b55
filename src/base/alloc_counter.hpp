// Counts heap allocations of threads that must not allocate once they are warm (docs/architecture.md, 3.3).
//
// Checking builds (PLENUM_CHECKS) replace global operator new. A thread calls `watch(name)` after warm-up;
// from then on each of its allocations is counted under that name. Release builds count nothing. Thread: any.
#pragma once

#include <cstdint>

namespace plenum::base::alloc_counter {

bool available();
void watch();          // this thread, from now on
void unwatch();        // this thread, until the next watch: for set-up work on a warm thread
std::uint64_t count(); // allocations by watched threads of this process

// Suspends counting in a scope that is allowed to allocate (applying a scene, opening a peer).
class Allow {
 public:
  Allow();
  ~Allow();
  Allow(const Allow&) = delete;
  Allow& operator=(const Allow&) = delete;

 private:
  bool was_watched_;
};

} // namespace plenum::base::alloc_counter
