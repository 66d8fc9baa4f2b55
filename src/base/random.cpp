#include "base/random.hpp"

#include "base/check.hpp"

#include <array>
#include <cerrno>
#include <string_view>
#include <sys/random.h>

namespace plenum::base {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      const auto got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        CHECK(errno == EINTR);
        continue;
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

constexpr std::string_view kHexDigits = "0123456789abcdef";

} // namespace

Random& Random::system() {
  static SystemRandom source;
  return source;
}

std::uint32_t Random::u32() {
  return static_cast<std::uint32_t>(u64());
}

std::uint64_t Random::u64() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  for (const auto byte : bytes)
    value = value << 8 | byte;
  return value;
}

std::string Random::alphanumeric(std::size_t length) {
  static constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  out.reserve(length);
  std::array<std::uint8_t, 32> bytes{};
  while (out.size() < length) {
    fill(bytes);
    for (const auto byte : bytes) {
      // Bytes past the last whole multiple of 62 would favour the first letters.
      if (byte < 248 && out.size() < length) out += kAlphabet[byte % 62];
    }
  }
  return out;
}

std::string Random::hex(std::size_t bytes) {
  std::string out;
  out.reserve(bytes * 2);
  for (std::size_t i = 0; i < bytes; ++i) {
    std::uint8_t byte = 0;
    fill({&byte, 1});
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

std::string Random::uuid4() {
  std::array<std::uint8_t, 16> b{};
  fill(b);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHexDigits[b[i] >> 4];
    out += kHexDigits[b[i] & 15];
  }
  return out;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) { // splitmix64
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    byte = static_cast<std::uint8_t>(z ^ (z >> 31));
  }
}

} // namespace plenum::base
