#include "secure/srtp.hpp"

#include "base/check.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>

#include <algorithm>

namespace plenum::secure {

namespace {

constexpr std::size_t kRtpHeaderBytes = 12;
constexpr std::size_t kRtcpHeaderBytes = 8;
constexpr std::size_t kRtcpIndexBytes = 4;

// libsrtp and NSS below it are initialized once for the process and never shut down: NSS cannot be started
// again.
bool library_is_ready() {
  static const bool ready = srtp_init() == srtp_err_status_ok;
  return ready;
}

srtp_profile_t libsrtp_profile(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? srtp_profile_aead_aes_128_gcm
                                                  : srtp_profile_aes128_cm_sha1_80;
}

std::size_t tag_bytes(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? 16 : 10;
}

srtp_t make_context(SrtpProfile profile, const SrtpKey& key, srtp_ssrc_type_t direction) {
  std::array<std::uint8_t, 30> material{}; // key, then salt
  const auto salt_at = std::copy_n(key.key.begin(), key_bytes(profile), material.begin());
  std::copy_n(key.salt.begin(), salt_bytes(profile), salt_at);
  srtp_policy_t policy{};
  srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, libsrtp_profile(profile));
  srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, libsrtp_profile(profile));
  policy.ssrc.type = direction;
  policy.key = material.data();
  policy.window_size = kSrtpReplayWindow;
  srtp_t context = nullptr;
  const auto status = srtp_create(&context, &policy);
  OPENSSL_cleanse(material.data(), material.size());
  return status == srtp_err_status_ok ? context : nullptr;
}

} // namespace

struct SrtpSession::Contexts {
  srtp_t in = nullptr;
  srtp_t out = nullptr;
  std::size_t tag = 0;

  ~Contexts() {
    if (in != nullptr) srtp_dealloc(in);
    if (out != nullptr) srtp_dealloc(out);
  }
};

SrtpSession::SrtpSession(std::unique_ptr<Contexts> contexts) : contexts_(std::move(contexts)) {}
SrtpSession::~SrtpSession() = default;

base::Result<std::unique_ptr<SrtpSession>> SrtpSession::create(const SrtpKeys& keys) {
  auto contexts = std::make_unique<Contexts>();
  if (library_is_ready()) {
    contexts->in = make_context(keys.profile, keys.remote, ssrc_any_inbound);
    contexts->out = make_context(keys.profile, keys.local, ssrc_any_outbound);
    contexts->tag = tag_bytes(keys.profile);
  }
  if (contexts->in == nullptr || contexts->out == nullptr)
    return base::fail(base::ErrorCode::internal, "cannot set up SRTP");
  return std::unique_ptr<SrtpSession>(new SrtpSession(std::move(contexts)));
}

std::optional<std::size_t> SrtpSession::unprotect_rtp(base::MutableBytes packet) {
  if (packet.size() < kRtpHeaderBytes + contexts_->tag || packet[0] >> 6 != 2 || packet.size() > 0xffff) {
    ++counters_.too_short;
    return std::nullopt;
  }
  const auto ssrc = base::load_u32(packet.data() + 8);
  if (!may_receive(ssrc)) return std::nullopt;
  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect(contexts_->in, packet.data(), &length);
  return received(status, length, ssrc);
}

std::optional<std::size_t> SrtpSession::unprotect_rtcp(base::MutableBytes packet) {
  if (packet.size() < kRtcpHeaderBytes + kRtcpIndexBytes + contexts_->tag || packet[0] >> 6 != 2 ||
      packet.size() > 0xffff) {
    ++counters_.too_short;
    return std::nullopt;
  }
  const auto ssrc = base::load_u32(packet.data() + 4);
  if (!may_receive(ssrc)) return std::nullopt;
  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect_rtcp(contexts_->in, packet.data(), &length);
  return received(status, length, ssrc);
}

std::optional<std::size_t> SrtpSession::protect_rtp(base::MutableBytes buffer, std::size_t length) {
  CHECK(buffer.size() >= length + kSrtpTailroom);
  int bytes = static_cast<int>(length);
  if (length < kRtpHeaderBytes || srtp_protect(contexts_->out, buffer.data(), &bytes) != srtp_err_status_ok) {
    ++counters_.protect_failed;
    return std::nullopt;
  }
  ++counters_.protected_out;
  return static_cast<std::size_t>(bytes);
}

std::optional<std::size_t> SrtpSession::protect_rtcp(base::MutableBytes buffer, std::size_t length) {
  CHECK(buffer.size() >= length + kSrtpTailroom);
  int bytes = static_cast<int>(length);
  if (length < kRtcpHeaderBytes ||
      srtp_protect_rtcp(contexts_->out, buffer.data(), &bytes) != srtp_err_status_ok) {
    ++counters_.protect_failed;
    return std::nullopt;
  }
  ++counters_.protected_out;
  return static_cast<std::size_t>(bytes);
}

void SrtpSession::forget_inbound(std::uint32_t ssrc) {
  const auto end = inbound_.begin() + static_cast<std::ptrdiff_t>(inbound_count_);
  const auto at = std::find(inbound_.begin(), end, ssrc);
  if (at == end) return;
  srtp_remove_stream(contexts_->in, htonl(ssrc));
  *at = inbound_[--inbound_count_];
}

bool SrtpSession::may_receive(std::uint32_t ssrc) {
  const auto known = std::span(inbound_).first(inbound_count_);
  if (inbound_count_ < inbound_.size() || std::ranges::find(known, ssrc) != known.end()) return true;
  ++counters_.too_many_ssrcs;
  return false;
}

void SrtpSession::remember(std::uint32_t ssrc) {
  const auto known = std::span(inbound_).first(inbound_count_);
  if (std::ranges::find(known, ssrc) == known.end()) inbound_[inbound_count_++] = ssrc;
}

std::optional<std::size_t> SrtpSession::received(int status, int length, std::uint32_t ssrc) {
  switch (status) {
  case srtp_err_status_ok:
    ++counters_.unprotected;
    remember(ssrc); // only authentic packets make libsrtp add a stream
    return static_cast<std::size_t>(length);
  case srtp_err_status_auth_fail:
    ++counters_.auth_failed;
    return std::nullopt;
  case srtp_err_status_replay_fail:
  case srtp_err_status_replay_old:
  case srtp_err_status_pkt_idx_old:
    ++counters_.replayed;
    return std::nullopt;
  default:
    ++counters_.other;
    return std::nullopt;
  }
}

} // namespace plenum::secure
