#include "secure/srtp.hpp"

#include "base/alloc_counter.hpp"
#include "base/random.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace plenum::secure {
namespace {

using Packet = std::vector<std::uint8_t>;

class Srtp : public testing::TestWithParam<SrtpProfile> {
 protected:
  void SetUp() override {
    base::SeededRandom random(4);
    SrtpKeys ours{.profile = GetParam()};
    for (auto* key : {&ours.local, &ours.remote}) {
      random.fill(key->key);
      random.fill(key->salt);
    }
    SrtpKeys theirs{.profile = ours.profile, .local = ours.remote, .remote = ours.local};
    alice = std::move(*SrtpSession::create(ours));
    bob = std::move(*SrtpSession::create(theirs));
  }

  static Packet rtp(std::uint16_t sequence, std::uint32_t ssrc = 0x11223344, std::size_t payload = 100) {
    Packet p(12 + payload);
    p[0] = 0x80;
    p[1] = 96;
    base::store_u16(p.data() + 2, sequence);
    base::store_u32(p.data() + 4, sequence * 3000U);
    base::store_u32(p.data() + 8, ssrc);
    std::iota(p.begin() + 12, p.end(), std::uint8_t{0});
    return p;
  }
  static Packet rtcp(std::uint32_t ssrc = 0x11223344) {
    Packet p(28);
    p[0] = 0x80;
    p[1] = 200;
    base::store_u16(p.data() + 2, 6);
    base::store_u32(p.data() + 4, ssrc);
    return p;
  }
  Packet protect(Packet p) {
    const auto length = p.size();
    p.resize(length + kSrtpTailroom);
    const auto now = alice->protect_rtp(p, length);
    EXPECT_TRUE(now);
    p.resize(now.value_or(0));
    return p;
  }
  Packet protect_rtcp(Packet p) {
    const auto length = p.size();
    p.resize(length + kSrtpTailroom);
    p.resize(alice->protect_rtcp(p, length).value_or(0));
    return p;
  }
  std::optional<Packet> unprotect(Packet p) {
    const auto length = bob->unprotect_rtp(p);
    if (!length) return std::nullopt;
    p.resize(*length);
    return p;
  }

  std::unique_ptr<SrtpSession> alice;
  std::unique_ptr<SrtpSession> bob;
};

TEST_P(Srtp, RtpRoundTrip) {
  for (const std::size_t payload : {0U, 1U, 100U, 1200U}) {
    const auto plain = rtp(static_cast<std::uint16_t>(payload), 1, payload);
    const auto secret = protect(plain);
    EXPECT_GT(secret.size(), plain.size());
    EXPECT_LE(secret.size(), plain.size() + kSrtpTailroom);
    if (payload > 8) EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), secret.begin() + 12));
    EXPECT_EQ(unprotect(secret), plain);
  }
}

TEST_P(Srtp, RtcpRoundTrip) {
  const auto plain = rtcp();
  auto secret = protect_rtcp(plain);
  const auto length = bob->unprotect_rtcp(secret);
  ASSERT_EQ(length, plain.size());
  secret.resize(*length);
  EXPECT_EQ(secret, plain);
}

TEST_P(Srtp, DirectionsHaveDifferentKeys) {
  auto own = protect(rtp(1));
  EXPECT_FALSE(alice->unprotect_rtp(own)); // reflected
  EXPECT_EQ(alice->counters().auth_failed, 1U);
}

TEST_P(Srtp, ReplayIsDroppedAndDisturbsNothing) {
  const auto first = protect(rtp(1));
  const auto second = protect(rtp(2));
  EXPECT_TRUE(unprotect(second));
  EXPECT_TRUE(unprotect(first)); // reordered
  EXPECT_FALSE(unprotect(first));
  EXPECT_FALSE(unprotect(second));
  EXPECT_EQ(bob->counters().replayed, 2U);
  EXPECT_TRUE(unprotect(protect(rtp(3))));
}

TEST_P(Srtp, ReplayWindowHoldsAThousandPackets) {
  const auto late = protect(rtp(1));
  const auto too_late = protect(rtp(2));
  for (std::uint16_t s = 3; s < 1000; ++s)
    ASSERT_TRUE(unprotect(protect(rtp(s))));
  EXPECT_TRUE(unprotect(late));
  for (std::uint16_t s = 1000; s < 1100; ++s)
    ASSERT_TRUE(unprotect(protect(rtp(s))));
  EXPECT_FALSE(unprotect(too_late));
  EXPECT_EQ(bob->counters().replayed, 1U);
}

TEST_P(Srtp, RtcpReplayIsDropped) {
  auto one = protect_rtcp(rtcp());
  auto again = one;
  EXPECT_TRUE(bob->unprotect_rtcp(one));
  EXPECT_FALSE(bob->unprotect_rtcp(again));
  EXPECT_EQ(bob->counters().replayed, 1U);
}

