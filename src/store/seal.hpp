// Sealing of API keys: SHA-256 for looking them up, AES-256-GCM under the install key for getting them back
// when something must be signed with them. The install key is a file of 32 random bytes beside the database
// (0600), made at first use: a copy of the database alone gives no key away. Owner: value. Thread: any.
#pragma once

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace plenum::store {

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(std::string_view text);

class Sealer {
 public:
  // Reads the install key, or makes it. Refuses a file that others can read.
  static base::Result<Sealer> open(const std::filesystem::path& file, base::Random& random);

  std::vector<std::uint8_t> seal(const base::Secret& secret, std::string_view bound_to,
                                 base::Random& random) const;
  base::Result<base::Secret> unseal(base::Bytes sealed, std::string_view bound_to) const;

 private:
  explicit Sealer(base::Secret key) : key_(std::move(key)) {}
  base::Secret key_; // 32 bytes
};

} // namespace plenum::store
