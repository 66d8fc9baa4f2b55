// Random: unguessable bytes for ids, tokens, ICE credentials and SSRCs; deterministic in tests.
//
// The system source is getrandom(2). Owner: process. Thread: any (the system source keeps no state).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace plenum::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint32_t u32();
  std::uint64_t u64();
  std::string alphanumeric(std::size_t length); // [0-9A-Za-z], unbiased
  std::string hex(std::size_t bytes);           // lower case
  std::string uuid4();

  static Random& system();
};

// Reproducible bytes for tests and simulations; never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

} // namespace plenum::base
