// Our GCM-SRTP: the vectors of RFC 7714, libsrtp2 as the other end, and the indices that must never repeat.
#include "secure/gcm_srtp.hpp"

#include "base/random.hpp"
#include "secure/srtp.hpp"

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <set>
#include <string>

namespace plenum::secure {
namespace {

using Packet = std::vector<std::uint8_t>;

Packet from_hex(std::string_view text) {
  Packet out;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return out;
}

// RFC 7714, 16 and 17: session key and salt of all examples.
GcmSessionKeys rfc_keys() {
  GcmSessionKeys keys;
  std::ranges::copy(from_hex("000102030405060708090a0b0c0d0e0f"), keys.rtp.key.begin());
  std::ranges::copy(from_hex("51756964 2070726f 2071756f"), keys.rtp.salt.begin());
  keys.rtcp = keys.rtp;
  return keys;
}

TEST(GcmSrtp, RtpVectorOfTheRfc) {
  const auto plain = from_hex("8040f17b 8041f8d3 5501a0b2 47616c6c 696120657374206f6d6e697320646976697361"
                              "20696e20706172746573207472 6573");
  const auto wanted =
      from_hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f"
               "42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
  GcmSrtpSender sender(rfc_keys());
  auto packet = plain;
  auto length = plain.size();
  packet.resize(length + 16);
  ASSERT_EQ(sender.protect_rtp(packet, length), GcmSrtpSender::Outcome::sent);
  EXPECT_EQ(packet, wanted);
  GcmSrtpReceiver receiver(rfc_keys());
  ASSERT_EQ(receiver.unprotect_rtp(packet, length), GcmSrtpReceiver::Outcome::good);
  packet.resize(length);
  EXPECT_EQ(packet, plain);
}

TEST(GcmSrtp, RtcpVectorOfTheRfc) {
  const auto plain = from_hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61"
                              "deadbeef deadbeef deadbeef deadbeef deadbeef");
  const auto wanted = from_hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d"
                               "c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872"
                               "45d9eade 800005d4");
  GcmSrtpSender sender(rfc_keys());
  sender.control().next = 0x5d4;
  auto packet = plain;
  auto length = plain.size();
  packet.resize(length + 20);
  ASSERT_EQ(sender.protect_rtcp(packet, length), GcmSrtpSender::Outcome::sent);
  EXPECT_EQ(packet, wanted);
  GcmSrtpReceiver receiver(rfc_keys());
  ASSERT_EQ(receiver.unprotect_rtcp(packet, length), GcmSrtpReceiver::Outcome::good);
  packet.resize(length);
  EXPECT_EQ(packet, plain);
}

SrtpKey random_key(std::uint64_t seed) {
  base::SeededRandom random(seed);
  SrtpKey key;
  random.fill(key.key);
  random.fill(key.salt);
  return key;
}

srtp_t libsrtp_context(const SrtpKey& key, srtp_ssrc_type_t direction) {
  // The session does srtp_init, which must happen once in a process.
  EXPECT_TRUE(SrtpSession::create({.profile = SrtpProfile::aes_128_cm_sha1_80}));
  std::array<std::uint8_t, 28> material{};
  std::copy_n(key.salt.begin(), 12, std::ranges::copy(key.key, material.begin()).out);
  srtp_policy_t policy{};
  srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, srtp_profile_aead_aes_128_gcm);
  srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, srtp_profile_aead_aes_128_gcm);
  policy.ssrc.type = direction;
  policy.key = material.data();
  srtp_t context = nullptr;
  EXPECT_EQ(srtp_create(&context, &policy), srtp_err_status_ok);
  return context;
}

Packet rtp(std::uint16_t sequence, std::size_t payload, bool extended) {
  Packet p(12 + (extended ? 16 : 0) + payload, 0x5a);
  p[0] = extended ? 0x91 : 0x80; // one CSRC and an extension of eight bytes
  p[1] = 96;
  base::store_u16(p.data() + 2, sequence);
  base::store_u32(p.data() + 4, 7);
  base::store_u32(p.data() + 8, 0xcafe0001);
  if (extended) base::store_u32(p.data() + 16, 0xbede0002);
  return p;
}
Packet rtcp(std::size_t words) {
  Packet p(8 + words * 4, 0x77);
  p[0] = 0x80;
  p[1] = 201;
  base::store_u32(p.data() + 4, 0xcafe0001);
  return p;
}

