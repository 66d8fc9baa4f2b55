// Tests of the small vocabulary types of base/.
#include "base/alloc_counter.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/encoded_frame.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/metrics.hpp"
#include "base/secret.hpp"
#include "base/seq_unwrap.hpp"
#include "base/spsc_ring.hpp"
#include "base/token_bucket.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <thread>

namespace plenum::base {
namespace {

TEST(Bytes, ReaderStopsAtItsEndAndSaysSo) {
  const std::array<std::uint8_t, 3> bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0) << "a failed reader stays failed";
}

TEST(Bytes, WriterRefusesToOverflow) {
  std::array<std::uint8_t, 3> bytes{};
  ByteWriter writer(bytes);
  writer.u16(0xabcd);
  writer.u16(1);
  EXPECT_TRUE(writer.failed());
  EXPECT_EQ(writer.size(), 2u);
  EXPECT_EQ(bytes[0], 0xab);
  EXPECT_EQ(bytes[2], 0);
}

TEST(SeqUnwrap, CrossesZeroInBothDirections) {
  Unwrapper<std::uint16_t> u;
  const auto first = u.unwrap(65534);
  EXPECT_EQ(u.unwrap(1), first + 3);
  EXPECT_EQ(u.unwrap(65535), first + 1);
  EXPECT_EQ(u.unwrap(2), first + 4);
  EXPECT_TRUE(newer_seq(0, 65535));
  EXPECT_FALSE(newer_seq(65535, 0));
  EXPECT_FALSE(newer_seq(7, 7));
}

TEST(SpscRing, IsBoundedCountsDropsAndKeepsOrderAcrossThreads) {
  Metrics metrics;
  SpscRing<std::unique_ptr<int>> small(4, metrics, "small");
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(small.push(std::make_unique<int>(i)));
  EXPECT_FALSE(small.push(std::make_unique<int>(9)));
  EXPECT_EQ(metrics.counter("plenum_queue_dropped_total", "queue=\"small\"").value(), 1u);
  EXPECT_EQ(metrics.gauge("plenum_queue_high_water", "queue=\"small\"").value(), 4);

  SpscRing<int> ring(64, metrics, "threads");
  constexpr int kCount = 200'000;
  std::thread producer([&] {
    for (int i = 1; i <= kCount;)
      i += ring.push(i) ? 1 : 0;
  });
  int expected = 1;
  while (expected <= kCount) {
    if (const auto got = ring.pop()) {
      ASSERT_EQ(*got, expected);
      ++expected;
    }
  }
  producer.join();
}

TEST(Mailbox, DrainsInOrderAndRefusesWhenFull) {
  Metrics metrics;
  Mailbox<int> mailbox(2, metrics, "commands");
  EXPECT_TRUE(mailbox.post(1));
  EXPECT_TRUE(mailbox.post(2));
  EXPECT_FALSE(mailbox.post(3));
  std::vector<int> got;
  mailbox.drain([&](int i) { got.push_back(i); });
  EXPECT_EQ(got, (std::vector{1, 2}));
  mailbox.drain([&](int) { FAIL(); });
}

TEST(EncodedFrame, ComesBackToItsPool) {
  EncodedFramePool pool;
  const EncodedFrame* first = nullptr;
  {
    auto frame = pool.get(5000);
    frame->size = 5000;
    first = frame.get();
    const auto copy = frame;
    EXPECT_EQ(copy->bytes().size(), 5000u);
    EXPECT_GE(frame->capacity, 5000u);
  }
  const auto again = pool.get(6000);
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(again->size, 0u);
  EXPECT_EQ(pool.get(900'000)->capacity, 900'000u) << "beyond the classes: exact and not pooled";
}

TEST(Ids, SpellAs24HexDigitsThatStartWithTheSecond) {
  SeededRandom random(1);
  const auto id = RoomId::make(WallTime(Duration(1'760'000'000'000'000)), random);
  EXPECT_EQ(id.hex().size(), 24u);
  EXPECT_EQ(id.hex().substr(0, 8), "68e77800");
  EXPECT_EQ(RoomId::parse(id.hex()), id);
  EXPECT_FALSE(RoomId::parse("68E77800"));
  EXPECT_FALSE(RoomId::parse(id.hex() + "0"));
}

TEST(Clock, WritesIso8601) {
  EXPECT_EQ(iso8601(WallTime(Duration(1'760'000'000'417'999))), "2025-10-09T08:53:20.417Z");
}

TEST(Random, TokensUseTheWholeAlphabetAndUuidsCarryTheirVersion) {
  SeededRandom random(7);
  const auto token = random.alphanumeric(4000);
  for (const char c : std::string_view("09AZaz"))
    EXPECT_NE(token.find(c), std::string::npos) << c;
  EXPECT_EQ(token.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
            std::string::npos);
  EXPECT_EQ(random.uuid4()[14], '4');
  EXPECT_NE(Random::system().u64(), Random::system().u64());
}

TEST(TokenBucket, GivesABurstAndThenItsRate) {
  TokenBucket bucket(3, 2);
  const Timestamp start(std::chrono::seconds(100));
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(bucket.take(start));
  EXPECT_FALSE(bucket.take(start));
  EXPECT_FALSE(bucket.take(start + std::chrono::milliseconds(499)));
  EXPECT_TRUE(bucket.take(start + std::chrono::milliseconds(501)));
  EXPECT_FALSE(bucket.is_full(start + std::chrono::seconds(1)));
  EXPECT_TRUE(bucket.is_full(start + std::chrono::seconds(60)));
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(bucket.take(start)) << "an older moment takes";
  EXPECT_FALSE(bucket.take(start + std::chrono::seconds(60))) << "and does not make the way back count again";
}

template <class T>
concept Streamed = requires(std::ostream& out, const T& value) { out << value; };

// A Secret cannot be printed by accident: not formatted, not streamed, not turned into text.
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamed<Secret> && Streamed<std::string>);
static_assert(!std::is_convertible_v<Secret, std::string> &&
              !std::is_convertible_v<Secret, std::string_view>);

TEST(Secret, ComparesByContent) {
  EXPECT_TRUE(Secret("abc") == Secret("abc"));
  EXPECT_FALSE(Secret("abc") == Secret("abd"));
  EXPECT_FALSE(Secret("abc") == Secret("abcd"));
}

TEST(Json, ParsingIsBounded) {
  EXPECT_TRUE(parse_json(R"({"a":[1,"x",true]})"));
  EXPECT_EQ(parse_json(std::string(40, '[')).error().code, ErrorCode::invalid);
  EXPECT_EQ(parse_json("[1]", {.bytes = 2}).error().code, ErrorCode::too_large);
  EXPECT_EQ(parse_json("{").error().code, ErrorCode::invalid);
  EXPECT_EQ(parse_json("{}x").error().code, ErrorCode::invalid);
  for (const auto* endless : {"1e400", "[1,-2.67e9401]", R"({"a":{"b":[1e99999]}})"})
    EXPECT_FALSE(parse_json(endless)) << endless;
  EXPECT_TRUE(parse_json("[1e308,-1e308,1e-400]"));
}

TEST(Json, AccessorsNeedTheRightType) {
  const auto value = parse_json(R"({"s":"x","i":3,"d":1.5,"b":false,"big":1e300,"n":null})").value();
  EXPECT_EQ(find_string(value, "s"), "x");
  EXPECT_FALSE(find_string(value, "i"));
  EXPECT_EQ(find_int(value, "i"), 3);
  EXPECT_FALSE(find_int(value, "d"));
  EXPECT_EQ(find_number(value, "d"), 1.5);
  EXPECT_FALSE(find_int(value, "big"));
  EXPECT_EQ(find_bool(value, "b"), false);
  EXPECT_FALSE(find_bool(value, "n"));
  EXPECT_EQ(find(json::value(3), "x"), nullptr);
  EXPECT_EQ(write_json({{"b", 1}, {"a", nullptr}}), R"({"b":1,"a":null})");
}

TEST(Log, FieldsAreEscaped) {
  std::string fields;
  log::append_fields(fields, "who", "Ann \"\n", "n", 4);
  EXPECT_EQ(fields, R"(,"who":"Ann \"\u000a","n":"4")");
}

TEST(Metrics, TextGroupsSamplesByName) {
  Metrics metrics;
  metrics.counter("plenum_a_total", "k=\"1\"").add(3);
  metrics.counter("plenum_a_total", "k=\"2\"").add(4);
  metrics.gauge("plenum_b").set(-1);
  EXPECT_EQ(prometheus_text(metrics.snapshot()),
            "# TYPE plenum_a_total counter\nplenum_a_total{k=\"1\"} 3\n"
            "plenum_a_total{k=\"2\"} 4\n# TYPE plenum_b gauge\nplenum_b -1\n");
}

TEST(AllocCounter, CountsOnlyWatchedThreads) {
  if (!alloc_counter::available()) return; // release and sanitizer builds keep their own operator new
  const auto before = alloc_counter::count();
  alloc_counter::watch();
  {
    const std::string grown(200, 'x');
  }
  {
    const alloc_counter::Allow allow;
    const std::string grown(200, 'y');
  }
  alloc_counter::unwatch();
  {
    const std::string grown(200, 'z');
  }
  EXPECT_EQ(alloc_counter::count(), before + 1);
}

} // namespace
} // namespace plenum::base
