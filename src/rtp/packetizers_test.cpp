#include "rtp/h264_depacketizer.hpp"
#include "rtp/h264_packetizer.hpp"
#include "rtp/opus_packetizer.hpp"
#include "rtp/test_bytes.hpp"
#include "rtp/vp8_depacketizer.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

using ::testing::ElementsAre;

const Buffer kStart = {0, 0, 0, 1}, kShortStart = {0, 0, 1};
const Buffer kSps = {0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40}, kPps = {0x68, 0xce, 0x3c, 0x80};

std::vector<Buffer> payloads_of(const PacketizedFrame& frame) {
  std::vector<Buffer> payloads;
  for (std::size_t i = 0; i < frame.packets(); ++i) {
    Buffer payload(1500);
    payload.resize(frame.copy_payload(i, payload));
    payloads.push_back(payload);
  }
  return payloads;
}
std::vector<base::Bytes> views_of(const std::vector<Buffer>& payloads) {
  return {payloads.begin(), payloads.end()};
}

class Packetizers : public ::testing::Test {
 protected:
  PacketizedFrameRef frame(const Buffer& content) { return sending_.get(encoded(frames_, content)); }
  base::EncodedFramePool frames_;
  PacketizedFramePool sending_{2, 4};
};

TEST_F(Packetizers, Vp8IsCutEvenlyAndJoinsAgain) {
  const Buffer content = join({{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}, noise(5000)});
  const auto sent = frame(content);
  ASSERT_TRUE(packetize_vp8(*sent, {.picture_id = 0x1234, .tl0_index = 9}, 1150));
  const auto payloads = payloads_of(*sent);
  ASSERT_EQ(payloads.size(), 5u);
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    EXPECT_LE(payloads[i].size(), 1150u);
    EXPECT_LE(payloads[0].size() - payloads[i].size(), 1u);
    EXPECT_EQ(sent->slices[i].marker, i == 4);
    EXPECT_EQ(payloads[i].size(), sent->slices[i].payload_bytes());
    const auto descriptor = parse_vp8_descriptor(payloads[i]);
    ASSERT_TRUE(descriptor);
    EXPECT_EQ(descriptor->picture_id, 0x1234);
    EXPECT_EQ(descriptor->tl0_index, 9);
    EXPECT_EQ(descriptor->starts_partition, i == 0);
  }
  const auto received = join_vp8(views_of(payloads), frames_);
  ASSERT_TRUE(received);
  EXPECT_EQ(copy(received->bytes()), content);
  EXPECT_TRUE(received->key);
  EXPECT_EQ(received->width, 640);
  EXPECT_EQ(received->height, 480);
}

TEST_F(Packetizers, Vp8PayloadNeverExceedsTheLimit) {
  for (std::size_t size = 1; size < 300; ++size) {
    const auto sent = frame(noise(size));
    ASSERT_TRUE(packetize_vp8(*sent, {}, 40));
    std::size_t total = 0;
    for (const Slice& slice : sent->slices) {
      EXPECT_LE(slice.payload_bytes(), 40u);
      EXPECT_GT(slice.bytes, 0);
      total += slice.bytes;
    }
    EXPECT_EQ(total, size);
  }
  const auto empty = frame({});
  EXPECT_FALSE(packetize_vp8(*empty, {}));
}

TEST_F(Packetizers, Vp8PictureIdIsRewrittenPerReceiver) {
  const auto sent = frame(noise(10));
  ASSERT_TRUE(packetize_vp8(*sent, {.picture_id = 1, .tl0_index = 2, .temporal = 1, .layer_sync = true}));
  Buffer payload = payloads_of(*sent)[0];
  ASSERT_TRUE(rewrite_vp8(payload, 0xffff, 77)); // only 15 bits count
  const auto descriptor = parse_vp8_descriptor(payload);
  EXPECT_EQ(descriptor->picture_id, 0x7fff);
  EXPECT_EQ(descriptor->tl0_index, 77);
  EXPECT_EQ(descriptor->temporal, 1);
  EXPECT_EQ(Buffer(payload.begin() + 6, payload.end()), noise(10));

  const auto plain = frame(noise(10));
  ASSERT_TRUE(packetize_vp8(*plain, {.picture_id = 1}));
  payload = payloads_of(*plain)[0];
  const Buffer before = payload;
  ASSERT_TRUE(rewrite_vp8(payload, 5, 77)); // no TL0PICIDX to write to
  EXPECT_EQ(Buffer(payload.begin() + 4, payload.end()), Buffer(before.begin() + 4, before.end()));
  Buffer foreign = {0x10, 1, 2, 3};
  EXPECT_FALSE(rewrite_vp8(foreign, 5, 7));
}

