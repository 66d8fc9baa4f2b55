// Candidate: one address of a peer, as SDP spells it.
//
// We have host candidates only (public or announced addresses). Remote candidates are optional for us:
// addresses are learned from checks, so an mDNS name (".local") or any other name is simply not a candidate.
// Owner: value. Thread: any. RFC 8839 section 5.1, RFC 6544 (TCP), RFC 8445 section 5.1.2 (priority).
#pragma once

#include "ice/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::ice {

enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };
enum class TcpType : std::uint8_t { none, active, passive, simultaneous };

struct Candidate {
  TransportAddress address;
  CandidateType type = CandidateType::host;
  TcpType tcp_type = TcpType::none; // none for UDP
  std::uint32_t priority = 0;       // 1…2^31-1
  std::uint8_t component = 1;       // we bundle and mux: always 1
  std::string foundation;           // 1…32 ice-chars

  bool operator==(const Candidate&) const = default;
};

// `preference` 0…8191 orders our addresses of one transport: higher is better. UDP ranks above TCP.
Candidate make_host_candidate(const TransportAddress& address, std::uint16_t preference,
                              TcpType tcp_type = TcpType::none);
std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint8_t component = 1);

// The value of a=candidate, without "candidate:": "1 1 udp 2130706431 192.0.2.1 10000 typ host".
std::string candidate_value(const Candidate& candidate);

// Accepts the value with or without "a=" and "candidate:". nullopt: malformed, a name instead of an address,
// another component than 1, an unknown transport, or longer than 512 bytes. Unknown extensions are skipped.
std::optional<Candidate> parse_candidate(std::string_view text);

} // namespace plenum::ice
