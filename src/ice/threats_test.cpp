// Attacks of the class A05 (docs/threats.md): STUN that overflows, confuses or amplifies.
#include "base/random.hpp"
#include "ice/agent.hpp"
#include "ice/test_recorder.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace plenum::ice {
namespace {

using namespace test;
using Message = std::vector<std::uint8_t>;

struct Victim {
  base::SeededRandom random{1};
  base::Env env{.random = random};
  Recorder sink;
  Credentials credentials = make_credentials(random);
  Agent agent{env, {.local = credentials}, sink};
  base::Timestamp now = base::timestamp_us(5'000'000);
  Victim() { agent.start(now); }

  // A check, and what `change` makes of it before it is signed.
  Message check(const std::function<void(StunBuilder&)>& change = {}, const std::string& username = {},
                std::string_view password = {}) {
    std::array<std::uint8_t, 1500> buffer{};
    StunBuilder builder(buffer, StunClass::request, {1, 2, 3});
    builder.username(username.empty() ? credentials.ufrag + ":peer" : username)
        .priority(1)
        .ice_controlling(7);
    if (change) change(builder);
    const auto bytes = builder.finish(password.empty() ? credentials.password.reveal() : password);
    return {bytes.begin(), bytes.end()};
  }
  void take(const Message& message) { agent.on_stun(now, kServerWifi, message); }
};

// Attribute order: what follows MESSAGE-INTEGRITY was written by anybody.
Message with_attribute(Message message, std::uint16_t type, const Message& value) {
  Message attribute(4);
  base::store_u16(attribute.data(), type);
  base::store_u16(attribute.data() + 2, static_cast<std::uint16_t>(value.size()));
  attribute.insert(attribute.end(), value.begin(), value.end());
  attribute.resize((attribute.size() + 3) / 4 * 4);
  message.resize(message.size() - 8); // without FINGERPRINT, which is optional
  message.insert(message.end(), attribute.begin(), attribute.end());
  base::store_u16(message.data() + 2, static_cast<std::uint16_t>(message.size() - kStunHeaderBytes));
  return message;
}

TEST(Threats, A05_AUsernameBeyondTheLimitIsNoMessage) {
  Message message(kStunHeaderBytes);
  base::store_u16(message.data(), 1);
  base::store_u32(message.data() + 4, 0x2112A442);
  for (const std::size_t length : {kStunMaxUsernameBytes, kStunMaxUsernameBytes + 1, std::size_t{1400}}) {
    auto longer = message;
    longer.resize(kStunHeaderBytes + 8, 0); // place of the fingerprint that with_attribute takes away
    longer = with_attribute(longer, 0x0006, Message(length, 'u'));
    EXPECT_EQ(parse_stun(longer).has_value(), length <= kStunMaxUsernameBytes) << length;
  }
}

TEST(Threats, A05_WhatFollowsTheIntegrityIsNotBelieved) {
  Victim victim;
  // USE-CANDIDATE appended by somebody on the path: the check counts, the nomination does not.
  victim.take(with_attribute(victim.check(), 0x0025, {}));
  EXPECT_EQ(victim.agent.view().counters.checks_received, 1U);
  EXPECT_TRUE(victim.agent.is_validated(kServerWifi));
  EXPECT_FALSE(victim.agent.view().selected);
  // A second USERNAME after the integrity does not turn it into somebody else's check either.
  victim.take(with_attribute(victim.check(), 0x0006, {'x', ':', 'y'}));
  EXPECT_EQ(victim.agent.view().counters.checks_received, 2U);
}

TEST(Threats, A05_NoAnswerIsLongerThanItsQuestion) {
  Victim victim;
  base::SeededRandom random(3);
  const auto sound = victim.check();
  std::size_t answers = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto message = sound;
    if (i > 0)
      for (auto changes = random.u32() % 4; changes > 0; --changes)
        message[random.u32() % message.size()] = static_cast<std::uint8_t>(random.u32());
    victim.sink.out.clear();
    victim.take(message);
    ASSERT_LE(victim.sink.out.size(), 1U);
    for (const auto& answer : victim.sink.out) {
      ASSERT_LE(answer.bytes.size(), message.size());
      ++answers;
    }
  }
  EXPECT_GT(answers, 1000U);
}

TEST(Threats, A05_AStrangerGetsNoAnswerAtAll) {
  Victim victim;
  victim.take(victim.check({}, "somebody:else"));
  victim.take(victim.check({}, {}, "the password of another meeting"));
  EXPECT_TRUE(victim.sink.out.empty());
  EXPECT_FALSE(victim.agent.is_validated(kServerWifi));
}

} // namespace
} // namespace plenum::ice
