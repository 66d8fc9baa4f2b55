#include "net/signed_path.hpp"

#include "net/signature.hpp"

#include <charconv>
#include <fmt/format.h>

namespace plenum::net {
namespace {

std::string signature_of(const base::Secret& key, std::string_view path, std::int64_t expires) {
  return hmac_sha256_hex(key, fmt::format("file\n{}\n{}", path, expires));
}

} // namespace

std::string sign_path(const base::Secret& key, std::string_view path, std::int64_t expires_unix_seconds) {
  return fmt::format("{}?expires={}&signature={}", path, expires_unix_seconds,
                     signature_of(key, path, expires_unix_seconds));
}

PathCheck check_path(const base::Secret& key, std::string_view path, std::string_view expires,
                     std::string_view signature, std::int64_t now_unix_seconds) {
  std::int64_t until = 0;
  const auto [stop, error] = std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (error != std::errc() || stop != expires.data() + expires.size()) return PathCheck::forged;
  const auto wanted = signature_of(key, path, until);
  if (!base::equal_constant_time(signature, wanted)) return PathCheck::forged;
  return now_unix_seconds > until ? PathCheck::expired : PathCheck::fine;
}

} // namespace plenum::net
