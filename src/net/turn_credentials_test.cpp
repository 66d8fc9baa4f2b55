#include "net/turn_credentials.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

// printf '1760086400:abc' | openssl dgst -sha1 -hmac north -binary | base64
TEST(TurnCredentials, AgreeWithOpensslsCommandLine) {
  const auto got = turn_credentials(base::Secret("north"), "abc", 1'760'086'400);
  EXPECT_EQ(got.username, "1760086400:abc");
  EXPECT_EQ(got.password, "vqAowissbwpUF5nP7TnZRGQv4dc=");
}

} // namespace
} // namespace plenum::net
