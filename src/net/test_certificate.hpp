// Self-signed certificates for tests, made on the spot.
#pragma once

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

namespace plenum::net {

inline void write_pem(const std::filesystem::path& path, const std::function<void(BIO*)>& write) {
  BIO* bio = BIO_new_file(path.c_str(), "w");
  ASSERT_NE(bio, nullptr);
  write(bio);
  BIO_free(bio);
}

// A self-signed certificate with this serial number, and its key; `names` like "DNS:localhost,IP:127.0.0.1".
inline void make_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key_file,
                             long serial, const std::string& names = {}) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, key);
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1,
                             0);
  X509_set_issuer_name(x509, name);
  if (!names.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    ASSERT_NE(extension, nullptr);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x509, key, EVP_sha256());
  write_pem(certificate, [&](BIO* bio) { PEM_write_bio_X509(bio, x509); });
  write_pem(key_file,
            [&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(x509);
  EVP_PKEY_free(key);
}

} // namespace plenum::net
