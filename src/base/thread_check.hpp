// ThreadCheck: asserts in checking builds (PLENUM_CHECKS) that an object stays on one thread.
//
// Bind it where the owner starts (`bind()`), assert where it is used (`check()`). Costs nothing otherwise.
#pragma once

#include "base/check.hpp"

#include <thread>

namespace plenum::base {

class ThreadCheck {
 public:
#ifdef PLENUM_CHECKS
  void bind() { owner_ = std::this_thread::get_id(); }
  void check() const { CHECK(owner_ == std::thread::id{} || owner_ == std::this_thread::get_id()); }

 private:
  std::thread::id owner_{};
#else
  void bind() {}
  void check() const {}
#endif
};

} // namespace plenum::base
