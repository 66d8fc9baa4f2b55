#include "ice/agent.hpp"

#include "ice/test_recorder.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <vector>

namespace plenum::ice {
namespace {

using base::Timestamp;
using namespace std::chrono_literals;
using namespace test;

// Two agents on a wire of 20 ms that loses what `lost` says, in virtual time.
struct Call {
  base::SeededRandom random{42};
  base::Env env{.random = random};
  Recorder server_sink;
  Recorder client_sink;
  Credentials server_credentials = make_credentials(random, "room-");
  Credentials client_credentials = make_credentials(random);
  Agent server;
  Agent client;
  Timestamp now = base::timestamp_us(1'000'000);
  std::function<bool(const PairKey& from, int nth)> lost = [](const PairKey&, int) { return false; };
  int sent = 0;
  struct Flying {
    bool to_server;
    PairKey pair; // as the receiver sees it
    std::vector<std::uint8_t> bytes;
  };
  std::multimap<Timestamp, Flying> wire;

  explicit Call(Role server_role = Role::lite)
      : server(env, {.role = server_role, .local = server_credentials}, server_sink),
        client(env, {.role = Role::full, .local = client_credentials}, client_sink) {}

  void open(std::vector<TransportAddress> client_addresses = {kWifi}) {
    client.set_remote_credentials(server_credentials);
    server.set_remote_credentials(client_credentials);
    server.start(now);
    client.start(now);
    for (const auto& address : client_addresses)
      client.add_local_address(now, address);
    client.add_remote_candidate(now, make_host_candidate(kServer, 100));
  }

  void collect(Recorder& from, bool to_server) {
    for (auto& sent_now : from.out)
      if (!lost(sent_now.pair, sent++))
        wire.emplace(
            now + 20ms,
            Flying{to_server, {sent_now.pair.remote, sent_now.pair.local}, std::move(sent_now.bytes)});
    from.out.clear();
  }

