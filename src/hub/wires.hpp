// Wires: "tell me when this descriptor is ready", on the core thread. The small port through which hub/
// touches sockets of workers; apps/plenum implements it on the event loop, because hub/ knows no I/O library.
// Level-triggered: the call repeats while the descriptor stays ready and the Watch lives. Destroying a Watch
// (also from inside its call) ends the calls; the descriptor stays the caller's. Thread: core.
#pragma once

#include <functional>
#include <memory>

namespace plenum::hub {

class Wires {
 public:
  class Watch {
   public:
    virtual ~Watch() = default; // ends the calls
  };
  using Call = std::move_only_function<void()>;

  virtual ~Wires() = default;
  [[nodiscard]] virtual std::unique_ptr<Watch> readable(int fd, Call call) = 0;
};

} // namespace plenum::hub
