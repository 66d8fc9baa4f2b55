// What a client gets of our picture: everything while its reports are merely low, and a link that is too thin
// gets fewer frames, never later and later ones.
#include "sim/test_call.hpp"

#include <algorithm>

namespace plenum::sim {
namespace {

constexpr CameraOptions kStill = {.key_bytes = 12'000, .delta_bytes = 40, .period = 40ms};
constexpr CameraOptions kMoving = {.key_bytes = 12'000, .delta_bytes = 5000, .period = 40ms}; // 1 Mbit/s

base::Duration longest_gap(const std::vector<SeenFrame>& frames, base::Timestamp since) {
  base::Duration longest{};
  for (std::size_t i = 1; i < frames.size(); ++i)
    if (frames[i - 1].at >= since) longest = std::max(longest, frames[i].at - frames[i - 1].at);
  return longest;
}

TEST(SendingTest, APictureThatBeginsToMoveIsNotStarved) {
  Call call;
  call.server.party.camera = kStill;
  ASSERT_TRUE(call.connect());
  // A browser estimates about one and a half times what comes.
  call.browser.party.peer().set_video_wish(call.now(), base::DataRate::kbps(90));
  call.run_for(10s);
  const auto moves = call.now();
  call.server.party.camera = kMoving;
  call.run_for(900ms); // before its next report
  call.browser.party.peer().set_video_wish(call.now(), base::DataRate::kbps(1500));
  call.run_for(5s);
  EXPECT_LE(longest_gap(call.browser.party.frames, moves), 100ms);
  call.finish();
  EXPECT_EQ(call.browser.party.frames.size(), call.server.party.frames_made);
}

TEST(SendingTest, ALowEstimateWithoutLossCostsNoFrame) {
  Call call;
  call.server.party.camera = kMoving;
  ASSERT_TRUE(call.connect());
  call.browser.party.peer().set_video_wish(call.now(), base::DataRate::kbps(200));
  call.run_for(20s);
  EXPECT_EQ(call.server.party.peer().stats().budget, base::DataRate::kbps(200));
  EXPECT_EQ(call.server.party.peer().stats().paced_out, 0U);
  EXPECT_LE(longest_gap(call.browser.party.frames, call.now() - 15s), 100ms);
  call.finish();
  EXPECT_EQ(call.browser.party.frames.size(), call.server.party.frames_made);
}

TEST(SendingTest, AThinLinkGetsFewerFramesAndNotLaterOnes) {
  Call call(3);
  call.server.party.camera = kMoving;
  ASSERT_TRUE(call.connect());
  call.run_for(5s);
  call.downlink().rate = base::DataRate::kbps(500);
  call.browser.party.peer().set_video_wish(call.now(), base::DataRate::kbps(400));
  call.run_for(10s); // the losses are reported
  const auto settled = call.now();
  call.run_for(30s);
  const auto& frames = call.browser.party.frames;
  expect_decodable(frames);
  EXPECT_GT(call.server.party.peer().stats().paced_out, 0U);
  base::Duration latest{};
  int got = 0;
  for (const auto& frame : frames) {
    if (frame.at < settled) continue;
    latest = std::max(latest, frame.at - frame.captured);
    ++got;
  }
  EXPECT_GT(got, 60);        // of 750: without smaller tiers there is nothing else to send
  EXPECT_LT(latest, 2500ms); // what waits is dropped after 300 ms, what is lost is repaired for a second
}

} // namespace
} // namespace plenum::sim
