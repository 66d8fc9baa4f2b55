#include "secure/certificate.hpp"

#include "base/clock.hpp"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>

namespace plenum::secure {

namespace {

struct Spelling {
  HashFunction hash;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<Spelling, 3> kSpellings{{
    {HashFunction::sha256, "sha-256", 32},
    {HashFunction::sha384, "sha-384", 48},
    {HashFunction::sha512, "sha-512", 64},
}};

const Spelling& spelling_of(HashFunction hash) {
  return kSpellings[static_cast<std::size_t>(hash)];
}

const EVP_MD* digest_of(HashFunction hash) {
  switch (hash) {
  case HashFunction::sha256:
    return EVP_sha256();
  case HashFunction::sha384:
    return EVP_sha384();
  case HashFunction::sha512:
    return EVP_sha512();
  }
  return nullptr;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool fill_in(X509* x509, EVP_PKEY* key, base::WallTime now) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  auto* name = X509_get_subject_name(x509);
  auto at = static_cast<std::time_t>(base::unix_seconds(now));
  return X509_set_version(x509, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1 &&
         X509_time_adj_ex(X509_getm_notBefore(x509), -1, 0, &at) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(x509), 30, 0, &at) != nullptr &&
         X509_set_pubkey(x509, key) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>("Plenum"), -1, -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1 && X509_sign(x509, key, EVP_sha256()) > 0;
}

} // namespace

std::size_t Fingerprint::size() const {
  return spelling_of(hash).bytes;
}

std::string Fingerprint::text() const {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out(spelling_of(hash).name);
  for (std::size_t i = 0; i < size(); ++i) {
    out += i == 0 ? ' ' : ':';
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

base::Result<Fingerprint> Fingerprint::parse(std::string_view text) {
  const auto refuse = [](std::string why) { return base::fail(base::ErrorCode::invalid, std::move(why)); };
  if (text.size() > 256) return refuse("fingerprint: too long");
  const auto all = lower(text);
  const auto space = all.find(' ');
  const auto name = all.substr(0, space);
  const auto known = std::ranges::find(kSpellings, name, &Spelling::name);
  if (known == kSpellings.end()) return refuse("fingerprint: hash function is unknown or too weak");
  auto hex = std::string_view(all).substr(std::min(space, all.size()));
  hex.remove_prefix(std::min(hex.find_first_not_of(' '), hex.size()));
  hex = hex.substr(0, hex.find_last_not_of(" \r\n") + 1);
  if (hex.size() != known->bytes * 3 - 1) return refuse("fingerprint: wrong length");

  Fingerprint out{.hash = known->hash};
  for (std::size_t i = 0; i < known->bytes; ++i) {
    const int high = hex_digit(hex[i * 3]);
    const int low = hex_digit(hex[i * 3 + 1]);
    const bool separated = i + 1 == known->bytes || hex[i * 3 + 2] == ':';
    if (high < 0 || low < 0 || !separated) return refuse("fingerprint: not hexadecimal");
    out.digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

Fingerprint Fingerprint::of(X509& certificate, HashFunction hash) {
  Fingerprint out{.hash = hash};
  unsigned length = 0;
  X509_digest(&certificate, digest_of(hash), out.digest.data(), &length);
  return out;
}

void Certificate::Free::operator()(X509* x) const {
  X509_free(x);
}
void Certificate::Free::operator()(EVP_PKEY* k) const {
  EVP_PKEY_free(k);
}

base::Result<Certificate> Certificate::generate(base::WallTime now) {
  Certificate out;
  out.key_.reset(EVP_EC_gen("P-256"));
  out.x509_.reset(X509_new());
  if (!out.key_ || !out.x509_ || !fill_in(out.x509_.get(), out.key_.get(), now))
    return base::fail(base::ErrorCode::internal, "cannot make a DTLS certificate");
  out.fingerprint_ = Fingerprint::of(*out.x509_, HashFunction::sha256);
  return out;
}

} // namespace plenum::secure
