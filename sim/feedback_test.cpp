// RTCP: reports and round trip, caps, transport feedback, keyframe requests; and the clock of a sender.
#include "sim/test_call.hpp"

namespace plenum::sim {
namespace {

TEST(FeedbackTest, ReportsGiveTheRoundTripToBoth) {
  Call call;
  call.uplink().delay = 30ms;
  call.downlink().delay = 50ms;
  ASSERT_TRUE(call.connect());
  call.run_for(5s);
  for (auto* party : {&call.browser.party, &call.server.party}) {
    const auto round_trip = party->peer().stats().round_trip;
    EXPECT_GE(round_trip, 78ms);
    EXPECT_LE(round_trip, 86ms);
  }
}

TEST(FeedbackTest, AWallClockThatJumpsHurtsNobody) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(3s);
  call.clock.shift_wall(-1h);
  call.run_for(3s);
  call.clock.shift_wall(2h);
  call.run_for(5s);
  call.finish();
  EXPECT_EQ(call.server.party.frames.size(), call.browser.party.frames_made);
  EXPECT_LT(call.server.party.peer().stats().round_trip, 100ms);
}

TEST(FeedbackTest, ALossIsReportedAndLowersTheBudget) {
  Call call(2);
  ASSERT_TRUE(call.connect());
  call.run_for(3s);
  const auto before = call.server.party.peer().stats().budget;
  call.downlink().loss = 0.3;
  call.run_for(15s);
  EXPECT_LT(call.server.party.peer().stats().budget.bps * 2, before.bps);
}

TEST(FeedbackTest, TheTileCapIsToldAtOnce) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.server.party.peer().set_video_wish(call.now(), base::DataRate::kbps(900));
  call.run_for(3050ms);
  EXPECT_EQ(call.browser.party.peer().stats().budget, base::DataRate::kbps(900));
  call.server.party.peer().set_video_wish(call.now(), base::DataRate::kbps(300));
  call.run_for(100ms); // not at the next regular report
  EXPECT_EQ(call.browser.party.peer().stats().budget, base::DataRate::kbps(300));
  call.server.party.peer().set_video_wish(call.now(), base::DataRate::kbps(310)); // no news
  call.run_for(50ms);
  EXPECT_EQ(call.browser.party.peer().stats().budget, base::DataRate::kbps(300));
}

TEST(FeedbackTest, TransportFeedbackComesBackTenToTwentyTimesASecond) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(10s);
  const auto received = call.browser.party.peer().stats().transport_feedback_received;
  EXPECT_GE(received, 90U);
  EXPECT_LE(received, 210U);
  EXPECT_EQ(call.server.party.peer().stats().transport_feedback_received, 0U); // we number nothing
}

TEST(FeedbackTest, ANeedForAKeyframeIsAskedOnceAndRepeatedUntilItComes) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(3s);
  const auto keys = call.browser.party.keys_made;
  const auto asked = call.server.party.peer().stats().plis_sent;
  call.server.party.peer().need_keyframe(call.now());
  call.run_for(300ms);
  EXPECT_EQ(call.browser.party.keys_made, keys + 1);
  EXPECT_EQ(call.server.party.peer().stats().plis_sent, asked + 1);

  call.run_for(2s);
  call.uplink().drops = [](base::Bytes datagram) { return datagram.size() > 500; }; // no keyframe passes
  call.server.party.peer().need_keyframe(call.now());
  call.run_for(5s);
  const auto repeated = call.server.party.peer().stats().plis_sent - asked - 1;
  EXPECT_GE(repeated, 3U); // at 0, 0.5, 1, 3, 5 s
  EXPECT_LE(repeated, 7U);
}

TEST(FeedbackTest, NobodyLooksNobodyAsks) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(3s);
  call.server.party.peer().set_video_wish(call.now(), {});
  const auto asked = call.server.party.peer().stats().plis_sent;
  call.uplink().drops = [](base::Bytes datagram) { return datagram.size() > 500; };
  call.run_for(5s);
  call.uplink().drops = nullptr;
  call.run_for(2s);
  EXPECT_EQ(call.server.party.peer().stats().plis_sent, asked);
  const auto frames = call.server.party.frames.size();
  call.server.party.peer().set_video_wish(call.now(), base::DataRate::kbps(500)); // back on the canvas
  call.run_for(1s);
  EXPECT_GT(call.server.party.peer().stats().plis_sent, asked);
  EXPECT_GT(call.server.party.frames.size(), frames + 15);
  expect_decodable(call.server.party.frames);
}

TEST(FeedbackTest, ALateWatcherGetsAKeyframeFirst) {
  Call call;
  call.call();
  call.server.party.switch_camera(call.now(), false);
  call.run_for(2s);
  ASSERT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_GT(call.server.party.keyframe_wishes, 0);
  // The shared encoder is in the middle of its stream: deltas must wait.
  for (std::uint32_t i = 0; i < 10; ++i) {
    call.server.party.send_frame(call.now(), make_frame(call.server_kit.frames, false, i, 2000));
    call.run_for(40ms);
  }
  EXPECT_TRUE(call.browser.party.frames.empty());
  EXPECT_EQ(call.server.party.peer().stats().video_out.frames_skipped, 10U);
  EXPECT_EQ(call.server.party.peer().stats().video_out.packets, 0U);
  call.server.party.send_frame(call.now(), make_frame(call.server_kit.frames, true, 10, 9000));
  call.run_for(40ms);
  call.server.party.send_frame(call.now(), make_frame(call.server_kit.frames, false, 11, 2000));
  call.run_for(200ms);
  ASSERT_EQ(call.browser.party.frames.size(), 2U);
  EXPECT_TRUE(call.browser.party.frames[0].key);
}

TEST(FeedbackTest, AWishThatBringsNoKeyframeIsRepeated) {
  Call call;
  call.call();
  call.server.party.switch_camera(call.now(), false);
  call.run_for(2s);
  const auto wishes = call.server.party.keyframe_wishes;
  for (std::uint32_t i = 0; i < 100; ++i) { // four seconds of deltas that cannot be sent
    call.server.party.send_frame(call.now(), make_frame(call.server_kit.frames, false, i, 2000));
    call.run_for(40ms);
  }
  EXPECT_GE(call.server.party.keyframe_wishes, wishes + 3);
  EXPECT_LE(call.server.party.keyframe_wishes, wishes + 5);
}

TEST(FeedbackTest, SoundAndPictureOfOneMomentMeetWithinFiveMilliseconds) {
  // Sound and picture of the same moment carry the same capture time, although the picture is late by its
  // pacing and both jitter. Only the reports connect the two time lines.
  Call call(12);
  call.uplink().jitter = 60ms;
  call.browser.party.camera = {.key_bytes = 12'000, .delta_bytes = 5000, .period = 40ms};
  ASSERT_TRUE(call.connect());
  call.run_for(20s);
  call.finish();
  const auto& heard = call.server.party.packets;
  const auto& seen = call.server.party.frames;
  ASSERT_GT(seen.size(), 400U);
  // Packet 2n and frame n leave in the same instant.
  int compared = 0;
  for (const auto& frame : seen) {
    if (frame.at < call.now() - 20s) continue; // until reports of both are known
    for (const auto& packet : heard) {
      if (packet.number != *frame.number * 2) continue;
      const auto apart = frame.captured - packet.captured;
      EXPECT_LE(std::abs(apart.count()), 5000) << "frame " << *frame.number;
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

} // namespace
} // namespace plenum::sim
