#include "secure/dtls.hpp"

#include "base/clock.hpp"
#include "base/random.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace plenum::secure {
namespace {

using base::Timestamp;
using Datagram = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

Certificate make_certificate() {
  auto certificate = Certificate::generate(base::Clock::system().wall());
  EXPECT_TRUE(certificate.has_value());
  return std::move(*certificate);
}

struct End final : DtlsSink {
  Certificate certificate = make_certificate();
  std::unique_ptr<DtlsContext> context;
  std::unique_ptr<Dtls> dtls;
  std::vector<Datagram> out;
  std::optional<SrtpKeys> keys;
  std::vector<std::string> data;
  std::vector<std::pair<DtlsState, std::string>> ended;
  bool echo = false;

  explicit End(std::vector<SrtpProfile> profiles = {SrtpProfile::aead_aes_128_gcm,
                                                    SrtpProfile::aes_128_cm_sha1_80})
      : context(std::move(*DtlsContext::create(certificate, std::move(profiles)))) {}
  void open(DtlsRole role, std::vector<Fingerprint> remote) {
    dtls = std::make_unique<Dtls>(*context, role, std::move(remote), *this);
  }

  void transmit_dtls(base::Bytes d) override {
    EXPECT_LE(d.size(), kDtlsMtu);
    out.emplace_back(d.begin(), d.end());
  }
  void on_dtls_connected(const SrtpKeys& k) override { keys = k; }
  void on_dtls_data(base::Bytes d) override {
    data.emplace_back(base::as_text(d));
    if (echo) dtls->send(d);
  }
  void on_dtls_ended(DtlsState state, std::string_view reason) override { ended.emplace_back(state, reason); }
};

// Client and server on a wire of 30 ms, in virtual time.
struct Wire {
  End server;
  End client;
  Timestamp now = base::timestamp_us(1'000'000);
  std::function<bool(bool from_client, int nth)> lost = [](bool, int) { return false; };
  std::array<int, 2> sent{};
  std::multimap<Timestamp, std::pair<bool, Datagram>> flying;

  Wire() = default;
  Wire(std::vector<SrtpProfile> s, std::vector<SrtpProfile> c) : server(std::move(s)), client(std::move(c)) {}

