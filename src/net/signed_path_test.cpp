#include "net/signed_path.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

// printf 'file\n/a/b.webm\n1760003600' | openssl dgst -sha256 -hmac north
TEST(SignedPath, OnlyItsOwnPathAndOnlyForAWhile) {
  const base::Secret key("north");
  const auto link = sign_path(key, "/a/b.webm", 1'760'003'600);
  ASSERT_TRUE(link.starts_with("/a/b.webm?expires=1760003600&signature="));
  const auto signature = link.substr(link.rfind('=') + 1);
  EXPECT_EQ(signature, "3867cd2c3a6808a4b3f55d9acb693c044defbaac8f2a70f8bd73b327eaddd773");
  const auto check = [&](std::string_view path, std::string_view expires, std::string_view mac,
                         std::int64_t now) { return check_path(key, path, expires, mac, now); };
  EXPECT_EQ(check("/a/b.webm", "1760003600", signature, 1'760'003'600), PathCheck::fine);
  EXPECT_EQ(check("/a/b.webm", "1760003600", signature, 1'760'003'601), PathCheck::expired);
  EXPECT_EQ(check("/a/c.webm", "1760003600", signature, 1), PathCheck::forged);
  EXPECT_EQ(check("/a/b.webm", "1760003601", signature, 1), PathCheck::forged);
  EXPECT_EQ(check("/a/b.webm", "x", signature, 1), PathCheck::forged);
  EXPECT_EQ(check("/a/b.webm", "", "", 1), PathCheck::forged);
  EXPECT_EQ(check_path(base::Secret("south"), "/a/b.webm", "1760003600", signature, 1), PathCheck::forged);
}

} // namespace
} // namespace plenum::net
