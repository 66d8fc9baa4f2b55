// Completion: how a store answers. Runs on the executor that the store was opened with (the core thread),
// after the commit, in the order of the calls, and never inside the call. Owner: value. Thread: core.
#pragma once

#include "base/result.hpp"

#include <functional>

namespace plenum::store {

template <class T>
using Completion = std::move_only_function<void(base::Result<T>)>;

} // namespace plenum::store
