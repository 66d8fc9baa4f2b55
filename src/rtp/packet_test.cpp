#include "rtp/packet.hpp"

#include "rtp/ntp.hpp"
#include "rtp/packet_pool.hpp"
#include "rtp/test_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

using ::testing::ElementsAre;

const RtpHeader kHeader{
    .payload_type = 96, .marker = true, .sequence = 0xfffe, .timestamp = 0x01020304, .ssrc = 0xa0b0c0d0};

ExtensionMap all_ids() {
  ExtensionMap map;
  map.set(ExtensionKind::audio_level, 1);
  map.set(ExtensionKind::abs_send_time, 2);
  map.set(ExtensionKind::transport_sequence, 3);
  map.set(ExtensionKind::mid, 4);
  map.set(ExtensionKind::rid, 10);
  map.set(ExtensionKind::repaired_rid, 11);
  return map;
}

TEST(PacketPool, IsBoundedAndCountsAndReuses) {
  PacketPool pool(2);
  PacketRef first = pool.get(), second = pool.get();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(pool.get());
  EXPECT_EQ(pool.exhausted(), 1u);
  EXPECT_EQ(pool.high_water(), 2u);
  PacketRef shared = first;
  first.reset();
  EXPECT_EQ(pool.in_use(), 2u);
  shared = {};
  EXPECT_EQ(pool.in_use(), 1u);
  EXPECT_TRUE(pool.get());
}

TEST(PacketPool, BlockHasRoomOnBothSides) {
  PacketPool pool(1);
  PacketRef packet = pool.get();
  EXPECT_GE(packet->buffer().size(), Packet::kMostBytes + Packet::kTailroom);
  packet->resize(Packet::kMostBytes);
  const auto* first = packet->bytes().data();
  packet->grow_front(2);
  EXPECT_EQ(packet->bytes().data() + 2, first);
  packet->drop_front(12);
  EXPECT_EQ(packet->bytes().data(), first + 10);
  EXPECT_EQ(packet->size(), Packet::kMostBytes - 10);
  packet.reset();
  packet = pool.get();
  EXPECT_EQ(packet->size(), 0u);
  EXPECT_EQ(packet->bytes().data(), first);
}

TEST(Rtp, TellsRtcpFromRtp) {
  EXPECT_TRUE(is_rtcp(Buffer{0x80, 200}));
  EXPECT_TRUE(is_rtcp(Buffer{0x80, 192}));
  EXPECT_TRUE(is_rtcp(Buffer{0x80, 223}));
  EXPECT_FALSE(is_rtcp(Buffer{0x80, 0xe0})); // payload type 96 with marker
  EXPECT_FALSE(is_rtcp(Buffer{0x80, 96}));
  EXPECT_FALSE(is_rtcp(Buffer{0x80}));
}

TEST(Rtp, WritesAndReadsPlainHeader) {
  Buffer packet(64);
  const std::size_t bytes = write_header(packet, kHeader, {}, {.transport_sequence = 7});
  ASSERT_EQ(bytes, 12u);
  EXPECT_THAT(Buffer(packet.begin(), packet.begin() + 12),
              ElementsAre(0x80, 0xe0, 0xff, 0xfe, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0));
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header, kHeader);
  EXPECT_EQ(view->payload.size(), 52u);
  EXPECT_FALSE(view->extension(3));
}

TEST(Rtp, OneByteExtensionsRoundTrip) {
  const ExtensionMap map = all_ids();
  Buffer packet(64);
  const ExtensionValues values{.audio_level = AudioLevel{.dbov = 33, .voice = true},
                               .abs_send_time = 0xabcdef,
                               .transport_sequence = 0x1234,
                               .mid = "0",
                               .rid = "hi"};
  const std::size_t bytes = write_header(packet, kHeader, map, values);
  ASSERT_EQ(bytes, 12u + 4 + 16);
  packet.resize(bytes);
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->extension_profile, 0xbede);
  EXPECT_EQ(view->header_bytes, bytes);
  EXPECT_TRUE(view->payload.empty());
  const auto read = read_extensions(*view, map);
  EXPECT_EQ(read.audio_level, values.audio_level);
  EXPECT_EQ(read.abs_send_time, values.abs_send_time);
  EXPECT_EQ(read.transport_sequence, values.transport_sequence);
  EXPECT_EQ(read.mid, "0");
  EXPECT_EQ(read.rid, "hi");
  EXPECT_TRUE(read.repaired_rid.empty());
}

TEST(Rtp, TwoByteFormWhenAnIdOrALengthNeedsIt) {
  ExtensionMap map = all_ids();
  map.set(ExtensionKind::transport_sequence, 200);
  Buffer packet(128);
  const std::string long_mid(17, 'm');
  const std::size_t bytes = write_header(packet, kHeader, map, {.transport_sequence = 9, .mid = long_mid});
  packet.resize(bytes);
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->extension_profile, 0x1000);
  const auto read = read_extensions(*view, map);
  EXPECT_EQ(read.transport_sequence, 9);
  EXPECT_EQ(read.mid, long_mid);
}

TEST(Rtp, HeaderThatDoesNotFitIsNotWritten) {
  Buffer packet(31);
  EXPECT_EQ(write_header(packet, kHeader, all_ids(), {.transport_sequence = 1, .mid = "a-long-mid-value"}),
            0u);
}

