// Attacks A03, A07, A11 and the facts behind D (docs/threats.md) in whole calls.
#include "sim/test_raw_client.hpp"

namespace plenum::sim {
namespace {

const auto kStranger = *ice::TransportAddress::parse_with_port("203.0.113.66:6666");

std::string last_detail(const Party& party) {
  return party.phases.empty() ? std::string() : party.phases.back().detail;
}

// A whole, well-formed first flight of an attacker of its own.
std::vector<std::uint8_t> client_hello(Call& call) {
  struct Sink final : secure::DtlsSink {
    std::vector<std::uint8_t> hello;
    void transmit_dtls(base::Bytes d) override { hello.assign(d.begin(), d.end()); }
    void on_dtls_connected(const secure::SrtpKeys&) override {}
    void on_dtls_data(base::Bytes) override {}
    void on_dtls_ended(secure::DtlsState, std::string_view) override {}
  } sink;
  secure::Dtls dtls(*call.browser_kit.dtls, secure::DtlsRole::client, {}, sink);
  dtls.start(call.now());
  return sink.hello;
}

// CVE-2023-49786, CVE-2023-51443: a ClientHello that comes before the honest one must not start the
// association.
TEST(Threats, A07_ClientHelloFromUnvalidatedTupleIsDropped) {
  Call call;
  call.call();
  const auto hello = client_hello(call);
  ASSERT_GT(hello.size(), 50U);
  std::uint64_t sent = 0, answered = 0;
  call.server.on_send = [&](std::vector<std::uint8_t>&) { ++answered; };
  const auto attack = [&] { // from a foreign address, and from the browser's before its first check
    for (const auto& from : {kStranger, call.browser.address}) {
      if (from == call.browser.address && call.now() > base::timestamp_us(1'000'000'000)) continue;
      call.server.party.on_datagram(call.now(), {call.server.address, from}, hello);
      ++sent;
    }
  };
  attack();
  EXPECT_EQ(answered, 0U);
  for (int i = 0; i < 500 && !call.server.party.in_phase(Phase::connected); ++i) {
    call.run_for(2ms);
    attack();
  }
  ASSERT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_EQ(call.server.party.peer().stats().transport.unvalidated, sent);
  call.run_for(1s);
  EXPECT_GT(call.server.party.frames.size(), 20U);
}

// CVE-2021-41105: a packet that fails must end nothing.
TEST(Threats, A03_InvalidSrtpNeverEndsOrDisturbsTheCall) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  const ice::PairKey pair{call.server.address, call.browser.address};
  std::uint64_t bad = 0;
  call.browser.on_send = [&](std::vector<std::uint8_t>& honest) { // each is followed by its caricatures
    if (honest[0] < 128) return;
    const auto whole = honest;
    const auto give = [&](std::vector<std::uint8_t> bytes) {
      if (bytes.empty()) return;
      call.server.party.on_datagram(call.now(), pair, bytes);
      ++bad;
    };
    auto wrong_tag = whole, rolled = whole, truncated = whole;
    wrong_tag.back() ^= 1;
    rolled[2] ^= 0x80; // half the sequence space away: another rollover count
    truncated.resize(whole.size() / 2);
    give(wrong_tag), give(rolled), give(truncated);
  };
  const auto frames = call.server.party.frames.size(), packets = call.server.party.packets.size();
  call.run_for(3s);
  call.browser.on_send = nullptr;
  EXPECT_GT(bad, 500U);
  EXPECT_GE(call.server.party.frames.size(), frames + 70);
  EXPECT_GE(call.server.party.packets.size(), packets + 145);
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_EQ(call.server.party.phases.size(), 1U) << "never another phase than connected";
  expect_decodable(call.server.party.frames);
  const auto& counted = call.server.party.peer().stats().srtp;
  EXPECT_EQ(counted.auth_failed + counted.replayed + counted.too_short + counted.other +
                counted.too_many_ssrcs,
            bad);
}

TEST(Threats, A03_AReplayedMinuteIsHeardOnce) {
  Call call;
  ASSERT_TRUE(call.connect());
  std::vector<std::vector<std::uint8_t>> recorded;
  call.browser.on_send = [&](std::vector<std::uint8_t>& d) {
    if (d[0] >= 128) recorded.push_back(d);
  };
  call.run_for(3s);
  call.finish();
  call.browser.on_send = nullptr;
  const auto frames = call.server.party.frames.size(), packets = call.server.party.packets.size();
  for (const auto& datagram : recorded)
    call.server.party.on_datagram(call.now(), {call.server.address, call.browser.address}, datagram);
  call.run_for(1s);
  EXPECT_GT(recorded.size(), 300U);
  EXPECT_EQ(call.server.party.frames.size(), frames);
  EXPECT_EQ(call.server.party.packets.size(), packets);
}

// Another member's packets, keys and all, on a tuple that is validated but not theirs.
TEST(Threats, A11_AnotherMembersPacketsAreNotThisMembers) {
  std::vector<std::vector<std::uint8_t>> theirs;
  {
    Call other(2);
    ASSERT_TRUE(other.connect());
    other.browser.on_send = [&](std::vector<std::uint8_t>& d) {
      if (d[0] >= 128) theirs.push_back(d);
    };
    other.run_for(2s);
  }
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  const auto before = call.server.party.peer().stats().transport.undecrypted;
  for (const auto& datagram : theirs)
    call.server.party.on_datagram(call.now(), {call.server.address, call.browser.address}, datagram);
  EXPECT_EQ(call.server.party.peer().stats().transport.undecrypted, before + theirs.size());
  call.run_for(1s);
  expect_decodable(call.server.party.frames);
  EXPECT_GT(call.server.party.frames.size(), 40U);
}

TEST(Threats, A02_ANackOfEverythingIsAnsweredWithinTheBudget) {
  Call call;
  RawClient client(call);
  call.server.party.switch_camera(call.now(), true);
  client.run(1s);
  const auto before = call.server.party.peer().stats().video_out.retransmitted;
  std::array<std::uint8_t, 1200> buffer{};
  for (int round = 0; round < 50; ++round) { // each asks for 65,536 numbers in pieces
    for (std::size_t at = 12; at + 4 <= 1100; at += 4) {
      base::store_u16(buffer.data() + at,
                      static_cast<std::uint16_t>(round * 4000 + static_cast<int>(at) * 17));
      base::store_u16(buffer.data() + at + 2, 0xffff);
    }
    buffer[0] = 0x81;
    buffer[1] = 205;
    base::store_u16(buffer.data() + 2, 1100 / 4 - 1);
    base::store_u32(buffer.data() + 8, client.video_ssrc);
    client.send(base::Bytes(buffer).first(1100), true);
  }
  client.run(1s);
  const auto resent = call.server.party.peer().stats().video_out.retransmitted - before;
  EXPECT_LE(resent, 300U) << "one per packet and round trip, a quarter of the rate at most";
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
}

// ---- why is there no video

TEST(Threats, D01_NoCheckEverArrived) {
  Call call;
  call.uplink().loss = 1;
  call.call();
  call.run_for(35s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::failed));
  EXPECT_EQ(last_detail(call.server.party), "no connectivity check seen");
  EXPECT_EQ(call.server.party.peer().stats().transport.stun, 0U);
}

TEST(Threats, D02_ChecksArriveAndNothingIsAcknowledged) {
  Call call;
  call.downlink().loss = 1; // our answers never reach the browser
  call.call();
  call.run_for(35s);
  EXPECT_FALSE(was_in(call.server.party, Phase::connected));
  EXPECT_GT(call.server.party.peer().stats().transport.stun, 5U);
  EXPECT_NE(last_detail(call.server.party), "no connectivity check seen");
}

TEST(Threats, D17_TheFingerprintDoesNotMatch) {
  Call call;
  call.on_answer = [](std::string& answer) {
    const auto at = answer.find("a=fingerprint:sha-256 ") + 22;
    answer[at] = answer[at] == 'A' ? 'B' : 'A';
  };
  call.call();
  call.run_for(5s);
  EXPECT_TRUE(call.browser.party.in_phase(Phase::failed));
  EXPECT_NE(last_detail(call.browser.party).find("fingerprint"), std::string::npos)
      << last_detail(call.browser.party);
}

TEST(Threats, D18_APairIsThereAndDtlsNeverBegins) {
  Call call;
  call.uplink().drops = [](base::Bytes d) { return d[0] >= 20 && d[0] <= 63; };
  call.call();
  call.run_for(40s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::failed));
  const auto stats = call.server.party.peer().stats();
  EXPECT_GT(stats.transport.stun, 5U);
  EXPECT_EQ(stats.transport.dtls, 0U);
  EXPECT_NE(last_detail(call.server.party).find("handshake"), std::string::npos)
      << last_detail(call.server.party);
}

TEST(Threats, D22_KeyframesAreAskedForInVain) {
  Call call;
  RawClient client(call);
  std::array<std::uint8_t, 200> packet{};
  for (std::uint16_t i = 0; i < 50; ++i) {
    const auto head = rtp::write_header(packet, {96, true, i, i * 3000U, 77}, {}, {});
    packet[head] = 0x10;
    packet[head + 1] = 0x01; // a delta
    client.send(base::Bytes(packet).first(head + 50), false);
    client.run(40ms);
  }
  const auto stats = call.server.party.peer().stats();
  EXPECT_GE(stats.plis_sent, 3U);
  EXPECT_EQ(stats.assembler.keyframes, 0U);
}

TEST(Threats, D24_AuthenticationFailsOnAValidatedPair) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.browser.on_send = [](std::vector<std::uint8_t>& d) {
    if (d[0] >= 128) d.back() ^= 1;
  };
  call.run_for(2s);
  const auto stats = call.server.party.peer().stats();
  EXPECT_GT(stats.srtp.auth_failed, 100U);
  EXPECT_EQ(stats.transport.unvalidated, 0U);
}

TEST(Threats, D23_HeavyLossIsInTheNumbers) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.uplink().loss = 0.3;
  call.downlink().loss = 0.3;
  call.run_for(10s);
  const auto stats = call.server.party.peer().stats();
  EXPECT_GT(stats.video_lost + stats.audio_lost, 100U);
  EXPECT_LT(stats.budget.in_kbps(), 1000);
}

} // namespace
} // namespace plenum::sim
