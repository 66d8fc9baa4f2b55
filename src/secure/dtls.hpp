// DTLS 1.2 for one peer connection, without I/O.
//
// OpenSSL behind an own datagram BIO, because a memory BIO glues the datagrams of a flight together. Keys are
// exported and data is delivered only after the peer's certificate matched a fingerprint from the SDP, in
// either role; a mismatch ends the handshake with an alert. Sessions, tickets and renegotiation are off, so
// no later handshake can skip the check. A new remote fingerprint means a new Dtls object.
//
// Time: OpenSSL 3.0 reads the real clock for retransmission. We keep our own deadline (100 ms, doubling to 3
// s) and park OpenSSL's timer far in the future; when our deadline comes, the timer is moved into the past
// through the address that OpenSSL itself tells the BIO (BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT), and
// DTLSv1_handle_timeout does the rest. So virtual time works. Versions from 3.2 pass a copy: there OpenSSL's
// own timer runs at the same durations. Owner: peer. Thread: net. RFC 6347, RFC 5764, RFC 8827.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "secure/certificate.hpp"
#include "secure/keying.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::secure {

enum class DtlsRole : std::uint8_t { server, client }; // a=setup:passive, a=setup:active
enum class DtlsState : std::uint8_t { fresh, handshaking, connected, closed, failed };
std::string_view to_string(DtlsState state);

// Called from inside on_datagram(), start(), on_deadline(), send() and close(). The sink must not destroy the
// Dtls from inside a call, and transmit_dtls() must not call into it at all. on_dtls_data() may call send().
class DtlsSink {
 public:
  virtual ~DtlsSink() = default;
  virtual void transmit_dtls(base::Bytes datagram) = 0; // at most kDtlsMtu bytes
  virtual void on_dtls_connected(const SrtpKeys& keys) = 0;
  virtual void on_dtls_data(base::Bytes data) = 0;                          // one record, for SCTP
  virtual void on_dtls_ended(DtlsState state, std::string_view reason) = 0; // closed or failed, once
};

constexpr std::size_t kDtlsMtu = 1200;
constexpr std::size_t kDtlsMaxData = 1150; // what send() takes: fits one datagram under kDtlsMtu

// The part shared by all connections of a worker: certificate, ciphers, SRTP profiles. Outlives its Dtls
// objects.
class DtlsContext {
 public:
  // `profiles` in order of preference, not empty.
  static base::Result<std::unique_ptr<DtlsContext>>
  create(const Certificate& certificate, std::vector<SrtpProfile> profiles = {
                                             SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes_128_cm_sha1_80});
  ~DtlsContext();
  DtlsContext(const DtlsContext&) = delete;
  DtlsContext& operator=(const DtlsContext&) = delete;

 private:
  friend class Dtls;
  DtlsContext() = default;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

struct DtlsCounters {
  std::uint64_t datagrams = 0;
  std::uint64_t malformed = 0;       // no well-formed records; OpenSSL never saw it
  std::uint64_t over_budget = 0;     // more handshake datagrams than any honest handshake needs
  std::uint64_t retransmissions = 0; // flights sent again
  std::uint64_t dropped_sends = 0;   // send() when not connected, or too long
};

struct DtlsSession; // dtls.cpp

class Dtls {
 public:
  // `remote` are the fingerprints of the SDP; one of them must match. Empty never connects.
  Dtls(DtlsContext& context, DtlsRole role, std::vector<Fingerprint> remote, DtlsSink& sink);
  ~Dtls();
  Dtls(const Dtls&) = delete;
  Dtls& operator=(const Dtls&) = delete;

  // Call when a pair is usable. A client sends its first flight; a server waits. Starts the 30 s handshake
  // limit.
  void start(base::Timestamp now);
  // First byte 20…63, from a validated pair. Before start() it is dropped.
  void on_datagram(base::Timestamp now, base::Bytes datagram);
  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const; // kNever when idle

  // One SCTP packet as one record. False (and counted): not connected, or longer than kDtlsMaxData.
  bool send(base::Bytes data);
  // Sends close_notify. Nothing is received afterwards.
  void close();

  DtlsState state() const;
  const DtlsCounters& counters() const;
  std::string_view cipher() const; // "ECDHE-ECDSA-AES128-GCM-SHA256"; empty before connected

 private:
  std::unique_ptr<DtlsSession> session_;
};

} // namespace plenum::secure
