#include "rtp/depacketizer.hpp"

#include "rtp/av1_depacketizer.hpp"
#include "rtp/h264_depacketizer.hpp"
#include "rtp/test_bytes.hpp"
#include "rtp/vp8_depacketizer.hpp"
#include "rtp/vp9_depacketizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

const Buffer kStart = {0, 0, 0, 1};
const Buffer kSps = {0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40}, kPps = {0x68, 0xce, 0x3c, 0x80};
const Buffer kIdr = {0x65, 0x88, 0x84, 0x05}, kDelta = {0x41, 0x9a, 0x11};

class Depacketizers : public ::testing::Test {
 protected:
  base::EncodedFrameRef joined(Depacketizer& depacketizer, const std::vector<Buffer>& payloads) {
    const std::vector<base::Bytes> views(payloads.begin(), payloads.end());
    return depacketizer.join(views, frames_);
  }
  base::EncodedFrameRef joined(base::Codec codec, const std::vector<Buffer>& payloads) {
    Depacketizer depacketizer(codec);
    return joined(depacketizer, payloads);
  }
  base::EncodedFramePool frames_;
};

// ---- VP8

TEST(Vp8Descriptor, ReadsAllFields) {
  const auto minimal = parse_vp8_descriptor(Buffer{0x10, 0xaa});
  ASSERT_TRUE(minimal);
  EXPECT_EQ(minimal->bytes, 1u);
  EXPECT_TRUE(minimal->starts_partition);
  EXPECT_FALSE(minimal->picture_id);
  const auto full = parse_vp8_descriptor(Buffer{0xb3, 0xf0, 0x92, 0x34, 0x56, 0xc0, 0xaa});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->bytes, 6u);
  EXPECT_TRUE(full->non_reference);
  EXPECT_EQ(full->partition, 3);
  EXPECT_EQ(full->picture_id, 0x1234);
  EXPECT_EQ(full->tl0_index, 0x56);
  EXPECT_EQ(full->temporal, 3);
  EXPECT_EQ(parse_vp8_descriptor(Buffer{0x90, 0x80, 0x7f, 0xaa})->picture_id, 0x7f);
}

TEST(Vp8Descriptor, EveryTruncationIsRefused) {
  const Buffer full = {0xb3, 0xf0, 0x92, 0x34, 0x56, 0xc0, 0xaa};
  for (std::size_t size = 0; size < full.size(); ++size)
    EXPECT_FALSE(parse_vp8_descriptor(base::Bytes(full).first(size))) << size;
}

TEST_F(Depacketizers, Vp8RefusesHalvesAndDoubles) {
  EXPECT_FALSE(joined(base::Codec::vp8, {{0x00, 1, 2}}));
  EXPECT_FALSE(joined(base::Codec::vp8, {{0x10, 1, 2}, {0x10, 1, 2}}));
  EXPECT_TRUE(joined(base::Codec::vp8, {{0x10, 1, 2}, {0x11, 1, 2}})); // start of partition 1
}

// ---- VP9

TEST(Vp9Descriptor, ReadsTheNonFlexibleFormOfBrowsers) {
  // I P L B E; picture id 15 bits; TID 1, SID 2, D; TL0PICIDX
  const auto read = parse_vp9_descriptor(Buffer{0xec, 0x92, 0x34, 0x25, 0x09, 0x86});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes, 5u);
  EXPECT_EQ(read->picture_id, 0x1234);
  EXPECT_EQ(read->temporal, 1);
  EXPECT_EQ(read->spatial, 2);
  EXPECT_TRUE(read->inter_layer);
  EXPECT_TRUE(read->inter_predicted);
  EXPECT_TRUE(read->begins_layer_frame && read->ends_layer_frame);
}

TEST(Vp9Descriptor, ReadsTheFlexibleFormWithReferences) {
  const auto read = parse_vp9_descriptor(Buffer{0xfc, 0x05, 0x00, 0x03, 0x04, 0x86}); // two references
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->flexible);
  EXPECT_EQ(read->bytes, 5u);
  EXPECT_FALSE(parse_vp9_descriptor(Buffer{0xfc, 0x05, 0x00, 0x03, 0x03, 0x03, 0x86})); // four are too many
}

TEST(Vp9Descriptor, ReadsTheScalabilityStructure) {
  // B E V; two layers with sizes, picture group of two with one and two references
  const Buffer bytes = {0x0e, 0x38, 0x01, 0x40, 0,    0xb4, 0x02, 0x80, 0x01,
                        0x68, 2,    0x04, 1,    0x08, 1,    2,    0x82};
  const auto read = parse_vp9_descriptor(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->width, 640);
  EXPECT_EQ(read->height, 360);
  EXPECT_EQ(read->bytes, bytes.size() - 1);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_vp9_descriptor(base::Bytes(bytes).first(size))) << size;
}

