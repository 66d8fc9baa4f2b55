#include "ice/stun_message.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plenum::ice {
namespace {

using Message = std::vector<std::uint8_t>;

Message from_hex(std::string_view hex) {
  Message out;
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return out;
}

// RFC 5769, 2.1 to 2.3.
constexpr std::string_view kVectorPassword = "VOkJxbRl1RmTxUk/WvJxBt";
const Message kRequest = from_hex("00010058 2112a442 b7e7a701bc34d686fa87dfae"
                                  "80220010 5354554e207465737420636c69656e74"
                                  "00240004 6e0001ff 80290008 932ff9b151263b36"
                                  "00060009 6576746a3a68367659202020"
                                  "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
                                  "80280004 e57a3bcf");
const Message kResponseV4 = from_hex("0101003c 2112a442 b7e7a701bc34d686fa87dfae"
                                     "8022000b 7465737420766563746f7220"
                                     "00200008 0001a147e112a643"
                                     "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
                                     "80280004 c07d4c96");
const Message kResponseV6 = from_hex("01010048 2112a442 b7e7a701bc34d686fa87dfae"
                                     "8022000b 7465737420766563746f7220"
                                     "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
                                     "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
                                     "80280004 c8fb0b4c");

constexpr TransactionId kTransaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

Message built(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

Message sample_request(std::string_view password = "password-of-the-receiver") {
  std::array<std::uint8_t, 256> buffer{};
  StunBuilder builder(buffer, StunClass::request, kTransaction);
  builder.username("abcd:wxyz").priority(0x6e7f00ff).ice_controlling(0x0102030405060708).use_candidate();
  return built(builder.finish(password));
}

// Appends an attribute behind everything and corrects the length.
void append_attribute(Message& message, std::uint16_t type, const Message& value) {
  Message attribute(4);
  base::store_u16(attribute.data(), type);
  base::store_u16(attribute.data() + 2, static_cast<std::uint16_t>(value.size()));
  attribute.insert(attribute.end(), value.begin(), value.end());
  attribute.resize((attribute.size() + 3) / 4 * 4);
  message.insert(message.end(), attribute.begin(), attribute.end());
  base::store_u16(message.data() + 2, static_cast<std::uint16_t>(message.size() - kStunHeaderBytes));
}

Message bare(StunClass cls = StunClass::request) {
  std::array<std::uint8_t, 32> buffer{};
  return built(StunBuilder(buffer, cls, kTransaction).finish_plain());
}

TEST(StunVectors, Request) {
  const auto m = parse_stun(kRequest);
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->is_binding(StunClass::request));
  EXPECT_EQ(m->username, "evtj:h6vY");
  EXPECT_EQ(m->receiver_ufrag(), "evtj");
  EXPECT_EQ(m->priority, 0x6e0001ffU);
  EXPECT_EQ(m->ice_controlled, 0x932ff9b151263b36U);
  EXPECT_TRUE(m->has_fingerprint);
  EXPECT_EQ(m->unknown_count, 0); // SOFTWARE is optional to understand
  EXPECT_TRUE(has_valid_integrity(*m, kVectorPassword));
  EXPECT_FALSE(has_valid_integrity(*m, "VOkJxbRl1RmTxUk/WvJxBu"));
  EXPECT_FALSE(has_valid_integrity(*m, ""));
}

TEST(StunVectors, Responses) {
  const auto v4 = parse_stun(kResponseV4);
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->is_binding(StunClass::success));
  EXPECT_EQ(v4->xor_mapped, TransportAddress::parse("192.0.2.1", 32853));
  EXPECT_TRUE(has_valid_integrity(*v4, kVectorPassword));
  const auto v6 = parse_stun(kResponseV6);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->xor_mapped, TransportAddress::parse("2001:db8:1234:5678:11:2233:4455:6677", 32853));
  EXPECT_TRUE(has_valid_integrity(*v6, kVectorPassword));
}

