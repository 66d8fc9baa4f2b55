#include "door/rate_limit.hpp"

namespace plenum::door {
namespace {

// The finalizer of MurmurHash3: every bit of the input reaches every bit of the output.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdU;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53U;
  return x ^ (x >> 33);
}

std::uint64_t source_bits(const ice::TransportAddress& source) {
  std::uint64_t bits = 0;
  const std::size_t bytes = source.family == ice::Family::ipv4 ? 4 : 8;
  for (std::size_t i = 0; i < bytes; ++i)
    bits = bits << 8 | source.ip[i];
  return bits;
}

} // namespace

SourceLimiter::SourceLimiter(double burst, double per_second, base::Random& random)
    : key_(random.u64()), burst_(burst), per_second_(per_second),
      slots_(kBuckets, Slot{.bucket = base::TokenBucket(burst, per_second)}) {}

bool SourceLimiter::take(base::Timestamp now, const ice::TransportAddress& source) {
  const auto owner = mixed(source_bits(source) ^ key_);
  auto& slot = slots_[owner % kBuckets];
  if (slot.owner != owner && slot.bucket.is_full(now)) slot = {owner, base::TokenBucket(burst_, per_second_)};
  return slot.bucket.take(now);
}

} // namespace plenum::door
