#include "net/jwt.hpp"

#include "net/base64url.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <optional>

namespace plenum::net {
namespace {

constexpr std::size_t kMaxToken = 8 * 1024;
constexpr int kCoordinate = 48; // bytes of r and of s on P-384
constexpr std::size_t kMinSecret = 32;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;
struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_p384(const EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) != 1) return false;
  return std::string_view(name.data(), length) == "secp384r1";
}

std::optional<std::string> sign_es384(EVP_PKEY* key, std::string_view text) {
  const Digest context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key) != 1) return std::nullopt;
  if (EVP_DigestSign(context.get(), nullptr, &size, raw(text), text.size()) != 1) return std::nullopt;
  std::string der(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (EVP_DigestSign(context.get(), out, &size, raw(text), text.size()) != 1) return std::nullopt;
  // JOSE wants r and s as fixed-width numbers (RFC 7518 3.4), OpenSSL speaks DER.
  const auto* in = raw(der);
  const Signature signature(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(size)));
  if (!signature) return std::nullopt;
  std::string joined(2 * kCoordinate, '\0');
  auto* both = reinterpret_cast<unsigned char*>(joined.data());
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), both, kCoordinate) != kCoordinate) return std::nullopt;
  if (BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), both + kCoordinate, kCoordinate) != kCoordinate)
    return std::nullopt;
  return joined;
}

bool verify_es384(EVP_PKEY* key, std::string_view text, std::string_view joined) {
  if (joined.size() != 2 * kCoordinate) return false;
  const Signature signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw(joined), kCoordinate, nullptr);
  BIGNUM* s = BN_bin2bn(raw(joined) + kCoordinate, kCoordinate, nullptr);
  if (!signature || r == nullptr || s == nullptr || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return false;
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  const Digest context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha384(), nullptr, key) != 1) return false;
  return EVP_DigestVerify(context.get(), raw(der), der.size(), raw(text), text.size()) == 1;
}

std::optional<std::string> hmac_sha512(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  if (HMAC(EVP_sha512(), secret.data(), static_cast<int>(secret.size()), raw(text), text.size(), mac.data(),
           &size) == nullptr)
    return std::nullopt;
  return std::string(reinterpret_cast<const char*>(mac.data()), size);
}

std::optional<base::json::object> decode_object(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return std::nullopt;
  auto value = base::parse_json(*text, {kMaxToken, 8});
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

struct TokenParts {
  std::string_view header, payload, signature, signed_text;
};

std::optional<TokenParts> split_token(std::string_view token) {
  if (token.size() > kMaxToken) return std::nullopt;
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return TokenParts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1), token.substr(0, second)};
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

base::Error crypto_failed(std::string_view what) {
  return {base::ErrorCode::internal, "OpenSSL: " + std::string(what) + " failed"};
}

} // namespace

struct JwtKey::Material {
  Key key; // ES384, or …
  bool has_private = false;
  base::Secret secret; // … HS512
};

base::Result<JwtKey> JwtKey::es384_generate() {
  Key key(EVP_EC_gen("P-384"));
  if (!key) return std::unexpected(crypto_failed("key generation"));
  return JwtKey(std::make_shared<const Material>(std::move(key), true, base::Secret()));
}

base::Result<JwtKey> JwtKey::es384_from_pem(std::string_view pem) {
  if (pem.size() > kMaxToken) return base::fail(base::ErrorCode::invalid, "PEM text is too large");
  // The callback answers "no password", so that an encrypted key is refused instead of asking the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const auto read = [&](auto function) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return Key(function(bio.get(), nullptr, +no_password, nullptr));
  };
  Key key = read(PEM_read_bio_PrivateKey);
  const bool has_private = key != nullptr;
  if (!key) key = read(PEM_read_bio_PUBKEY);
  if (!key || !is_p384(key.get())) return base::fail(base::ErrorCode::invalid, "not a P-384 key in PEM form");
  return JwtKey(std::make_shared<const Material>(std::move(key), has_private, base::Secret()));
}

base::Result<JwtKey> JwtKey::hs512(base::Secret secret) {
  if (secret.reveal().size() < kMinSecret)
    return base::fail(base::ErrorCode::invalid, "a token secret needs at least 32 bytes");
  return JwtKey(std::make_shared<const Material>(Key(), true, std::move(secret)));
}

std::string_view JwtKey::algorithm() const {
  return material_->key ? "ES384" : "HS512";
}

base::Result<base::Secret> JwtKey::private_pem() const {
  if (!material_->key || !material_->has_private)
    return base::fail(base::ErrorCode::invalid, "the token key has no private part");
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(bio.get(), material_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return std::unexpected(crypto_failed("PEM"));
  return base::Secret(take_text(bio.get()));
}

base::Result<std::string> JwtKey::public_pem() const {
  if (!material_->key) return base::fail(base::ErrorCode::invalid, "a shared secret has no public part");
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), material_->key.get()) != 1)
    return std::unexpected(crypto_failed("PEM"));
  return take_text(bio.get());
}

base::Result<std::string> JwtKey::sign(const base::json::object& payload,
                                       const base::json::object& extra_header) const {
  if (!material_->has_private)
    return base::fail(base::ErrorCode::invalid, "the token key has no private part");
  base::json::object header;
  header["alg"] = base::json::string_view(algorithm().data(), algorithm().size());
  for (const auto& member : extra_header)
    if (member.key() != "alg") header[member.key()] = member.value();
  auto token = base64url_encode(base::write_json(header)) + "." + base64url_encode(base::write_json(payload));
  const auto signature = material_->key ? sign_es384(material_->key.get(), token)
                                        : hmac_sha512(material_->secret.reveal(), token);
  if (!signature) return std::unexpected(crypto_failed("signing"));
  return token + "." + base64url_encode(*signature);
}

base::Result<JwtContent> JwtKey::verify(std::string_view token) const {
  const auto bad = base::fail(base::ErrorCode::unauthorized, "token is not valid");
  const auto parts = split_token(token);
  if (!parts) return bad;
  auto header = decode_object(parts->header);
  if (!header || header->contains("crit")) return bad;
  if (base::find_string(*header, "alg") != algorithm()) return bad;
  const auto signature = base64url_decode(parts->signature);
  if (!signature) return bad;
  if (material_->key) {
    if (!verify_es384(material_->key.get(), parts->signed_text, *signature)) return bad;
  } else {
    const auto expected = hmac_sha512(material_->secret.reveal(), parts->signed_text);
    if (!expected || !base::equal_constant_time(*expected, *signature)) return bad;
  }
  auto payload = decode_object(parts->payload);
  if (!payload) return bad;
  return JwtContent{std::move(*header), std::move(*payload)};
}

std::string_view jwt_payload_part(std::string_view token) {
  const auto parts = split_token(token);
  return parts ? parts->payload : std::string_view();
}

} // namespace plenum::net