TEST(Vp9Inspect, KeyNeedsDescriptorAndHeaderToAgree) {
  EXPECT_TRUE(inspect_vp9(Buffer{0x0c, 0x82})->key);                    // profile 0 key frame
  EXPECT_TRUE(inspect_vp9(Buffer{0x0c, 0xb0})->key);                    // profile 3 key frame
  EXPECT_FALSE(inspect_vp9(Buffer{0x0c, 0x86})->key);                   // inter frame by its header
  EXPECT_FALSE(inspect_vp9(Buffer{0x0c, 0x8a})->key);                   // shows an existing frame
  EXPECT_FALSE(inspect_vp9(Buffer{0x4c, 0x82})->key);                   // P
  EXPECT_FALSE(inspect_vp9(Buffer{0x2c, 0x02, 0, 0x82})->starts_frame); // spatial layer 1
}

TEST_F(Depacketizers, Vp9JoinsPacketsOfOneLayer) {
  const auto frame = joined(base::Codec::vp9, {{0x08, 0x82, 1, 2}, {0x00, 3}, {0x04, 4, 5}});
  ASSERT_TRUE(frame);
  EXPECT_EQ(copy(frame->bytes()), (Buffer{0x82, 1, 2, 3, 4, 5}));
  EXPECT_TRUE(frame->key);
  EXPECT_FALSE(joined(base::Codec::vp9, {{0x08, 0x82, 1, 2}, {0x00, 3}}));    // no end
  EXPECT_FALSE(joined(base::Codec::vp9, {{0x00, 3}, {0x04, 4, 5}}));          // no beginning
  EXPECT_FALSE(joined(base::Codec::vp9, {{0x08, 0x82, 1, 2}, {0x0c, 4, 5}})); // begins inside
  EXPECT_FALSE(joined(base::Codec::vp9, {{0x2c, 0x02, 0, 0x82}}));            // base layer missing
}

TEST_F(Depacketizers, Vp9LayersGetASuperframeIndex) {
  const auto frame =
      joined(base::Codec::vp9, {join({{0x2c, 0x00, 0, 0x82}, noise(299)}), {0x6c, 0x03, 0, 0x86, 7}});
  ASSERT_TRUE(frame);
  const Buffer bytes = copy(frame->bytes());
  ASSERT_EQ(bytes.size(), 300u + 2 + 6);
  EXPECT_EQ(Buffer(bytes.end() - 6, bytes.end()), (Buffer{0xc9, 0x2c, 0x01, 0x02, 0x00, 0xc9}));
}

// ---- H.264

TEST_F(Depacketizers, H264KeyframeWithItsOwnSets) {
  const auto frame = joined(base::Codec::h264, {kSps, kPps, kIdr});
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->key);
  EXPECT_EQ(copy(frame->bytes()), join({kStart, kSps, kStart, kPps, kStart, kIdr}));
}

TEST_F(Depacketizers, H264RemembersSetsOfEarlierFrames) {
  Depacketizer depacketizer(base::Codec::h264);
  EXPECT_FALSE(joined(depacketizer, {kIdr}));
  ASSERT_TRUE(joined(depacketizer, {kSps, kPps, kDelta}));
  const auto frame = joined(depacketizer, {kIdr});
  ASSERT_TRUE(frame);
  EXPECT_EQ(copy(frame->bytes()), join({kStart, kSps, kStart, kPps, kStart, kIdr}));
  const auto delta = joined(depacketizer, {kDelta});
  ASSERT_TRUE(delta);
  EXPECT_FALSE(delta->key);
  EXPECT_EQ(copy(delta->bytes()), join({kStart, kDelta}));
}

TEST_F(Depacketizers, H264NewSetReplacesTheOldOfTheSameId) {
  Depacketizer depacketizer(base::Codec::h264);
  Buffer newer = kSps;
  newer[3] = 0x28;
  ASSERT_TRUE(joined(depacketizer, {kSps, kPps, kIdr}));
  ASSERT_TRUE(joined(depacketizer, {newer, kPps, kIdr}));
  EXPECT_EQ(copy(joined(depacketizer, {kIdr})->bytes()), join({kStart, newer, kStart, kPps, kStart, kIdr}));
}

TEST_F(Depacketizers, H264StapAndFragments) {
  const Buffer stap = join({{0x78, 0, 7}, kSps, {0, 4}, kPps});
  const auto frame = joined(base::Codec::h264, {stap, {0x7c, 0x85, 1, 2}, {0x7c, 0x05, 3}, {0x7c, 0x45, 4}});
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->key);
  EXPECT_EQ(copy(frame->bytes()), join({kStart, kSps, kStart, kPps, kStart, {0x65, 1, 2, 3, 4}}));
}

TEST_F(Depacketizers, H264RefusesBrokenFragments) {
  EXPECT_FALSE(joined(base::Codec::h264, {{0x5c, 0x01, 3}, {0x5c, 0x41, 4}}));                  // no start
  EXPECT_FALSE(joined(base::Codec::h264, {{0x5c, 0x81, 3}, {0x5c, 0x01, 4}}));                  // no end
  EXPECT_FALSE(joined(base::Codec::h264, {{0x5c, 0x81, 3}, {0x5c, 0x81, 4}, {0x5c, 0x41, 4}})); // two starts
  EXPECT_FALSE(joined(base::Codec::h264, {{0x5c, 0x81, 3}, kDelta, {0x5c, 0x41, 4}}));
}

