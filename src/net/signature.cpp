#include "net/signature.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace plenum::net {

std::string hmac_sha256_hex(const base::Secret& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back(digits[mac.at(i) >> 4U]);
    out.push_back(digits[mac.at(i) & 15U]);
  }
  return out;
}

} // namespace plenum::net
