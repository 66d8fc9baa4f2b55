#include "rtp/rtcp_build.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/test_bytes.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

using ::testing::ElementsAre;

const ReportBlock kBlock{.ssrc = 0x11223344,
                         .fraction_lost = 25,
                         .cumulative_lost = -3,
                         .highest_sequence = 0x0001fffe,
                         .jitter = 77,
                         .last_sr = 0xdeadbeef,
                         .delay_since_last_sr = 65536};

template <class T>
T only(base::Bytes bytes) {
  RtcpReader reader(bytes);
  const auto message = reader.next();
  EXPECT_TRUE(message && std::holds_alternative<T>(*message));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.malformed(), 0u);
  return message && std::holds_alternative<T>(*message) ? std::get<T>(*message) : T{};
}

TEST(Rtcp, CompoundOfReportAndDescriptionRoundTrips) {
  Buffer out(256);
  RtcpBuilder builder(out);
  ASSERT_TRUE(builder.sender_report(9, {.ntp = 0x123456789abcdef0, .rtp_time = 5, .packets = 6, .octets = 7},
                                    std::array{kBlock}));
  ASSERT_TRUE(builder.source_description(9, "some-cname"));
  ASSERT_TRUE(builder.goodbye(std::array<std::uint32_t, 2>{9, 10}));

  RtcpReader reader(builder.bytes());
  const auto report = std::get<SenderReport>(*reader.next());
  EXPECT_EQ(report.sender_ssrc, 9u);
  EXPECT_EQ(report.ntp, 0x123456789abcdef0u);
  EXPECT_EQ(report.rtp_time, 5u);
  EXPECT_EQ(report.packets, 6u);
  EXPECT_EQ(report.octets, 7u);
  ASSERT_EQ(report.blocks.size(), 1u);
  EXPECT_EQ(report.blocks[0], kBlock);
  const auto description = std::get<SourceDescription>(*reader.next());
  ASSERT_EQ(description.count, 1u);
  EXPECT_EQ(description.chunks[0].ssrc, 9u);
  EXPECT_EQ(description.chunks[0].cname, "some-cname");
  const auto goodbye = std::get<Goodbye>(*reader.next());
  ASSERT_EQ(goodbye.ssrcs.size(), 2u);
  EXPECT_EQ(goodbye.ssrcs[1], 10u);
  EXPECT_FALSE(reader.next());
}

TEST(Rtcp, EveryCnameLengthStaysAligned) {
  for (std::size_t length = 0; length <= 255; ++length) {
    Buffer out(300);
    RtcpBuilder builder(out);
    const std::string cname(length, 'c');
    ASSERT_TRUE(builder.source_description(1, cname));
    EXPECT_EQ(only<SourceDescription>(builder.bytes()).chunks[0].cname, cname);
  }
}

TEST(Rtcp, ReceiverReport) {
  Buffer out(64);
  RtcpBuilder builder(out);
  ASSERT_TRUE(builder.receiver_report(4, std::array{kBlock}));
  EXPECT_EQ(only<ReceiverReport>(builder.bytes()).blocks[0], kBlock);
}

TEST(Rtcp, NackGroupsNeighboursAcrossTheWrap) {
  Buffer out(64);
  RtcpBuilder builder(out);
  const std::array<std::uint16_t, 5> lost = {65534, 65535, 0, 14, 15};
  EXPECT_EQ(builder.nack(1, 2, lost), 5u);
  const auto nack = only<Nack>(builder.bytes());
  EXPECT_EQ(nack.sender_ssrc, 1u);
  EXPECT_EQ(nack.media_ssrc, 2u);
  EXPECT_EQ(nack.items.size(), 2u); // 15 is 17 behind 65534
  std::vector<std::uint16_t> read;
  nack.for_each([&](std::uint16_t sequence) { read.push_back(sequence); });
  EXPECT_THAT(read, ElementsAre(65534, 65535, 0, 14, 15));
}

TEST(Rtcp, NackWritesWhatFits) {
  Buffer out(20);
  RtcpBuilder builder(out);
  const std::array<std::uint16_t, 4> lost = {1, 100, 200, 300};
  EXPECT_EQ(builder.nack(1, 2, lost), 2u);
  EXPECT_EQ(builder.size(), 20u);
  EXPECT_EQ(builder.nack(1, 2, lost), 0u);
}

TEST(Rtcp, PictureLossAndFullIntra) {
  Buffer out(64);
  RtcpBuilder pli(out);
  ASSERT_TRUE(pli.picture_loss(1, 2));
  EXPECT_EQ(only<PictureLoss>(pli.bytes()).media_ssrc, 2u);
  RtcpBuilder fir(out);
  ASSERT_TRUE(fir.full_intra(1, 2, 200));
  const auto read = only<FullIntra>(fir.bytes());
  ASSERT_EQ(read.entries.size(), 1u);
  EXPECT_EQ(read.entries[0].ssrc, 2u);
  EXPECT_EQ(read.entries[0].sequence, 200);
}

