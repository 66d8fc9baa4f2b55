// Connecting, the data channel, certificates, ICE: one call from offer to end.
#include "sim/test_call.hpp"

namespace plenum::sim {
namespace {

bool is_dtls(base::Bytes datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

TEST(CallTest, ConnectsAndEverythingFlowsBothWays) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(5s);
  for (const auto* party : {&call.browser.party, &call.server.party}) {
    EXPECT_EQ(party->phases.size(), 1U);
    EXPECT_EQ(party->data_opens, 1);
    EXPECT_GT(party->frames.size(), 115U);
    EXPECT_GT(party->packets.size(), 235U);
    EXPECT_TRUE(party->frames.front().key);
    expect_decodable(party->frames);
  }
  const auto stats = call.server.party.peer().stats();
  EXPECT_EQ(stats.malformed, 0U);
  EXPECT_EQ(stats.transport.unvalidated + stats.transport.undecrypted, 0U);
  EXPECT_EQ(stats.video_in.retransmitted, 0U);
  EXPECT_LE(call.server.party.keys_made, 2U); // nobody asked for more
  call.finish();
  EXPECT_EQ(distinct(call.server.party.packets), call.browser.party.packets_made);
  EXPECT_EQ(distinct(call.browser.party.packets), call.server.party.packets_made);
  EXPECT_EQ(call.server.party.frames.back().number, call.browser.party.frames_made - 1);
}

TEST(CallTest, TextGoesBothWaysInOrder) {
  Call call;
  ASSERT_TRUE(call.connect());
  for (int i = 0; i < 20; ++i) {
    call.browser.party.peer().send_text("up " + std::to_string(i));
    call.server.party.peer().send_text("down " + std::to_string(i));
  }
  call.run_for(2s);
  ASSERT_EQ(call.server.party.texts.size(), 20U);
  ASSERT_EQ(call.browser.party.texts.size(), 20U);
  EXPECT_EQ(call.server.party.texts[19], "up 19");
  EXPECT_EQ(call.browser.party.texts[0], "down 0");
}

TEST(CallTest, TextSurvivesLoss) {
  Call call(5);
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  call.uplink().loss = call.downlink().loss = 0.3;
  for (int i = 0; i < 30; ++i) {
    call.browser.party.peer().send_text("up " + std::to_string(i));
    call.server.party.peer().send_text("down " + std::to_string(i));
    call.run_for(100ms);
  }
  const auto all = [&] {
    return call.server.party.texts.size() == 30 && call.browser.party.texts.size() == 30;
  };
  EXPECT_TRUE(call.run_until(all, 60s));
  EXPECT_EQ(call.server.party.texts.back(), "up 29");
}

TEST(CallTest, HandshakeSurvivesLossOfEachOfItsDatagrams) {
  for (int lost = 0; lost < 6; ++lost) {
    SCOPED_TRACE(lost);
    Call call(static_cast<std::uint64_t>(lost) + 10);
    int seen = 0;
    const auto nth = [&seen, lost](base::Bytes datagram) { return is_dtls(datagram) && seen++ == lost; };
    call.uplink().drops = nth;
    call.downlink().drops = nth;
    EXPECT_TRUE(call.connect());
    EXPECT_GT(seen, lost);
  }
}

TEST(CallTest, HandshakeSurvivesHeavyRandomLoss) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Call call(seed);
    call.uplink().loss = call.downlink().loss = 0.3;
    call.call();
    const auto both = [&] {
      return call.browser.party.in_phase(Phase::connected) && call.server.party.in_phase(Phase::connected);
    };
    EXPECT_TRUE(call.run_until(both, 25s)) << seed;
  }
}

TEST(CallTest, AWrongFingerprintNeverConnects) {
  Call call;
  const auto other = secure::Certificate::generate(call.clock.wall());
  ASSERT_TRUE(other);
  call.on_answer = [&](std::string& answer) {
    const auto right = call.server_kit.certificate.fingerprint().text();
    for (auto at = answer.find(right); at != std::string::npos; at = answer.find(right, at + 1))
      answer.replace(at, right.size(), other->fingerprint().text());
  };
  EXPECT_FALSE(call.connect());
  EXPECT_TRUE(call.browser.party.in_phase(Phase::failed));
  EXPECT_FALSE(was_in(call.browser.party, Phase::connected));
  EXPECT_TRUE(call.server.party.packets.empty());
  // ICE lives on; neither its life nor its end may change the verdict.
  call.run_for(10s);
  call.uplink().loss = call.downlink().loss = 1;
  call.run_for(60s);
  EXPECT_TRUE(call.browser.party.in_phase(Phase::failed));
  EXPECT_FALSE(was_in(call.browser.party, Phase::disconnected));
  EXPECT_FALSE(was_in(call.server.party, Phase::disconnected));
  EXPECT_FALSE(was_in(call.server.party, Phase::connected));
}

TEST(CallTest, NoAnswerFailsAfterThirtySeconds) {
  Call call;
  call.uplink().loss = 1;
  call.call();
  call.run_for(31s);
  ASSERT_TRUE(call.server.party.in_phase(Phase::failed));
  EXPECT_EQ(call.server.party.phases.back().detail, "no connectivity check seen");
}

