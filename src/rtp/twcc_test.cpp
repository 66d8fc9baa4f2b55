#include "rtp/twcc.hpp"

#include "base/random.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/test_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace plenum::rtp {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kStartUs = 100'000'000'000;

// Feeds a recorder and collects what its feedback says, as the sender would.
struct Link {
  TwccRecorder recorder;
  std::map<std::uint16_t, std::optional<std::int64_t>> known; // nullopt: reported as not received
  int messages = 0;
  std::vector<std::uint8_t> counts;

  bool packet(std::uint16_t sequence, std::int64_t us) {
    return recorder.on_packet(sequence, base::timestamp_us(kStartUs + us));
  }
  void report(std::size_t buffer = 1200) {
    Buffer out(buffer);
    while (const std::size_t bytes = recorder.build(out, 1, 2)) {
      ++messages;
      ASSERT_EQ(bytes % 4, 0u);
      RtcpReader reader(base::Bytes(out).first(bytes));
      const auto message = reader.next();
      ASSERT_TRUE(message && std::holds_alternative<TransportFeedback>(*message));
      EXPECT_FALSE(reader.next());
      EXPECT_EQ(reader.malformed(), 0u);
      const auto& transport = std::get<TransportFeedback>(*message);
      EXPECT_EQ(transport.media_ssrc, 2u);
      auto feedback = TwccFeedback::parse(transport.content);
      ASSERT_TRUE(feedback);
      counts.push_back(feedback->feedback_count());
      while (const auto status = feedback->next()) {
        if (status->received) {
          known[status->sequence] = status->arrival_us;
        } else {
          known.try_emplace(status->sequence, std::nullopt);
        }
      }
    }
  }
  // Arrival relative to that of `reference`, as the 24-bit clock tells it.
  std::int64_t offset_us(std::uint16_t sequence, std::uint16_t reference) {
    return known.at(sequence).value() - known.at(reference).value();
  }
};