  void run(base::Duration duration) {
    const auto end = now + duration;
    while (true) {
      collect(server_sink, false);
      collect(client_sink, true);
      auto next = std::min(server.next_deadline(), client.next_deadline());
      if (!wire.empty()) next = std::min(next, wire.begin()->first);
      if (next > end) break;
      now = std::max(now, next);
      while (!wire.empty() && wire.begin()->first <= now) {
        const auto flying = std::move(wire.begin()->second);
        wire.erase(wire.begin());
        (flying.to_server ? server : client).on_stun(now, flying.pair, flying.bytes);
      }
      server.on_deadline(now);
      client.on_deadline(now);
    }
    now = end;
  }
};

TEST(Agent, LiteAndControllingConnect) {
  Call call;
  call.open();
  call.run(1s);
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
  EXPECT_EQ(call.server_sink.selected, std::vector{kServerWifi});
  EXPECT_EQ(call.server_sink.states, (std::vector{State::checking, State::connected}));
  EXPECT_TRUE(call.server.is_validated(kServerWifi));
  EXPECT_FALSE(call.server.is_validated(kServerMobile));
  EXPECT_FALSE(call.server.view().controlling);
  EXPECT_TRUE(call.client.view().controlling);
}

TEST(Agent, LiteKnowsNoCandidateAndNoRemoteCredentials) {
  Call call;
  call.client.set_remote_credentials(call.server_credentials);
  call.client.start(call.now);
  call.client.add_local_address(call.now, kWifi);
  call.client.add_remote_candidate(call.now, make_host_candidate(kServer, 100));
  call.run(1s);
  EXPECT_EQ(call.server.view().state, State::connected);
}

TEST(Agent, ConnectsThroughHeavyLoss) {
  Call call;
  call.lost = [dice = base::SeededRandom(5)](const PairKey&, int) mutable { return dice.u32() % 10 < 6; };
  call.open();
  call.run(8s);
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
}

TEST(Agent, StaysConnectedForHoursOnConsentAlone) {
  Call call;
  call.open();
  call.run(2h);
  EXPECT_EQ(call.server_sink.states, (std::vector{State::checking, State::connected}));
  EXPECT_EQ(call.client_sink.states, (std::vector{State::checking, State::connected}));
  EXPECT_LT(call.client.view().counters.checks_sent, 2U * 3600);
}

TEST(Agent, SilenceDisconnectsThenFails) {
  Call call;
  call.open();
  call.run(10s);
  call.lost = [](const PairKey&, int) { return true; };
  const auto silent_since = call.now;
  call.run(8s);
  EXPECT_EQ(call.server.view().state, State::disconnected);
  EXPECT_EQ(call.client.view().state, State::disconnected);
  call.run(17s); // 25 s
  EXPECT_EQ(call.server.view().state, State::disconnected);
  call.run(6s); // 31 s, and the last check was up to 2.5 s before
  EXPECT_EQ(call.server.view().state, State::failed);
  EXPECT_EQ(call.client.view().state, State::failed);
  EXPECT_EQ(call.server_sink.closed, std::vector{kServerWifi});
  EXPECT_FALSE(call.server.is_validated(kServerWifi));
  EXPECT_GE(call.now - silent_since, 30s);
}

TEST(Agent, FailedIsFinalUntilRestart) {
  Call call;
  call.open();
  call.run(2s);
  call.lost = [](const PairKey&, int) { return true; };
  call.run(10s);
  // The client goes on checking with old credentials after the server gave up: no answer.
  call.server.on_deadline(call.now + 40s);
  ASSERT_EQ(call.server.view().state, State::failed);
  call.lost = [](const PairKey&, int) { return false; };
  call.run(3s);
  EXPECT_EQ(call.server.view().state, State::failed);
  const auto fresh = make_credentials(call.random, "room-");
  const auto fresh_client = make_credentials(call.random);
  call.server.restart(call.now, fresh);
  EXPECT_EQ(call.server.view().state, State::checking);
  call.client.restart(call.now, fresh_client);
  call.client.set_remote_credentials(fresh);
  call.client.add_remote_candidate(call.now, make_host_candidate(kServer, 100));
  call.run(2s);
  EXPECT_EQ(call.server.view().state, State::connected);
}

TEST(Agent, ReturnsFromDisconnected) {
  Call call;
  call.open();
  call.run(2s);
  call.lost = [](const PairKey&, int) { return true; };
  call.run(9s);
  ASSERT_EQ(call.server.view().state, State::disconnected);
  call.lost = [](const PairKey&, int) { return false; };
  call.run(3s);
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
}

TEST(Agent, AuthenticTrafficKeepsTheLiteSideAlive) {
  Call call;
  call.open();
  call.run(2s);
  call.lost = [](const PairKey&, int) { return true; };
  for (int i = 0; i < 50; ++i) {
    call.run(1s);
    call.server.on_authentic_traffic(call.now, kServerWifi);
    call.server.on_authentic_traffic(call.now, kServerMobile); // not validated: ignored
  }
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::failed); // its own checks are the consent
  EXPECT_FALSE(call.server.is_validated(kServerMobile));
}

TEST(Agent, NobodyComes) {
  Call call;
  call.server.start(call.now);
  call.run(29s);
  EXPECT_EQ(call.server.view().state, State::fresh);
  call.run(2s);
  EXPECT_EQ(call.server.view().state, State::failed);
  EXPECT_EQ(call.server.next_deadline(), base::kNever);
}

TEST(Agent, MigratesWhenThePathDies) {
  Call call;
  call.open({kWifi, kMobile});
  call.run(3s);
  const auto first = *call.server.view().selected;
  call.lost = [first](const PairKey& pair, int) {
    return pair.remote == first.remote || pair.local == first.remote;
  };
  call.run(12s);
  ASSERT_TRUE(call.server.view().selected);
  EXPECT_NE(call.server.view().selected, first);
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
}

TEST(AgentFull, TwoFullAgentsResolveTheirRoleConflict) {
  Call call(Role::full);
  call.open();
  call.server.add_local_address(call.now, kServer);
  call.server.add_remote_candidate(call.now, make_host_candidate(kWifi, 100));
  call.run(5s);
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
  EXPECT_NE(call.server.view().controlling, call.client.view().controlling);
  EXPECT_GT(call.server.view().counters.role_conflicts + call.client.view().counters.role_conflicts, 0U);
}

TEST(AgentFull, LearnsPeerReflexiveAddresses) {
  Call call(Role::full);
  call.open(); // the server has no candidate of the client: it learns the address and checks back
  call.run(5s);
  EXPECT_EQ(call.server.view().selected, kServerWifi);
  EXPECT_GT(call.server.view().counters.responses_received, 0U);
}

TEST(AgentFull, RestartBothSidesWithoutAGap) {
  Call call;
  call.open();
  call.run(2s);
  const auto server_fresh = make_credentials(call.random, "room-");
  const auto client_fresh = make_credentials(call.random);
  call.server.restart(call.now, server_fresh);
  call.run(3s); // the offer travels; the old pair has consent
  call.client.restart(call.now, client_fresh);
  call.client.set_remote_credentials(server_fresh);
  call.client.add_remote_candidate(call.now, make_host_candidate(kServer, 100));
  call.server.set_remote_credentials(client_fresh);
  call.run(2s);
  EXPECT_FALSE(call.server.view().restarting);
  EXPECT_FALSE(call.client.view().restarting);
  EXPECT_EQ(call.server_sink.states, (std::vector{State::checking, State::connected}));
  EXPECT_EQ(call.client_sink.states, (std::vector{State::checking, State::connected}));
  call.run(60s);
  EXPECT_EQ(call.server.view().state, State::connected);
}

TEST(AgentFull, ForgedResponsesAreCounted) {
  Call call;
  call.open();
  call.client.on_deadline(call.now);
  ASSERT_FALSE(call.client_sink.out.empty());
  const auto check = parse_stun(call.client_sink.out[0].bytes);
  std::array<std::uint8_t, 128> buffer{};
  StunBuilder forged(buffer, StunClass::success, check->transaction);
  const PairKey pair{kWifi, kServer};
  call.client.on_stun(call.now, pair, forged.xor_mapped(kWifi).finish("guess"));
  StunBuilder unasked(buffer, StunClass::success, {1, 2, 3});
  call.client.on_stun(call.now, pair,
                      unasked.xor_mapped(kWifi).finish(call.server_credentials.password.reveal()));
  EXPECT_EQ(call.client.view().counters.bad_integrity, 1U);
  EXPECT_EQ(call.client.view().counters.unexpected, 1U);
  EXPECT_FALSE(call.client.view().selected);
}

TEST(Agent, SurvivesMutatedMessages) {
  Call call;
  call.open({kWifi, kMobile});
  base::SeededRandom noise(3);
  std::vector<std::vector<std::uint8_t>> seen;
  for (int round = 0; round < 200; ++round) {
    for (auto* sink : {&call.server_sink, &call.client_sink})
      for (const auto& sent : sink->out)
        seen.push_back(sent.bytes);
    call.run(50ms);
    for (std::size_t i = 0; i < std::min<std::size_t>(seen.size(), 20); ++i) {
      auto bytes = seen[noise.u32() % seen.size()];
      for (int flips = 0; flips < 3; ++flips)
        bytes[noise.u32() % bytes.size()] ^= static_cast<std::uint8_t>(noise.u32());
      if (noise.u32() % 4 == 0) bytes.resize(noise.u32() % bytes.size());
      call.server.on_stun(call.now, kServerMobile, bytes);
      call.client.on_stun(call.now, {kMobile, kServer}, bytes);
    }
  }
  EXPECT_EQ(call.server.view().state, State::connected);
  EXPECT_EQ(call.client.view().state, State::connected);
}

} // namespace
} // namespace plenum::ice