TEST(StunBuilder, MakesTheVectorsBytes) {
  // Rebuilding a known message proves builder and vectors against each other, apart from SOFTWARE and padding
  // bytes.
  const auto original = parse_stun(kResponseV4);
  std::array<std::uint8_t, 128> buffer{};
  StunBuilder builder(buffer, StunClass::success, original->transaction);
  const auto bytes = builder.xor_mapped(*original->xor_mapped).finish(kVectorPassword);
  const auto again = parse_stun(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(bytes.size(), 64U);
  EXPECT_TRUE(std::equal(bytes.begin() + 20, bytes.begin() + 32, kResponseV4.begin() + 36));
  EXPECT_TRUE(has_valid_integrity(*again, kVectorPassword));
}

TEST(StunBuilder, RoundTrip) {
  const auto bytes = sample_request();
  const auto m = parse_stun(bytes);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->transaction, kTransaction);
  EXPECT_EQ(m->username, "abcd:wxyz");
  EXPECT_EQ(m->priority, 0x6e7f00ffU);
  EXPECT_EQ(m->ice_controlling, 0x0102030405060708U);
  EXPECT_FALSE(m->ice_controlled);
  EXPECT_TRUE(m->use_candidate);
  EXPECT_TRUE(has_valid_integrity(*m, "password-of-the-receiver"));
}

TEST(StunBuilder, LongPasswordIsHashedFirst) {
  const std::string password(200, 'p'); // longer than a SHA-1 block
  const auto bytes = sample_request(password);
  EXPECT_TRUE(has_valid_integrity(*parse_stun(bytes), password));
  EXPECT_FALSE(has_valid_integrity(*parse_stun(bytes), password.substr(1)));
}

TEST(StunBuilder, ErrorAndUnknownAttributes) {
  std::array<std::uint8_t, 128> buffer{};
  const std::array<std::uint16_t, 3> unknown{0x7001, 0x7002, 0x7003};
  StunBuilder builder(buffer, StunClass::error, kTransaction);
  const auto m = parse_stun(builder.error(420, "no").unknown_attributes(unknown).finish("pw"));
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->is_binding(StunClass::error));
  EXPECT_EQ(m->error_code, 420);
  EXPECT_TRUE(has_valid_integrity(*m, "pw"));
}

TEST(StunBuilder, FullBufferGivesNothing) {
  for (std::size_t size = 0; size < 88; ++size) {
    Message buffer(size);
    StunBuilder builder(buffer, StunClass::request, kTransaction);
    builder.username("abcd:wxyz").priority(1).ice_controlling(2).use_candidate();
    EXPECT_TRUE(builder.finish("pw").empty()) << size;
  }
}

TEST(StunParse, PlainAnswerIsAtMost44Bytes) {
  std::array<std::uint8_t, 64> buffer{};
  StunBuilder builder(buffer, StunClass::success, kTransaction);
  const auto address = *TransportAddress::parse("2001:db8::1", 1);
  const auto bytes = builder.xor_mapped(address).finish_plain();
  EXPECT_EQ(bytes.size(), 44U);
  EXPECT_EQ(parse_stun(bytes)->xor_mapped, address);
}

TEST(StunParse, EveryTruncationIsRefused) {
  for (const auto& whole : {kRequest, kResponseV4, kResponseV6, sample_request()})
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(parse_stun(cut)) << size;
      if (size < kStunHeaderBytes) continue;
      auto relabelled = cut; // truncated, but the header's length agrees
      base::store_u16(relabelled.data() + 2, static_cast<std::uint16_t>(size - kStunHeaderBytes));
      const auto m = parse_stun(relabelled);
      if (m) EXPECT_FALSE(m->has_fingerprint) << size;
    }
}

TEST(StunParse, EveryBitFlipIsSeen) {
  const auto whole = sample_request();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto m = parse_stun(flipped);
    // A flip in a type or length may hide FINGERPRINT or MESSAGE-INTEGRITY, never forge both.
    if (m) EXPECT_FALSE(m->has_fingerprint && has_valid_integrity(*m, "password-of-the-receiver")) << bit;
  }
}

TEST(StunParse, RandomBytesNeverCrash) {
  base::SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    Message bytes(random.u32() % 120);
    random.fill(bytes);
    if (bytes.size() >= kStunHeaderBytes) { // let most of them reach the attributes
      bytes[0] &= 3;
      base::store_u16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - kStunHeaderBytes));
      base::store_u32(bytes.data() + 4, 0x2112A442);
      if (bytes.size() >= 24) bytes[22] = 0, bytes[20] = 0;
    }
    if (const auto m = parse_stun(bytes)) has_valid_integrity(*m, "pw");
  }
}

