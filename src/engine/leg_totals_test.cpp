#include "engine/leg_totals.hpp"

#include <gtest/gtest.h>

namespace plenum::engine {
namespace {

TEST(LegTotals, AddDifferencesOfSeveralLegsAndNeverFall) {
  base::Metrics metrics;
  LegTotals totals(metrics);
  const auto& malformed = metrics.counter("plenum_peer_dropped_total", "reason=\"malformed\"");
  const auto& replayed = metrics.counter("plenum_peer_dropped_total", "reason=\"srtp_replay\"");
  peer::PeerStats none, ann, bob;
  ann.malformed = 3;
  ann.srtp.replayed = 5;
  bob.malformed = 4;
  totals.add(none, ann);
  totals.add(none, bob);
  EXPECT_EQ(malformed.value(), 7u);
  auto later = ann;
  later.malformed = 10;
  later.srtp.replayed = 1; // a new DTLS association
  totals.add(ann, later);
  EXPECT_EQ(malformed.value(), 14u);
  EXPECT_EQ(replayed.value(), 5u);
}

} // namespace
} // namespace plenum::engine
