// SRTP and SRTCP of one peer connection, in place.
//
// libsrtp2 with the keys that DTLS exported. Debian's libsrtp2 uses NSS: each packet costs a few mallocs
// inside NSS, none of ours. libsrtp adds a stream for every inbound SSRC that authenticates; we bound them
// before it can. A packet that fails is dropped and counted by cause and never disturbs the session. Owner:
// peer. Thread: net. RFC 3711, RFC 7714, RFC 5764.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "secure/keying.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace plenum::secure {

constexpr std::size_t kSrtpTailroom = 32;        // spare bytes that protect_* needs behind a packet
constexpr std::size_t kSrtpMaxInboundSsrcs = 64; // streams that one peer may have open at us
constexpr std::size_t kSrtpReplayWindow = 1024;  // packets

struct SrtpCounters {
  std::uint64_t unprotected = 0;
  std::uint64_t protected_out = 0;
  std::uint64_t too_short = 0; // or not version 2
  std::uint64_t auth_failed = 0;
  std::uint64_t replayed = 0; // seen before, or older than the window
  std::uint64_t too_many_ssrcs = 0;
  std::uint64_t other = 0; // key limit, bad header
  std::uint64_t protect_failed = 0;
};

class SrtpSession {
 public:
  static base::Result<std::unique_ptr<SrtpSession>> create(const SrtpKeys& keys);
  ~SrtpSession();
  SrtpSession(const SrtpSession&) = delete;
  SrtpSession& operator=(const SrtpSession&) = delete;

  // Decrypt in place; the new length, or nullopt and a counter. After a failure the bytes are undefined.
  std::optional<std::size_t> unprotect_rtp(base::MutableBytes packet);
  std::optional<std::size_t> unprotect_rtcp(base::MutableBytes packet);
  // Encrypt the first `length` bytes in place; `buffer` must have kSrtpTailroom bytes more. The new length.
  std::optional<std::size_t> protect_rtp(base::MutableBytes buffer, std::size_t length);
  std::optional<std::size_t> protect_rtcp(base::MutableBytes buffer, std::size_t length);

  // The SDP took this SSRC away: its place may be used again. Old packets of it could then be replayed, so
  // the receiver must know the SSRC no more.
  void forget_inbound(std::uint32_t ssrc);
  const SrtpCounters& counters() const { return counters_; }

 private:
  struct Contexts;
  explicit SrtpSession(std::unique_ptr<Contexts> contexts);
  bool may_receive(std::uint32_t ssrc);
  void remember(std::uint32_t ssrc);
  std::optional<std::size_t> received(int status, int length, std::uint32_t ssrc);

  std::unique_ptr<Contexts> contexts_;
  std::array<std::uint32_t, kSrtpMaxInboundSsrcs> inbound_{};
  std::size_t inbound_count_ = 0;
  SrtpCounters counters_;
};

} // namespace plenum::secure