TEST(StunParse, LengthsMustFit) {
  auto m = bare();
  append_attribute(m, 0x0024, {1, 2, 3, 4});
  ASSERT_TRUE(parse_stun(m));
  m[23] = 5; // the attribute now runs over the end
  EXPECT_FALSE(parse_stun(m));
  auto odd = bare();
  odd.push_back(0);
  base::store_u16(odd.data() + 2, 1);
  EXPECT_FALSE(parse_stun(odd));
}

TEST(StunParse, KnownAttributesOfWrongSizeAreRefused) {
  for (const int type : {0x0024, 0x0025, 0x8029, 0x802A, 0x0020, 0x0008, 0x8028, 0x0009}) {
    auto m = bare();
    append_attribute(m, static_cast<std::uint16_t>(type), {1, 2, 3});
    EXPECT_FALSE(parse_stun(m)) << type;
  }
}

TEST(StunParse, UsernameLimit) {
  auto fits = bare();
  append_attribute(fits, 0x0006, Message(513, 'a'));
  EXPECT_TRUE(parse_stun(fits));
  auto too_long = bare();
  append_attribute(too_long, 0x0006, Message(514, 'a'));
  EXPECT_FALSE(parse_stun(too_long));
}

TEST(StunParse, UnknownRequiredAttributesAreListedAndBounded) {
  auto m = bare();
  for (std::uint16_t i = 0; i < 20; ++i)
    append_attribute(m, static_cast<std::uint16_t>(0x7000 + i), {});
  append_attribute(m, 0xC057, {0, 0, 0, 1}); // optional
  const auto parsed = parse_stun(m);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->unknown_count, 8);
  EXPECT_EQ(parsed->unknown()[7], 0x7007);
}

TEST(StunParse, NothingBehindIntegrityIsBelieved) {
  std::array<std::uint8_t, 256> buffer{};
  StunBuilder builder(buffer, StunClass::request, kTransaction);
  auto m = built(builder.username("abcd:wxyz").finish("pw"));
  m.resize(m.size() - 8); // FINGERPRINT
  append_attribute(m, 0x0025, {});
  append_attribute(m, 0x0024, {0, 0, 0, 1});
  append_attribute(m, 0x7001, {});
  const auto parsed = parse_stun(m);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->use_candidate);
  EXPECT_FALSE(parsed->priority);
  EXPECT_EQ(parsed->unknown_count, 0);
  EXPECT_TRUE(has_valid_integrity(*parsed, "pw")); // its length field ends at its own end
}

TEST(StunParse, FingerprintMustBeLast) {
  auto m = sample_request();
  append_attribute(m, 0x8022, {1});
  EXPECT_FALSE(parse_stun(m));
}

TEST(StunParse, FirstOfAKindCounts) {
  auto m = bare();
  append_attribute(m, 0x0024, {0, 0, 0, 1});
  append_attribute(m, 0x0024, {0, 0, 0, 2});
  append_attribute(m, 0x0006, {'a'});
  append_attribute(m, 0x0006, {'b'});
  const auto parsed = parse_stun(m);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->priority, 1U);
  EXPECT_EQ(parsed->username, "a");
}

TEST(StunParse, OtherProtocolsAreNotStun) {
  Message dtls(40, 0);
  dtls[0] = 22;
  EXPECT_FALSE(looks_like_stun(dtls));
  Message rtp(40, 0);
  rtp[0] = 0x80;
  EXPECT_FALSE(looks_like_stun(rtp));
  EXPECT_FALSE(looks_like_stun({}));
  auto old = kRequest; // RFC 3489: no cookie
  old[4] ^= 1;
  EXPECT_FALSE(parse_stun(old));
}

TEST(StunParse, TooLongIsRefused) {
  auto m = bare();
  append_attribute(m, 0x8022, Message(kStunMaxBytes, 'a'));
  EXPECT_FALSE(parse_stun(m));
}

} // namespace
} // namespace plenum::ice
