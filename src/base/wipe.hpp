// wipe: overwrites what must not stay in memory; the compiler may not leave it out. Nothing is fine, too,
// which explicit_bzero(3) does not promise. Owner: function. Thread: any.
#pragma once

#include "base/bytes.hpp"

#include <cstring>

namespace plenum::base {

inline void wipe(MutableBytes secret) {
  if (!secret.empty()) ::explicit_bzero(secret.data(), secret.size());
}

} // namespace plenum::base
