// LegTotals: what the legs of a room have counted (ended ones included) as metrics of the process.
//
// Peers count into plain numbers, because they are called per packet; every few seconds the differences are
// added here. A number that fell (a new DTLS association begins at zero) adds nothing. Owner: RoomEngine.
// Thread: net.
#pragma once

#include "base/metrics.hpp"
#include "peer/peer.hpp"

#include <vector>

namespace plenum::engine {

class LegTotals {
 public:
  explicit LegTotals(base::Metrics& metrics);
  void add(const peer::PeerStats& before, const peer::PeerStats& now);

 private:
  std::vector<base::Counter*> counters_; // in the order of the table in leg_totals.cpp
};

} // namespace plenum::engine
