// CHECK: a bug aborts in every build; the supervisor repairs. Not for input of any kind.
#pragma once

namespace plenum::base {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
} // namespace plenum::base

#define CHECK(expression)                                                                                    \
  (static_cast<bool>(expression) ? static_cast<void>(0)                                                      \
                                 : ::plenum::base::check_failed(#expression, __FILE__, __LINE__))
