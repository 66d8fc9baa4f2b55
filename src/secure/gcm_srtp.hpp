// GcmSrtp: one direction of SRTP and SRTCP with AEAD_AES_128_GCM, in place, on OpenSSL.
//
// Our own, because a call that is continued by another process (docs/architecture.md, 5.3) must set rollover
// counters *and* SRTCP indices, and libsrtp2 cannot set the latter; it also costs less than libsrtp2 over
// NSS. The one rule that GCM may never break, a nonce used once only, is kept here: an index that is not
// above all earlier ones of its stream is refused, and so is one at or beyond the stream's `limit`, which is
// as far as a successor has been told to keep away. All SRTCP packets share one index. Streams are small
// records that are searched one by one: a leg has three. Owner: SrtpSession. Thread: net. RFC 3711, RFC 7714.
#pragma once

#include "base/bytes.hpp"
#include "secure/keying.hpp"

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace plenum::secure {

inline constexpr std::size_t kGcmTagBytes = 16;
inline constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

// What RFC 3711, 4.3.1 derives from a master key and salt.
struct GcmSessionKeys {
  struct One {
    std::array<std::uint8_t, 16> key{};
    std::array<std::uint8_t, 12> salt{};
  };
  One rtp, rtcp;

  static GcmSessionKeys derive(const SrtpKey& master);
  GcmSessionKeys() = default;
  GcmSessionKeys(const GcmSessionKeys&) = default;
  GcmSessionKeys& operator=(const GcmSessionKeys&) = default;
  ~GcmSessionKeys();
};

// AES-128-GCM with one key; the nonce is given for each packet.
class GcmCipher {
 public:
  explicit GcmCipher(const GcmSessionKeys::One& keys);
  bool good() const { return context_ != nullptr; }
  // `head` is authenticated (`tail` behind it too, when there is one), `body` is changed in place.
  bool seal(base::Bytes nonce, base::Bytes head, base::Bytes tail, base::MutableBytes body,
            std::uint8_t* tag);
  bool open(base::Bytes nonce, base::Bytes head, base::Bytes tail, base::MutableBytes body,
            std::uint8_t* tag);
  const std::array<std::uint8_t, 12>& salt() const { return salt_; }

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const;
  };
  bool begin(base::Bytes nonce, base::Bytes head, base::Bytes tail, bool encrypt);
  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
  std::array<std::uint8_t, 12> salt_{};
};

// The newest `kBits` indices of a stream: which of them have been seen.
template <std::size_t kBits>
class ReplayWindow {
 public:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::uint64_t highest() const { return highest_; } // kNone before the first
  bool is_new(std::uint64_t index) const {
    if (highest_ == kNone || index > highest_) return true;
    return highest_ - index < kBits && !bit(index);
  }
  void add(std::uint64_t index) {
    if (highest_ == kNone || (index > highest_ && index - highest_ >= kBits)) {
      bits_ = {};
    } else {
      for (auto missing = highest_ + 1; missing < index; ++missing)
        set(missing, false);
    }
    if (highest_ == kNone || index > highest_) highest_ = index;
    set(index, true);
  }
  // Everything up to `index` counts as seen.
  void seen_up_to(std::uint64_t index) {
    highest_ = index;
    bits_.fill(~std::uint64_t{0});
  }

 private:
  bool bit(std::uint64_t index) const {
    const auto at = index % kBits;
    return (bits_[at / 64] >> (at % 64) & 1) != 0;
  }
  void set(std::uint64_t index, bool on) {
    const auto at = index % kBits;
    const auto mask = std::uint64_t{1} << (at % 64);
    bits_[at / 64] = on ? bits_[at / 64] | mask : bits_[at / 64] & ~mask;
  }
  std::uint64_t highest_ = kNone;
  std::array<std::uint64_t, kBits / 64> bits_{};
};

class GcmSrtpSender {
 public:
  struct Stream {
    std::uint32_t ssrc = 0;
    std::uint64_t next = 0; // index: rollover counter and sequence number
    std::uint64_t limit = kNoLimit;
    bool active = false; // sent, or wanted to, since the limit was set
  };
  enum class Outcome : std::uint8_t { sent, refused, beyond_limit };

  explicit GcmSrtpSender(const GcmSessionKeys& keys);
  bool good() const { return rtp_.good() && rtcp_.good(); }
  // Encrypts the first `length` bytes; 16 (RTP) or 20 (RTCP) more are written behind them.
  Outcome protect_rtp(base::MutableBytes buffer, std::size_t& length);
  Outcome protect_rtcp(base::MutableBytes buffer, std::size_t& length);

  // New streams begin with the limit 0 while `bounded`: somebody must raise it before they send.
  void set_bounded(bool bounded);
  bool bounded() const { return bounded_; }
  Stream& stream(std::uint32_t ssrc, std::uint16_t next_sequence); // made when there is none
  const std::vector<Stream>& streams() const { return streams_; }
  Stream& control() { return control_; } // SRTCP; its ssrc means nothing

 private:
  GcmCipher rtp_, rtcp_;
  std::vector<Stream> streams_;
  Stream control_;
  bool bounded_ = false;
};

class GcmSrtpReceiver {
 public:
  static constexpr std::size_t kRtpWindow = 1024, kRtcpWindow = 128; // packets
  struct Stream {
    std::uint32_t ssrc = 0;
    ReplayWindow<kRtpWindow> rtp;
    ReplayWindow<kRtcpWindow> rtcp;
  };
  enum class Outcome : std::uint8_t { good, replayed, forged, malformed };

  explicit GcmSrtpReceiver(const GcmSessionKeys& keys);
  bool good() const { return rtp_.good() && rtcp_.good(); }
  // Decrypt in place; `length` becomes the length without what SRTP added.
  Outcome unprotect_rtp(base::MutableBytes packet, std::size_t& length);
  Outcome unprotect_rtcp(base::MutableBytes packet, std::size_t& length);
  void forget(std::uint32_t ssrc);
  const std::vector<Stream>& streams() const { return streams_; } // most recently made last
  Stream& stream(std::uint32_t ssrc);                             // made when there is none

 private:
  Stream* find(std::uint32_t ssrc);
  GcmCipher rtp_, rtcp_;
  std::vector<Stream> streams_; // bounded by SrtpSession
};

// The index nearest to `newest` that ends in `sequence` (RFC 3711, 3.3.1). `newest` of ReplayWindow::kNone: a
// first packet, rollover counter 0.
std::uint64_t nearest_index(std::uint64_t newest, std::uint16_t sequence);

} // namespace plenum::secure
