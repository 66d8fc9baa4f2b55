// source_update: who is seen and heard, and where. The same for everybody in a room but for the id of the
// call, so the newest one is rendered once and handed to all of them: with n people who come one after the
// other that is n renderings and not n². Owner: SeppSessions. Thread: core. Source: eyeson-sepp 3.5.
#pragma once

#include "base/json.hpp"
#include "base/random.hpp"
#include "room/state.hpp"

#include <string>
#include <string_view>

namespace plenum::api::eyeson {

base::json::object source_update(const room::State& state); // without the call

class SourceUpdates {
 public:
  // The whole message for one client.
  std::string write(base::Random& random, std::string_view conference, std::string_view client,
                    std::string_view call, const room::State& state);
  std::size_t rendered() const { return rendered_; } // how often, for tests

 private:
  base::RoomId room_;
  std::uint64_t revision_ = 0;
  std::string members_; // of the object, without its braces
  std::size_t rendered_ = 0;
};

} // namespace plenum::api::eyeson
