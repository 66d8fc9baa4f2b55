// Authentic RTP and RTCP that nobody should send.
#include "sim/test_raw_client.hpp"

namespace plenum::sim {
namespace {

TEST(RawTest, EachFirIsAnsweredOnceAndPlisOnlyForOurPicture) {
  Call call;
  RawClient client(call);
  auto& wishes = call.server.party.keyframe_wishes;
  const auto start = wishes;
  client.send_rtcp([&](auto& b) { b.full_intra(1, client.video_ssrc, 7); });
  EXPECT_EQ(wishes, start + 1);
  client.send_rtcp([&](auto& b) { b.full_intra(1, client.video_ssrc, 7); }); // resent
  EXPECT_EQ(wishes, start + 1);
  client.send_rtcp([&](auto& b) { b.full_intra(1, client.video_ssrc, 8); });
  EXPECT_EQ(wishes, start + 2);
  client.send_rtcp([&](auto& b) { b.full_intra(1, client.video_ssrc + 1, 9); }); // nobody's
  client.send_rtcp([&](auto& b) { b.picture_loss(1, client.video_ssrc + 1); });
  EXPECT_EQ(wishes, start + 2);
  client.send_rtcp([&](auto& b) { b.picture_loss(1, client.video_ssrc); });
  EXPECT_EQ(wishes, start + 3);
  EXPECT_EQ(call.server.party.peer().stats().firs_received, 4U);
}

TEST(RawTest, AuthenticNonsenseIsCountedAndNeverHurts) {
  Call call;
  RawClient client(call);
  base::SeededRandom random(9);
  std::array<std::uint8_t, 1200> buffer{};
  std::array<std::uint16_t, 4> sequences{};
  for (int i = 0; i < 30'000; ++i) {
    const bool control = i % 3 == 0;
    std::size_t size = 0;
    if (control) {
      rtp::RtcpBuilder b(buffer);
      const std::array blocks = {rtp::ReportBlock{.ssrc = client.video_ssrc, .fraction_lost = 30}};
      const std::array<std::uint16_t, 3> lost = {1, 2, 900};
      b.sender_report(77, {random.u64(), random.u32(), 1, 1}, blocks);
      b.nack(77, client.video_ssrc, lost);
      b.remb(77, base::DataRate::kbps(random.u32() % 5000), std::array{client.video_ssrc});
      size = b.size();
    } else {
      const auto type = static_cast<std::uint8_t>(std::array{96, 97, 111}[random.u32() % 3]);
      // Rising with gaps, now and then far ones: SRTP refuses what lies too far behind.
      const auto stream = random.u32() % 4;
      sequences[stream] = static_cast<std::uint16_t>(sequences[stream] + 1 + random.u32() % 3 +
                                                     (random.u32() % 200 == 0 ? 700U : 0U));
      size = rtp::write_header(
          buffer, {type, random.u32() % 2 == 0, sequences[stream], random.u32() % 5000, 77 + stream}, {}, {});
      const auto payload = random.u32() % 60;
      random.fill(std::span(buffer).subspan(size, payload));
      size += payload;
    }
    // Bits turn behind the fixed header, so that it is still authentic and parsed.
    const auto flips = random.u32() % 6;
    for (std::uint32_t f = 0; f < flips && size > 12; ++f)
      buffer[control                    ? 8 + random.u32() % (size - 8)
             : random.u32() % size == 0 ? 0
                                        : 12 + random.u32() % (size - 12)] ^=
          static_cast<std::uint8_t>(1U << random.u32() % 8);
    client.send(base::Bytes(buffer).first(size), control);
    if (i % 20 == 0) client.run(5ms);
  }
  client.run(2s);
  const auto stats = call.server.party.peer().stats();
  EXPECT_GT(stats.malformed, 0U);
  EXPECT_GT(stats.transport.rtp, 5000U);
  EXPECT_EQ(stats.phase, Phase::connected);
}

TEST(RawTest, APictureThatCannotBeginIsAskedFor) {
  Call call;
  RawClient client(call);
  std::array<std::uint8_t, 200> packet{};
  for (std::uint16_t i = 0; i < 50; ++i) { // deltas only
    const auto head = rtp::write_header(packet, {96, true, i, i * 3000U, 77}, {}, {});
    packet[head] = 0x10; // begins a frame
    packet[head + 1] = 0x01;
    client.send(base::Bytes(packet).first(head + 50), false);
    client.run(40ms);
  }
  EXPECT_GE(client.plis, 3); // at 0, 0.5, 1 s …
  EXPECT_LE(client.plis, 5);
  EXPECT_TRUE(call.server.party.frames.empty());
}

} // namespace
} // namespace plenum::sim
