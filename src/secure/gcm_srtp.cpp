#include "secure/gcm_srtp.hpp"

#include "base/alloc_counter.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace plenum::secure {
namespace {

constexpr std::size_t kRtcpHeaderBytes = 8;
constexpr std::size_t kIndexBytes = 4;
constexpr std::uint32_t kEncrypted = 0x80000000;
constexpr std::uint64_t kMostRtpIndex = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t kMostRtcpIndex = 0x7fffffff;
constexpr std::size_t kUsualStreams = 4;

// 2 zero bytes, SSRC, then 48 bits, all XORed with the salt (RFC 7714, 8.1 and 9.1).
std::array<std::uint8_t, 12> make_nonce(const std::array<std::uint8_t, 12>& salt, std::uint32_t ssrc,
                                        std::uint64_t index) {
  std::array<std::uint8_t, 12> nonce{};
  base::store_u32(nonce.data() + 2, ssrc);
  base::store_u16(nonce.data() + 6, static_cast<std::uint16_t>(index >> 32));
  base::store_u32(nonce.data() + 8, static_cast<std::uint32_t>(index));
  for (std::size_t i = 0; i < nonce.size(); ++i)
    nonce[i] ^= salt[i];
  return nonce;
}

// Fixed header, CSRCs and extension; 0 when they do not fit.
std::size_t rtp_header_bytes(base::Bytes packet) {
  if (packet.size() < 12 || packet[0] >> 6 != 2) return 0;
  std::size_t size = 12 + std::size_t{4} * (packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + std::size_t{4} * base::load_u16(packet.data() + size + 2);
  }
  return size <= packet.size() ? size : 0;
}

// AES-128 in counter mode over zeros: the key derivation of RFC 3711, 4.3. The 96-bit salt of GCM is the left
// part of the 112-bit one (RFC 7714, 11).
void derive_one(const SrtpKey& master, std::uint8_t label, base::MutableBytes out) {
  std::array<std::uint8_t, 16> counter{};
  std::copy_n(master.salt.begin(), 12, counter.begin());
  counter[7] ^= label;
  std::array<std::uint8_t, 16> zeros{}, stream{};
  int written = 0;
  auto* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nullptr, master.key.data(), counter.data());
  EVP_EncryptUpdate(context, stream.data(), &written, zeros.data(), static_cast<int>(zeros.size()));
  EVP_CIPHER_CTX_free(context);
  std::copy_n(stream.begin(), out.size(), out.begin());
  OPENSSL_cleanse(stream.data(), stream.size());
}

} // namespace

GcmSessionKeys GcmSessionKeys::derive(const SrtpKey& master) {
  GcmSessionKeys out;
  derive_one(master, 0, out.rtp.key);
  derive_one(master, 2, out.rtp.salt);
  derive_one(master, 3, out.rtcp.key);
  derive_one(master, 5, out.rtcp.salt);
  return out;
}

GcmSessionKeys::~GcmSessionKeys() {
  for (auto* one : {&rtp, &rtcp}) {
    OPENSSL_cleanse(one->key.data(), one->key.size());
    OPENSSL_cleanse(one->salt.data(), one->salt.size());
  }
}

std::uint64_t nearest_index(std::uint64_t newest, std::uint16_t sequence) {
  if (newest == ReplayWindow<64>::kNone) return sequence;
  const auto ahead = static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(newest));
  if (ahead < 0x8000) return newest + ahead;
  const auto behind = std::uint64_t{0x10000} - ahead;
  return newest >= behind ? newest - behind : newest + ahead;
}

void GcmCipher::Free::operator()(EVP_CIPHER_CTX* context) const {
  EVP_CIPHER_CTX_free(context);
}

GcmCipher::GcmCipher(const GcmSessionKeys::One& keys) : context_(EVP_CIPHER_CTX_new()), salt_(keys.salt) {
  if (context_ &&
      EVP_CipherInit_ex(context_.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(), nullptr, 1) != 1)
    context_.reset();
}

