// Every parser of foreign bytes against truncated and mutated packets: any answer is right, reading past the
// end, overflowing or not ending is not. The sanitizer build is the judge; bounds of the answers are checked
// as well.
#include "base/random.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/frame_assembler.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp_build.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/test_bytes.hpp"
#include "rtp/twcc.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <array>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

constexpr int kRounds = 4000;

// Gives each input to `check` in a heap block of exactly its size, so that one byte too far is seen.
template <class F>
void mutate(const std::vector<Buffer>& seeds, F&& check) {
  base::SeededRandom random(42);
  for (const Buffer& seed : seeds)
    for (std::size_t size = 0; size <= seed.size(); ++size)
      check(Buffer(seed.begin(), seed.begin() + static_cast<long>(size)));
  for (int round = 0; round < kRounds; ++round) {
    Buffer bytes = seeds[random.u32() % seeds.size()];
    const std::uint32_t changes = 1 + random.u32() % 6;
    for (std::uint32_t i = 0; i < changes && !bytes.empty(); ++i) {
      const std::size_t at = random.u32() % bytes.size();
      switch (random.u32() % 5) {
      case 0:
        bytes[at] = static_cast<std::uint8_t>(random.u32());
        break;
      case 1:
        bytes[at] ^= static_cast<std::uint8_t>(1U << random.u32() % 8);
        break;
      case 2:
        bytes[at] = random.u32() % 2 == 0 ? 0xff : 0x00;
        break;
      case 3:
        bytes.resize(at);
        break;
      default:
        bytes.insert(bytes.begin() + static_cast<long>(at), static_cast<std::uint8_t>(random.u32()));
      }
    }
    bytes.shrink_to_fit();
    check(bytes);
  }
}

bool inside(base::Bytes part, base::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}
bool inside(std::string_view part, base::Bytes whole) {
  return inside(base::as_bytes(part), whole);
}

ExtensionMap map_of_all() {
  ExtensionMap map;
  for (std::size_t i = 0; i < kExtensionKinds; ++i)
    map.set(static_cast<ExtensionKind>(i), static_cast<std::uint8_t>(i + 1));
  return map;
}

std::vector<Buffer> rtp_seeds() {
  std::vector<Buffer> seeds;
  for (const std::string& mid : {std::string("0"), std::string(40, 'm')}) {
    Buffer packet(300);
    const std::size_t bytes = write_header(
        packet, {.payload_type = 96}, map_of_all(),
        {.audio_level = AudioLevel{}, .abs_send_time = 5, .transport_sequence = 6, .mid = mid, .rid = "r"});
    packet.resize(bytes + 20);
    seeds.push_back(packet);
    packet[0] |= 0x20;
    packet.back() = 7;
    seeds.push_back(packet);
  }
  return seeds;
}

TEST(Mutation, Rtp) {
  const ExtensionMap map = map_of_all();
  mutate(rtp_seeds(), [&](Buffer bytes) {
    const auto view = RtpView::parse(bytes);
    stamp(bytes, map, 1, 2);
    set_extension(bytes, 3, Buffer{1, 2});
    if (!view) return;
    EXPECT_EQ(view->header_bytes + view->payload.size() + view->padding_bytes, bytes.size());
    EXPECT_TRUE(inside(view->payload, bytes) && inside(view->extension_block, bytes));
    const auto values = read_extensions(*view, map);
    EXPECT_TRUE(inside(values.mid, bytes) && inside(values.rid, bytes) && inside(values.repaired_rid, bytes));
  });
}

std::vector<Buffer> rtcp_seeds() {
  Buffer out(1200);
  RtcpBuilder builder(out);
  const std::array<ReportBlock, 2> blocks{};
  builder.sender_report(1, {}, blocks);
  builder.receiver_report(1, blocks);
  builder.source_description(1, "cname");
  builder.nack(1, 2, std::array<std::uint16_t, 3>{1, 5, 100});
  builder.picture_loss(1, 2);
  builder.full_intra(1, 2, 3);
  builder.remb(1, base::DataRate::kbps(500), std::array<std::uint32_t, 2>{1, 2});
  TwccRecorder recorder;
  for (std::uint16_t i = 0; i < 60; ++i)
    if (i % 5 != 2) recorder.on_packet(i, base::timestamp_us(1'000'000 + i * i * 900));
  Buffer feedback(600);
  feedback.resize(recorder.build(feedback, 1, 2));
  builder.append(feedback);
  builder.goodbye(std::array<std::uint32_t, 1>{1});
  return {copy(builder.bytes()), feedback};
}

// Touches everything that a message offers.
struct Reading {
  base::Bytes whole;
  std::size_t touched = 0;

  void blocks(const ReportBlocks& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
      touched += list[i].jitter != 0;
  }
  void operator()(const SenderReport& m) { blocks(m.blocks); }
  void operator()(const ReceiverReport& m) { blocks(m.blocks); }
  void operator()(const SourceDescription& m) {
    for (std::size_t i = 0; i < m.count; ++i)
      EXPECT_TRUE(inside(m.chunks[i].cname, whole));
  }
  void operator()(const Goodbye& m) {
    for (std::size_t i = 0; i < m.ssrcs.size(); ++i)
      touched += m.ssrcs[i] != 0;
  }
  void operator()(const Nack& m) {
    m.for_each([&](std::uint16_t) { ++touched; });
  }
  void operator()(const PictureLoss&) {}
  void operator()(const FullIntra& m) {
    for (std::size_t i = 0; i < m.entries.size(); ++i)
      touched += m.entries[i].sequence;
  }
  void operator()(const Remb& m) {
    EXPECT_GE(m.bitrate.bps, 0);
    for (std::size_t i = 0; i < m.ssrcs.size(); ++i)
      touched += m.ssrcs[i] != 0;
  }
  void operator()(const TransportFeedback& m) {
    auto feedback = TwccFeedback::parse(m.content);
    if (!feedback) return;
    std::uint32_t statuses = 0;
    while (feedback->next())
      ++statuses;
    EXPECT_EQ(statuses, feedback->status_count());
  }
};