TEST(GcmSrtp, LibsrtpReadsWhatWeWriteOverARollover) {
  const auto key = random_key(1);
  auto* theirs = libsrtp_context(key, ssrc_any_inbound);
  GcmSrtpSender ours(GcmSessionKeys::derive(key));
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto plain = rtp(static_cast<std::uint16_t>(64'000 + i), i % 500, i % 3 == 0);
    auto packet = plain;
    auto length = plain.size();
    packet.resize(length + kSrtpTailroom);
    ASSERT_EQ(ours.protect_rtp(packet, length), GcmSrtpSender::Outcome::sent);
    int size = static_cast<int>(length);
    ASSERT_EQ(srtp_unprotect(theirs, packet.data(), &size), srtp_err_status_ok) << i;
    packet.resize(static_cast<std::size_t>(size));
    ASSERT_EQ(packet, plain);

    const auto report = rtcp(i % 40);
    packet = report;
    length = report.size();
    packet.resize(length + kSrtpTailroom);
    ASSERT_EQ(ours.protect_rtcp(packet, length), GcmSrtpSender::Outcome::sent);
    size = static_cast<int>(length);
    ASSERT_EQ(srtp_unprotect_rtcp(theirs, packet.data(), &size), srtp_err_status_ok) << i;
    packet.resize(static_cast<std::size_t>(size));
    ASSERT_EQ(packet, report);
  }
  srtp_dealloc(theirs);
}

TEST(GcmSrtp, WeReadWhatLibsrtpWritesOverARollover) {
  const auto key = random_key(2);
  auto* theirs = libsrtp_context(key, ssrc_any_outbound);
  GcmSrtpReceiver ours(GcmSessionKeys::derive(key));
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto plain = rtp(static_cast<std::uint16_t>(64'000 + i), i % 500, i % 3 == 0);
    auto packet = plain;
    packet.resize(plain.size() + SRTP_MAX_TRAILER_LEN);
    int size = static_cast<int>(plain.size());
    ASSERT_EQ(srtp_protect(theirs, packet.data(), &size), srtp_err_status_ok);
    packet.resize(static_cast<std::size_t>(size));
    std::size_t length = 0;
    ASSERT_EQ(ours.unprotect_rtp(packet, length), GcmSrtpReceiver::Outcome::good) << i;
    packet.resize(length);
    ASSERT_EQ(packet, plain);

    const auto report = rtcp(i % 40);
    packet = report;
    packet.resize(report.size() + SRTP_MAX_TRAILER_LEN + 4);
    size = static_cast<int>(report.size());
    ASSERT_EQ(srtp_protect_rtcp(theirs, packet.data(), &size), srtp_err_status_ok);
    packet.resize(static_cast<std::size_t>(size));
    ASSERT_EQ(ours.unprotect_rtcp(packet, length), GcmSrtpReceiver::Outcome::good) << i;
    packet.resize(length);
    ASSERT_EQ(packet, report);
  }
  srtp_dealloc(theirs);
}

TEST(GcmSrtp, AnIndexIsNeverUsedTwice) {
  GcmSrtpSender sender(rfc_keys());
  const auto send = [&](std::uint16_t sequence) {
    auto packet = rtp(sequence, 10, false);
    auto length = packet.size();
    packet.resize(length + kSrtpTailroom);
    return sender.protect_rtp(packet, length);
  };
  EXPECT_EQ(send(100), GcmSrtpSender::Outcome::sent);
  EXPECT_EQ(send(100), GcmSrtpSender::Outcome::refused);
  EXPECT_EQ(send(99), GcmSrtpSender::Outcome::refused);
  EXPECT_EQ(send(101), GcmSrtpSender::Outcome::sent);
}

TEST(GcmSrtp, NearestIndex) {
  constexpr auto kNone = ReplayWindow<64>::kNone;
  EXPECT_EQ(nearest_index(kNone, 60'000), 60'000U);
  EXPECT_EQ(nearest_index(65'530, 4), 65'540U);
  EXPECT_EQ(nearest_index(65'540, 65'530), 65'530U);
  EXPECT_EQ(nearest_index(0x3'0000, 0xffff), 0x2'ffffU);
  EXPECT_EQ(nearest_index(10, 65'000), 65'000U); // there is no rollover before the first
}

// What another process needs in order to go on: nothing is sent twice, and nothing beyond what was promised.
class Continued : public testing::Test {
 protected:
  void SetUp() override {
    keys.local = random_key(3);
    keys.remote = random_key(4);
    session = std::move(*SrtpSession::create(keys));
  }
  bool send() {
    auto packet = rtp(sequence, 50, false);
    const auto length = packet.size();
    packet.resize(length + kSrtpTailroom);
    if (!session->protect_rtp(packet, length)) return false;
    ++sequence;
    return true;
  }
  bool report() {
    auto packet = rtcp(5);
    const auto length = packet.size();
    packet.resize(length + kSrtpTailroom);
    return session->protect_rtcp(packet, length).has_value();
  }
  SrtpMarks marks() {
    const SrtpSession::NextSequence one{0xcafe0001, sequence};
    return session->marks(std::span(&one, 1));
  }
  SrtpKeys keys;
  std::unique_ptr<SrtpSession> session;
  std::uint16_t sequence = 65'000;
};

TEST_F(Continued, NothingLeavesBeyondTheMarks) {
  ASSERT_TRUE(send() && report());
  const auto first = marks();
  session->cover(first);
  EXPECT_EQ(first.outbound[0].next, 65'001 + SrtpMarks::kReserve);
  EXPECT_EQ(first.control, 1 + SrtpMarks::kReserve);
  for (std::uint64_t i = 0; i < SrtpMarks::kReserve; ++i)
    ASSERT_TRUE(send() && report()) << i;
  EXPECT_FALSE(send());
  EXPECT_TRUE(session->at_limit());
  EXPECT_FALSE(report());
  session->cover(marks());
  EXPECT_TRUE(send());
  EXPECT_TRUE(report());
  for (std::uint64_t i = 1; i < SrtpMarks::kReserve; ++i)
    ASSERT_TRUE(send());
  EXPECT_FALSE(send());
  session->set_bounded(false); // nobody keeps the marks: nobody will continue
  EXPECT_TRUE(send());
}

TEST_F(Continued, ASuccessorBeginsBeyondAndMayNotSendUncovered) {
  ASSERT_TRUE(send() && report());
  const auto last = marks();
  session = std::move(*SrtpSession::create(keys));
  session->go_on_from(last);
  sequence = static_cast<std::uint16_t>(last.outbound[0].next);
  EXPECT_FALSE(send());
  EXPECT_FALSE(report());
  const auto mine = marks();
  session->cover(mine);
  EXPECT_TRUE(send());
  EXPECT_TRUE(report());
  EXPECT_EQ(mine.outbound[0].next, last.outbound[0].next + SrtpMarks::kReserve);
}

TEST_F(Continued, SilentStreamsStayWhereTheyAre) {
  ASSERT_TRUE(send());
  session->cover(marks());
  const auto idle = marks();
  EXPECT_EQ(idle.outbound[0].next, 65'001U);
  session->cover(idle);
  EXPECT_FALSE(send()); // it wakes up: first a new promise
  EXPECT_EQ(marks().outbound[0].next, 65'001 + SrtpMarks::kReserve);
}

TEST_F(Continued, WhatWasSeenIsAReplayForTheSuccessorToo) {
  auto remote = std::move(*SrtpSession::create({keys.profile, keys.remote, keys.local}));
  const auto from_remote = [&](std::uint16_t number) {
    auto packet = rtp(number, 50, false);
    const auto length = packet.size();
    packet.resize(length + kSrtpTailroom);
    packet.resize(remote->protect_rtp(packet, length).value_or(0));
    return packet;
  };
  auto first = from_remote(65'535);
  auto copy = first;
  ASSERT_TRUE(session->unprotect_rtp(first));
  auto second = from_remote(0); // rollover
  ASSERT_TRUE(session->unprotect_rtp(second));
  const auto last = marks();
  session = std::move(*SrtpSession::create(keys));
  session->go_on_from(last);
  EXPECT_FALSE(session->unprotect_rtp(copy));
  EXPECT_EQ(session->counters().replayed, 1U);
  auto third = from_remote(1); // its rollover counter is 1
  EXPECT_TRUE(session->unprotect_rtp(third));
}

} // namespace
} // namespace plenum::secure
