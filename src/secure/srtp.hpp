// SRTP and SRTCP of one peer connection, in place.
//
// With the keys that DTLS exported: AEAD_AES_128_GCM by our own code (gcm_srtp.hpp), which another process
// can continue from SrtpMarks; AES-CM by libsrtp2, which cannot be continued and, over Debian's NSS, mallocs
// a few times per packet inside NSS. A stream is added for every inbound SSRC that authenticates; we bound
// them before it can. A packet that fails is dropped and counted by cause and never disturbs the session.
// Owner: peer. Thread: net. RFC 3711, RFC 7714, RFC 5764.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "secure/keying.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

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
  std::uint64_t withheld = 0; // beyond what a successor was told to keep away from
};

// Where a successor of this session goes on, so that no nonce is ever used twice: `next` lies beyond
// everything that this session may still send. RFC 3711, 3.3.1 wants jumps of less than 2^15 packets.
struct SrtpMarks {
  static constexpr std::uint64_t kReserve = 4096; // packets that a stream may send beyond the marks
  static constexpr std::size_t kMostInbound = 16;
  struct Outbound {
    std::uint32_t ssrc = 0;
    std::uint64_t next = 0; // index: rollover counter and sequence number
    bool operator==(const Outbound&) const = default;
  };
  struct Inbound {
    std::uint32_t ssrc = 0;
    std::uint64_t rtp = kNothing, rtcp = kNothing; // highest index seen
    bool operator==(const Inbound&) const = default;
  };
  static constexpr std::uint64_t kNothing = ~std::uint64_t{0};
  std::vector<Outbound> outbound;
  std::uint64_t control = 0; // SRTCP
  std::vector<Inbound> inbound;
  bool operator==(const SrtpMarks&) const = default;
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

  // ---- to be continued by another process (GCM only)
  bool can_continue() const;
  // `streams`: SSRC and next sequence number of all that we send, also of what has not begun.
  struct NextSequence {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
  };
  SrtpMarks marks(std::span<const NextSequence> streams);
  // These marks are where a successor would begin: we may send up to there, and no further while bounded.
  void cover(const SrtpMarks& marks);
  void set_bounded(bool bounded);
  bool at_limit() const { return at_limit_; } // why the last protect_* gave nothing
  void go_on_from(const SrtpMarks& marks);    // and bounded: nothing may leave before new marks cover it

 private:
  struct Contexts;
  explicit SrtpSession(std::unique_ptr<Contexts> contexts);
  bool may_receive(std::uint32_t ssrc);
  void remember(std::uint32_t ssrc);
  std::optional<std::size_t> received(int status, int length, std::uint32_t ssrc);
  std::optional<std::size_t> gcm_received(bool control, base::MutableBytes packet, std::uint32_t ssrc);
  std::optional<std::size_t> gcm_protect(bool control, base::MutableBytes buffer, std::size_t length);

  std::unique_ptr<Contexts> contexts_;
  std::array<std::uint32_t, kSrtpMaxInboundSsrcs> inbound_{};
  std::size_t inbound_count_ = 0;
  bool at_limit_ = false;
  SrtpCounters counters_;
};

} // namespace plenum::secure
