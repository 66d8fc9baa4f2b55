#include "secure/srtp.hpp"

#include "base/check.hpp"
#include "secure/gcm_srtp.hpp"

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

std::size_t tag_bytes(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? kGcmTagBytes : 10;
}

srtp_t make_context(const SrtpKey& key, srtp_ssrc_type_t direction) {
  constexpr auto kProfile = srtp_profile_aes128_cm_sha1_80;
  std::array<std::uint8_t, 30> material{}; // key, then salt
  std::ranges::copy(key.salt, std::ranges::copy(key.key, material.begin()).out);
  srtp_policy_t policy{};
  srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, kProfile);
  srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, kProfile);
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
  std::optional<GcmSrtpReceiver> gcm_in;
  std::optional<GcmSrtpSender> gcm_out;
  std::size_t tag = 0;

  bool good() const { return gcm_in ? gcm_in->good() && gcm_out->good() : in != nullptr && out != nullptr; }
  ~Contexts() {
    if (in != nullptr) srtp_dealloc(in);
    if (out != nullptr) srtp_dealloc(out);
  }
};

SrtpSession::SrtpSession(std::unique_ptr<Contexts> contexts) : contexts_(std::move(contexts)) {}
SrtpSession::~SrtpSession() = default;

base::Result<std::unique_ptr<SrtpSession>> SrtpSession::create(const SrtpKeys& keys) {
  auto contexts = std::make_unique<Contexts>();
  contexts->tag = tag_bytes(keys.profile);
  if (keys.profile == SrtpProfile::aead_aes_128_gcm) {
    contexts->gcm_in.emplace(GcmSessionKeys::derive(keys.remote));
    contexts->gcm_out.emplace(GcmSessionKeys::derive(keys.local));
  } else if (library_is_ready()) {
    contexts->in = make_context(keys.remote, ssrc_any_inbound);
    contexts->out = make_context(keys.local, ssrc_any_outbound);
  }
  if (!contexts->good()) return base::fail(base::ErrorCode::internal, "cannot set up SRTP");
  return std::unique_ptr<SrtpSession>(new SrtpSession(std::move(contexts)));
}

std::optional<std::size_t> SrtpSession::unprotect_rtp(base::MutableBytes packet) {
  if (packet.size() < kRtpHeaderBytes + contexts_->tag || packet[0] >> 6 != 2 || packet.size() > 0xffff) {
    ++counters_.too_short;
    return std::nullopt;
  }
  const auto ssrc = base::load_u32(packet.data() + 8);
  if (!may_receive(ssrc)) return std::nullopt;
  if (contexts_->gcm_in) return gcm_received(false, packet, ssrc);
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
  if (contexts_->gcm_in) return gcm_received(true, packet, ssrc);
  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect_rtcp(contexts_->in, packet.data(), &length);
  return received(status, length, ssrc);
}

std::optional<std::size_t> SrtpSession::protect_rtp(base::MutableBytes buffer, std::size_t length) {
  CHECK(buffer.size() >= length + kSrtpTailroom);
  if (contexts_->gcm_out) return gcm_protect(false, buffer, length);
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
  if (contexts_->gcm_out) return gcm_protect(true, buffer, length);
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
  if (contexts_->gcm_in) {
    contexts_->gcm_in->forget(ssrc);
  } else {
    srtp_remove_stream(contexts_->in, htonl(ssrc));
  }
  *at = inbound_[--inbound_count_];
}

std::optional<std::size_t> SrtpSession::gcm_received(bool control, base::MutableBytes packet,
                                                     std::uint32_t ssrc) {
  using Outcome = GcmSrtpReceiver::Outcome;
  auto& in = *contexts_->gcm_in;
  std::size_t length = 0;
  switch (control ? in.unprotect_rtcp(packet, length) : in.unprotect_rtp(packet, length)) {
  case Outcome::good:
    ++counters_.unprotected;
    remember(ssrc);
    return length;
  case Outcome::replayed:
    ++counters_.replayed;
    return std::nullopt;
  case Outcome::forged:
    ++counters_.auth_failed;
    return std::nullopt;
  case Outcome::malformed:
    break;
  }
  ++counters_.other;
  return std::nullopt;
}

std::optional<std::size_t> SrtpSession::gcm_protect(bool control, base::MutableBytes buffer,
                                                    std::size_t length) {
  using Outcome = GcmSrtpSender::Outcome;
  auto& out = *contexts_->gcm_out;
  const auto outcome = control ? out.protect_rtcp(buffer, length) : out.protect_rtp(buffer, length);
  at_limit_ = outcome == Outcome::beyond_limit;
  if (outcome == Outcome::sent) {
    ++counters_.protected_out;
    return length;
  }
  ++(at_limit_ ? counters_.withheld : counters_.protect_failed);
  return std::nullopt;
}

bool SrtpSession::can_continue() const {
  return contexts_->gcm_out.has_value();
}

SrtpMarks SrtpSession::marks(std::span<const NextSequence> streams) {
  SrtpMarks out;
  if (!can_continue()) return out;
  auto& sender = *contexts_->gcm_out;
  // A stream that was silent is not moved on: it may be silent over many successors, and its receiver guesses
  // the rollover counter from the last packet that it got.
  const auto beyond = [](const GcmSrtpSender::Stream& stream) {
    return stream.next + (stream.active ? SrtpMarks::kReserve : 0);
  };
  for (const auto& [ssrc, sequence] : streams)
    out.outbound.push_back({ssrc, beyond(sender.stream(ssrc, sequence))});
  out.control = beyond(sender.control());
  const auto& inbound = contexts_->gcm_in->streams();
  const auto left_out = inbound.size() - std::min(inbound.size(), SrtpMarks::kMostInbound);
  for (const auto& stream : std::span(inbound).subspan(left_out))
    out.inbound.push_back({stream.ssrc, stream.rtp.highest(), stream.rtcp.highest()});
  return out;
}

void SrtpSession::cover(const SrtpMarks& marks) {
  if (!can_continue()) return;
  auto& sender = *contexts_->gcm_out;
  sender.set_bounded(true);
  const auto raise = [](GcmSrtpSender::Stream& stream, std::uint64_t limit) {
    stream.limit = limit;
    stream.active = false;
  };
  for (const auto& [ssrc, next] : marks.outbound)
    raise(sender.stream(ssrc, static_cast<std::uint16_t>(next)), next);
  raise(sender.control(), marks.control);
}

void SrtpSession::set_bounded(bool bounded) {
  if (can_continue()) contexts_->gcm_out->set_bounded(bounded);
}

void SrtpSession::go_on_from(const SrtpMarks& marks) {
  if (!can_continue()) return;
  auto& sender = *contexts_->gcm_out;
  sender.set_bounded(true);
  for (const auto& [ssrc, next] : marks.outbound) {
    auto& stream = sender.stream(ssrc, static_cast<std::uint16_t>(next));
    stream.next = stream.limit = next;
  }
  sender.control().next = sender.control().limit = marks.control;
  for (const auto& [ssrc, rtp, rtcp] : marks.inbound) {
    auto& stream = contexts_->gcm_in->stream(ssrc);
    if (rtp != SrtpMarks::kNothing) stream.rtp.seen_up_to(rtp);
    if (rtcp != SrtpMarks::kNothing) stream.rtcp.seen_up_to(rtcp);
    remember(ssrc);
  }
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
