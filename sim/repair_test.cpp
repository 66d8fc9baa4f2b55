// Bad networks: loss, reordering, duplication, jitter, a narrow link, and counters that wrap.
#include "sim/test_call.hpp"

#include "rtp/packet.hpp"

namespace plenum::sim {
namespace {

TEST(RepairTest, TenPercentLossBothWaysIsRepaired) {
  Call call(3);
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  call.uplink().loss = call.downlink().loss = 0.1;
  call.run_for(20s);
  call.uplink().loss = call.downlink().loss = 0;
  call.finish();
  for (auto* ends : {&call.server, &call.browser}) {
    auto& receiver = ends->party;
    auto& sender = (ends == &call.server ? call.browser : call.server).party;
    expect_decodable(receiver.frames);
    // A frame may be given up only with a keyframe behind it; with a round trip of 40 ms hardly any is.
    EXPECT_GE(receiver.frames.size() * 100, sender.frames_made * 97U);
    EXPECT_GT(receiver.peer().stats().video_in.retransmitted, 50U);
    EXPECT_EQ(receiver.frames.back().number, sender.frames_made - 1);
    EXPECT_GT(distinct(receiver.packets) * 100, sender.packets_made * 85U);
  }
}

TEST(RepairTest, WithoutRetransmissionsKeyframesRecover) {
  Call call(4);
  // Nothing with the RTX payload type gets through: NACKs are in vain.
  const auto rtx = [](base::Bytes datagram) {
    return datagram.size() > 12 && (datagram[0] & 0xc0) == 0x80 && (datagram[1] & 0x7f) == 97;
  };
  call.uplink().drops = rtx;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  call.uplink().loss = 0.01;
  call.run_for(20s);
  call.uplink().loss = 0;
  call.finish();
  expect_decodable(call.server.party.frames);
  EXPECT_GT(call.server.party.peer().stats().plis_sent, 0U);
  EXPECT_GT(call.browser.party.keys_made, 2U);
  EXPECT_EQ(call.server.party.frames.back().number, call.browser.party.frames_made - 1);
}

TEST(RepairTest, ReorderingCostsNothing) {
  Call call(6);
  call.uplink().reordering = call.downlink().reordering = 0.2;
  call.uplink().held_back = call.downlink().held_back = 6ms; // within the reordering window
  ASSERT_TRUE(call.connect());
  call.run_for(10s);
  call.finish();
  expect_sound(call.server.party.frames);
  EXPECT_EQ(call.server.party.frames.size(), call.browser.party.frames_made);
  EXPECT_EQ(distinct(call.server.party.packets), call.browser.party.packets_made);
  EXPECT_GT(call.network.counters().reordered, 100U);
  EXPECT_LE(call.browser.party.peer().stats().video_out.retransmitted, 20U);
}

TEST(RepairTest, DuplicatesArriveOnce) {
  Call call(7);
  call.uplink().duplication = call.downlink().duplication = 0.3;
  ASSERT_TRUE(call.connect());
  call.run_for(10s);
  call.finish();
  EXPECT_EQ(call.server.party.packets.size(), call.browser.party.packets_made); // not one twice
  EXPECT_EQ(call.server.party.frames.size(), call.browser.party.frames_made);
  expect_sound(call.server.party.frames);
  EXPECT_GT(call.server.party.peer().stats().transport.undecrypted, 100U); // SRTP's replay list
}

TEST(RepairTest, JitterDelaysButKeepsEverything) {
  Call call(8);
  call.uplink().jitter = call.downlink().jitter = 100ms;
  ASSERT_TRUE(call.connect());
  call.run_for(10s);
  call.finish();
  EXPECT_EQ(call.server.party.frames.size(), call.browser.party.frames_made);
  EXPECT_EQ(distinct(call.browser.party.packets), call.server.party.packets_made);
}

TEST(RepairTest, ANarrowLinkDropsToAKeyframeAndRecovers) {
  Call call(9);
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  call.server.party.camera.delta_bytes = 6000; // 1.2 Mbit/s into 300 kbit/s
  call.downlink().rate = base::DataRate::kbps(300);
  call.run_for(20s);
  EXPECT_LT(call.server.party.peer().stats().budget, base::DataRate::kbps(700)); // its loss was heard
  call.downlink().rate = {};
  call.server.party.camera.delta_bytes = 500;
  call.run_for(10s);
  call.finish();
  expect_decodable(call.browser.party.frames);
  EXPECT_EQ(call.browser.party.frames.back().number, call.server.party.frames_made - 1);
}

TEST(RepairTest, ALateKeyframeIsPacedOverTime) {
  Call call(10);
  call.server.party.camera.key_bytes = 120'000;
  std::vector<base::Timestamp> at;
  ASSERT_TRUE(call.connect());
  call.server.on_send = [&](std::vector<std::uint8_t>& datagram) {
    if (datagram.size() > 500) at.push_back(call.now());
  };
  call.run_for(3s);
  ASSERT_GT(at.size(), 100U);
  // 120 kB at twice 1.2 Mbit/s is 400 ms; a burst would be one instant.
  EXPECT_GT(at[99] - at[0], 250ms);
  std::size_t most = 0;
  for (std::size_t i = 0, j = 0; i < at.size(); ++i) {
    while (at[i] - at[j] >= 5ms)
      ++j;
    most = std::max(most, i - j + 1);
  }
  EXPECT_LE(most, 4U); // packets in any 5 ms: 1.5 kB a slot, and one that overdraws
}

TEST(RepairTest, SequenceNumbersAndTimestampsWrap) {
  Call call(11);
  call.browser.party.audio_line = call.server.party.audio_line = 0xffffffff - 48'000;
  call.browser.party.video_line = call.server.party.video_line = 0xffffffff - 90'000;
  call.browser.party.packet_period = 1ms; // 65,536 numbers in a minute
  call.browser.party.camera = {
      .key_bytes = 60'000, .delta_bytes = 46'000, .period = 35ms}; // ~ 1,150 a second
  call.uplink().loss = 0.01;
  std::set<bool> halves_audio, halves_video;
  call.browser.on_send = [&](std::vector<std::uint8_t>& datagram) {
    if (datagram.size() < 12 || (datagram[0] & 0xc0) != 0x80 || rtp::is_rtcp(datagram)) return;
    const bool upper = (datagram[2] & 0x80) != 0;
    if ((datagram[1] & 0x7f) == 111) halves_audio.insert(upper);
    if ((datagram[1] & 0x7f) == 96) halves_video.insert(upper);
  };
  ASSERT_TRUE(call.connect());
  // The stand-in's budget must not be the bottleneck.
  call.server.party.peer().set_video_wish(call.now(), base::DataRate::kbps(20'000));
  call.run_for(70s);
  call.uplink().loss = 0;
  call.finish();
  EXPECT_EQ(halves_audio.size() + halves_video.size(), 4U); // both went round
  EXPECT_GT(call.browser.party.peer().stats().video_out.packets, 40'000U);
  EXPECT_GT(distinct(call.server.party.packets) * 100, call.browser.party.packets_made * 98U);
  expect_decodable(call.server.party.frames);
  EXPECT_EQ(call.server.party.frames.back().number, call.browser.party.frames_made - 1);
  const auto stats = call.server.party.peer().stats();
  EXPECT_LT(stats.audio_lost, 1500U); // 1 % of 70,000, not a cycle of 65,536
}

} // namespace
} // namespace plenum::sim
