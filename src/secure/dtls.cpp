#include "secure/dtls.hpp"

#include "base/check.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>

namespace plenum::secure {

namespace {

constexpr base::Duration kFirstTimeout = std::chrono::milliseconds(100);
constexpr base::Duration kLongestTimeout = std::chrono::seconds(3);
constexpr base::Duration kHandshakeLimit = std::chrono::seconds(30);
// An honest handshake takes about ten datagrams; with every one repeated a dozen times it is still far below.
constexpr std::uint64_t kHandshakeDatagrams = 512;
constexpr std::size_t kMaxDatagramBytes = 2048;
constexpr int kMaxRecordsPerDatagram = 32;
constexpr std::size_t kRecordHeaderBytes = 13;
constexpr long kMaxCertificateBytes = 16 * 1024;
constexpr unsigned kParkedTimerUs = 3'600'000'000U;
constexpr std::string_view kWrongCertificate = "peer certificate does not match the fingerprint";

// OpenSSL before 3.2 tells the BIO the address of its retransmission time; later versions tell a copy of it.
bool openssl_shares_its_timer() {
  return OpenSSL_version_num() < 0x30200000UL;
}

// Records with known types and versions that fill the datagram exactly. Anything else would only occupy
// OpenSSL.
bool is_well_formed(base::Bytes datagram) {
  if (datagram.size() > kMaxDatagramBytes) return false;
  base::ByteReader reader(datagram);
  for (int records = 0; reader.remaining() > 0; ++records) {
    const auto type = reader.u8();
    const auto version = reader.u16();
    reader.skip(8); // epoch, sequence number
    const std::size_t length = reader.u16();
    reader.skip(length);
    if (reader.failed() || records >= kMaxRecordsPerDatagram) return false;
    if (type < 20 || type > 23 || (version != 0xfeff && version != 0xfefd)) return false;
  }
  return datagram.size() >= kRecordHeaderBytes;
}

std::string last_error(std::string_view fallback) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? std::string(fallback) : std::string(reason);
}

const char* profile_name(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? "SRTP_AEAD_AES_128_GCM" : "SRTP_AES128_CM_SHA1_80";
}

} // namespace

std::string_view to_string(DtlsState state) {
  switch (state) {
  case DtlsState::fresh:
    return "new";
  case DtlsState::handshaking:
    return "connecting";
  case DtlsState::connected:
    return "connected";
  case DtlsState::closed:
    return "closed";
  case DtlsState::failed:
    return "failed";
  }
  return "?";
}

struct DtlsSession {
  SSL* ssl = nullptr;
  DtlsRole role;
  std::vector<Fingerprint> remote;
  DtlsSink& sink;
  DtlsState state = DtlsState::fresh;
  DtlsCounters counters;

  base::Bytes incoming; // the datagram that OpenSSL may read now
  bool certificate_matched = false;
  bool certificate_refused = false; // seen, and another one than announced
  std::uint64_t handshake_datagrams = 0;
  std::uint64_t transmitted = 0;

  timeval* openssl_timer = nullptr; // inside `ssl`; see openssl_shares_its_timer
  base::Duration timeout = kFirstTimeout;
  base::Timestamp retransmit_at = base::kNever;
  base::Timestamp handshake_by = base::kNever;

  DtlsSession(DtlsRole r, std::vector<Fingerprint> f, DtlsSink& s) : role(r), remote(std::move(f)), sink(s) {}

  bool matches(X509* certificate) const;
  void drive_handshake(base::Timestamp now);
  void finish_handshake();
  bool export_keys(SrtpKeys& keys) const;
  void read_all();
  void follow_timer(base::Timestamp now, std::uint64_t transmitted_before);
  void retransmit(base::Timestamp now);
  void end(DtlsState how, std::string_view reason);
};

struct DtlsContext::Parts {
  SSL_CTX* context = nullptr;
  BIO_METHOD* method = nullptr;

  ~Parts() {
    SSL_CTX_free(context);
    BIO_meth_free(method);
  }
  static int write(BIO* bio, const char* data, int length);
  static int read(BIO* bio, char* out, int capacity);
  static long control(BIO* bio, int command, long number, void* pointer);
  static int verify(X509_STORE_CTX* store, void*);
  static unsigned next_timeout(SSL* ssl, unsigned previous_us);
  bool set_up(const Certificate& certificate, const std::string& profiles);
};

// One write is one datagram, one read is one datagram.
int DtlsContext::Parts::write(BIO* bio, const char* data, int length) {
  auto& session = *static_cast<DtlsSession*>(BIO_get_data(bio));
  ++session.transmitted;
  session.sink.transmit_dtls(base::as_bytes({data, static_cast<std::size_t>(length)}));
  return length;
}

