#include "door/rate_limit.hpp"

#include <gtest/gtest.h>

namespace plenum::door {
namespace {

using base::timestamp_us;

ice::TransportAddress source(const char* ip, std::uint16_t port = 1) {
  return *ice::TransportAddress::parse(ip, port);
}

TEST(SourceLimiter, CountsPerAddressWhateverThePort) {
  base::SeededRandom random(1);
  SourceLimiter limiter(2, 1, random);
  const auto now = timestamp_us(1'000'000);
  EXPECT_TRUE(limiter.take(now, source("192.0.2.1", 1)));
  EXPECT_TRUE(limiter.take(now, source("192.0.2.1", 2)));
  EXPECT_FALSE(limiter.take(now, source("192.0.2.1", 3)));
  EXPECT_TRUE(limiter.take(now, source("192.0.2.2")));
  EXPECT_TRUE(limiter.take(now + std::chrono::seconds(1), source("192.0.2.1")));
}

TEST(SourceLimiter, AnIpv6CustomerIsOneSource) {
  base::SeededRandom random(1);
  SourceLimiter limiter(1, 1, random);
  const auto now = timestamp_us(1'000'000);
  EXPECT_TRUE(limiter.take(now, source("2001:db8:0:1::1")));
  EXPECT_FALSE(limiter.take(now, source("2001:db8:0:1:ffff::2")));
  EXPECT_TRUE(limiter.take(now, source("2001:db8:0:2::1")));
}

TEST(SourceLimiter, ManySourcesShareAFixedTable) {
  base::SeededRandom random(1);
  SourceLimiter limiter(1, 1, random);
  auto now = timestamp_us(1'000'000);
  auto address = source("10.0.0.0");
  std::size_t taken = 0;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    base::store_u32(address.ip.data(), 0x0a000000 + i);
    taken += limiter.take(now, address) ? 1 : 0;
  }
  EXPECT_EQ(taken, SourceLimiter::kBuckets); // one token per bucket, then nothing
  now += std::chrono::seconds(2);
  EXPECT_TRUE(limiter.take(now, source("192.0.2.1"))); // quiet buckets find new owners
}

} // namespace
} // namespace plenum::door
