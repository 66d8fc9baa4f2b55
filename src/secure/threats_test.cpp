// Attacks of the classes A08 and A09 (docs/threats.md): a peer that proves nothing, and one that only costs.
#include "base/clock.hpp"
#include "secure/dtls.hpp"

#include <gtest/gtest.h>

#include <openssl/ssl.h>

#include <optional>

namespace plenum::secure {
namespace {

using Datagram = std::vector<std::uint8_t>;

struct Server final : DtlsSink {
  Certificate certificate = std::move(*Certificate::generate(base::Clock::system().wall()));
  std::unique_ptr<DtlsContext> context = std::move(*DtlsContext::create(certificate));
  std::optional<Dtls> dtls;
  std::vector<Datagram> out;
  bool connected = false;
  std::string ended;
  base::Timestamp now = base::timestamp_us(1'000'000);

  explicit Server(std::vector<Fingerprint> remote) {
    dtls.emplace(*context, DtlsRole::server, std::move(remote), *this);
    dtls->start(now);
  }
  void transmit_dtls(base::Bytes d) override { out.emplace_back(d.begin(), d.end()); }
  void on_dtls_connected(const SrtpKeys&) override { connected = true; }
  void on_dtls_data(base::Bytes) override { ADD_FAILURE() << "data of an unproven peer"; }
  void on_dtls_ended(DtlsState, std::string_view reason) override { ended = reason; }
};

// A client of bare OpenSSL that may leave its certificate at home.
struct BareClient {
  SSL_CTX* context = SSL_CTX_new(DTLS_client_method());
  SSL* ssl = nullptr;
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());

  explicit BareClient(const Certificate* certificate) {
    SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM");
    ssl = SSL_new(context);
    if (certificate != nullptr) {
      SSL_use_certificate(ssl, &certificate->x509());
      SSL_use_PrivateKey(ssl, &certificate->key());
    }
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl, kDtlsMtu);
    SSL_set_connect_state(ssl);
  }
  ~BareClient() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  // What it has to say, record by record (a memory BIO glues them together).
  std::vector<Datagram> speak() {
    SSL_do_handshake(ssl);
    Datagram bytes(64 * 1024);
    const int size = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
    std::vector<Datagram> records;
    for (std::size_t at = 0; at + 13 <= bytes.size();) {
      const std::size_t length = 13 + base::load_u16(bytes.data() + at + 11);
      records.emplace_back(bytes.begin() + static_cast<long>(at),
                           bytes.begin() + static_cast<long>(at + length));
      at += length;
    }
    return records;
  }
  void hear(const Datagram& datagram) {
    BIO_write(in, datagram.data(), static_cast<int>(datagram.size()));
    SSL_do_handshake(ssl);
  }
};

void converse(Server& server, BareClient& client) {
  for (int round = 0; round < 10; ++round) {
    for (const auto& record : client.speak())
      server.dtls->on_datagram(server.now, record);
    for (const auto& datagram : std::exchange(server.out, {}))
      client.hear(datagram);
  }
}

TEST(Threats, A08_AClientWithoutACertificateNeverConnects) {
  const auto known = std::move(*Certificate::generate(base::Clock::system().wall()));
  Server server({known.fingerprint()});
  BareClient client(nullptr);
  converse(server, client);
  EXPECT_FALSE(server.connected);
  EXPECT_EQ(server.dtls->state(), DtlsState::failed);
  EXPECT_FALSE(server.ended.empty());
}

TEST(Threats, A08_AClientWithAnotherCertificateNeverConnects) {
  const auto known = std::move(*Certificate::generate(base::Clock::system().wall()));
  const auto thief = std::move(*Certificate::generate(base::Clock::system().wall()));
  Server server({known.fingerprint()});
  BareClient client(&thief);
  converse(server, client);
  EXPECT_FALSE(server.connected);
  EXPECT_EQ(server.dtls->state(), DtlsState::failed);

  Server again(
      {known.fingerprint()}); // the same client with the right one does: the test is about the certificate
  BareClient honest(&known);
  converse(again, honest);
  EXPECT_TRUE(again.connected);
}

// CVE-2022-29190: fragments without content made others loop for ever.
TEST(Threats, A09_ZeroLengthFragmentsCostTheirBudgetOnly) {
  Server server({});
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    Datagram bytes(13 + 12);
    base::ByteWriter w(bytes);
    w.u8(22);
    w.u16(0xfefd);
    w.u16(0);
    w.u16(0);
    w.u32(i);
    w.u16(12);
    w.u8(1);
    w.u24(5000);
    w.u16(0);
    w.u24(0);
    w.u24(0);
    server.dtls->on_datagram(server.now, bytes);
  }
  // Either the handshake has ended, and nothing is looked at any more, or its budget has.
  if (server.dtls->state() == DtlsState::handshaking)
    EXPECT_GE(server.dtls->counters().over_budget + server.dtls->counters().malformed, 99'000U);
  EXPECT_FALSE(server.connected);
  EXPECT_LT(server.out.size(), 600U) << "at most one answer for a datagram within the budget";
}

} // namespace
} // namespace plenum::secure