  void open() {
    server.open(DtlsRole::server, {client.certificate.fingerprint()});
    client.open(DtlsRole::client, {server.certificate.fingerprint()});
  }
  void start() {
    server.dtls->start(now);
    client.dtls->start(now);
  }
  void collect(End& from, bool is_client) {
    for (auto& d : from.out)
      if (!lost(is_client, sent[is_client]++)) flying.emplace(now + 30ms, std::pair{is_client, std::move(d)});
    from.out.clear();
  }
  void run(base::Duration duration) {
    const auto end = now + duration;
    while (true) {
      collect(server, false);
      collect(client, true);
      auto next = std::min(server.dtls->next_deadline(), client.dtls->next_deadline());
      if (!flying.empty()) next = std::min(next, flying.begin()->first);
      if (next > end) break;
      now = std::max(now, next);
      while (!flying.empty() && flying.begin()->first <= now) {
        const auto [from_client, datagram] = flying.begin()->second;
        flying.erase(flying.begin());
        (from_client ? server : client).dtls->on_datagram(now, datagram);
      }
      server.dtls->on_deadline(now);
      client.dtls->on_deadline(now);
    }
    now = end;
  }
  bool connected() const {
    return server.dtls->state() == DtlsState::connected && client.dtls->state() == DtlsState::connected;
  }
  void expect_matching_keys(SrtpProfile profile) const {
    ASSERT_TRUE(server.keys && client.keys);
    EXPECT_EQ(server.keys->profile, profile);
    EXPECT_EQ(client.keys->profile, profile);
    EXPECT_EQ(server.keys->local.key, client.keys->remote.key);
    EXPECT_EQ(server.keys->local.salt, client.keys->remote.salt);
    EXPECT_EQ(server.keys->remote.key, client.keys->local.key);
    EXPECT_EQ(server.keys->remote.salt, client.keys->local.salt);
    EXPECT_NE(server.keys->local.key, server.keys->remote.key);
  }
};

Datagram record(std::uint8_t type, std::uint16_t epoch, std::uint64_t sequence, const Datagram& body) {
  Datagram out(13 + body.size());
  base::ByteWriter w(out);
  w.u8(type);
  w.u16(0xfefd);
  w.u16(epoch);
  w.u16(static_cast<std::uint16_t>(sequence >> 32));
  w.u32(static_cast<std::uint32_t>(sequence));
  w.u16(static_cast<std::uint16_t>(body.size()));
  w.put(body);
  return out;
}

TEST(Dtls, ConnectsAndAgreesOnKeys) {
  Wire wire;
  wire.open();
  wire.start();
  wire.run(1s);
  ASSERT_TRUE(wire.connected());
  wire.expect_matching_keys(SrtpProfile::aead_aes_128_gcm);
  EXPECT_EQ(wire.server.dtls->counters().retransmissions, 0U);
  EXPECT_EQ(wire.client.dtls->next_deadline(), base::kNever);
  EXPECT_FALSE(wire.server.dtls->cipher().empty());
}

TEST(Dtls, FallsBackToTheOtherProfile) {
  Wire wire({SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes_128_cm_sha1_80},
            {SrtpProfile::aes_128_cm_sha1_80});
  wire.open();
  wire.start();
  wire.run(1s);
  ASSERT_TRUE(wire.connected());
  wire.expect_matching_keys(SrtpProfile::aes_128_cm_sha1_80);
}

TEST(Dtls, ServerPrefersGcmWhateverTheClientsOrder) {
  Wire wire({SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes_128_cm_sha1_80},
            {SrtpProfile::aes_128_cm_sha1_80, SrtpProfile::aead_aes_128_gcm});
  wire.open();
  wire.start();
  wire.run(1s);
  ASSERT_TRUE(wire.connected());
  wire.expect_matching_keys(SrtpProfile::aead_aes_128_gcm);
}

TEST(Dtls, NoCommonProfileFails) {
  Wire wire({SrtpProfile::aead_aes_128_gcm}, {SrtpProfile::aes_128_cm_sha1_80});
  wire.open();
  wire.start();
  wire.run(1s);
  EXPECT_EQ(wire.server.dtls->state(), DtlsState::failed);
  EXPECT_FALSE(wire.server.keys || wire.client.keys);
}

TEST(Dtls, LossOfWholeFlightsIsRepairedInVirtualTime) {
  for (int dropped = 1; dropped <= 4; ++dropped) {
    Wire wire;
    wire.lost = [dropped](bool, int nth) { return nth < dropped; };
    wire.open();
    wire.start();
    wire.run(5s);
    EXPECT_TRUE(wire.connected()) << dropped;
    EXPECT_GT(wire.client.dtls->counters().retransmissions, 0U) << dropped;
  }
}

TEST(Dtls, ConnectsThroughRandomLoss) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Wire wire;
    wire.lost = [dice = base::SeededRandom(seed)](bool, int) mutable { return dice.u32() % 10 < 4; };
    wire.open();
    wire.start();
    wire.run(29s);
    EXPECT_TRUE(wire.connected()) << seed;
  }
}

TEST(Dtls, EveryDatagramTwice) {
  Wire wire;
  wire.open();
  wire.start();
  for (int i = 0; i < 20; ++i) {
    for (auto* end : {&wire.server, &wire.client}) {
      const auto copy = end->out;
      end->out.insert(end->out.end(), copy.begin(), copy.end());
    }
    wire.run(30ms);
  }
  EXPECT_TRUE(wire.connected());
}

TEST(Dtls, NobodyAnswers) {
  Wire wire;
  wire.lost = [](bool, int) { return true; };
  wire.open();
  wire.start();
  wire.run(31s);
  EXPECT_EQ(wire.client.dtls->state(), DtlsState::failed);
  EXPECT_EQ(wire.server.dtls->state(), DtlsState::failed);
  ASSERT_EQ(wire.client.ended.size(), 1U);
  EXPECT_EQ(wire.client.dtls->next_deadline(), base::kNever);
  EXPECT_LT(wire.sent[1], 20); // backs off
}

TEST(Dtls, WrongFingerprintOfTheClient) {
  Wire wire;
  wire.server.open(DtlsRole::server, {wire.server.certificate.fingerprint()});
  wire.client.open(DtlsRole::client, {wire.server.certificate.fingerprint()});
  wire.start();
  wire.run(1s);
  EXPECT_EQ(wire.server.dtls->state(), DtlsState::failed);
  EXPECT_EQ(wire.client.dtls->state(), DtlsState::failed); // by our alert
  EXPECT_FALSE(wire.server.keys);
  EXPECT_FALSE(wire.server.dtls->send(base::as_bytes("x")));
  ASSERT_EQ(wire.server.ended.size(), 1U);
  EXPECT_EQ(wire.server.ended[0].first, DtlsState::failed);
}