TEST(Twcc, ReportsArrivalsAndHoles) {
  Link link;
  link.packet(10, 0);
  link.packet(11, 1000);
  link.packet(13, 90'000); // large delta
  link.packet(14, 89'000); // reordered: negative delta
  link.report();
  EXPECT_EQ(link.messages, 1);
  ASSERT_EQ(link.known.size(), 5u);
  EXPECT_EQ(link.offset_us(11, 10), 1000);
  EXPECT_EQ(link.known.at(12), std::nullopt);
  EXPECT_EQ(link.offset_us(13, 10), 90'000);
  EXPECT_EQ(link.offset_us(14, 10), 89'000);
  EXPECT_FALSE(link.recorder.pending());
  link.report();
  EXPECT_EQ(link.messages, 1);
}

TEST(Twcc, SequenceWraps) {
  Link link;
  for (int i = 0; i < 6; ++i)
    link.packet(static_cast<std::uint16_t>(65533 + i), i * 250);
  link.report();
  ASSERT_EQ(link.known.size(), 6u);
  EXPECT_EQ(link.offset_us(2, 65533), 5 * 250);
}

TEST(Twcc, ALatePacketIsReportedAfterAll) {
  Link link;
  link.packet(1, 0);
  link.packet(3, 2000);
  link.report();
  EXPECT_EQ(link.known.at(2), std::nullopt);
  link.packet(2, 3000);
  link.packet(4, 4000);
  link.report();
  EXPECT_EQ(link.messages, 2);
  EXPECT_EQ(link.offset_us(2, 1), 3000);
  EXPECT_EQ(link.offset_us(4, 1), 4000);
  EXPECT_THAT(link.counts, ElementsAre(0, 1));
}

TEST(Twcc, DuplicateKeepsItsFirstTime) {
  Link link;
  link.packet(1, 0);
  link.packet(2, 1000);
  EXPECT_TRUE(link.packet(2, 50'000));
  link.report();
  EXPECT_EQ(link.offset_us(2, 1), 1000);
}

TEST(Twcc, ADeltaBeyondTheFieldStartsANewMessage) {
  Link link;
  link.packet(1, 0);
  link.packet(2, 9'000'000); // 36,000 ticks do not fit 16 bits
  link.report();
  EXPECT_EQ(link.messages, 2);
  EXPECT_EQ(link.offset_us(2, 1), 9'000'000);
}

TEST(Twcc, LongReportsAreSplitToTheBuffer) {
  for (const std::size_t buffer : {64U, 100U, 1200U}) {
    Link link;
    for (int i = 0; i < 3000; ++i)
      if (i % 3 != 1) link.packet(static_cast<std::uint16_t>(i), i * 7000);
    link.report(buffer);
    EXPECT_GT(link.messages, 2);
    ASSERT_EQ(link.known.size(), 3000u);
    for (int i = 0; i < 3000; ++i) {
      const auto sequence = static_cast<std::uint16_t>(i);
      if (i % 3 == 1) {
        EXPECT_EQ(link.known.at(sequence), std::nullopt);
      } else {
        EXPECT_EQ(link.offset_us(sequence, 0), i * 7000);
      }
    }
  }
}

TEST(Twcc, RandomTrafficIsReportedExactly) {
  base::SeededRandom random(5);
  for (int round = 0; round < 50; ++round) {
    Link link;
    std::map<std::uint16_t, std::int64_t> sent;
    const auto first = static_cast<std::uint16_t>(random.u32());
    std::int64_t us = 0;
    for (int i = 0; i < 700; ++i) {
      us += (random.u32() % 8 == 0 ? 70'000 : 2'000);
      us -= us % 250;
      const auto sequence = static_cast<std::uint16_t>(first + i);
      if (i == 0 || random.u32() % 4 != 0) {
        sent[sequence] = us;
        link.packet(sequence, us);
      }
      if (random.u32() % 40 == 0) link.report();
    }
    link.report();
    for (const auto& [sequence, at] : sent)
      EXPECT_EQ(link.offset_us(sequence, first), at - sent[first]);
    for (const auto& [sequence, at] : link.known)
      EXPECT_EQ(at.has_value(), sent.contains(sequence));
  }
}

TEST(Twcc, AHoleDoesNotShowWhatStoodThereAWindowAgo) {
  Link link;
  for (int i = 0; i < 20'000; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i);
    const bool lost = i >= 10'000 && i % 3 == 1;
    if (!lost) link.packet(sequence, i * 1000);
    if (i % 100 != 0) continue;
    link.report();
    for (const auto& [reported, at] : link.known)
      EXPECT_EQ(at.has_value(), reported < 10'000 || reported % 3 != 1);
    link.known.clear();
  }
}

TEST(Twcc, AJumpForwardIsBounded) {
  Link link;
  link.packet(0, 0);
  link.packet(30'000, 1000);
  link.report();
  EXPECT_LE(link.known.size(), static_cast<std::size_t>(TwccRecorder::kWindow));
  EXPECT_TRUE(link.known.at(30'000).has_value());
}

TEST(Twcc, PacketsBehindTheWindowAreRefusedUntilTheSenderHasClearlyRestarted) {
  Link link;
  link.packet(30'000, 0);
  int refused = 0;
  for (std::uint16_t i = 0; i < 100; ++i)
    refused += link.packet(static_cast<std::uint16_t>(10'000 + i), i) ? 0 : 1;
  EXPECT_EQ(refused, 63);
  link.report();
  EXPECT_TRUE(link.known.contains(10'099));
}

TEST(Twcc, ReadsAHandMadeMessage) {
  // base 5, 9 statuses, reference 2 (128 ms), count 7; run of 3 small; two-bit chunk: 0 2 1 0 1 1 (0)
  const Buffer content = {0, 5, 0,  9,    0,    0,  2, 7, 0x20, 3, 0xc9, 0x14, // 11 00 10 01 00 01 01 00
                          4, 8, 12, 0xff, 0xfc, 40, 1, 2};
  auto feedback = TwccFeedback::parse(content);
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->base_sequence(), 5);
  EXPECT_EQ(feedback->status_count(), 9);
  EXPECT_EQ(feedback->feedback_count(), 7);
  std::vector<std::int64_t> arrivals;
  while (const auto status = feedback->next())
    arrivals.push_back(status->received ? status->arrival_us : -1);
  EXPECT_THAT(arrivals, ElementsAre(129'000, 131'000, 134'000, -1, 133'000, 143'000, -1, 143'250, 143'750));
}

TEST(Twcc, RejectsWhatDoesNotAddUp) {
  const Buffer good = {0, 5, 0, 3, 0, 0, 2, 7, 0x20, 3, 4, 8, 12};
  ASSERT_TRUE(TwccFeedback::parse(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(TwccFeedback::parse(base::Bytes(good).first(size))) << size;
  Buffer none = good, reserved = good, empty_run = good, too_few = good;
  none[3] = 0;
  reserved[8] = 0x60;
  empty_run[9] = 0;
  too_few[3] = 4;
  EXPECT_FALSE(TwccFeedback::parse(none));
  EXPECT_FALSE(TwccFeedback::parse(reserved));
  EXPECT_FALSE(TwccFeedback::parse(empty_run));
  EXPECT_FALSE(TwccFeedback::parse(too_few));
}

} // namespace
} // namespace plenum::rtp
