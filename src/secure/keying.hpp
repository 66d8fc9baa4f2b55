// SrtpKeys: what DTLS hands to SRTP.
//
// Keys wipe themselves when they die and have no formatter. `local` encrypts what we send, `remote` decrypts
// what we receive; which half of the exported material is which was decided by the DTLS role. Owner: value.
// Thread: net. RFC 5764 section 4.2, RFC 7714 (GCM), RFC 3711 (CM).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plenum::secure {

enum class SrtpProfile : std::uint8_t { aead_aes_128_gcm, aes_128_cm_sha1_80 };

std::string_view to_string(SrtpProfile profile); // "AEAD_AES_128_GCM", "AES128_CM_SHA1_80"
std::size_t key_bytes(SrtpProfile profile);      // 16
std::size_t salt_bytes(SrtpProfile profile);     // 12 or 14

struct SrtpKey {
  std::array<std::uint8_t, 16> key{};
  std::array<std::uint8_t, 14> salt{}; // the first salt_bytes(profile)

  SrtpKey() = default;
  SrtpKey(const SrtpKey&) = default;
  SrtpKey& operator=(const SrtpKey&) = default;
  ~SrtpKey();
};

struct SrtpKeys {
  SrtpProfile profile = SrtpProfile::aead_aes_128_gcm;
  SrtpKey local;
  SrtpKey remote;
};

} // namespace plenum::secure