TEST(Dtls, WrongFingerprintOfTheServer) {
  Wire wire;
  wire.server.open(DtlsRole::server, {wire.client.certificate.fingerprint()});
  wire.client.open(DtlsRole::client, {wire.client.certificate.fingerprint()});
  wire.start();
  wire.run(1s);
  EXPECT_EQ(wire.client.dtls->state(), DtlsState::failed);
  EXPECT_FALSE(wire.client.keys || wire.server.keys);
}

TEST(Dtls, NoFingerprintNeverConnects) {
  Wire wire;
  wire.server.open(DtlsRole::server, {});
  wire.client.open(DtlsRole::client, {wire.server.certificate.fingerprint()});
  wire.start();
  wire.run(1s);
  EXPECT_EQ(wire.server.dtls->state(), DtlsState::failed);
  EXPECT_FALSE(wire.server.keys);
}

TEST(Dtls, OneOfSeveralFingerprintsIsEnough) {
  Wire wire;
  const auto sha512 = Fingerprint::of(wire.client.certificate.x509(), HashFunction::sha512);
  wire.server.open(DtlsRole::server, {wire.server.certificate.fingerprint(), sha512});
  wire.client.open(DtlsRole::client, {Fingerprint::of(wire.server.certificate.x509(), HashFunction::sha384)});
  wire.start();
  wire.run(1s);
  EXPECT_TRUE(wire.connected());
}

TEST(Dtls, DataBothWays) {
  Wire wire;
  wire.open();
  EXPECT_FALSE(wire.client.dtls->send(base::as_bytes("too early")));
  wire.start();
  wire.run(1s);
  wire.server.echo = true;
  const std::string longest(kDtlsMaxData, 'm');
  EXPECT_TRUE(wire.client.dtls->send(base::as_bytes("hello")));
  EXPECT_TRUE(wire.client.dtls->send(base::as_bytes(longest)));
  EXPECT_FALSE(wire.client.dtls->send(base::as_bytes(longest + "m")));
  EXPECT_FALSE(wire.client.dtls->send({}));
  wire.run(1s);
  EXPECT_EQ(wire.server.data, (std::vector<std::string>{"hello", longest}));
  EXPECT_EQ(wire.client.data, wire.server.data);
  EXPECT_EQ(wire.client.dtls->counters().dropped_sends, 3U);
}

TEST(Dtls, ReplayedAndForeignRecordsAreDropped) {
  Wire wire;
  wire.open();
  wire.start();
  wire.run(1s);
  wire.client.dtls->send(base::as_bytes("once"));
  const auto record = wire.client.out.at(0);
  auto tampered = record;
  tampered.back() ^= 1;
  wire.server.dtls->on_datagram(wire.now, tampered);
  for (int i = 0; i < 3; ++i)
    wire.server.dtls->on_datagram(wire.now, record);
  EXPECT_EQ(wire.server.data, std::vector<std::string>{"once"});
  EXPECT_TRUE(wire.connected());
}

TEST(Dtls, CloseIsSeenByTheOther) {
  Wire wire;
  wire.open();
  wire.start();
  wire.run(1s);
  wire.client.dtls->close();
  EXPECT_EQ(wire.client.dtls->state(), DtlsState::closed);
  wire.run(100ms);
  EXPECT_EQ(wire.server.dtls->state(), DtlsState::closed);
  EXPECT_EQ(wire.server.ended.size(), 1U);
  EXPECT_FALSE(wire.server.dtls->send(base::as_bytes("x")));
  wire.server.dtls->close();
  EXPECT_EQ(wire.server.ended.size(), 1U);
}

TEST(Dtls, ANewObjectIsARestart) {
  Wire wire;
  wire.open();
  wire.start();
  wire.run(1s);
  const auto old_keys = *wire.server.keys;
  wire.open(); // new objects with the same certificates
  wire.server.dtls->on_datagram(wire.now, record(22, 0, 0, Datagram(20))); // before start(): dropped
  EXPECT_EQ(wire.server.dtls->counters().datagrams, 0U);
  wire.start();
  wire.run(1s);
  EXPECT_TRUE(wire.connected());
  EXPECT_NE(wire.server.keys->local.key, old_keys.local.key);
}

