// DoorPort: hub/ tells the door which worker serves which names. Implemented in apps/plenum, which owns the
// door and its thread. After `attach` the door connects to the worker's socket, says Welcome with the prefix,
// and keeps reconnecting until `detach`. Thread: core.
#pragma once

#include "hub/workers.hpp"

#include <string>

namespace plenum::hub {

class DoorPort {
 public:
  virtual ~DoorPort() = default;
  virtual void attach(WorkerId worker, const std::string& socket_path, const std::string& ufrag_prefix) = 0;
  virtual void detach(WorkerId worker) = 0;
};

} // namespace plenum::hub