TEST(Rtp, ChangesInPlace) {
  const ExtensionMap map = all_ids();
  Buffer packet(64);
  packet.resize(
      write_header(packet, kHeader, map, {.abs_send_time = 0, .transport_sequence = 0, .mid = "a"}));
  set_marker(packet, false);
  set_payload_type(packet, 127);
  set_sequence(packet, 5);
  set_timestamp(packet, 6);
  set_ssrc(packet, 7);
  stamp(packet, map, 0xbeef, 0x123456);
  EXPECT_TRUE(set_extension(packet, 4, base::as_bytes("b")));
  EXPECT_FALSE(set_extension(packet, 4, base::as_bytes("bb")));
  EXPECT_FALSE(set_extension(packet, 9, base::as_bytes("b")));
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header,
            (RtpHeader{.payload_type = 127, .marker = false, .sequence = 5, .timestamp = 6, .ssrc = 7}));
  const auto read = read_extensions(*view, map);
  EXPECT_EQ(read.transport_sequence, 0xbeef);
  EXPECT_EQ(read.abs_send_time, 0x123456u);
  EXPECT_EQ(read.mid, "b");
}

TEST(Rtp, PaddingCsrcsAndExtensionAreSkipped) {
  const Buffer packet = {0xb2, 96,   0, 1, 0,    0,    0, 2, 0, 0, 0, 3, 1, 1, 1, 1, 2, 2, 2, 2, // two CSRCs
                         0xbe, 0xde, 0, 1, 0x30, 0x42, 0, 0, // id 3, one byte
                         0xaa, 0xbb, 0, 0, 3};
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header_bytes, 28u);
  EXPECT_EQ(view->padding_bytes, 3);
  EXPECT_THAT(copy(view->payload), ElementsAre(0xaa, 0xbb));
  ASSERT_TRUE(view->extension(3));
  EXPECT_THAT(copy(*view->extension(3)), ElementsAre(0x42));
}

TEST(Rtp, PaddingOnlyProbeHasNoPayload) {
  Buffer packet(12 + 224);
  write_header(packet, kHeader, {}, {});
  packet[0] |= 0x20;
  packet.back() = 224;
  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->payload.empty());
  EXPECT_EQ(view->padding_bytes, 224);
}

TEST(Rtp, RejectsLies) {
  Buffer good(20);
  write_header(good, kHeader, {}, {});
  ASSERT_TRUE(RtpView::parse(good));
  const auto with = [&](auto change) {
    Buffer packet = good;
    change(packet);
    return RtpView::parse(packet).has_value();
  };
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0x40; }));               // version
  EXPECT_FALSE(with([](Buffer& p) { p.resize(11); }));              // short
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0x83; }));               // three CSRCs do not fit
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0xa0, p.back() = 0; })); // padding of nothing
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0xa0, p.back() = 9; })); // more padding than payload
  EXPECT_TRUE(with([](Buffer& p) { p[0] = 0xa0, p.back() = 8; }));
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0x90, p[14] = 0, p[15] = 2; })); // extension past the end
  EXPECT_FALSE(with([](Buffer& p) { p[0] = 0x90, p.resize(15); }));
  const Buffer overrun = {0xbe, 0xde, 0, 1, 0x37, 1, 2, 3}; // element of eight bytes in a block of four
  EXPECT_FALSE(with([&](Buffer& p) {
    p[0] = 0x90;
    std::ranges::copy(overrun, p.begin() + 12);
  }));
  const Buffer reserved = {0xbe, 0xde, 0, 1, 0xf7, 1, 2, 3}; // id 15 ends the block
  EXPECT_TRUE(with([&](Buffer& p) {
    p[0] = 0x90;
    std::ranges::copy(reserved, p.begin() + 12);
  }));
}

TEST(Rtp, ExtensionUrisGoBothWays) {
  for (std::size_t i = 0; i < kExtensionKinds; ++i) {
    const auto kind = static_cast<ExtensionKind>(i);
    EXPECT_EQ(extension_kind(extension_uri(kind)), kind);
  }
  EXPECT_EQ(extension_kind("urn:3gpp:video-orientation"), std::nullopt);
}

TEST(Rtp, AbsSendTimeWrapsEvery64Seconds) {
  EXPECT_EQ(abs_send_time(0), 0u);
  EXPECT_EQ(abs_send_time(1'000'000), 1u << 18);
  EXPECT_EQ(abs_send_time(63'999'999), 0xffffffu);
  EXPECT_EQ(abs_send_time(64'000'000 + 500'000), 1u << 17);
}

TEST(Ntp, ConvertsAndMeasuresRoundTrips) {
  const base::WallTime time{base::Duration(1'000'000'500'000)};
  const std::uint64_t ntp = to_ntp(time);
  EXPECT_EQ(ntp >> 32, 1'000'000u + kNtpUnixOffsetSeconds);
  EXPECT_EQ(ntp & 0xffffffff, 0x80000000u);
  const std::uint64_t later = to_ntp(time + std::chrono::milliseconds(150));
  EXPECT_NEAR(static_cast<double>(ntp_us(later) - ntp_us(ntp)), 150'000, 1);
  const auto rtt = round_trip(later, compact_ntp(ntp), to_compact(std::chrono::milliseconds(50)));
  EXPECT_NEAR(static_cast<double>(rtt.count()), 100'000, 40);
  EXPECT_EQ(round_trip(ntp, compact_ntp(later), 0).count(), 0); // clocks that run backwards
  EXPECT_EQ(to_compact(std::chrono::hours(48)), 0xffffffffu);
}

} // namespace
} // namespace plenum::rtp
