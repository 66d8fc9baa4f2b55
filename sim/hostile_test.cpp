// Datagrams that nobody should send: before they may be believed, mutated on the way, or pure noise.
#include "sim/test_call.hpp"

namespace plenum::sim {
namespace {

void scramble(base::Random& random, std::vector<std::uint8_t>& datagram) {
  const auto how = random.u32() % 5;
  if (datagram.empty()) return;
  if (how == 0) datagram.resize(random.u32() % (datagram.size() + 1));
  if (how == 1) datagram.resize(datagram.size() + random.u32() % 300, 0xff);
  if (how == 2) datagram[0] = static_cast<std::uint8_t>(random.u32());
  for (std::uint32_t i = 0; i < how && !datagram.empty(); ++i)
    datagram[random.u32() % datagram.size()] ^= static_cast<std::uint8_t>(1U << random.u32() % 8);
}

TEST(HostileTest, MediaFromAnUncheckedPairIsDroppedAndCounted) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  // Everything the browser sends is replayed from an address that never passed a check.
  const auto thief = *ice::TransportAddress::parse_with_port("203.0.113.9:6666");
  int copied = 0;
  call.browser.on_send = [&](std::vector<std::uint8_t>& datagram) {
    if (datagram[0] <= 3) return;
    ++copied;
    call.server.party.on_datagram(call.now(), {call.server.address, thief}, datagram);
  };
  const auto heard = call.server.party.packets.size();
  call.run_for(2s);
  EXPECT_GT(copied, 100);
  EXPECT_EQ(call.server.party.peer().stats().transport.unvalidated, static_cast<std::uint64_t>(copied));
  // The copies came first: had they counted, the true ones would be replays.
  EXPECT_GT(call.server.party.packets.size(), heard + 90);
}

TEST(HostileTest, NothingBeforeTheKeysIsBelieved) {
  Call call;
  call.call();
  const ice::PairKey pair{call.server.address, call.browser.address};
  std::vector<std::uint8_t> media(200, 0x80);
  for (int i = 0; i < 100; ++i) { // from the very first moment, through the handshake
    call.run_for(2ms);
    media[1] = i % 2 == 0 ? 96 : 200;
    call.server.party.on_datagram(call.now(), pair, media);
  }
  const auto& counters = call.server.party.peer().stats().transport;
  EXPECT_EQ(counters.unvalidated + counters.early + counters.undecrypted, 100U);
  EXPECT_GT(counters.unvalidated, 0U);
  EXPECT_GT(counters.early, 0U);
  EXPECT_TRUE(call.run_until([&] { return call.server.party.in_phase(Phase::connected); }, 5s));
  call.run_for(1s);
  EXPECT_GT(call.server.party.frames.size(), 10U);
}

TEST(HostileTest, MutatedDatagramsNeverHurt) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Call call(seed);
    base::SeededRandom random(seed * 77);
    const auto mutate = [&](std::vector<std::uint8_t>& datagram) {
      if (random.u32() % 4 == 0) scramble(random, datagram);
    };
    call.browser.on_send = call.server.on_send = mutate;
    call.call();
    call.run_for(20s);
    call.browser.on_send = call.server.on_send = nullptr;
    // Whatever state that left behind: a restart and honest datagrams bring the call to life, unless the
    // handshake itself was broken for good (then it says so).
    if (!was_in(call.server.party, Phase::connected)) continue;
    call.restart_by_server();
    call.run_for(5s);
    EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
    expect_decodable(call.server.party.frames);
    expect_decodable(call.browser.party.frames);
  }
}

TEST(HostileTest, NoiseOfEveryLengthNeverHurts) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(500ms);
  base::SeededRandom random(5);
  const ice::PairKey pair{call.server.address, call.browser.address};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> noise(random.u32() % 1500 + 1);
    random.fill(noise);
    if (i % 2 == 0) noise[0] = static_cast<std::uint8_t>("\x00\x01\x16\x80\x90\x14\x3f\xbf"[i / 2 % 8]);
    call.server.party.on_datagram(call.now(), pair, noise);
    if (i % 100 == 0) call.run_for(10ms);
  }
  call.run_for(2s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
  expect_decodable(call.server.party.frames);
  EXPECT_EQ(call.server.party.peer().stats().malformed, 0U); // nothing passed the authentication
}

TEST(HostileTest, UnusableSdpIsAnError) {
  Call call;
  peer::PeerOptions options;
  EXPECT_FALSE(call.server.party.open(call.now(), "", options));
  EXPECT_FALSE(call.server.party.open(call.now(), "v=0\r\n", options));
  EXPECT_FALSE(call.server.party.open(call.now(), offer_template(), options)); // without a transport
  ASSERT_TRUE(call.connect());
  EXPECT_FALSE(call.server.party.peer().update(call.now(), "v=0\r\n"));
  EXPECT_FALSE(call.server.party.peer().apply_answer(call.now(), "v=0\r\n")); // no offer of ours is open
  call.run_for(1s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
}

} // namespace
} // namespace plenum::sim