TEST(CallTest, SilenceIsDisconnectedAtFiveSecondsAndFailedAtThirty) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  const auto cut = call.now();
  call.uplink().loss = call.downlink().loss = 1;
  call.run_for(40s);
  const auto& phases = call.server.party.phases;
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases[1].phase, Phase::disconnected);
  EXPECT_GE(phases[1].at - cut, 4900ms);
  EXPECT_LE(phases[1].at - cut, 5200ms);
  EXPECT_EQ(phases[2].phase, Phase::failed);
  EXPECT_GE(phases[2].at - cut, 26s); // consent is renewed every 2–3 s
  EXPECT_LE(phases[2].at - cut, 31s);
  // What failed stays failed without a restart, also when the network is back.
  call.uplink().loss = call.downlink().loss = 0;
  const auto heard = call.server.party.packets.size();
  call.run_for(5s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::failed));
  EXPECT_EQ(call.server.party.packets.size(), heard);
}

TEST(CallTest, AShortSilenceHealsByItself) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  call.uplink().loss = call.downlink().loss = 1;
  call.run_for(10s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::disconnected));
  call.uplink().loss = call.downlink().loss = 0;
  call.run_for(10s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_TRUE(call.browser.party.in_phase(Phase::connected));
  const auto frames = call.server.party.frames.size();
  call.run_for(2s);
  EXPECT_GT(call.server.party.frames.size(), frames + 40);
  expect_decodable(call.server.party.frames);
  expect_decodable(call.browser.party.frames);
}

TEST(CallTest, RestartsBringAFailedCallBack) {
  for (const bool by_browser : {true, false}) {
    SCOPED_TRACE(by_browser);
    Call call;
    ASSERT_TRUE(call.connect());
    call.run_for(1s);
    call.uplink().loss = call.downlink().loss = 1;
    call.run_for(40s);
    ASSERT_TRUE(call.server.party.in_phase(Phase::failed));
    call.uplink().loss = call.downlink().loss = 0;
    const auto before = call.server.party.peer().credentials().ufrag;
    if (by_browser) {
      call.restart_by_browser();
    } else {
      call.restart_by_server();
    }
    EXPECT_NE(call.server.party.peer().credentials().ufrag, before);
    call.run_for(5s);
    EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
    EXPECT_TRUE(call.browser.party.in_phase(Phase::connected));
    const auto frames = call.server.party.frames.size();
    call.run_for(2s);
    EXPECT_GT(call.server.party.frames.size(), frames + 40);
    expect_decodable(call.server.party.frames);
    call.server.party.peer().send_text("still the same association");
    call.run_for(3s);
    EXPECT_EQ(call.browser.party.texts.size(), 1U);
  }
}

TEST(CallTest, ARestartOfALiveCallLosesNothing) {
  for (const bool by_browser : {true, false}) {
    SCOPED_TRACE(by_browser);
    Call call;
    ASSERT_TRUE(call.connect());
    call.run_for(2s);
    if (by_browser) {
      call.restart_by_browser();
    } else {
      call.restart_by_server();
    }
    call.run_for(5s);
    call.finish();
    EXPECT_EQ(distinct(call.server.party.packets), call.browser.party.packets_made);
    EXPECT_EQ(distinct(call.browser.party.packets), call.server.party.packets_made);
    EXPECT_EQ(call.server.party.phases.size(), 1U); // never anything but connected
  }
}

TEST(CallTest, AnotherCertificateIsAnotherAssociation) {
  // A client that lost everything (page reload) resumes its leg with a fresh peer connection.
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  call.browser.party.peer().send_text("before");
  call.run_for(500ms);
  const Kit* old = &call.browser_kit;
  Kit fresh(call.env, call.sctp);
  Station again(call.env, fresh, call.network, *ice::TransportAddress::parse_with_port("198.51.100.7:50001"));
  ASSERT_NE(old->certificate.fingerprint(), fresh.certificate.fingerprint());
  call.browser.party.hang_up();
  ASSERT_TRUE(again.party.dial(call.now(), again.address));
  const auto answer = call.server.party.peer().update(call.now(), again.party.peer().local_description());
  ASSERT_TRUE(answer);
  ASSERT_TRUE(again.party.peer().apply_answer(call.now(), *answer));
  again.party.switch_camera(call.now(), true);
  for (int i = 0; i < 400; ++i) { // the world knows only its two
    call.run_for(10ms);
    if (again.party.next_deadline() <= call.now()) again.party.on_deadline(call.now());
  }
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_TRUE(again.party.in_phase(Phase::connected));
  EXPECT_GT(again.party.frames.size(), 20U);
  EXPECT_TRUE(again.party.frames.front().key);
  EXPECT_EQ(again.party.data_opens, 1);
  EXPECT_EQ(call.server.party.data_opens, 2);
  again.party.hang_up();
}

TEST(CallTest, ClosingIsHeardAtOnce) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  call.server.party.peer().close();
  call.run_for(200ms);
  EXPECT_TRUE(call.browser.party.in_phase(Phase::disconnected));
  EXPECT_EQ(call.server.party.peer().stats().phase, Phase::closed);
  const auto frames = call.server.party.frames.size();
  call.run_for(2s);
  EXPECT_EQ(call.server.party.frames.size(), frames);
}

} // namespace
} // namespace plenum::sim
