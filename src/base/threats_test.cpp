// Attacks of the class A25 (docs/threats.md) that a JSON text alone can carry.
#include "base/json.hpp"

#include <gtest/gtest.h>

namespace plenum::base {
namespace {

TEST(Threats, A25_JsonBombsAreRefused) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(parse_json(nested(32)));
  EXPECT_FALSE(parse_json(nested(34)));
  EXPECT_FALSE(parse_json(nested(500'000)));
  EXPECT_FALSE(parse_json("\"" + std::string(2 << 20, 'x') + "\""));
  for (const auto* bad : {"\"\xff\xfe\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "{\"a\":1,}", "[1 2]", "NaN",
                          "{\"a\":1} x", "\"\\ud800\"", ""})
    EXPECT_FALSE(parse_json(bad)) << bad;
}

TEST(Threats, A25_HugeNumbersAreRefusedOrNumbersNotIntegers) {
  EXPECT_FALSE(parse_json(R"({"a":1e999})")); // infinity could be stored and never be read again
  const auto value = parse_json(R"({"b":123456789012345678901234567890,"c":-9223372036854775809})");
  ASSERT_TRUE(value);
  for (const auto* key : {"b", "c"})
    EXPECT_FALSE(find_int(*value, key)) << key;
}

TEST(Threats, A25_OfTwoEqualKeysOneCounts) {
  const auto value = parse_json(R"({"from":"ann","from":"bob"})");
  ASSERT_TRUE(value);
  EXPECT_EQ(write_json(*value), R"({"from":"bob"})"); // what is checked is what is used
}

} // namespace
} // namespace plenum::base
