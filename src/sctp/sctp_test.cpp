#include "sctp/association.hpp"
#include "sctp/data_channel.hpp"

#include "base/random.hpp"
#include "sctp/test_wall_clock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace plenum::sctp {
namespace {

using base::Timestamp;
using Packet = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

struct RawEnd final : AssociationSink {
  std::vector<Packet> out;
  std::vector<std::tuple<std::uint16_t, std::uint32_t, std::string>> messages;
  std::vector<std::uint16_t> resets;
  int ups = 0;
  int downs = 0;
  Association association;

  explicit RawEnd(SctpClock& clock) : association(clock, *this) {}
  void transmit_sctp(base::Bytes p) override {
    EXPECT_LE(p.size(), kSctpMtu);
    out.emplace_back(p.begin(), p.end());
  }
  void on_sctp_up() override { ++ups; }
  void on_sctp_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes m) override {
    messages.emplace_back(stream, ppid, base::as_text(m));
  }
  void on_sctp_stream_reset(std::uint16_t stream) override { resets.push_back(stream); }
  void on_sctp_down() override { ++downs; }

  void connect() { EXPECT_TRUE(association.connect()); }
  void on_packet(base::Bytes p) { association.on_packet(p); }
  bool up() const { return association.state() == SctpState::up; }
};

struct ChannelEnd final : DataChannelSink {
  std::vector<Packet> out;
  std::vector<std::pair<std::string, bool>> messages;
  int opens = 0;
  int closes = 0;
  bool echo = false;
  DataChannel channel;

  explicit ChannelEnd(SctpClock& clock) : channel(clock, *this) {}
  void transmit_sctp(base::Bytes p) override { out.emplace_back(p.begin(), p.end()); }
  void on_data_channel_open() override { ++opens; }
  void on_data_channel_message(base::Bytes m, bool binary) override {
    messages.emplace_back(base::as_text(m), binary);
    if (echo) channel.send_text(base::as_text(m));
  }
  void on_data_channel_closed() override { ++closes; }

  void connect() { EXPECT_TRUE(channel.connect()); }
  void on_packet(base::Bytes p) { channel.on_packet(p); }
  bool up() const { return channel.state() == SctpState::up; }
};

// Two ends on a wire of 20 ms in virtual time.
template <class A, class B>
struct Wire {
  SctpClock clock;
  A a{clock};
  B b{clock};
  Timestamp now = base::timestamp_us(1'000'000);
  std::function<bool(int nth)> lost = [](int) { return false; };
  int sent = 0;
  std::multimap<Timestamp, std::pair<bool, Packet>> flying;

  template <class End>
  void collect(End& from, bool is_a) {
    for (auto& p : from.out)
      if (!lost(sent++)) flying.emplace(now + 20ms, std::pair{is_a, std::move(p)});
    from.out.clear();
  }
  void run(base::Duration duration) {
    const auto end = now + duration;
    while (now < end) {
      set_test_wall_clock(now);
      clock.advance(now);
      collect(a, true);
      collect(b, false);
      while (!flying.empty() && flying.begin()->first <= now) {
        const auto [from_a, packet] = flying.begin()->second;
        flying.erase(flying.begin());
        if (from_a)
          b.on_packet(packet);
        else
          a.on_packet(packet);
      }
      collect(a, true);
      collect(b, false);
      now += 10ms;
    }
  }
  void open() {
    a.connect();
    b.connect();
    run(2s);
    EXPECT_TRUE(a.up());
    EXPECT_TRUE(b.up());
  }
};

using Channels = Wire<ChannelEnd, ChannelEnd>;
using MixedEnds = Wire<ChannelEnd, RawEnd>; // a browser of ours, and one that sends what it likes
using RawEnds = Wire<RawEnd, RawEnd>;

TEST(DataChannel, SimultaneousOpenAndTextBothWays) {
  Channels wire;
  EXPECT_TRUE(wire.a.channel.send_text("queued before the association"));
  wire.open();
  EXPECT_EQ(wire.a.opens, 1);
  EXPECT_EQ(wire.b.opens, 1);
  wire.b.echo = true;
  EXPECT_TRUE(wire.a.channel.send_text(R"({"type":"ping"})"));
  EXPECT_TRUE(wire.a.channel.send_text("")); // an empty message has its own spelling
  wire.run(1s);
  const std::vector<std::pair<std::string, bool>> expected{
      {"queued before the association", false}, {R"({"type":"ping"})", false}, {"", false}};
  EXPECT_EQ(wire.b.messages, expected);
  EXPECT_EQ(wire.a.messages.size(), 2U); // echoes of what came after `echo`
  EXPECT_EQ(wire.a.channel.counters().sent, 3U);
}

