// HookView: how a dialect tells the owners of rooms what happened, and signs it.
//
// The hub renders an event once, when it is appended: what is stored is what every attempt sends, byte for
// byte. `render` is pure; it sees the state right after the event. Implemented by a dialect, given to the hub
// before its start. Thread: core.
#pragma once

#include "base/secret.hpp"
#include "room/events.hpp"
#include "store/hooks_port.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::hub {

class HookView {
 public:
  virtual ~HookView() = default;
  virtual std::vector<store::OutboxEvent> render(const room::Event& event, const room::State& after,
                                                 base::WallTime at) = 0;
  virtual std::vector<std::pair<std::string, std::string>> headers(std::string_view body,
                                                                   const base::Secret& key,
                                                                   const store::Delivery& delivery,
                                                                   base::WallTime now) = 0;
};

} // namespace plenum::hub
