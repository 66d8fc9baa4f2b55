#include "base/ids.hpp"

#include "base/clock.hpp"

#include <fmt/format.h>

namespace plenum::base {

std::string IdBits::hex() const {
  return fmt::format("{:08x}{:016x}", second, random);
}

std::optional<IdBits> IdBits::parse(std::string_view hex24) {
  if (hex24.size() != 24) return std::nullopt;
  IdBits bits;
  for (std::size_t i = 0; i < hex24.size(); ++i) {
    const char c = hex24[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    const auto value = static_cast<unsigned>(digit ? c - '0' : c - 'a' + 10);
    if (i < 8) {
      bits.second = bits.second << 4 | value;
    } else {
      bits.random = bits.random << 4 | value;
    }
  }
  return bits;
}

IdBits IdBits::make(WallTime now, Random& random) {
  return {static_cast<std::uint32_t>(unix_seconds(now)), random.u64()};
}

} // namespace plenum::base
