// Attacks of the class A10 (docs/threats.md): a data channel client that is authentic and hostile.
#include "sctp/data_channel.hpp"
#include "sctp/test_wall_clock.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace plenum::sctp {
namespace {

using Packet = std::vector<std::uint8_t>;

struct Meeting final : DataChannelSink { // our end
  std::vector<Packet> out;
  std::vector<std::string> messages;
  int closed = 0;
  DataChannel channel;
  explicit Meeting(SctpClock& clock) : channel(clock, *this) {}
  void transmit_sctp(base::Bytes p) override { out.emplace_back(p.begin(), p.end()); }
  void on_data_channel_open() override {}
  void on_data_channel_message(base::Bytes m, bool) override { messages.emplace_back(base::as_text(m)); }
  void on_data_channel_closed() override { ++closed; }
};

struct Client final : AssociationSink {
  std::vector<Packet> out;
  Association association;
  explicit Client(SctpClock& clock) : association(clock, *this) {}
  void transmit_sctp(base::Bytes p) override { out.emplace_back(p.begin(), p.end()); }
  void on_sctp_up() override {}
  void on_sctp_message(std::uint16_t, std::uint32_t, base::Bytes) override {}
  void on_sctp_stream_reset(std::uint16_t) override {}
  void on_sctp_down() override {}
};

struct Pair {
  explicit Pair(SctpClock& c) : clock(c), ours(c), client(c) {}
  SctpClock& clock;
  Meeting ours;
  Client client;
  base::Timestamp now = base::timestamp_us(1'000'000);

  void run(int rounds = 40) {
    for (int i = 0; i < rounds; ++i) {
      set_test_wall_clock(now);
      clock.advance(now);
      for (const auto& p : std::exchange(ours.out, {}))
        client.association.on_packet(p);
      for (const auto& p : std::exchange(client.out, {}))
        ours.channel.on_packet(p);
      now += std::chrono::milliseconds(10);
    }
  }
  void open() {
    ASSERT_TRUE(ours.channel.connect() && client.association.connect());
    run();
    ASSERT_EQ(ours.channel.state(), SctpState::up);
  }
  void still_talks() {
    const auto before = ours.messages.size();
    client.association.send(0, 51, base::as_bytes("hello"));
    run();
    ASSERT_EQ(ours.messages.size(), before + 1);
    EXPECT_EQ(ours.messages.back(), "hello");
  }
};

// A hostile client, and another one who must not notice. (A client that breaks the protocol may lose its own
// association.)
struct Room {
  SctpClock clock;
  Pair hostile{clock}, other{clock};
};

// usrsctp looks at nothing with a wrong CRC32c.
Packet sealed(Packet packet) {
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  std::uint32_t crc = ~0U;
  for (const auto byte : packet) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
  }
  for (std::size_t i = 0; i < 4; ++i)
    packet[8 + i] = static_cast<std::uint8_t>(~crc >> 8 * i);
  return packet;
}

TEST(Threats, A10_InitsOfEveryTruncationHurtNobody) { // CVE-2019-20503
  Room room;
  Pair& pair = room.hostile;
  room.other.open();
  ASSERT_TRUE(pair.client.association.connect());
  ASSERT_FALSE(pair.client.out.empty());
  const auto init = pair.client.out.front();
  ASSERT_TRUE(pair.ours.channel.connect());
  for (std::size_t size = 12; size < init.size(); ++size)
    for (const bool lies : {false, true}) { // the chunk's length says the truth, or what it said before
      auto cut = init;
      cut.resize(size);
      if (!lies && size >= 16) base::store_u16(cut.data() + 14, static_cast<std::uint16_t>(size - 12));
      pair.ours.channel.on_packet(sealed(cut));
    }
  for (std::size_t at = 32; at + 4 <= init.size();
       at += 4) { // parameters that claim to be longer than the chunk
    auto longer = init;
    base::store_u16(longer.data() + at + 2, 0xffff);
    pair.ours.channel.on_packet(sealed(longer));
  }
  pair.run(400);
  EXPECT_LE(pair.ours.closed, 1);
  EXPECT_TRUE(pair.ours.messages.empty());
  room.other.still_talks();
}

TEST(Threats, A10_EmptyMessagesOnEveryStreamAreNothing) {
  Room room;
  Pair& pair = room.hostile;
  room.other.open();
  pair.open();
  for (std::uint16_t stream = 0; stream < 200; ++stream)
    pair.client.association.send(stream, stream % 2 == 0 ? 56 : 57,
                                 Packet{0}); // RFC 8831: empty text and binary
  pair.run();
  EXPECT_EQ(pair.ours.messages.size(), 1U); // that of stream 0
  EXPECT_EQ(pair.ours.channel.counters().foreign_streams, 199U);
  pair.still_talks();
}

TEST(Threats, A10_BinaryAndUnknownKindsDisturbNothing) {
  Room room;
  Pair& pair = room.hostile;
  room.other.open();
  pair.open();
  for (std::uint32_t ppid = 0; ppid < 100; ++ppid)
    pair.client.association.send(0, ppid, Packet(200, 0xff));
  pair.run(200);
  EXPECT_GT(pair.ours.channel.counters().unknown, 90U);
  pair.still_talks();
}

TEST(Threats, A10_TruncatedChunksOfALiveClientAreDropped) {
  Room room;
  Pair& pair = room.hostile;
  room.other.open();
  pair.open();
  pair.client.association.send(0, 51, base::as_bytes("the packet to cut"));
  ASSERT_FALSE(pair.client.out.empty());
  const auto whole = pair.client.out.front();
  pair.client.out.clear();
  for (std::size_t size = 12; size + 3 < whole.size(); ++size) // without padding it would be whole
    for (const int kind :
         {0, 1, 2, 130, 192, 193, 128}) { // DATA, INIT, INIT ACK, RE-CONFIG, FORWARD-TSN, ASCONF, …
      auto cut = whole;
      cut.resize(size);
      if (size > 12) cut[12] = static_cast<std::uint8_t>(kind);
      pair.ours.channel.on_packet(sealed(cut));
    }
  pair.run();
  EXPECT_LE(pair.ours.closed, 1);
  for (const auto& message : pair.ours.messages) // sent again by itself, whole
    EXPECT_EQ(message, "the packet to cut");
  room.other.still_talks();
}

} // namespace
} // namespace plenum::sctp