bool GcmCipher::begin(base::Bytes nonce, base::Bytes head, base::Bytes tail, bool encrypt) {
  auto* c = context_.get();
  int written = 0;
  if (EVP_CipherInit_ex(c, nullptr, nullptr, nullptr, nonce.data(), encrypt ? 1 : 0) != 1) return false;
  if (EVP_CipherUpdate(c, nullptr, &written, head.data(), static_cast<int>(head.size())) != 1) return false;
  return tail.empty() ||
         EVP_CipherUpdate(c, nullptr, &written, tail.data(), static_cast<int>(tail.size())) == 1;
}

bool GcmCipher::seal(base::Bytes nonce, base::Bytes head, base::Bytes tail, base::MutableBytes body,
                     std::uint8_t* tag) {
  auto* c = context_.get();
  int written = 0;
  if (!begin(nonce, head, tail, true)) return false;
  if (!body.empty() &&
      EVP_CipherUpdate(c, body.data(), &written, body.data(), static_cast<int>(body.size())) != 1)
    return false;
  std::array<std::uint8_t, 16> rest{}; // GCM leaves none
  return EVP_CipherFinal_ex(c, rest.data(), &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, tag) == 1;
}

bool GcmCipher::open(base::Bytes nonce, base::Bytes head, base::Bytes tail, base::MutableBytes body,
                     std::uint8_t* tag) {
  auto* c = context_.get();
  int written = 0;
  if (!begin(nonce, head, tail, false)) return false;
  if (!body.empty() &&
      EVP_CipherUpdate(c, body.data(), &written, body.data(), static_cast<int>(body.size())) != 1)
    return false;
  std::array<std::uint8_t, 16> rest{};
  return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, tag) == 1 &&
         EVP_CipherFinal_ex(c, rest.data(), &written) == 1;
}

// ---- what we send

GcmSrtpSender::GcmSrtpSender(const GcmSessionKeys& keys) : rtp_(keys.rtp), rtcp_(keys.rtcp) {
  streams_.reserve(kUsualStreams);
}

void GcmSrtpSender::set_bounded(bool bounded) {
  if (bounded_ == bounded) return;
  bounded_ = bounded;
  for (auto& stream : streams_)
    stream.limit = bounded ? stream.next : kNoLimit;
  control_.limit = bounded ? control_.next : kNoLimit;
}

GcmSrtpSender::Stream& GcmSrtpSender::stream(std::uint32_t ssrc, std::uint16_t next_sequence) {
  const auto at = std::ranges::find(streams_, ssrc, &Stream::ssrc);
  if (at != streams_.end()) return *at;
  const base::alloc_counter::Allow first_packet;
  return streams_.emplace_back(Stream{ssrc, next_sequence, bounded_ ? next_sequence : kNoLimit, false});
}

GcmSrtpSender::Outcome GcmSrtpSender::protect_rtp(base::MutableBytes buffer, std::size_t& length) {
  const auto head = rtp_header_bytes(buffer.first(length));
  if (head == 0) return Outcome::refused;
  const auto sequence = base::load_u16(buffer.data() + 2);
  const auto ssrc = base::load_u32(buffer.data() + 8);
  auto& to = stream(ssrc, sequence);
  const auto index = nearest_index(to.next == 0 ? 0 : to.next - 1, sequence);
  if (index < to.next || index > kMostRtpIndex) return Outcome::refused; // its nonce was used
  to.active = true;
  if (index >= to.limit) return Outcome::beyond_limit;
  const auto nonce = make_nonce(rtp_.salt(), ssrc, index);
  if (!rtp_.seal(nonce, buffer.first(head), {}, buffer.subspan(head, length - head), buffer.data() + length))
    return Outcome::refused;
  to.next = index + 1;
  length += kGcmTagBytes;
  return Outcome::sent;
}