TEST(Dtls, GarbageNeverReachesOpenSsl) {
  Wire wire;
  wire.open();
  wire.start();
  base::SeededRandom random(9);
  std::uint64_t fed = 0;
  for (int i = 0; i < 5000; ++i) {
    Datagram d(random.u32() % 1500);
    random.fill(d);
    if (!d.empty()) d[0] = static_cast<std::uint8_t>(20 + d[0] % 44);
    wire.server.dtls->on_datagram(wire.now, d);
    ++fed;
  }
  EXPECT_EQ(wire.server.dtls->counters().malformed, fed);
  wire.run(1s);
  EXPECT_TRUE(wire.connected());
}

// Fragments of a huge message that never completes: memory and work are bounded by the budget.
TEST(Dtls, FragmentFloodIsBounded) {
  End server;
  server.open(DtlsRole::server, {});
  const auto now = base::timestamp_us(1);
  server.dtls->start(now);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    Datagram body(12 + 1000);
    base::ByteWriter w(body);
    w.u8(1); // ClientHello
    w.u24(16000);
    w.u16(static_cast<std::uint16_t>(i % 10));
    w.u24(i % 15000);
    w.u24(i % 7 == 0 ? 0 : 1000); // zero-length fragments too
    server.dtls->on_datagram(now, record(22, 0, i, body));
  }
  EXPECT_NE(server.dtls->state(), DtlsState::connected);
  if (server.dtls->state() == DtlsState::handshaking) EXPECT_GT(server.dtls->counters().over_budget, 4000U);
}

TEST(Dtls, RecordsOfTheNextEpochAreBounded) {
  Wire wire;
  wire.open();
  wire.start();
  for (std::uint32_t i = 0; i < 5000; ++i)
    wire.server.dtls->on_datagram(wire.now, record(23, 1, i, Datagram(1000)));
  EXPECT_GT(wire.server.dtls->counters().over_budget, 4000U);
  EXPECT_FALSE(wire.server.keys);
}

TEST(Dtls, MutatedHandshakesNeverCrashNorConnectWronglyKeyed) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Wire wire;
    base::SeededRandom random(seed);
    wire.open();
    wire.start();
    for (int i = 0; i < 40; ++i) {
      for (auto* end : {&wire.server, &wire.client})
        for (auto& d : end->out)
          if (random.u32() % 3 == 0)
            d[random.u32() % d.size()] ^= static_cast<std::uint8_t>(1 + random.u32() % 255);
      wire.run(30ms);
    }
    if (wire.connected()) wire.expect_matching_keys(SrtpProfile::aead_aes_128_gcm);
  }
}

TEST(Fingerprint, TextBothWays) {
  const auto certificate = make_certificate();
  for (const auto hash : {HashFunction::sha256, HashFunction::sha384, HashFunction::sha512}) {
    const auto fingerprint = Fingerprint::of(certificate.x509(), hash);
    const auto parsed = Fingerprint::parse(fingerprint.text());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, fingerprint);
  }
  EXPECT_EQ(certificate.fingerprint().text().size(), 8U + 95U);
}

TEST(Fingerprint, CaseDoesNotMatter) {
  auto text = make_certificate().fingerprint().text();
  const auto upper = Fingerprint::parse(text);
  for (auto& c : text)
    c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(*Fingerprint::parse(text), *upper);
  EXPECT_EQ(*Fingerprint::parse("SHA-256" + text.substr(7) + "\r\n"), *upper);
}

TEST(Fingerprint, WeakAndMalformedAreRefused) {
  const std::string good = make_certificate().fingerprint().text();
  const std::string sha1 = "sha-1 " + good.substr(8, 59);
  for (const auto& text : {std::string(), std::string("sha-256"), std::string("sha-256 "), sha1,
                           "md5 " + good.substr(8, 47), good + ":00", good.substr(0, good.size() - 1),
                           "sha-512 " + good.substr(8), good.substr(8), std::string(5000, 'a')})
    EXPECT_FALSE(Fingerprint::parse(text)) << text;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto mutated = good;
    mutated[i] = 'x';
    EXPECT_FALSE(Fingerprint::parse(mutated)) << i;
  }
}

TEST(Certificate, EachIsNew) {
  EXPECT_NE(make_certificate().fingerprint(), make_certificate().fingerprint());
}

} // namespace
} // namespace plenum::secure
