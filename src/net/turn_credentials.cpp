#include "net/turn_credentials.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace plenum::net {

TurnCredentials turn_credentials(const base::Secret& secret, std::string_view id,
                                 std::int64_t expires_unix_seconds) {
  TurnCredentials out;
  out.username = std::to_string(expires_unix_seconds) + ":" + std::string(id);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), secret.reveal().data(), static_cast<int>(secret.reveal().size()),
       reinterpret_cast<const unsigned char*>(out.username.data()), out.username.size(), mac.data(), &size);
  std::array<unsigned char, 64> text{};
  const int length = EVP_EncodeBlock(text.data(), mac.data(), static_cast<int>(size));
  out.password.assign(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length));
  return out;
}

} // namespace plenum::net
