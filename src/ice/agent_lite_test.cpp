#include "ice/agent.hpp"

#include "base/alloc_counter.hpp"
#include "ice/test_recorder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plenum::ice {
namespace {

using base::Timestamp;
using namespace std::chrono_literals;
using namespace test;

// Checks written by hand: what a browser would send, without its timing.
struct Check {
  bool nominate = true;
  std::uint32_t priority = 1000;
  std::string_view password;
  std::string username;
  bool controlled = false;
  bool unknown_attribute = false;
};

struct Checker {
  Agent& agent;
  const Credentials& to;
  std::uint8_t counter = 0;

  std::vector<std::uint8_t> make(const Check& check) {
    std::array<std::uint8_t, 512> buffer{};
    StunBuilder b(buffer, StunClass::request, {++counter});
    b.username(check.username.empty() ? to.ufrag + ":peer" : check.username).priority(check.priority);
    if (check.controlled)
      b.ice_controlled(7);
    else
      b.ice_controlling(7);
    if (check.nominate) b.use_candidate();
    const auto bytes = b.finish(check.password.empty() ? to.password.reveal() : check.password);
    return {bytes.begin(), bytes.end()};
  }
  void send(Timestamp now, const PairKey& pair, const Check& check = {}) {
    agent.on_stun(now, pair, make(check));
  }
};

struct Lite {
  base::SeededRandom random{1};
  base::Env env{.random = random};
  Recorder sink;
  Credentials credentials = make_credentials(random);
  Agent agent{env, {.local = credentials}, sink};
  Checker checker{agent, credentials};
  Timestamp now = base::timestamp_us(5'000'000);

  Lite() { agent.start(now); }
  PairKey pair(int port) const { return {kServer, at("198.51.100.7:" + std::to_string(port))}; }
  std::optional<StunMessage> answer() const {
    return sink.out.empty() ? std::nullopt : parse_stun(sink.out.back().bytes);
  }
};

TEST(AgentLite, AnswersAreAuthenticAndNeverLonger) {
  Lite lite;
  const auto request = lite.checker.make({});
  lite.agent.on_stun(lite.now, kServerWifi, request);
  const auto answer = lite.answer();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_binding(StunClass::success));
  EXPECT_EQ(answer->transaction, parse_stun(request)->transaction);
  EXPECT_EQ(answer->xor_mapped, kWifi);
  EXPECT_TRUE(answer->has_fingerprint);
  EXPECT_TRUE(has_valid_integrity(*answer, lite.credentials.password.reveal()));
  EXPECT_LE(lite.sink.out.back().bytes.size(), request.size());
}

TEST(AgentLite, WrongIntegrityAndUsernameGetNoAnswer) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.password = "somebody else's password"});
  lite.checker.send(lite.now, kServerWifi, {.username = "nobody:peer"});
  auto garbage = lite.checker.make({});
  garbage.back() ^= 1;
  lite.agent.on_stun(lite.now, kServerWifi, garbage);
  EXPECT_TRUE(lite.sink.out.empty());
  EXPECT_FALSE(lite.agent.is_validated(kServerWifi));
  EXPECT_EQ(lite.agent.view().state, State::fresh);
  const auto counters = lite.agent.view().counters;
  EXPECT_EQ(counters.bad_integrity, 1U);
  EXPECT_EQ(counters.unknown_username, 1U);
  EXPECT_EQ(counters.malformed, 1U);
}

TEST(AgentLite, ResponsesAndIndicationsAreIgnored) {
  Lite lite;
  for (const auto cls : {StunClass::success, StunClass::error, StunClass::indication}) {
    std::array<std::uint8_t, 128> buffer{};
    StunBuilder b(buffer, cls, {1});
    lite.agent.on_stun(lite.now, kServerWifi, b.finish(lite.credentials.password.reveal()));
  }
  EXPECT_EQ(lite.agent.view().counters.unexpected, 3U);
  EXPECT_TRUE(lite.sink.out.empty());
}

TEST(AgentLite, ControlledPeerGets487) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.controlled = true});
  const auto answer = lite.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error_code, 487);
  EXPECT_TRUE(has_valid_integrity(*answer, lite.credentials.password.reveal()));
  EXPECT_FALSE(lite.agent.is_validated(kServerWifi));
}