TEST(DataChannel, OnlyOneSideConnectsFirst) {
  Channels wire;
  wire.a.connect();
  wire.run(3s); // its INITs reach an end that is not there yet
  wire.b.connect();
  wire.run(3s);
  EXPECT_TRUE(wire.a.up());
  EXPECT_TRUE(wire.b.up());
}

TEST(DataChannel, SurvivesLoss) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Channels wire;
    wire.lost = [dice = base::SeededRandom(seed)](int) mutable { return dice.u32() % 10 < 3; };
    wire.a.connect();
    wire.b.connect();
    for (int i = 0; i < 50; ++i) {
      wire.a.channel.send_text("message " + std::to_string(i));
      wire.run(100ms);
    }
    wire.run(60s);
    ASSERT_EQ(wire.b.messages.size(), 50U) << seed;
    for (std::size_t i = 0; i < 50; ++i)
      EXPECT_EQ(wire.b.messages[i].first, "message " + std::to_string(i));
  }
}

TEST(DataChannel, BigMessages) {
  Channels wire;
  wire.open();
  const std::string big(60'000, 'b');
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(wire.a.channel.send_text(big));
    wire.run(3s);
  }
  EXPECT_EQ(wire.a.channel.association_counters().oversized_packets, 0U);
  ASSERT_EQ(wire.b.messages.size(), 6U);
  for (const auto& [text, binary] : wire.b.messages)
    EXPECT_EQ(text, big);
}

TEST(DataChannel, QueueIsBounded) {
  Channels wire;
  int taken = 0;
  for (int i = 0; i < 100; ++i)
    taken += wire.a.channel.send_text("x") ? 1 : 0;
  EXPECT_EQ(taken, 64);
  EXPECT_EQ(wire.a.channel.counters().queue_dropped, 36U);
  EXPECT_FALSE(wire.b.channel.send_text(std::string(64 * 1024 + 1, 'y')));
  EXPECT_TRUE(wire.b.channel.send_text(std::string(64 * 1024, 'y')));
  wire.open();
  wire.run(10s);
  EXPECT_EQ(wire.b.messages.size(), 64U);
  ASSERT_EQ(wire.a.messages.size(), 1U);
  EXPECT_EQ(wire.a.messages[0].first.size(), 64U * 1024);
}

TEST(DataChannel, ACongestedPathQueuesThenDrops) {
  Channels wire;
  wire.open();
  wire.lost = [](int) { return true; };
  const std::string chunk(1000, 'c');
  int taken = 0;
  while (taken < 5000 && wire.a.channel.send_text(chunk))
    ++taken;
  EXPECT_LT(taken, 5000);
  EXPECT_GT(wire.a.channel.counters().queue_dropped, 0U);
  wire.lost = [](int) { return false; };
  wire.run(30s);
  EXPECT_EQ(wire.b.messages.size(), static_cast<std::size_t>(taken));
}

TEST(DataChannel, TextBinaryAndEmptyComeIn) {
  MixedEnds wire;
  wire.open();
  auto& browser = wire.b.association;
  browser.send(0, 51, base::as_bytes("text"));
  browser.send(0, 53, base::as_bytes("binary"));
  browser.send(0, 56, base::as_bytes(std::string_view("\0", 1)));
  browser.send(0, 57, base::as_bytes(std::string_view("\0", 1)));
  browser.send(0, 99, base::as_bytes("?"));
  browser.send(3, 51, base::as_bytes("elsewhere"));
  wire.run(1s);
  const std::vector<std::pair<std::string, bool>> expected{
      {"text", false}, {"binary", true}, {"", false}, {"", true}};
  EXPECT_EQ(wire.a.messages, expected);
  EXPECT_EQ(wire.a.channel.counters().unknown, 1U);
  EXPECT_EQ(wire.a.channel.counters().foreign_streams, 1U);
}

