// STUN messages, as far as ICE and a plain "what is my address" answer need them.
//
// Parsing is bounded and copies nothing: a StunMessage is a view into the bytes it was parsed from. What
// follows MESSAGE-INTEGRITY is not trusted (only FINGERPRINT is read there). Building writes into a caller's
// buffer. Nothing allocates: integrity is computed with a context on the stack. The door uses this file alone
// (it brings TransportAddress with it). Owner: value. Thread: any. RFC 8489, RFC 8445 section 16, RFC 5769
// (vectors).
#pragma once

#include "base/bytes.hpp"
#include "ice/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace plenum::ice {

constexpr std::size_t kStunHeaderBytes = 20;
constexpr std::size_t kStunMaxBytes = 1500;        // longer messages are refused
constexpr std::size_t kStunMaxUsernameBytes = 513; // RFC 8489, 14.3

using TransactionId = std::array<std::uint8_t, 12>;

enum class StunClass : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };
constexpr std::uint16_t kStunBinding = 1;

// First-byte test of RFC 7983 plus the magic cookie: cheap enough for every datagram.
bool looks_like_stun(base::Bytes datagram);

struct StunMessage {
  base::Bytes raw;
  StunClass cls = StunClass::request;
  std::uint16_t method = 0;
  TransactionId transaction{};

  std::string_view username; // "to:from"; empty when absent
  std::optional<std::uint32_t> priority;
  bool use_candidate = false;
  std::optional<std::uint64_t> ice_controlled;  // tie-breaker
  std::optional<std::uint64_t> ice_controlling; // tie-breaker
  std::optional<TransportAddress> xor_mapped;   // transport is udp; the pair knows better
  std::uint16_t error_code = 0;                 // 300…699; 0 when absent
  std::optional<std::size_t> integrity_at;      // where MESSAGE-INTEGRITY starts in `raw`
  bool has_fingerprint = false;                 // present, and then it was right

  std::array<std::uint16_t, 8> unknown_required{}; // comprehension-required types that we do not know
  std::uint8_t unknown_count = 0;

  bool is_binding(StunClass c) const { return method == kStunBinding && cls == c; }
  // The half of USERNAME that names the receiver, e.g. our ufrag; the whole when there is no colon.
  std::string_view receiver_ufrag() const { return username.substr(0, username.find(':')); }
  std::span<const std::uint16_t> unknown() const { return {unknown_required.data(), unknown_count}; }
};

// nullopt: not STUN, truncated, wrong lengths, a wrong fingerprint, or a known attribute of a wrong size.
std::optional<StunMessage> parse_stun(base::Bytes datagram);

// True when MESSAGE-INTEGRITY is present and made with `password` (short-term credential). Constant time
// compare.
bool has_valid_integrity(const StunMessage& message, std::string_view password);

// Writes one message. Calls after the buffer is full do nothing and finish() returns an empty view.
class StunBuilder {
 public:
  StunBuilder(base::MutableBytes buffer, StunClass cls, const TransactionId& transaction);

  StunBuilder& username(std::string_view text); // "to:from", at most kStunMaxUsernameBytes
  StunBuilder& priority(std::uint32_t value);
  StunBuilder& use_candidate();
  StunBuilder& ice_controlled(std::uint64_t tie_breaker);
  StunBuilder& ice_controlling(std::uint64_t tie_breaker);
  StunBuilder& xor_mapped(const TransportAddress& address);
  StunBuilder& error(std::uint16_t code, std::string_view reason);
  StunBuilder& unknown_attributes(std::span<const std::uint16_t> types);

  // Adds MESSAGE-INTEGRITY and FINGERPRINT. The view lies in the constructor's buffer.
  base::Bytes finish(std::string_view password);
  // No integrity: only for the plain reflexive-address answer of the door.
  base::Bytes finish_plain();

 private:
  void attribute(std::uint16_t type, std::size_t length);
  void pad();

  base::MutableBytes buffer_;
  base::ByteWriter writer_;
  TransactionId transaction_;
};

} // namespace plenum::ice