int DtlsContext::Parts::read(BIO* bio, char* out, int capacity) {
  auto& incoming = static_cast<DtlsSession*>(BIO_get_data(bio))->incoming;
  BIO_clear_retry_flags(bio);
  if (incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto count = std::min(incoming.size(), static_cast<std::size_t>(capacity));
  std::memcpy(out, incoming.data(), count);
  incoming = {};
  return static_cast<int>(count);
}

long DtlsContext::Parts::control(BIO* bio, int command, long, void* pointer) {
  switch (command) {
  case BIO_CTRL_FLUSH:
    return 1;
  case BIO_CTRL_DGRAM_QUERY_MTU:
  case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
    return kDtlsMtu;
  case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
    if (openssl_shares_its_timer())
      static_cast<DtlsSession*>(BIO_get_data(bio))->openssl_timer = static_cast<timeval*>(pointer);
    return 1;
  default:
    return 0;
  }
}

// Instead of a chain of trust: the certificate is the one that the SDP announced.
int DtlsContext::Parts::verify(X509_STORE_CTX* store, void*) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& session = *static_cast<DtlsSession*>(SSL_get_app_data(ssl));
  session.certificate_matched = session.matches(X509_STORE_CTX_get0_cert(store));
  session.certificate_refused = !session.certificate_matched;
  if (session.certificate_refused) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return session.certificate_matched ? 1 : 0;
}

unsigned DtlsContext::Parts::next_timeout(SSL*, unsigned previous_us) {
  if (openssl_shares_its_timer()) return kParkedTimerUs;
  const auto first = static_cast<unsigned>(kFirstTimeout.count());
  return previous_us == 0 ? first : std::min(previous_us * 2, static_cast<unsigned>(kLongestTimeout.count()));
}

bool DtlsContext::Parts::set_up(const Certificate& certificate, const std::string& profiles) {
  method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagram");
  context = SSL_CTX_new(DTLS_method());
  if (method == nullptr || context == nullptr) return false;
  BIO_meth_set_write(method, write);
  BIO_meth_set_read(method, read);
  BIO_meth_set_ctrl(method, control);
  BIO_meth_set_create(method, [](BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  });
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateBytes);
  SSL_CTX_set_read_ahead(context, 1);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_use_certificate(context, &certificate.x509()) == 1 &&
         SSL_CTX_use_PrivateKey(context, &certificate.key()) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, profiles.c_str()) == 0;
}

DtlsContext::~DtlsContext() = default;

base::Result<std::unique_ptr<DtlsContext>> DtlsContext::create(const Certificate& certificate,
                                                               std::vector<SrtpProfile> profiles) {
  std::string names;
  for (const auto profile : profiles)
    names += (names.empty() ? "" : ":") + std::string(profile_name(profile));
  std::unique_ptr<DtlsContext> out(new DtlsContext);
  out->parts_ = std::make_unique<Parts>();
  ERR_clear_error();
  if (!out->parts_->set_up(certificate, names))
    return base::fail(base::ErrorCode::internal, "cannot set up DTLS: " + last_error("no reason given"));
  return out;
}

Dtls::Dtls(DtlsContext& context, DtlsRole role, std::vector<Fingerprint> remote, DtlsSink& sink)
    : session_(std::make_unique<DtlsSession>(role, std::move(remote), sink)) {
  auto* ssl = SSL_new(context.parts_->context);
  auto* bio = BIO_new(context.parts_->method);
  CHECK(ssl != nullptr && bio != nullptr);
  session_->ssl = ssl;
  BIO_set_data(bio, session_.get());
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, session_.get());
  SSL_set_mtu(ssl, static_cast<long>(kDtlsMtu));
  DTLS_set_timer_cb(ssl, DtlsContext::Parts::next_timeout);
  if (role == DtlsRole::server)
    SSL_set_accept_state(ssl);
  else
    SSL_set_connect_state(ssl);
}

Dtls::~Dtls() {
  SSL_free(session_->ssl);
}

void Dtls::start(base::Timestamp now) {
  auto& s = *session_;
  if (s.state != DtlsState::fresh) return;
  s.state = DtlsState::handshaking;
  s.handshake_by = now + kHandshakeLimit;
  s.drive_handshake(now);
}

void Dtls::on_datagram(base::Timestamp now, base::Bytes datagram) {
  auto& s = *session_;
  if (s.state != DtlsState::handshaking && s.state != DtlsState::connected) return;
  ++s.counters.datagrams;
  if (!is_well_formed(datagram)) {
    ++s.counters.malformed;
    return;
  }
  if (s.state == DtlsState::handshaking && ++s.handshake_datagrams > kHandshakeDatagrams) {
    ++s.counters.over_budget;
    return;
  }
  s.incoming = datagram;
  if (s.state == DtlsState::handshaking) s.drive_handshake(now);
  if (s.state == DtlsState::connected) s.read_all();
  s.incoming = {};
}

void Dtls::on_deadline(base::Timestamp now) {
  auto& s = *session_;
  if (s.state != DtlsState::handshaking) return;
  if (now >= s.handshake_by)
    s.end(DtlsState::failed, "handshake timeout");
  else if (now >= s.retransmit_at)
    s.retransmit(now);
}

base::Timestamp Dtls::next_deadline() const {
  if (session_->state != DtlsState::handshaking) return base::kNever;
  return std::min(session_->handshake_by, session_->retransmit_at);
}

