// Attacks of the class A02 (docs/threats.md): lengths and counts in RTP and RTCP that lie.
#include "rtp/packet.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/test_bytes.hpp"
#include "rtp/twcc.hpp"

#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

// Header, then `rest`.
Buffer rtp(std::uint8_t first, const Buffer& rest) {
  return join({{first, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, rest});
}
Buffer rtcp(std::uint8_t first, std::uint8_t type, std::uint16_t words, const Buffer& body) {
  return join({{first, type, static_cast<std::uint8_t>(words >> 8), static_cast<std::uint8_t>(words)}, body});
}

TEST(Threats, A02_RtpLengthsThatLieAreRefusedWhole) {
  const std::vector<std::pair<const char*, Buffer>> lies = {
      {"padding longer than the payload", rtp(0xa0, {1, 2, 9})},
      {"padding of nothing", rtp(0xa0, {1, 2, 0})},
      {"more sources than bytes", rtp(0x8f, Buffer(56))},
      {"extension longer than the packet", rtp(0x90, {0xbe, 0xde, 0xff, 0xff, 1, 2, 3, 4})},
      {"half an extension header", rtp(0x90, {0xbe, 0xde})},
      {"one-byte element over the end", rtp(0x90, {0xbe, 0xde, 0, 1, 0x1f, 1, 2, 3})},
      {"two-byte element over the end", rtp(0x90, {0x10, 0, 0, 1, 1, 200, 1, 2})},
      {"padding that reaches into the extension", rtp(0xb0, {0xbe, 0xde, 0, 1, 0x10, 1, 0, 5})},
  };
  for (const auto& [what, bytes] : lies)
    EXPECT_FALSE(RtpView::parse(bytes)) << what;
}

TEST(Threats, A02_ACompoundWhoseFirstPacketIsBadGivesNothing) {
  const Buffer pli = rtcp(0x81, 206, 2, Buffer(8));
  for (const auto& first :
       {rtcp(0x81, 206, 500, {}), rtcp(0x41, 201, 1, Buffer(4)), rtcp(0xa1, 201, 1, {0, 0, 0, 77})}) {
    const auto compound = join({first, pli});
    RtcpReader reader(compound);
    int messages = 0;
    while (reader.next())
      ++messages;
    EXPECT_EQ(messages, 0);
    EXPECT_EQ(reader.malformed(), 1U);
  }
}

TEST(Threats, A02_ReportCountsBeyondTheBodyAreSkipped) {
  // 31 blocks announced, one there; NACK without an item; FIR of half an entry; BYE of 31 sources in 4 bytes.
  for (const auto& bytes :
       {rtcp(0x9f, 201, 7, Buffer(28)), rtcp(0x84, 206, 3, Buffer(12)), rtcp(0x9f, 203, 1, Buffer(4)),
        rtcp(0x8f, 206, 4, join({Buffer(8), {'R', 'E', 'M', 'B', 255, 2, 0, 0}}))}) {
    RtcpReader reader(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.malformed(), 1U);
  }
}

TEST(Threats, A02_ANackAsksForNoMoreThanItsItems) {
  // The largest datagram that SRTCP can carry, every bit set: 17 numbers per item and no more.
  const Buffer items(4 * 300, 0xff);
  const auto bytes = rtcp(0x81, 205, 2 + 300, join({Buffer(8), items})); // the reader looks into it
  RtcpReader reader(bytes);
  const auto message = reader.next();
  ASSERT_TRUE(message);
  std::size_t asked = 0;
  std::get<Nack>(*message).for_each([&](std::uint16_t) { ++asked; });
  EXPECT_EQ(asked, 17U * 300);
}

TEST(Threats, A02_FeedbackThatAnnouncesMoreThanItHoldsIsRefused) {
  const Buffer head = {0, 1, 0xff, 0xff, 0, 0, 1, 0};
  EXPECT_FALSE(TwccFeedback::parse({}));
  EXPECT_FALSE(TwccFeedback::parse(head));                               // 65,535 statuses, no chunk
  EXPECT_FALSE(TwccFeedback::parse(join({head, {0x20, 5}})));            // five of them
  EXPECT_FALSE(TwccFeedback::parse(join({head, {0x3f, 0xff}, {0, 0}}))); // deltas are missing
  auto none = TwccFeedback::parse({Buffer{0, 1, 0, 0, 0, 0, 1, 0}});     // zero statuses
  EXPECT_TRUE(!none || !none->next());
}

} // namespace
} // namespace plenum::rtp