TEST(AgentLite, UnknownRequiredAttributeGets420) {
  Lite lite;
  std::array<std::uint8_t, 256> buffer{};
  StunBuilder b(buffer, StunClass::request, {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9});
  const std::array<std::uint16_t, 1> none{0};
  b.username(lite.credentials.ufrag + ":p").unknown_attributes(none);
  // UNKNOWN-ATTRIBUTES (0x000A) of a request means nothing; rename it to an unknown type before signing.
  const auto name_bytes = (lite.credentials.ufrag.size() + 2 + 3) / 4 * 4;
  base::store_u16(buffer.data() + 20 + 4 + name_bytes, 0x7777);
  lite.agent.on_stun(lite.now, kServerWifi, b.finish(lite.credentials.password.reveal()));
  const auto answer = lite.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error_code, 420);
  EXPECT_EQ(lite.agent.view().counters.unknown_attributes, 1U);
  EXPECT_FALSE(lite.agent.is_validated(kServerWifi));
}

TEST(AgentLite, ValidatedBeforeNominated) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.nominate = false});
  EXPECT_TRUE(lite.agent.is_validated(kServerWifi)); // DTLS may start
  EXPECT_FALSE(lite.agent.view().selected);
  EXPECT_EQ(lite.agent.view().state, State::checking);
}

TEST(AgentLite, AggressiveNominationSettlesOnTheBest) {
  Lite lite;
  for (int round = 0; round < 20; ++round) {
    lite.now += 200ms;
    lite.checker.send(lite.now, kServerMobile, {.priority = 100});
    lite.checker.send(lite.now, kServerWifi, {.priority = 200});
    lite.agent.on_deadline(lite.now);
  }
  EXPECT_EQ(lite.agent.view().selected, kServerWifi);
  EXPECT_EQ(lite.sink.selected, (std::vector{kServerMobile, kServerWifi})); // no flapping
}

TEST(AgentLite, MigrationToAWorsePairIsFollowed) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.priority = 200});
  lite.now += 500ms;
  lite.checker.send(lite.now, kServerMobile, {.priority = 100});
  EXPECT_EQ(lite.agent.view().selected, kServerWifi); // could be a habit
  lite.now += 50ms;
  lite.checker.send(lite.now, kServerMobile, {.priority = 100});
  EXPECT_EQ(lite.agent.view().selected, kServerMobile); // twice in a row is a decision
  lite.now += 2500ms;
  lite.checker.send(lite.now, kServerWifi, {.priority = 200});
  EXPECT_EQ(lite.agent.view().selected, kServerWifi);
  lite.now += 2500ms;
  lite.checker.send(lite.now, kServerMobile, {.priority = 100});
  EXPECT_EQ(lite.agent.view().selected, kServerMobile); // the better one was silent for long
}

TEST(AgentLite, NatRebindingIsFollowedAtOnce) {
  Lite lite;
  lite.checker.send(lite.now, lite.pair(1000));
  lite.now += 100ms;
  lite.checker.send(lite.now, lite.pair(1001)); // the same candidate behind another port
  EXPECT_EQ(lite.agent.view().selected, lite.pair(1001));
}

TEST(AgentLite, PairsAreBoundedAndTheSelectedOneIsSafe) {
  Lite lite;
  lite.checker.send(lite.now, lite.pair(1000));
  for (int port = 1001; port < 1100; ++port) {
    lite.now += 1ms;
    lite.checker.send(lite.now, lite.pair(port), {.nominate = false});
  }
  EXPECT_EQ(lite.agent.view().selected, lite.pair(1000));
  EXPECT_TRUE(lite.agent.is_validated(lite.pair(1000)));
  EXPECT_TRUE(lite.agent.is_validated(lite.pair(1099)));
  EXPECT_FALSE(lite.agent.is_validated(lite.pair(1092)));
  EXPECT_EQ(lite.sink.closed.size(), 92U);
  EXPECT_EQ(lite.agent.view().counters.pairs_evicted, 92U);
}

TEST(AgentLite, IdlePairsAreForgotten) {
  Lite lite;
  lite.checker.send(lite.now, kServerMobile, {.nominate = false});
  for (int i = 0; i < 40; ++i) {
    lite.now += 1s;
    lite.checker.send(lite.now, kServerWifi);
    lite.agent.on_deadline(lite.now);
  }
  EXPECT_EQ(lite.sink.closed, std::vector{kServerMobile});
}