TEST(DataChannel, DcepOpenIsAcknowledgedAndChangesNothing) {
  MixedEnds wire;
  wire.open();
  constexpr std::array<std::uint16_t, 3> kForeign{0, 1, 7};
  const Packet open{3, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 'c', 'h', 'a', 't'};
  for (const std::uint16_t stream : kForeign)
    wire.b.association.send(stream, 50, open);
  wire.b.association.send(1, 50, Packet{3, 0, 0}); // truncated
  wire.b.association.send(1, 50, Packet{9});       // unknown type
  wire.run(1s);
  std::vector<std::tuple<std::uint16_t, std::uint32_t, std::string>> acks;
  for (const std::uint16_t stream : kForeign)
    acks.emplace_back(stream, 50, "\x02");
  EXPECT_EQ(wire.b.messages, acks);
  EXPECT_EQ(wire.a.channel.counters().foreign_opens, 3U);
  EXPECT_EQ(wire.a.channel.counters().unknown, 2U);
  EXPECT_TRUE(wire.a.channel.send_text("still works"));
  wire.run(1s);
  EXPECT_EQ(std::get<2>(wire.b.messages.back()), "still works");
  EXPECT_TRUE(wire.a.messages.empty());
}

TEST(DataChannel, OpensAreAcknowledgedOnlySoOften) {
  MixedEnds wire;
  wire.open();
  const Packet open{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 400; ++i) {
    wire.b.association.send(1, 50, open);
    wire.run(20ms);
  }
  wire.run(2s);
  EXPECT_EQ(wire.a.channel.counters().foreign_opens, 400U);
  EXPECT_EQ(wire.b.messages.size(), DataChannel::kMaxAcknowledgedOpens);
}

TEST(DataChannel, PeerThatLeavesIsNoticed) {
  SctpClock clock;
  ChannelEnd a(clock);
  auto b = std::make_unique<ChannelEnd>(clock);
  auto now = base::timestamp_us(1);
  a.connect();
  b->connect();
  for (int i = 0; i < 100; ++i, now += 10ms) {
    set_test_wall_clock(now);
    clock.advance(now);
    for (const auto& p : std::exchange(a.out, {}))
      b->on_packet(p);
    for (const auto& p : std::exchange(b->out, {}))
      a.on_packet(p);
  }
  ASSERT_TRUE(a.up());
  b.reset(); // its ABORT goes nowhere: ChannelEnd's buffer is gone with it
  a.channel.send_text("anybody?");
  for (int i = 0; i < 20'000 && a.closes == 0; ++i, now += 10ms) {
    set_test_wall_clock(now);
    clock.advance(now);
  }
  EXPECT_EQ(a.closes, 1);
  EXPECT_EQ(a.channel.state(), SctpState::down);
  EXPECT_FALSE(a.channel.send_text("nobody"));
  a.on_packet(Packet(100));
}

TEST(Association, ShutdownOfThePeerIsNoticedAtOnce) {
  RawEnds wire;
  wire.open();
  // An ABORT as the peer's stack sends it when its page goes away: verification tag from a real packet,
  // chunk 6.
  wire.a.association.send(0, 51, base::as_bytes("x"));
  ASSERT_FALSE(wire.a.out.empty());
  auto abort = wire.a.out[0];
  abort.resize(16);
  abort[12] = 6;
  abort[13] = 0;
  base::store_u16(abort.data() + 14, 4);
  // CRC32c over the packet with a zero checksum, little endian (RFC 9260, appendix A).
  base::store_u32(abort.data() + 8, 0);
  std::uint32_t crc = ~0U;
  for (const auto byte : abort) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1U) != 0 ? 0x82F63B78U ^ (crc >> 1) : crc >> 1;
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i)
    abort[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  wire.b.on_packet(abort);
  EXPECT_EQ(wire.b.downs, 1);
  EXPECT_EQ(wire.b.association.state(), SctpState::down);
  EXPECT_EQ(wire.b.association.send(0, 51, base::as_bytes("x")), SendResult::refused);
}