TEST(Mutation, Rtcp) {
  mutate(rtcp_seeds(), [](const Buffer& bytes) {
    RtcpReader reader(bytes);
    Reading reading{bytes};
    std::size_t messages = 0;
    while (const auto message = reader.next()) {
      std::visit(reading, *message);
      ++messages;
    }
    EXPECT_LE(messages + reader.malformed() + reader.skipped(), bytes.size() / 4 + 1);
  });
}

struct PayloadSeeds {
  base::Codec codec;
  std::vector<Buffer> seeds;
};

std::vector<PayloadSeeds> payload_seeds() {
  const Buffer sps = {0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40}, pps = {0x68, 0xce, 0x3c, 0x80};
  return {
      {base::Codec::vp8,
       {{0x90, 0xf0, 0x92, 0x34, 0x56, 0xc0, 0x10, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1, 5},
        {0x10, 0x11, 1, 2, 3}}},
      {base::Codec::vp9,
       {{0x0e, 0x38, 0x01, 0x40, 0, 0xb4, 0x02, 0x80, 0x01, 0x68, 2, 0x04, 1, 0x08, 1, 2, 0x82, 9, 9},
        {0xfc, 0x85, 0x11, 0x20, 0x03, 0x04, 0x86, 1, 2},
        {0xec, 0x92, 0x34, 0x20, 0x09, 0x86, 1}}},
      {base::Codec::h264,
       {sps,
        pps,
        {0x65, 1, 2, 3},
        join({{0x78, 0, 7}, sps, {0, 4}, pps, {0, 2, 0x65, 1}}),
        {0x7c, 0x85, 1, 2},
        {0x7c, 0x45, 1, 2}}},
      {base::Codec::av1,
       {{0x28, 3, 0x08, 0xaa, 0xbb, 0x30, 1, 2, 3},
        {0x50, 0x30, 1, 2},
        {0x90, 1, 2},
        {0x00, 5, 0x36, 0x08, 2, 7, 8, 3, 0x78, 0, 0}}},
  };
}

TEST(Mutation, Depacketizers) {
  base::EncodedFramePool pool;
  for (const auto& [codec, seeds] : payload_seeds()) {
    Depacketizer depacketizer(codec);
    Buffer previous = seeds[0];
    mutate(seeds, [&](const Buffer& bytes) {
      (void)depacketizer.inspect(bytes);
      const std::array<base::Bytes, 3> payloads = {previous, bytes, seeds.back()};
      for (const std::size_t first : {0U, 1U, 2U}) {
        const auto frame = depacketizer.join(std::span(payloads).subspan(first), pool);
        if (!frame) continue;
        EXPECT_LE(frame->size, frame->capacity);
        EXPECT_GT(frame->size, 0u);
        EXPECT_EQ(frame->codec, codec);
      }
      previous = bytes;
    });
  }
}

TEST(Mutation, AssemblerUnderNonsense) {
  base::SeededRandom random(7);
  for (const auto& [codec, seeds] : payload_seeds()) {
    base::EncodedFramePool frames;
    PacketPool pool(256);
    FrameAssembler assembler(codec, frames, {.window = 64});
    std::int64_t sequence = 65536, now = 0;
    mutate(seeds, [&](const Buffer& bytes) {
      now += random.u32() % 100'000;
      sequence += random.u32() % 3;
      const std::int64_t jump = random.u32() % 500 == 0
                                    ? static_cast<std::int64_t>(random.u32() % 40'000) - 20'000
                                    : static_cast<std::int64_t>(random.u32() % 8) - 4;
      const auto at = base::timestamp_us(now);
      auto packet = packet_of(pool, bytes);
      const auto payload = packet->bytes();
      assembler.insert(at, std::max<std::int64_t>(0, sequence + jump),
                       {.marker = random.u32() % 2 == 0, .timestamp = random.u32() % 4}, payload, packet);
      packet.reset();
      std::int64_t floor = assembler.floor();
      while (assembler.pop(at)) {
        EXPECT_GT(assembler.floor(), floor);
        floor = assembler.floor();
      }
      if (random.u32() % 10 == 0) assembler.on_timer(at);
      if (random.u32() % 50 == 0) assembler.give_up(sequence);
      EXPECT_LE(pool.in_use(), 64u);
    });
  }
}

TEST(Mutation, Vp8Rewrite) {
  mutate({{0x90, 0xe0, 0x92, 0x34, 0x56, 0xc0, 0x10}, {0x90, 0x80, 0x92, 0x34, 1}},
         [](Buffer bytes) { (void)rewrite_vp8(bytes, 1, std::uint8_t{2}); });
}

} // namespace
} // namespace plenum::rtp
