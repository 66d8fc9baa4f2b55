// SHA-1 is called by its old names: they keep their context on the stack, while every EVP way to an HMAC in
// OpenSSL 3.0 allocates per message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ice/stun_message.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace plenum::ice {

namespace {

constexpr std::uint32_t kMagicCookie = 0x2112A442;
constexpr std::uint32_t kFingerprintXor = 0x5354554e;
constexpr std::size_t kIntegrityBytes = SHA_DIGEST_LENGTH;
constexpr std::size_t kAttributeHeaderBytes = 4;
constexpr std::size_t kFingerprintBytes = 4;

enum Attribute : std::uint16_t {
  kMappedAddress = 0x0001,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000A,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802A,
};

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit)
      c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}();

// CRC-32 and HMAC cover the header with a length that ends behind their own attribute; the message may go on.
using Header = std::array<std::uint8_t, kStunHeaderBytes>;

Header header_with_length(base::Bytes message, std::size_t length) {
  Header header{};
  std::memcpy(header.data(), message.data(), header.size());
  base::store_u16(header.data() + 2, static_cast<std::uint16_t>(length));
  return header;
}

std::uint32_t crc32(std::uint32_t seed, base::Bytes bytes) {
  std::uint32_t c = ~seed;
  for (const auto byte : bytes)
    c = kCrcTable[(c ^ byte) & 0xffU] ^ (c >> 8);
  return ~c;
}

// `at` is where FINGERPRINT starts.
std::uint32_t fingerprint_of(base::Bytes message, std::size_t at) {
  const auto header =
      header_with_length(message, at + kAttributeHeaderBytes + kFingerprintBytes - kStunHeaderBytes);
  const auto rest = message.subspan(kStunHeaderBytes, at - kStunHeaderBytes);
  return crc32(crc32(0, header), rest) ^ kFingerprintXor;
}

using Sha1 = std::array<std::uint8_t, kIntegrityBytes>;

// HMAC-SHA1 (RFC 2104) over header and rest; `at` is where MESSAGE-INTEGRITY starts.
Sha1 integrity_of(base::Bytes message, std::size_t at, std::string_view password) {
  std::array<std::uint8_t, SHA_CBLOCK> key{};
  if (password.size() > key.size())
    SHA1(reinterpret_cast<const unsigned char*>(password.data()), password.size(), key.data());
  else
    std::memcpy(key.data(), password.data(), password.size());

  const auto header =
      header_with_length(message, at + kAttributeHeaderBytes + kIntegrityBytes - kStunHeaderBytes);
  SHA_CTX context;
  Sha1 digest{};
  auto pad = key;
  for (auto& byte : pad)
    byte ^= 0x36;
  SHA1_Init(&context);
  SHA1_Update(&context, pad.data(), pad.size());
  SHA1_Update(&context, header.data(), header.size());
  SHA1_Update(&context, message.data() + kStunHeaderBytes, at - kStunHeaderBytes);
  SHA1_Final(digest.data(), &context);

  pad = key;
  for (auto& byte : pad)
    byte ^= 0x5c;
  SHA1_Init(&context);
  SHA1_Update(&context, pad.data(), pad.size());
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  OPENSSL_cleanse(key.data(), key.size());
  OPENSSL_cleanse(pad.data(), pad.size());
  OPENSSL_cleanse(&context, sizeof context);
  return digest;
}

StunClass class_of(std::uint16_t type) {
  return static_cast<StunClass>((type >> 7 & 2) | (type >> 4 & 1));
}
std::uint16_t method_of(std::uint16_t type) {
  return static_cast<std::uint16_t>((type & 0x000f) | (type >> 1 & 0x0070) | (type >> 2 & 0x0f80));
}
std::uint16_t type_of(std::uint16_t method, StunClass cls) {
  const auto c = static_cast<unsigned>(cls);
  const unsigned m = method;
  return static_cast<std::uint16_t>((m & 0x000fU) | (m & 0x0070U) << 1 | (m & 0x0f80U) << 2 | (c & 1U) << 4 |
                                    (c & 2U) << 7);
}

std::array<std::uint8_t, 16> xor_mask(const TransactionId& transaction) {
  std::array<std::uint8_t, 16> mask{};
  base::store_u32(mask.data(), kMagicCookie);
  std::ranges::copy(transaction, mask.begin() + 4);
  return mask;
}