TEST_P(Srtp, EveryTamperedByteIsSeen) {
  const auto good = protect(rtp(7));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x10;
    refused += unprotect(bad) ? 0U : 1U;
  }
  EXPECT_EQ(refused, good.size());
  EXPECT_TRUE(unprotect(good)); // none of it changed the session
}

TEST_P(Srtp, EveryTruncationIsRefused) {
  const auto good = protect(rtp(7));
  auto control = protect_rtcp(rtcp());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(unprotect(Packet(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
  for (std::size_t size = 0; size < control.size(); ++size) {
    Packet cut(control.begin(), control.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(bob->unprotect_rtcp(cut));
  }
  EXPECT_TRUE(unprotect(good));
  EXPECT_TRUE(bob->unprotect_rtcp(control));
}

TEST_P(Srtp, SurvivesRollover) {
  std::uint32_t opened = 0;
  for (std::uint32_t s = 65'000; s < 66'600; ++s)
    opened += unprotect(protect(rtp(static_cast<std::uint16_t>(s)))) ? 1U : 0U;
  EXPECT_EQ(opened, 1600U);
}

TEST_P(Srtp, HeaderExtensionsAndCsrcs) {
  auto p = rtp(1, 9, 60);
  p[0] = 0x80 | 0x10 | 2; // extension, two CSRCs
  base::store_u16(p.data() + 20, 0xBEDE);
  base::store_u16(p.data() + 22, 2);
  EXPECT_EQ(unprotect(protect(p)), p);
  auto lying = rtp(2, 9, 20);
  lying[0] |= 0x10;
  base::store_u16(lying.data() + 14, 60'000); // extension longer than the packet
  auto room = lying;
  room.resize(lying.size() + kSrtpTailroom);
  EXPECT_FALSE(alice->protect_rtp(room, lying.size()));
  EXPECT_FALSE(unprotect(lying));
}

TEST_P(Srtp, InboundSsrcsAreBounded) {
  for (std::uint32_t ssrc = 1; ssrc <= 100; ++ssrc) {
    auto forged = rtp(1, 5000 + ssrc);
    forged.resize(forged.size() + 16);
    unprotect(forged); // not authentic: takes no place
    EXPECT_EQ(unprotect(protect(rtp(1, ssrc))).has_value(), ssrc <= kSrtpMaxInboundSsrcs) << ssrc;
  }
  EXPECT_GE(bob->counters().too_many_ssrcs, 36U);
  EXPECT_TRUE(unprotect(protect(rtp(2, 64)))); // known ones go on
  bob->forget_inbound(1);
  EXPECT_TRUE(unprotect(protect(rtp(2, 100))));
  EXPECT_FALSE(unprotect(protect(rtp(2, 1))));
  bob->forget_inbound(777); // never seen
}

TEST_P(Srtp, ForgettingReallyRemovesTheStream) {
  const auto packet = protect(rtp(1, 42));
  ASSERT_TRUE(unprotect(packet));
  ASSERT_FALSE(unprotect(packet));
  bob->forget_inbound(42);
  EXPECT_TRUE(unprotect(packet));
}

TEST_P(Srtp, RandomBytesNeverCrash) {
  base::SeededRandom random(11);
  for (int i = 0; i < 20'000; ++i) {
    Packet p(random.u32() % 200);
    random.fill(p);
    if (!p.empty()) p[0] = static_cast<std::uint8_t>(0x80 | (p[0] & 0x3f));
    auto copy = p;
    EXPECT_FALSE(bob->unprotect_rtp(p));
    EXPECT_FALSE(bob->unprotect_rtcp(copy));
  }
  EXPECT_EQ(bob->counters().unprotected, 0U);
  EXPECT_TRUE(unprotect(protect(rtp(1))));
}

TEST_P(Srtp, OurCodeDoesNotAllocatePerPacket) {
  if (!base::alloc_counter::available()) GTEST_SKIP();
  Packet buffer(1200 + kSrtpTailroom);
  const auto send_one = [&](std::uint16_t sequence) {
    const auto plain = rtp(sequence, 1, 1000);
    std::ranges::copy(plain, buffer.begin());
    const auto before = base::alloc_counter::count();
    base::alloc_counter::watch();
    const auto length = alice->protect_rtp(buffer, plain.size());
    bob->unprotect_rtp(base::MutableBytes(buffer).first(*length));
    base::alloc_counter::unwatch();
    return base::alloc_counter::count() - before;
  };
  send_one(1); // creates the streams
  std::uint64_t allocations = 0;
  for (std::uint16_t s = 2; s < 100; ++s)
    allocations += send_one(s);
  EXPECT_EQ(allocations, 0U);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Srtp,
                         testing::Values(SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes_128_cm_sha1_80),
                         [](const auto& info) {
                           return info.param == SrtpProfile::aead_aes_128_gcm ? "Gcm" : "Cm";
                         });

} // namespace
} // namespace plenum::secure