TEST(AgentLite, RestartKeepsTheOldPairUntilANewOneIsNominated) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.priority = 200});
  const auto fresh = make_credentials(lite.random);
  lite.agent.restart(lite.now, fresh);
  EXPECT_EQ(lite.agent.view().selected, kServerWifi);
  EXPECT_TRUE(lite.agent.view().restarting);
  EXPECT_EQ(lite.agent.view().state, State::connected);
  lite.now += 3s;
  lite.checker.send(lite.now, kServerWifi); // consent with the old credentials is still answered
  EXPECT_EQ(lite.sink.out.size(), 2U);

  Checker renewed{lite.agent, fresh};
  renewed.send(lite.now, kServerMobile, {.nominate = false, .priority = 1});
  EXPECT_EQ(lite.agent.view().selected, kServerWifi);
  renewed.send(lite.now, kServerMobile, {.priority = 1});
  EXPECT_EQ(lite.agent.view().selected, kServerMobile); // newer beats better
  EXPECT_FALSE(lite.agent.view().restarting);
  EXPECT_EQ(lite.sink.closed, std::vector{kServerWifi});
  lite.checker.send(lite.now, kServerWifi); // the old credentials are dead
  EXPECT_EQ(lite.agent.view().counters.unknown_username, 1U);
  EXPECT_FALSE(lite.agent.is_validated(kServerWifi));
}

TEST(AgentLite, RestartOnTheSameAddresses) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi);
  const auto fresh = make_credentials(lite.random);
  lite.agent.restart(lite.now, fresh);
  Checker renewed{lite.agent, fresh};
  renewed.send(lite.now, kServerWifi, {.nominate = false});
  EXPECT_TRUE(lite.agent.view().restarting);
  renewed.send(lite.now, kServerWifi);
  EXPECT_FALSE(lite.agent.view().restarting);
  EXPECT_EQ(lite.sink.selected, (std::vector{kServerWifi, kServerWifi}));
  EXPECT_TRUE(lite.sink.closed.empty());
  EXPECT_EQ(lite.sink.states, (std::vector{State::checking, State::connected}));
}

TEST(AgentLite, RestartThatNobodyFollowsKeepsTheOldPair) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi);
  lite.agent.restart(lite.now, make_credentials(lite.random));
  for (int i = 0; i < 60; ++i) {
    lite.now += 1s;
    lite.checker.send(lite.now, kServerWifi);
    lite.agent.on_deadline(lite.now);
  }
  EXPECT_EQ(lite.agent.view().state, State::connected);
  // A second restart replaces the first, not the pair that flows.
  const auto second = make_credentials(lite.random);
  lite.agent.restart(lite.now, second);
  lite.checker.send(lite.now, kServerWifi);
  EXPECT_EQ(lite.agent.view().counters.unknown_username, 0U);
  Checker{lite.agent, second}.send(lite.now, kServerWifi);
  EXPECT_FALSE(lite.agent.view().restarting);
}

TEST(AgentLite, LostTcpPairIsReplacedByTheNextNomination) {
  Lite lite;
  lite.checker.send(lite.now, kServerWifi, {.priority = 200});
  lite.checker.send(lite.now, kServerMobile, {.nominate = false, .priority = 100});
  lite.agent.on_pair_lost(lite.now, kServerWifi);
  EXPECT_EQ(lite.agent.view().state, State::disconnected);
  EXPECT_FALSE(lite.agent.view().selected);
  lite.checker.send(lite.now, kServerMobile, {.priority = 100});
  EXPECT_EQ(lite.agent.view().selected, kServerMobile);
  EXPECT_EQ(lite.agent.view().state, State::connected);
  lite.agent.on_pair_lost(lite.now, kServerMobile);
  lite.agent.on_deadline(lite.now + 30s);
  EXPECT_EQ(lite.agent.view().state, State::failed);
}

TEST(AgentLite, ChecksAndTrafficDoNotAllocate) {
  Lite lite;
  lite.sink.out.reserve(64);
  lite.checker.send(lite.now, kServerWifi);
  const auto check = lite.checker.make({});
  struct Null final : AgentSink {
    void transmit_stun(const PairKey&, base::Bytes) override {}
    void on_pair_selected(const PairKey&) override {}
    void on_pair_closed(const PairKey&) override {}
    void on_ice_state(State) override {}
  } null;
  Agent agent(lite.env, {.local = lite.credentials}, null);
  agent.on_stun(lite.now, kServerWifi, check);
  if (!base::alloc_counter::available()) GTEST_SKIP();
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  for (int i = 0; i < 100; ++i) {
    agent.on_stun(lite.now, kServerWifi, check);
    agent.on_authentic_traffic(lite.now, kServerWifi);
    agent.on_deadline(lite.now);
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
}

} // namespace
} // namespace plenum::ice