TEST_F(Packetizers, H264AggregatesParameterSetsAndFragmentsSlices) {
  const Buffer idr = join({{0x65}, noise(3000)}), small = join({{0x41}, noise(50, 2)});
  const auto sent =
      frame(join({kStart, {0x09, 0x10}, kStart, kSps, kStart, kPps, kShortStart, idr, kStart, small}));
  ASSERT_TRUE(packetize_h264(*sent, H264Mode::non_interleaved, 1150));
  const auto payloads = payloads_of(*sent);
  ASSERT_EQ(payloads.size(), 5u);
  const auto length = [](const Buffer& nal) { return Buffer{0, static_cast<std::uint8_t>(nal.size())}; };
  EXPECT_EQ(payloads[0], join({{0x78}, length(kSps), kSps, length(kPps), kPps}));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(payloads[i][0], 0x7c);
    EXPECT_EQ(payloads[i][1], i == 1 ? 0x85 : i == 3 ? 0x45 : 0x05);
    EXPECT_LE(payloads[i].size(), 1150u);
  }
  EXPECT_EQ(payloads[4], small);
  EXPECT_TRUE(sent->slices[4].marker);
  EXPECT_FALSE(sent->slices[3].marker);

  H264ParameterSets sets;
  const auto received = join_h264(views_of(payloads), sets, frames_);
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->key);
  EXPECT_EQ(copy(received->bytes()), join({kStart, kSps, kStart, kPps, kStart, idr, kStart, small}));
}

TEST_F(Packetizers, H264EverySizeSurvives) {
  for (std::size_t size = 1; size < 200; ++size) {
    const Buffer nal = join({{0x41}, noise(size)});
    const auto sent = frame(join({kStart, nal}));
    ASSERT_TRUE(packetize_h264(*sent, H264Mode::non_interleaved, 20));
    const auto payloads = payloads_of(*sent);
    for (const Buffer& payload : payloads)
      EXPECT_LE(payload.size(), 20u);
    H264ParameterSets sets;
    const auto received = join_h264(views_of(payloads), sets, frames_);
    ASSERT_TRUE(received) << size;
    EXPECT_EQ(copy(received->bytes()), join({kStart, nal}));
    EXPECT_FALSE(received->key);
  }
}

TEST_F(Packetizers, H264ModeZeroSendsSingleUnitsOrNothing) {
  const auto sent = frame(join({kStart, kSps, kStart, kPps, kStart, {0x65}, noise(100)}));
  ASSERT_TRUE(packetize_h264(*sent, H264Mode::single_nal, 1150));
  EXPECT_EQ(payloads_of(*sent)[0], kSps);
  EXPECT_EQ(sent->packets(), 3u);
  const auto large = frame(join({kStart, {0x65}, noise(1150)}));
  EXPECT_FALSE(packetize_h264(*large, H264Mode::single_nal, 1150));
  EXPECT_EQ(large->packets(), 0u);
}

TEST_F(Packetizers, H264WithoutAnyUnitIsRefused) {
  for (const Buffer& content : {Buffer{}, noise(100), kStart, Buffer{0, 0, 0, 1, 0, 0, 1}}) {
    const auto sent = frame(content);
    EXPECT_FALSE(packetize_h264(*sent, H264Mode::non_interleaved));
  }
  Buffer many;
  for (int i = 0; i < 300; ++i)
    many.insert(many.end(), {0, 0, 1, 0x41, 5});
  const auto sent = frame(many);
  EXPECT_FALSE(packetize_h264(*sent, H264Mode::non_interleaved));
}

TEST_F(Packetizers, OpusIsOnePacket) {
  const auto sent = frame(noise(80));
  ASSERT_TRUE(packetize_opus(*sent, true));
  ASSERT_EQ(sent->packets(), 1u);
  EXPECT_EQ(payloads_of(*sent)[0], noise(80));
  EXPECT_TRUE(sent->slices[0].marker);
  const auto too_large = frame(noise(1276));
  EXPECT_FALSE(packetize_opus(*too_large));
}

TEST_F(Packetizers, CopyRefusesASmallBuffer) {
  const auto sent = frame(noise(80));
  ASSERT_TRUE(packetize_vp8(*sent, {}));
  Buffer out(83);
  EXPECT_EQ(sent->copy_payload(0, out), 0u);
  out.resize(84);
  EXPECT_EQ(sent->copy_payload(0, out), 84u);
}

TEST_F(Packetizers, PoolSharesAndReuses) {
  auto first = frame(noise(10));
  auto second = first;
  const auto* address = first.get();
  EXPECT_EQ(sending_.in_use(), 1u);
  first = {};
  EXPECT_EQ(sending_.in_use(), 1u);
  second = {};
  EXPECT_EQ(sending_.in_use(), 0u);
  const auto third = frame(noise(10));
  EXPECT_EQ(third.get(), address);
  EXPECT_EQ(third->packets(), 0u);
}

} // namespace
} // namespace plenum::rtp