TEST(Rtcp, RembKeepsSmallRatesExactAndLargeOnesClose) {
  for (const std::int64_t bps : {0L, 1L, 100'000L, 262'143L, 262'144L, 2'500'000L, 10'000'000'000L}) {
    Buffer out(64);
    RtcpBuilder builder(out);
    ASSERT_TRUE(builder.remb(1, {bps}, std::array<std::uint32_t, 2>{7, 8}));
    const auto remb = only<Remb>(builder.bytes());
    EXPECT_LE(remb.bitrate.bps, bps);
    EXPECT_GE(remb.bitrate.bps, bps - bps / 131072 - (bps > 262143 ? 1 : 0));
    ASSERT_EQ(remb.ssrcs.size(), 2u);
    EXPECT_EQ(remb.ssrcs[1], 8u);
  }
}

TEST(Rtcp, RembOfABrowser) { // exponent 3, mantissa 0x1e848: 1,000,000 bit/s
  const Buffer bytes = {0x8f, 206, 0,   5,   0, 0,    0,    1,    0, 0, 0, 0,
                        'R',  'E', 'M', 'B', 1, 0x0d, 0xe8, 0x48, 0, 0, 0, 9};
  EXPECT_EQ(only<Remb>(bytes).bitrate.bps, 1'000'000);
}

TEST(Rtcp, UnknownPacketsAreSkippedNotErrors) {
  Buffer out(128);
  RtcpBuilder builder(out);
  ASSERT_TRUE(builder.append(Buffer{0x80, 207, 0, 1, 0, 0, 0, 1}));                               // XR
  ASSERT_TRUE(builder.append(Buffer{0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e'}));           // APP
  ASSERT_TRUE(builder.append(Buffer{0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'X', 'Y', 'Z', 1})); // other AFB
  ASSERT_TRUE(builder.picture_loss(1, 2));
  RtcpReader reader(builder.bytes());
  const auto message = reader.next();
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::holds_alternative<PictureLoss>(*message));
  EXPECT_EQ(reader.skipped(), 3u);
  EXPECT_EQ(reader.malformed(), 0u);
}

TEST(Rtcp, BadBodyIsSkippedBadFramingEnds) {
  Buffer out(128);
  RtcpBuilder builder(out);
  ASSERT_TRUE(builder.append(Buffer{0x81, 201, 0, 1, 0, 0, 0, 1})); // announces a block that is not there
  ASSERT_TRUE(builder.append(Buffer{0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2})); // NACK of nothing
  ASSERT_TRUE(builder.picture_loss(1, 2));
  Buffer bytes = copy(builder.bytes());
  {
    RtcpReader reader(bytes);
    EXPECT_TRUE(reader.next());
    EXPECT_EQ(reader.malformed(), 2u);
  }
  base::store_u16(&bytes[2], 200); // longer than the datagram
  RtcpReader reader(bytes);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.malformed(), 1u);
  EXPECT_FALSE(reader.next());
}

TEST(Rtcp, PaddingIsTakenOffAndChecked) {
  Buffer bytes = {0xa1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4};
  EXPECT_EQ(only<PictureLoss>(bytes).media_ssrc, 2u);
  for (const int padding : {0, 13, 255}) {
    bytes.back() = static_cast<std::uint8_t>(padding);
    RtcpReader reader(bytes);
    EXPECT_FALSE(reader.next()) << padding;
    EXPECT_EQ(reader.malformed(), 1u);
  }
}

TEST(Rtcp, ABuilderThatIsFullWritesNothing) {
  Buffer out(15);
  RtcpBuilder builder(out);
  EXPECT_TRUE(builder.picture_loss(1, 2));
  EXPECT_FALSE(builder.picture_loss(1, 2));
  EXPECT_FALSE(builder.receiver_report(1, {}));
  EXPECT_EQ(builder.size(), 12u);
}

TEST(Rtcp, DescriptionWithManyChunksIsBounded) {
  Buffer bytes = {0x9f, 202, 0, 31};
  for (int i = 0; i < 31; ++i)
    bytes.insert(bytes.end(), {0, 0, 0, static_cast<std::uint8_t>(i)});
  for (int i = 0; i < 31; ++i)
    bytes.insert(bytes.end(), {0, 0, 0, 0});
  base::store_u16(&bytes[2], static_cast<std::uint16_t>(bytes.size() / 4 - 1));
  RtcpReader reader(bytes);
  const auto message = reader.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<SourceDescription>(*message).count, SourceDescription::kMostChunks);
}

} // namespace
} // namespace plenum::rtp