std::optional<TransportAddress> read_xor_mapped(base::Bytes value, const TransactionId& transaction) {
  if (value.size() != 8 && value.size() != 20) return std::nullopt;
  const bool v4 = value[1] == 1 && value.size() == 8;
  const bool v6 = value[1] == 2 && value.size() == 20;
  if (!v4 && !v6) return std::nullopt;
  TransportAddress address{.family = v4 ? Family::ipv4 : Family::ipv6};
  address.port = base::load_u16(value.data() + 2) ^ static_cast<std::uint16_t>(kMagicCookie >> 16);
  const auto mask = xor_mask(transaction);
  for (std::size_t i = 4; i < value.size(); ++i)
    address.ip[i - 4] = static_cast<std::uint8_t>(value[i] ^ mask[i - 4]);
  return address;
}

std::optional<std::uint16_t> read_error_code(base::Bytes value) {
  if (value.size() < 4) return std::nullopt;
  const unsigned code = (value[2] & 7U) * 100U + value[3];
  if (code < 300 || code > 699 || value[3] > 99) return std::nullopt;
  return static_cast<std::uint16_t>(code);
}

// Only the first of a kind counts (RFC 8489, 14).
template <class T>
void keep_first(std::optional<T>& slot, T value) {
  if (!slot) slot = value;
}

// False: a known attribute is malformed.
bool read_attribute(StunMessage& out, std::uint16_t type, base::Bytes value) {
  base::ByteReader reader(value);
  switch (type) {
  case kUsername:
    if (value.size() > kStunMaxUsernameBytes) return false;
    if (out.username.empty()) out.username = base::as_text(value);
    return true;
  case kPriority:
    keep_first(out.priority, reader.u32());
    return value.size() == 4;
  case kUseCandidate:
    out.use_candidate = true;
    return value.empty();
  case kIceControlled:
    keep_first(out.ice_controlled, reader.u64());
    return value.size() == 8;
  case kIceControlling:
    keep_first(out.ice_controlling, reader.u64());
    return value.size() == 8;
  case kXorMappedAddress: {
    const auto address = read_xor_mapped(value, out.transaction);
    if (address) keep_first(out.xor_mapped, *address);
    return address.has_value();
  }
  case kErrorCode: {
    const auto code = read_error_code(value);
    if (code && out.error_code == 0) out.error_code = *code;
    return code.has_value();
  }
  case kMappedAddress:
  case kUnknownAttributes:
  case kRealm:
  case kNonce:
    return true;
  default:
    if (type < 0x8000 && out.unknown_count < out.unknown_required.size())
      out.unknown_required[out.unknown_count++] = type;
    return true;
  }
}

bool read_attributes(StunMessage& out) {
  base::ByteReader reader(out.raw.subspan(kStunHeaderBytes));
  while (reader.remaining() > 0) {
    if (out.has_fingerprint) return false; // FINGERPRINT is the last attribute
    const std::size_t at = kStunHeaderBytes + reader.position();
    const auto type = reader.u16();
    const std::size_t length = reader.u16();
    const auto value = reader.take(length);
    reader.skip((4 - length % 4) % 4);
    if (reader.failed()) return false;
    if (type == kFingerprint) {
      if (length != kFingerprintBytes || base::load_u32(value.data()) != fingerprint_of(out.raw, at))
        return false;
      out.has_fingerprint = true;
    } else if (out.integrity_at) {
      continue; // not covered by the integrity that we check
    } else if (type == kMessageIntegrity) {
      if (length != kIntegrityBytes) return false;
      out.integrity_at = at;
    } else if (!read_attribute(out, type, value)) {
      return false;
    }
  }
  return true;
}

} // namespace

bool looks_like_stun(base::Bytes datagram) {
  return datagram.size() >= kStunHeaderBytes && datagram[0] < 4 &&
         base::load_u32(datagram.data() + 4) == kMagicCookie;
}

std::optional<StunMessage> parse_stun(base::Bytes datagram) {
  if (!looks_like_stun(datagram) || datagram.size() > kStunMaxBytes) return std::nullopt;
  const std::size_t length = base::load_u16(datagram.data() + 2);
  if (length % 4 != 0 || length + kStunHeaderBytes != datagram.size()) return std::nullopt;
  const auto type = base::load_u16(datagram.data());
  StunMessage message{.raw = datagram, .cls = class_of(type), .method = method_of(type)};
  std::copy_n(datagram.begin() + 8, message.transaction.size(), message.transaction.begin());
  if (!read_attributes(message)) return std::nullopt;
  return message;
}