TEST(H264Inspect, RefusesWhatIsNeverNegotiated) {
  for (const int type : {0, 25, 26, 27, 29, 30, 31})
    EXPECT_FALSE(inspect_h264(Buffer{static_cast<std::uint8_t>(0x60 | type), 0, 1, 2})) << type;
  EXPECT_FALSE(inspect_h264(Buffer{}));
  EXPECT_FALSE(inspect_h264(Buffer{0x78}));             // empty STAP-A
  EXPECT_FALSE(inspect_h264(Buffer{0x78, 0, 5, 1, 2})); // unit past the end
  EXPECT_FALSE(inspect_h264(Buffer{0x78, 0, 0}));       // unit of nothing
  EXPECT_FALSE(inspect_h264(Buffer{0x7c, 0x85}));       // fragment of nothing
  EXPECT_FALSE(inspect_h264(Buffer{0x7c, 0xc5, 1}));    // start and end at once
  EXPECT_FALSE(inspect_h264(Buffer{0x7c, 0x9c, 1}));    // fragment of a fragment
  EXPECT_TRUE(inspect_h264(kIdr)->key);
  EXPECT_TRUE(inspect_h264(Buffer{0x7c, 0x05, 1})->key);
  EXPECT_TRUE(inspect_h264(kSps)->starts_frame);
  EXPECT_FALSE(inspect_h264(kDelta)->starts_frame);
}

// ---- AV1

TEST_F(Depacketizers, Av1GivesEveryObuASize) {
  // N, W=2: sequence header (type 1) with length, frame (type 6) to the end
  const auto frame = joined(base::Codec::av1, {{0x28, 3, 0x08, 0xaa, 0xbb, 0x30, 1, 2, 3}});
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->key);
  EXPECT_EQ(copy(frame->bytes()), (Buffer{0x12, 0, 0x0a, 2, 0xaa, 0xbb, 0x32, 3, 1, 2, 3}));
}

TEST_F(Depacketizers, Av1JoinsFragmentsOverThreePackets) {
  const auto frame = joined(base::Codec::av1, {{0x50, 0x30, 1, 2},      // W=1, continues
                                               {0xd0, 3, 4},            // continued, continues
                                               {0xa0, 1, 5, 0x30, 9}}); // continued, then one more OBU
  ASSERT_TRUE(frame);
  EXPECT_FALSE(frame->key);
  EXPECT_EQ(copy(frame->bytes()), (Buffer{0x12, 0, 0x32, 5, 1, 2, 3, 4, 5, 0x32, 1, 9}));
}

TEST_F(Depacketizers, Av1TakesObusThatCarryTheirSize) {
  // W=0: both with lengths; OBU with size field and extension; padding OBU dropped
  const auto frame = joined(base::Codec::av1, {{0x00, 5, 0x36, 0x08, 2, 7, 8, 3, 0x78, 0, 0}});
  ASSERT_TRUE(frame);
  EXPECT_EQ(copy(frame->bytes()), (Buffer{0x12, 0, 0x36, 0x08, 2, 7, 8}));
}

TEST_F(Depacketizers, Av1LargeObuGetsALongSize) {
  const Buffer content = noise(1000);
  const auto frame = joined(base::Codec::av1, {join({{0x10, 0x30}, content})});
  ASSERT_TRUE(frame);
  EXPECT_EQ(copy(frame->bytes()), join({{0x12, 0, 0x32, 0xe8, 0x07}, content}));
}

TEST_F(Depacketizers, Av1RefusesBrokenUnits) {
  EXPECT_FALSE(joined(base::Codec::av1, {{0x50, 0x30, 1, 2}}));               // end missing
  EXPECT_FALSE(joined(base::Codec::av1, {{0x90, 3, 4}}));                     // beginning missing
  EXPECT_FALSE(joined(base::Codec::av1, {{0x50, 0x30, 1}, {0x10, 0x30, 1}})); // not continued
  EXPECT_FALSE(joined(base::Codec::av1, {{0x10, 0xb0, 1}}));                  // forbidden bit
  EXPECT_FALSE(joined(base::Codec::av1, {{0x10, 0x32, 9, 1}}));               // size past the end
  EXPECT_FALSE(joined(base::Codec::av1, {{0x10, 0x78, 0}}));                  // padding only
  EXPECT_FALSE(inspect_av1(Buffer{0x88, 0x30, 1}));                           // N with Z
  EXPECT_FALSE(inspect_av1(Buffer{0x10}));
  EXPECT_FALSE(inspect_av1(Buffer{0x20, 9, 0x30, 1}));       // element past the end
  EXPECT_FALSE(inspect_av1(Buffer{0x30, 1, 0x30, 1, 0x30})); // three announced, two there
  EXPECT_FALSE(inspect_av1(Buffer{0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

} // namespace
} // namespace plenum::rtp
