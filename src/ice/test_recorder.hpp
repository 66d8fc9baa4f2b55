// What the tests of Agent share: names for addresses and a sink that remembers. Owner: tests. Thread: any.
#pragma once

#include "ice/agent.hpp"

#include <string_view>
#include <vector>

namespace plenum::ice::test {

inline TransportAddress at(std::string_view text) {
  return *TransportAddress::parse_with_port(text);
}

inline const auto kServer = at("192.0.2.1:10000");
inline const auto kWifi = at("198.51.100.7:5001");
inline const auto kMobile = at("203.0.113.9:6001");

struct Recorder final : AgentSink {
  struct Sent {
    PairKey pair;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Sent> out;
  std::vector<PairKey> selected;
  std::vector<PairKey> closed;
  std::vector<State> states;

  void transmit_stun(const PairKey& pair, base::Bytes bytes) override {
    out.push_back({pair, {bytes.begin(), bytes.end()}});
  }
  void on_pair_selected(const PairKey& pair) override { selected.push_back(pair); }
  void on_pair_closed(const PairKey& pair) override { closed.push_back(pair); }
  void on_ice_state(State state) override { states.push_back(state); }
};

inline const PairKey kServerWifi{kServer, kWifi};
inline const PairKey kServerMobile{kServer, kMobile};

} // namespace plenum::ice::test
