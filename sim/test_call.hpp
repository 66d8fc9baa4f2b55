// What the call tests share: a World whose wall clock is virtual too, and ways to judge what arrived.
#pragma once

#include "sctp/test_wall_clock.hpp"
#include "sim/world.hpp"

#include <gtest/gtest.h>

#include <set>

namespace plenum::sim {

using namespace std::chrono_literals;
using peer::Phase;

struct Call : World {
  explicit Call(std::uint64_t seed = 1) : World(seed) {
    on_time = [](base::Timestamp at) { sctp::set_test_wall_clock(at); };
  }
  // Switches both ends off and lets what is under way arrive.
  void finish() {
    for (auto* station : {&browser, &server}) {
      station->party.switch_camera(now(), false);
      station->party.switch_microphone(now(), false);
    }
    run_for(3s);
  }
};

// Frames came whole, each once, in rising order.
inline void expect_sound(const std::vector<SeenFrame>& frames) {
  std::optional<std::uint32_t> last;
  for (const auto& frame : frames) {
    ASSERT_TRUE(frame.number) << "a damaged frame";
    if (last) {
      ASSERT_GT(*frame.number, *last);
    }
    last = frame.number;
  }
}

// After a hole only a keyframe may follow.
inline void expect_decodable(const std::vector<SeenFrame>& frames) {
  expect_sound(frames);
  std::optional<std::uint32_t> last;
  for (const auto& frame : frames) {
    if (!last || *frame.number != *last + 1) {
      ASSERT_TRUE(frame.key) << "frame " << *frame.number << " lacks its reference";
    }
    last = frame.number;
  }
}

inline std::size_t distinct(const std::vector<HeardPacket>& packets) {
  std::set<std::uint32_t> numbers;
  for (const auto& packet : packets)
    if (packet.number) numbers.insert(*packet.number);
  return numbers.size();
}

inline bool was_in(const Party& party, Phase phase) {
  for (const auto& change : party.phases)
    if (change.phase == phase) return true;
  return false;
}

} // namespace plenum::sim
