#include "secure/keying.hpp"

#include <openssl/crypto.h>

namespace plenum::secure {

std::string_view to_string(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? "AEAD_AES_128_GCM" : "AES128_CM_SHA1_80";
}

std::size_t key_bytes(SrtpProfile) {
  return 16;
}
std::size_t salt_bytes(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? 12 : 14;
}

SrtpKey::~SrtpKey() {
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(salt.data(), salt.size());
}

} // namespace plenum::secure