TEST(Association, MessagesInPiecesAndTooLongOnes) {
  RawEnds wire;
  wire.open();
  std::string patterned(64 * 1024, ' ');
  for (std::size_t i = 0; i < patterned.size(); ++i)
    patterned[i] = static_cast<char>('a' + i % 23);
  EXPECT_EQ(wire.a.association.send(0, 51, base::as_bytes(patterned)), SendResult::sent);
  wire.run(10s);
  EXPECT_EQ(wire.a.association.send(0, 51, base::as_bytes(std::string(64 * 1024 + 1, 'x'))),
            SendResult::sent);
  wire.run(10s);
  EXPECT_EQ(wire.a.association.send(0, 51, base::as_bytes("after")), SendResult::sent);
  wire.run(10s);
  ASSERT_EQ(wire.b.messages.size(), 2U);
  EXPECT_EQ(std::get<2>(wire.b.messages[0]), patterned);
  EXPECT_EQ(std::get<2>(wire.b.messages[1]), "after");
  EXPECT_EQ(wire.b.association.counters().oversized, 1U);
  EXPECT_EQ(wire.a.association.send(0, 51, base::as_bytes(std::string(kMaxSendBytes + 1, 'x'))),
            SendResult::refused);
  EXPECT_EQ(wire.a.association.send(0, 51, {}), SendResult::refused);
}

TEST(Association, StreamsBeyondTheNegotiatedAreRefused) {
  RawEnds wire;
  wire.open();
  EXPECT_EQ(wire.a.association.send(kSctpStreams, 51, base::as_bytes("x")), SendResult::refused);
  EXPECT_TRUE(wire.a.up());
}

TEST(Association, RandomAndMutatedPacketsNeverCrash) {
  RawEnds wire;
  wire.open();
  base::SeededRandom random(8);
  std::vector<Packet> seen;
  for (int i = 0; i < 300; ++i) {
    wire.a.association.send(0, 51, base::as_bytes("some text"));
    for (const auto& p : wire.a.out)
      seen.push_back(p);
    for (int k = 0; k < 20; ++k) {
      auto p = seen[random.u32() % seen.size()];
      if (k % 4 == 0) p.resize(random.u32() % (p.size() + 1));
      if (k % 4 == 1) random.fill(p);
      if (k % 4 == 2) p[random.u32() % p.size()] ^= 0x40;
      wire.b.on_packet(p); // duplicates, too
    }
    wire.run(20ms);
  }
  wire.run(10s);
  EXPECT_TRUE(wire.a.up());
  EXPECT_TRUE(wire.b.up());
  EXPECT_EQ(wire.b.messages.size(), 300U);
  wire.b.on_packet(Packet(5000));
  wire.b.on_packet({});
}

TEST(Association, ManyComeAndGo) {
  SctpClock clock;
  auto now = base::timestamp_us(1);
  for (int round = 0; round < 150; ++round) {
    RawEnd a(clock);
    RawEnd b(clock);
    a.connect();
    b.connect();
    for (int i = 0; i < 20; ++i, now += 10ms) {
      set_test_wall_clock(now);
      clock.advance(now);
      for (const auto& p : std::exchange(a.out, {}))
        b.on_packet(p);
      for (const auto& p : std::exchange(b.out, {}))
        a.on_packet(p);
    }
    ASSERT_TRUE(a.up() && b.up()) << round;
  }
  EXPECT_EQ(clock.next_deadline(), base::kNever);
  clock.advance(now + 1h);
}

TEST(Association, SeveralAtTheSameTimeDoNotMix) {
  SctpClock clock;
  auto now = base::timestamp_us(1);
  std::vector<std::unique_ptr<RawEnd>> ends;
  for (int i = 0; i < 20; ++i)
    ends.push_back(std::make_unique<RawEnd>(clock));
  for (auto& end : ends)
    end->connect();
  const auto run = [&](int steps) {
    for (int s = 0; s < steps; ++s, now += 10ms) {
      set_test_wall_clock(now);
      clock.advance(now);
      for (std::size_t i = 0; i < ends.size(); ++i)
        for (const auto& p : std::exchange(ends[i]->out, {}))
          ends[i ^ 1]->on_packet(p);
    }
  };
  run(100);
  for (std::size_t i = 0; i < ends.size(); ++i)
    ends[i]->association.send(0, 51, base::as_bytes(std::to_string(i)));
  run(100);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    ASSERT_EQ(ends[i]->messages.size(), 1U);
    EXPECT_EQ(std::get<2>(ends[i]->messages[0]), std::to_string(i ^ 1));
  }
}

} // namespace
} // namespace plenum::sctp
