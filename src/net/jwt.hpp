// JSON Web Tokens: ES384 (SEPP tokens) and HS512 (room tokens), compact form only.
//
// The key fixes the algorithm: a token that names another one, `none` included, is refused before any
// cryptography, so that algorithm confusion cannot exist. Headers with `crit` are refused. `exp`, `aud` and
// the like are the caller's: a call outlives its token. Owner: value. Thread: any. RFC 7515, 7518 3.2, 3.4;
// eyeson-sepp 3.2.
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace plenum::net {

struct JwtContent {
  base::json::object header;
  base::json::object payload;
};

class JwtKey {
 public:
  static base::Result<JwtKey> es384_generate(); // a fresh P-384 key pair
  // PKCS#8 or SEC1 private key, or a public key (verify only). Other curves are refused.
  static base::Result<JwtKey> es384_from_pem(std::string_view pem);
  static base::Result<JwtKey> hs512(base::Secret secret); // at least 32 bytes

  std::string_view algorithm() const;             // "ES384" or "HS512"
  base::Result<base::Secret> private_pem() const; // ES384 with private part, PKCS#8
  base::Result<std::string> public_pem() const;   // ES384

  // Header {"alg":…} followed by `extra_header` members (`alg` in it is ignored).
  base::Result<std::string> sign(const base::json::object& payload,
                                 const base::json::object& extra_header = {}) const;
  // Error `unauthorized` with a fixed text for everything that is wrong with the token. At most 8 KiB.
  base::Result<JwtContent> verify(std::string_view token) const;

 private:
  struct Material; // OpenSSL key or shared secret; immutable
  explicit JwtKey(std::shared_ptr<const Material> material) : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

// The payload without any check, for our own tokens in logs and tests. Never for decisions.
std::string_view jwt_payload_part(std::string_view token);

} // namespace plenum::net
