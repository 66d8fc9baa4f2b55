#include "base/alloc_counter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace plenum::base::alloc_counter {
namespace {
thread_local bool watched = false;
std::atomic<std::uint64_t> allocations{0};
} // namespace

void watch() {
  watched = true;
}
void unwatch() {
  watched = false;
}
std::uint64_t count() {
  return allocations.load(std::memory_order_relaxed);
}

Allow::Allow() : was_watched_(watched) {
  watched = false;
}
Allow::~Allow() {
  watched = was_watched_;
}

#if defined(PLENUM_CHECKS) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
bool available() {
  return true;
}

void note() {
  if (watched) allocations.fetch_add(1, std::memory_order_relaxed);
}
} // namespace plenum::base::alloc_counter

void* operator new(std::size_t size) {
  plenum::base::alloc_counter::note();
  for (;;) {
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    const auto handler = std::get_new_handler(); // a worker's says that it is out of memory
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
#else
bool available() {
  return false;
}
} // namespace plenum::base::alloc_counter
#endif