bool Dtls::send(base::Bytes data) {
  auto& s = *session_;
  if (s.state == DtlsState::connected && !data.empty() && data.size() <= kDtlsMaxData) {
    ERR_clear_error();
    if (SSL_write(s.ssl, data.data(), static_cast<int>(data.size())) > 0) return true;
  }
  ++s.counters.dropped_sends;
  return false;
}

void Dtls::close() {
  auto& s = *session_;
  if (s.state == DtlsState::closed || s.state == DtlsState::failed) return;
  if (s.state == DtlsState::connected) {
    ERR_clear_error();
    SSL_shutdown(s.ssl);
  }
  s.end(DtlsState::closed, "closed by us");
}

DtlsState Dtls::state() const {
  return session_->state;
}
const DtlsCounters& Dtls::counters() const {
  return session_->counters;
}

std::string_view Dtls::cipher() const {
  const auto* cipher = SSL_get_current_cipher(session_->ssl);
  return cipher == nullptr ? std::string_view{} : SSL_CIPHER_get_name(cipher);
}

bool DtlsSession::matches(X509* certificate) const {
  if (certificate == nullptr) return false;
  return std::ranges::any_of(remote, [certificate](const Fingerprint& expected) {
    return Fingerprint::of(*certificate, expected.hash) == expected;
  });
}

void DtlsSession::drive_handshake(base::Timestamp now) {
  const auto before = transmitted;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl);
  if (result == 1) {
    finish_handshake();
    return;
  }
  const int error = SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    follow_timer(now, before);
  else
    end(DtlsState::failed,
        certificate_refused ? std::string(kWrongCertificate) : last_error("handshake failed"));
}

void DtlsSession::finish_handshake() {
  SrtpKeys keys;
  if (!certificate_matched || !matches(SSL_get0_peer_certificate(ssl))) {
    end(DtlsState::failed, kWrongCertificate);
  } else if (!export_keys(keys)) {
    end(DtlsState::failed, "no common SRTP profile");
  } else {
    state = DtlsState::connected;
    sink.on_dtls_connected(keys);
  }
}

bool DtlsSession::export_keys(SrtpKeys& keys) const {
  const auto* selected = SSL_get_selected_srtp_profile(ssl);
  if (selected == nullptr) return false;
  keys.profile =
      selected->id == SRTP_AEAD_AES_128_GCM ? SrtpProfile::aead_aes_128_gcm : SrtpProfile::aes_128_cm_sha1_80;
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const auto key_size = key_bytes(keys.profile);
  const auto salt_size = salt_bytes(keys.profile);
  std::array<std::uint8_t, 64> material{};
  if (SSL_export_keying_material(ssl, material.data(), 2 * (key_size + salt_size), kLabel.data(),
                                 kLabel.size(), nullptr, 0, 0) != 1)
    return false;
  auto& client = role == DtlsRole::client ? keys.local : keys.remote;
  auto& server = role == DtlsRole::client ? keys.remote : keys.local;
  base::ByteReader reader(material); // RFC 5764, 4.2: both keys, then both salts
  for (auto* key : {&client, &server})
    std::ranges::copy(reader.take(key_size), key->key.begin());
  for (auto* key : {&client, &server})
    std::ranges::copy(reader.take(salt_size), key->salt.begin());
  OPENSSL_cleanse(material.data(), material.size());
  return true;
}

void DtlsSession::read_all() {
  std::array<std::uint8_t, kMaxDatagramBytes> buffer{};
  while (state == DtlsState::connected) {
    ERR_clear_error();
    const int count = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (count > 0) {
      sink.on_dtls_data(base::Bytes(buffer).first(static_cast<std::size_t>(count)));
      continue;
    }
    const int error = SSL_get_error(ssl, count);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
      SSL_shutdown(ssl); // answers close_notify with ours
      end(DtlsState::closed, "closed by the peer");
    } else {
      end(DtlsState::failed, last_error("connection failed"));
    }
  }
}

// A new flight starts the back-off anew; no flight outstanding stops it.
void DtlsSession::follow_timer(base::Timestamp now, std::uint64_t transmitted_before) {
  timeval left{};
  if (DTLSv1_get_timeout(ssl, &left) != 1) {
    retransmit_at = base::kNever;
  } else if (transmitted != transmitted_before || retransmit_at == base::kNever) {
    timeout = kFirstTimeout;
    retransmit_at = now + timeout;
  }
}

void DtlsSession::retransmit(base::Timestamp now) {
  if (openssl_timer != nullptr) *openssl_timer = timeval{.tv_sec = 1, .tv_usec = 0}; // long ago: expired
  ERR_clear_error();
  const auto result = DTLSv1_handle_timeout(ssl);
  if (result < 0) {
    end(DtlsState::failed, last_error("no answer to the handshake"));
    return;
  }
  if (result > 0) {
    ++counters.retransmissions;
    timeout = std::min(timeout * 2, kLongestTimeout);
  }
  retransmit_at = now + timeout;
}

void DtlsSession::end(DtlsState how, std::string_view reason) {
  if (state == DtlsState::closed || state == DtlsState::failed) return;
  state = how;
  sink.on_dtls_ended(how, reason);
}

} // namespace plenum::secure
