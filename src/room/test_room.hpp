// Given a history, when a command, then events: the language of the tests of room/.
#pragma once

#include "room/decide.hpp"
#include "room/evolve.hpp"
#include "room/layout_solver.hpp"
#include "room/scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace plenum::room::testing {

inline MemberId member(std::uint64_t n) {
  return {{1, n}};
}
inline PeerId leg(std::uint64_t n) {
  return {{2, n}};
}
inline const RoomId kRoom{{3, 1}};
inline const AccountId kAccount{{4, 1}};

struct Scenario {
  State state;
  Limits limits;
  Live live;
  Capabilities can{true, true, true, true, true, true};
  WallTime now{std::chrono::hours(500'000)};
  Events log;

  base::Result<Events> when(const Command& command) {
    auto events = decide(state, command, {now, limits, live, can});
    if (!events) return events;
    for (const auto& event : *events) {
      evolve(state, event);
      log.push_back(event);
    }
    return events;
  }
  // Must be accepted.
  Events given(const Command& command) {
    auto events = when(command);
    EXPECT_TRUE(events.has_value()) << (events ? "" : events.error().text);
    return events.value_or(Events{});
  }
  void pass(base::Duration time) { now += time; }

  Events open(OptionsPatch options = {}) {
    return given(OpenRoom{kRoom, kAccount, "daily", "Daily", "GUEST", std::move(options)});
  }
  Events add(std::uint64_t n, bool guest = false) {
    Identity identity;
    identity.external_id = "u" + std::to_string(n);
    identity.name = "Member " + std::to_string(n);
    identity.guest = guest;
    return given(RegisterMember{member(n), "token" + std::to_string(n), identity});
  }
  Events join(std::uint64_t n, bool video = true) {
    return given(JoinMember{member(n), leg(n), "test", video});
  }
  Events enter(std::uint64_t n, bool video = true) {
    add(n);
    return join(n, video);
  }
  Events leave(std::uint64_t n) { return given(LeaveRoom{member(n), {}}); }
  Events video(std::uint64_t n, bool on) { return given(SwitchVideo{member(n), on}); }
  void talk(std::uint64_t n, bool on) { observe(live, Talking{member(n), on}, now); }

  // Who sits in which spot: numbers of members, 0 for free.
  std::vector<std::uint64_t> spots() const {
    std::vector<std::uint64_t> out;
    for (const auto& tile : state.tiles)
      out.push_back(tile.member.bits.random);
    return out;
  }
};

inline std::vector<std::string> names(const Events& events) {
  std::vector<std::string> out;
  for (const auto& event : events)
    out.emplace_back(name_of(event));
  return out;
}

inline base::ErrorCode code(const base::Result<Events>& result) {
  return result ? base::ErrorCode{-1} : result.error().code;
}

} // namespace plenum::room::testing
