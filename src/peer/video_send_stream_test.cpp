#include "peer/video_send_stream.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <gtest/gtest.h>

#include <set>

namespace plenum::peer {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kSsrc = 11, kRtxSsrc = 12;

struct Sent {
  rtp::RtpHeader header;
  std::uint16_t original = 0; // of a retransmission
  std::vector<std::uint8_t> payload;
};

struct Sending {
  base::EncodedFramePool frames;
  rtp::PacketizedFramePool packetized{4};
  base::SeededRandom random{3};
  VideoSendStream stream{random, kSsrc, kRtxSsrc};
  base::Timestamp now = base::timestamp_us(9'000'000);

  Sending() {
    configure();
    stream.set_rate(base::DataRate::kbps(4000), true);
  }
  void configure(sdp::Codec codec = sdp::Codec::vp8) {
    sdp::NegotiatedCodec negotiated{.codec = codec, .payload_type = 96, .rtx_payload_type = 97};
    stream.configure(negotiated, {}, "1");
  }
  void send(bool key, std::size_t bytes) {
    auto frame = frames.get(bytes);
    frame->size = bytes;
    frame->key = key;
    std::fill_n(frame->buffer().begin(), bytes, std::uint8_t{1});
    auto cut = packetized.get(std::move(frame));
    ASSERT_TRUE(rtp::packetize_vp8(*cut, {}));
    stream.send(now, cut, static_cast<std::uint32_t>(base::to_us(now) * 9 / 100), now);
  }
  // What may leave now.
  std::vector<Sent> take() {
    std::vector<Sent> out;
    std::array<std::uint8_t, 1500> buffer{};
    while (const auto size = stream.write_next(now, buffer)) {
      const auto view = rtp::RtpView::parse(base::Bytes(buffer).first(size));
      EXPECT_TRUE(view);
      Sent one{view->header, 0, {}};
      auto payload = view->payload;
      if (view->header.ssrc == kRtxSsrc) {
        one.original = base::load_u16(payload.data());
        payload = payload.subspan(2);
      }
      one.payload.assign(payload.begin(), payload.end());
      out.push_back(std::move(one));
    }
    return out;
  }
  std::vector<Sent> take_for(base::Duration time) {
    std::vector<Sent> out;
    for (const auto end = now + time; now < end; now += 5ms)
      for (auto& one : take())
        out.push_back(std::move(one));
    return out;
  }
};

TEST(VideoSendStreamTest, BeginsWithAKeyframeAndAsksForIt) {
  Sending s;
  EXPECT_TRUE(s.stream.take_keyframe_need());
  EXPECT_FALSE(s.stream.take_keyframe_need()); // once
  s.send(false, 1000);
  EXPECT_TRUE(s.take().empty());
  s.send(true, 3000);
  const auto sent = s.take_for(50ms);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_FALSE(sent[0].header.marker);
  EXPECT_TRUE(sent[2].header.marker);
  EXPECT_EQ(sent[0].header.payload_type, 96);
  EXPECT_LT(sent[0].header.sequence, 0x8000); // room before the first wrap (RFC 3711, 3.3.1)
  EXPECT_EQ(sent[2].header.sequence, static_cast<std::uint16_t>(sent[0].header.sequence + 2));
  EXPECT_EQ(sent[0].header.timestamp, sent[2].header.timestamp);
}

TEST(VideoSendStreamTest, ARetransmissionIsTheSamePayloadInItsOwnStream) {
  Sending s;
  s.send(true, 3000);
  const auto first = s.take_for(100ms);
  ASSERT_EQ(first.size(), 3U);
  s.stream.on_nack(s.now, first[1].header.sequence);
  const auto again = s.take_for(20ms);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].header.ssrc, kRtxSsrc);
  EXPECT_EQ(again[0].header.payload_type, 97);
  EXPECT_EQ(again[0].original, first[1].header.sequence);
  EXPECT_EQ(again[0].header.timestamp, first[1].header.timestamp);
  EXPECT_EQ(again[0].payload, first[1].payload);
}

TEST(VideoSendStreamTest, OneRetransmissionPerRoundTrip) {
  Sending s;
  s.stream.set_round_trip(60ms);
  s.send(true, 500);
  const auto first = s.take_for(100ms);
  for (int i = 0; i < 5; ++i)
    s.stream.on_nack(s.now, first[0].header.sequence); // also while the first still waits in the pacer
  EXPECT_EQ(s.take_for(55ms).size(), 1U);
  s.stream.on_nack(s.now, first[0].header.sequence);
  EXPECT_TRUE(s.take().empty());
  s.now += 10ms;
  s.stream.on_nack(s.now, first[0].header.sequence);
  EXPECT_EQ(s.take_for(20ms).size(), 1U);
}

TEST(VideoSendStreamTest, HistoryEndsAfterASecondAndGivesTheFramesBack) {
  Sending s;
  s.stream.set_round_trip(0ms);
  s.send(true, 500);
  const auto first = s.take_for(5ms);
  s.now += 900ms;
  s.stream.on_nack(s.now, first[0].header.sequence);
  EXPECT_EQ(s.take_for(20ms).size(), 1U);
  s.now += 200ms;
  s.stream.on_nack(s.now, first[0].header.sequence);
  EXPECT_TRUE(s.take_for(20ms).empty());
  EXPECT_EQ(s.stream.counters().nacked_too_old, 1U);
  EXPECT_EQ(s.packetized.in_use(), 0U);
  for (int i = 0; i < 100; ++i) { // small frames for four seconds
    s.send(i == 0, 100);
    s.take_for(40ms);
  }
  EXPECT_LE(s.packetized.in_use(), 27U);
  s.stream.on_nack(s.now, 4711);
  EXPECT_EQ(s.stream.counters().nacked_too_old, 2U);
}