// header | ciphertext | tag | E and index; header and index are authenticated (RFC 7714, 9.2 and 9.3).
GcmSrtpSender::Outcome GcmSrtpSender::protect_rtcp(base::MutableBytes buffer, std::size_t& length) {
  if (length < kRtcpHeaderBytes || control_.next > kMostRtcpIndex) return Outcome::refused;
  control_.active = true;
  if (control_.next >= control_.limit) return Outcome::beyond_limit;
  const auto index = control_.next;
  std::array<std::uint8_t, kIndexBytes> trailer{};
  base::store_u32(trailer.data(), static_cast<std::uint32_t>(index) | kEncrypted);
  const auto nonce = make_nonce(rtcp_.salt(), base::load_u32(buffer.data() + 4), index);
  auto* tag = buffer.data() + length;
  if (!rtcp_.seal(nonce, buffer.first(kRtcpHeaderBytes), trailer,
                  buffer.subspan(kRtcpHeaderBytes, length - kRtcpHeaderBytes), tag))
    return Outcome::refused;
  std::ranges::copy(trailer, tag + kGcmTagBytes);
  ++control_.next;
  length += kGcmTagBytes + kIndexBytes;
  return Outcome::sent;
}

// ---- what we receive

GcmSrtpReceiver::GcmSrtpReceiver(const GcmSessionKeys& keys) : rtp_(keys.rtp), rtcp_(keys.rtcp) {
  streams_.reserve(kUsualStreams);
}

GcmSrtpReceiver::Stream* GcmSrtpReceiver::find(std::uint32_t ssrc) {
  const auto at = std::ranges::find(streams_, ssrc, &Stream::ssrc);
  return at == streams_.end() ? nullptr : &*at;
}

GcmSrtpReceiver::Stream& GcmSrtpReceiver::stream(std::uint32_t ssrc) {
  if (auto* known = find(ssrc)) return *known;
  const base::alloc_counter::Allow first_packet;
  auto& made = streams_.emplace_back();
  made.ssrc = ssrc;
  return made;
}

GcmSrtpReceiver::Outcome GcmSrtpReceiver::unprotect_rtp(base::MutableBytes packet, std::size_t& length) {
  const auto head = rtp_header_bytes(packet);
  if (head == 0 || packet.size() < head + kGcmTagBytes) return Outcome::malformed;
  const auto ssrc = base::load_u32(packet.data() + 8);
  const auto* known = find(ssrc);
  const auto index = nearest_index(known == nullptr ? ReplayWindow<64>::kNone : known->rtp.highest(),
                                   base::load_u16(&packet[2]));
  if (known != nullptr && !known->rtp.is_new(index)) return Outcome::replayed;
  const auto body = packet.size() - head - kGcmTagBytes;
  const auto nonce = make_nonce(rtp_.salt(), ssrc, index);
  if (!rtp_.open(nonce, packet.first(head), {}, packet.subspan(head, body), packet.data() + head + body))
    return Outcome::forged;
  stream(ssrc).rtp.add(index);
  length = head + body;
  return Outcome::good;
}

GcmSrtpReceiver::Outcome GcmSrtpReceiver::unprotect_rtcp(base::MutableBytes packet, std::size_t& length) {
  if (packet.size() < kRtcpHeaderBytes + kGcmTagBytes + kIndexBytes || packet[0] >> 6 != 2)
    return Outcome::malformed;
  const auto trailer = packet.last(kIndexBytes);
  const auto word = base::load_u32(trailer.data());
  if ((word & kEncrypted) == 0) return Outcome::malformed; // nobody negotiated unencrypted SRTCP
  const auto index = std::uint64_t{word & ~kEncrypted};
  const auto ssrc = base::load_u32(packet.data() + 4);
  const auto* known = find(ssrc);
  if (known != nullptr && !known->rtcp.is_new(index)) return Outcome::replayed;
  const auto body = packet.size() - kRtcpHeaderBytes - kGcmTagBytes - kIndexBytes;
  const auto nonce = make_nonce(rtcp_.salt(), ssrc, index);
  if (!rtcp_.open(nonce, packet.first(kRtcpHeaderBytes), trailer, packet.subspan(kRtcpHeaderBytes, body),
                  packet.data() + kRtcpHeaderBytes + body))
    return Outcome::forged;
  stream(ssrc).rtcp.add(index);
  length = kRtcpHeaderBytes + body;
  return Outcome::good;
}

void GcmSrtpReceiver::forget(std::uint32_t ssrc) {
  std::erase_if(streams_, [ssrc](const Stream& stream) { return stream.ssrc == ssrc; });
}

} // namespace plenum::secure
