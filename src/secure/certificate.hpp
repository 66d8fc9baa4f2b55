// Certificate and Fingerprint: who is at the other end of a DTLS connection.
//
// WebRTC certificates are self-signed; what makes them trustworthy is the fingerprint that came with the SDP.
// One fresh ECDSA P-256 certificate per worker process: a replacement worker has another fingerprint, which
// is what makes browsers restart DTLS. SHA-1 and MD5 fingerprints are refused. Owner: certificate by the
// worker, fingerprint is a value. Thread: net. RFC 8122, RFC 8827 section 6.5.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace plenum::secure {

enum class HashFunction : std::uint8_t { sha256, sha384, sha512 };

struct Fingerprint {
  HashFunction hash = HashFunction::sha256;
  std::array<std::uint8_t, 64> digest{}; // the first size() bytes

  std::size_t size() const;
  bool operator==(const Fingerprint&) const = default;
  std::string text() const; // "sha-256 AB:CD:…", as in a=fingerprint

  // The value of a=fingerprint, any case. Errors: unknown or weak hash, wrong length, not hex.
  static base::Result<Fingerprint> parse(std::string_view text);
  // Of a DER certificate, by this hash.
  static Fingerprint of(X509& certificate, HashFunction hash);
};

class Certificate {
 public:
  // Valid from one day before `now` (clients' clocks are wrong) for thirty days.
  static base::Result<Certificate> generate(base::WallTime now);

  const Fingerprint& fingerprint() const { return fingerprint_; } // SHA-256
  X509& x509() const { return *x509_; }
  EVP_PKEY& key() const { return *key_; }

 private:
  struct Free {
    void operator()(X509* x) const;
    void operator()(EVP_PKEY* k) const;
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> x509_;
  Fingerprint fingerprint_;
};

} // namespace plenum::secure