TEST(VideoSendStreamTest, RetransmissionsTakeAQuarterOfTheRateAtMost) {
  Sending s;
  s.stream.set_rate(base::DataRate::kbps(1000), true);
  s.stream.set_round_trip(0ms);
  std::size_t resent = 0;
  for (int i = 0; i < 250; ++i) { // ten seconds
    s.send(i == 0, 1000);
    const auto fresh = s.take();
    for (const auto& one : fresh)
      for (int n = 0; n < 10; ++n) {
        s.stream.on_nack(s.now, one.header.sequence);
        s.now += 1us;
      }
    for (const auto& one : s.take_for(40ms))
      if (one.header.ssrc == kRtxSsrc) resent += one.payload.size();
  }
  EXPECT_LT(resent, 10 * 1'000'000 / 8 / 4 + 40'000U);
  EXPECT_GT(resent, 200'000U);
  EXPECT_GT(s.stream.counters().rtx_over_budget, 0U);
}

TEST(VideoSendStreamTest, BothSequencesWrap) {
  Sending s;
  s.stream.set_round_trip(0ms);
  s.stream.set_rate(base::DataRate::kbps(4'000'000), true);
  std::optional<std::uint16_t> last, last_rtx;
  int wraps = 0, rtx_wraps = 0;
  for (int i = 0; i < 70'000; ++i) {
    s.send(i == 0, 100);
    s.now += 5ms;
    const auto fresh = s.take();
    ASSERT_EQ(fresh.size(), 1U);
    if (last) {
      ASSERT_EQ(fresh[0].header.sequence, static_cast<std::uint16_t>(*last + 1));
      wraps += fresh[0].header.sequence == 0;
    }
    last = fresh[0].header.sequence;
    s.now += 5ms;
    s.stream.on_nack(s.now, *last);
    const auto again = s.take();
    ASSERT_EQ(again.size(), 1U);
    ASSERT_EQ(again[0].original, *last);
    if (last_rtx) {
      ASSERT_EQ(again[0].header.sequence, static_cast<std::uint16_t>(*last_rtx + 1));
      rtx_wraps += again[0].header.sequence == 0;
    }
    last_rtx = again[0].header.sequence;
  }
  EXPECT_EQ(wraps, 1);
  EXPECT_EQ(rtx_wraps, 1);
}

TEST(VideoSendStreamTest, OverflowDropsToAKeyframeWithoutAHole) {
  Sending s;
  s.stream.set_rate(base::DataRate::kbps(100), true);
  s.send(true, 1000);
  s.stream.take_keyframe_need();
  auto sent = s.take();
  for (int i = 0; i < 25; ++i) { // 400 kbyte/s into 100 kbit/s
    s.send(false, 16'000);
    for (auto& one : s.take_for(40ms))
      sent.push_back(std::move(one));
  }
  EXPECT_TRUE(s.stream.take_keyframe_need());
  s.stream.set_rate(base::DataRate::kbps(4000), true);
  s.take_for(1s);
  const auto packets = s.stream.counters().packets;
  s.send(false, 1000); // still nothing without a keyframe
  EXPECT_TRUE(s.take().empty());
  EXPECT_EQ(s.stream.counters().packets, packets);
  s.send(true, 1000);
  for (auto& one : s.take_for(20ms))
    sent.push_back(std::move(one));
  const auto last = sent.back().header.sequence;
  EXPECT_EQ(static_cast<std::uint16_t>(last - sent.front().header.sequence), s.stream.counters().packets - 1);
}

TEST(VideoSendStreamTest, AnotherCodecStartsAnew) {
  Sending s;
  s.send(true, 500);
  const auto first = s.take_for(10ms);
  s.stream.take_keyframe_need();
  s.configure(); // the same again changes nothing
  EXPECT_FALSE(s.stream.take_keyframe_need());
  s.configure(sdp::Codec::h264);
  EXPECT_TRUE(s.stream.take_keyframe_need());
  s.stream.on_nack(s.now, first[0].header.sequence);
  EXPECT_TRUE(s.take_for(20ms).empty());
  s.stream.configure(std::nullopt, {}, "1");
  EXPECT_FALSE(s.stream.enabled());
  s.send(true, 500);
  EXPECT_TRUE(s.take_for(20ms).empty());
}

TEST(VideoSendStreamTest, TheReportExtendsTheLineToNow) {
  Sending s;
  EXPECT_FALSE(s.stream.report(s.now, 1));
  s.send(true, 500);
  const auto sent = s.take_for(5ms);
  const auto at = s.now + 495ms; // half a second after the picture was true
  const auto report = s.stream.report(at, 99);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ntp, 99U);
  EXPECT_EQ(report->rtp_time, sent[0].header.timestamp + 45'000);
  EXPECT_EQ(report->packets, 1U);
}

} // namespace
} // namespace plenum::peer