bool has_valid_integrity(const StunMessage& message, std::string_view password) {
  if (!message.integrity_at || password.empty()) return false;
  const auto expected = integrity_of(message.raw, *message.integrity_at, password);
  const auto* given = message.raw.data() + *message.integrity_at + kAttributeHeaderBytes;
  return CRYPTO_memcmp(expected.data(), given, expected.size()) == 0;
}

StunBuilder::StunBuilder(base::MutableBytes buffer, StunClass cls, const TransactionId& transaction)
    : buffer_(buffer), writer_(buffer), transaction_(transaction) {
  writer_.u16(type_of(kStunBinding, cls));
  writer_.u16(0);
  writer_.u32(kMagicCookie);
  writer_.put(transaction);
}

void StunBuilder::attribute(std::uint16_t type, std::size_t length) {
  writer_.u16(type);
  writer_.u16(static_cast<std::uint16_t>(length));
}

void StunBuilder::pad() {
  writer_.zeros((4 - writer_.size() % 4) % 4);
}

StunBuilder& StunBuilder::username(std::string_view text) {
  text = text.substr(0, kStunMaxUsernameBytes);
  attribute(kUsername, text.size());
  writer_.put(base::as_bytes(text));
  pad();
  return *this;
}

StunBuilder& StunBuilder::priority(std::uint32_t value) {
  attribute(kPriority, 4);
  writer_.u32(value);
  return *this;
}

StunBuilder& StunBuilder::use_candidate() {
  attribute(kUseCandidate, 0);
  return *this;
}

StunBuilder& StunBuilder::ice_controlled(std::uint64_t tie_breaker) {
  attribute(kIceControlled, 8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::ice_controlling(std::uint64_t tie_breaker) {
  attribute(kIceControlling, 8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::xor_mapped(const TransportAddress& address) {
  const std::size_t ip_bytes = address.family == Family::ipv6 ? 16 : 4;
  const auto mask = xor_mask(transaction_);
  attribute(kXorMappedAddress, 4 + ip_bytes);
  writer_.u8(0);
  writer_.u8(address.family == Family::ipv6 ? 2 : 1);
  writer_.u16(address.port ^ static_cast<std::uint16_t>(kMagicCookie >> 16));
  for (std::size_t i = 0; i < ip_bytes; ++i)
    writer_.u8(address.ip[i] ^ mask[i]);
  return *this;
}

StunBuilder& StunBuilder::error(std::uint16_t code, std::string_view reason) {
  reason = reason.substr(0, 127);
  attribute(kErrorCode, 4 + reason.size());
  writer_.u16(0);
  writer_.u8(static_cast<std::uint8_t>(code / 100));
  writer_.u8(static_cast<std::uint8_t>(code % 100));
  writer_.put(base::as_bytes(reason));
  pad();
  return *this;
}

StunBuilder& StunBuilder::unknown_attributes(std::span<const std::uint16_t> types) {
  attribute(kUnknownAttributes, types.size() * 2);
  for (const auto type : types)
    writer_.u16(type);
  pad();
  return *this;
}

base::Bytes StunBuilder::finish(std::string_view password) {
  const auto integrity_at = writer_.size();
  attribute(kMessageIntegrity, kIntegrityBytes);
  writer_.zeros(kIntegrityBytes);
  const auto fingerprint_at = writer_.size();
  attribute(kFingerprint, kFingerprintBytes);
  writer_.zeros(kFingerprintBytes);
  const auto message = finish_plain();
  if (message.empty()) return {};

  const auto integrity = integrity_of(message, integrity_at, password);
  std::ranges::copy(integrity,
                    buffer_.begin() + static_cast<std::ptrdiff_t>(integrity_at + kAttributeHeaderBytes));
  base::store_u32(buffer_.data() + fingerprint_at + kAttributeHeaderBytes,
                  fingerprint_of(message, fingerprint_at));
  return message;
}

base::Bytes StunBuilder::finish_plain() {
  if (writer_.failed()) return {};
  writer_.patch_u16(2, static_cast<std::uint16_t>(writer_.size() - kStunHeaderBytes));
  return writer_.written();
}

} // namespace plenum::ice
