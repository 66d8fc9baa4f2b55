// Transport: ICE, DTLS, SRTP and the data channel of one leg, without I/O: datagrams in, packets out.
//
// Everything of a leg runs over the selected pair (BUNDLE, rtcp-mux). DTLS and media are read only from pairs
// that passed a check with integrity; keys exist only after the certificate matched the SDP's fingerprint. A
// new remote fingerprint starts a new DTLS association over the same pair; an ICE restart leaves DTLS alone
// (RFC 8842). Owner: Peer. Thread: net. RFC 7983 (demultiplexing), 8445, 6347, 5764, 8831.
#pragma once

#include "base/env.hpp"
#include "ice/agent.hpp"
#include "rtp/packet_pool.hpp"
#include "sctp/data_channel.hpp"
#include "secure/dtls.hpp"
#include "secure/srtp.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::peer {

enum class Phase : std::uint8_t { connecting, connected, disconnected, failed, closed };
std::string_view to_string(Phase phase);

// Called from inside Transport's methods; must not destroy or call into the transport.
class TransportSink {
 public:
  virtual ~TransportSink() = default;
  virtual void transmit(const ice::PairKey& pair, base::Bytes datagram) = 0;
  virtual void on_pair_closed(const ice::PairKey& pair) = 0;
  virtual void on_pair_selected() {} // perhaps another one than before
  // Nothing more may leave before new marks are covered. The one call from inside which the transport may be
  // asked for marks() and told cover() or set_bounded().
  virtual void on_marks_spent() {}
  virtual void on_transport_phase(Phase phase, std::string_view detail) = 0;
  virtual void on_data_open() = 0;
  virtual void on_data_text(std::string_view text) = 0;
};

struct DataPorts {
  std::uint16_t local = 5000, remote = 5000; // SCTP
};

// What the other side's description says about the transport, and what follows from it for us.
struct RemoteTransport {
  ice::Credentials ice;
  std::vector<secure::Fingerprint> fingerprints;
  secure::DtlsRole our_role = secure::DtlsRole::server;
  std::optional<DataPorts> data;
};

struct TransportCounters {
  std::uint64_t stun = 0, dtls = 0, rtp = 0, rtcp = 0;
  std::uint64_t unvalidated = 0; // dropped: from a pair without a valid check
  std::uint64_t early = 0;       // media before the keys
  std::uint64_t unknown = 0;     // first byte of no protocol
  std::uint64_t orphaned = 0;    // DTLS of an association that died with the process before us
  std::uint64_t undecrypted = 0; // SRTP or SRTCP that failed authentication, replayed, too short
};

class Transport final : private ice::AgentSink, private secure::DtlsSink, private sctp::DataChannelSink {
 public:
  enum class Got : std::uint8_t { nothing, rtp, rtcp };

  Transport(const base::Env& env, secure::DtlsContext& dtls, sctp::SctpClock& sctp, ice::Role role,
            ice::Credentials local, TransportSink& sink);
  ~Transport() override {
    pair_.reset();
  } // its parts say goodbye as they go: to nobody, unless close() was called

  void start(base::Timestamp now);
  void restart_ice(base::Timestamp now, ice::Credentials local);
  // Instead of start(): the transport that another process left behind. It has no DTLS any more and therefore
  // no data channel, until the client comes with another certificate. False: these keys cannot go on.
  bool go_on_with(base::Timestamp now, RemoteTransport remote, const ice::PairKey& pair,
                  std::uint32_t priority, const secure::SrtpKeys& keys, const secure::SrtpMarks& marks);
  bool continued() const { return continued_; }
  // From the client's description; other fingerprints than before mean a new DTLS association.
  void set_remote(base::Timestamp now, RemoteTransport remote);
  ice::Agent& agent() { return agent_; } // full role: candidates
  // The socket of this pair is gone (ICE-TCP).
  void on_pair_lost(base::Timestamp now, const ice::PairKey& pair);

  // `rtp` and `rtcp`: the packet is now decrypted, its size without trailer.
  Got on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::Packet& packet);
  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const;

  // Encrypts the first `length` bytes in place (kSrtpTailroom spare bytes behind) and sends. False: not
  // connected.
  bool send_rtp(base::MutableBytes buffer, std::size_t length);
  bool send_rtcp(base::MutableBytes buffer, std::size_t length);
  bool send_text(std::string_view text);
  void close(); // close_notify

  // ---- for a successor: what it needs when this transport can be continued
  const secure::SrtpKeys* keys() const; // nullptr: it cannot
  const std::optional<ice::PairKey>& pair() const { return pair_; }
  secure::SrtpSession* srtp() const { return srtp_.get(); }

  bool media_ready() const { return srtp_ != nullptr && pair_.has_value() && phase_ != Phase::closed; }
  Phase phase() const { return phase_; }
  const TransportCounters& counters() const { return counters_; }
  const secure::SrtpCounters* srtp_counters() const { return srtp_ ? &srtp_->counters() : nullptr; }

 private:
  void begin_dtls();
  void open_data();
  void become(Phase phase, std::string_view detail);
  void settle(base::Timestamp now);
  void on_dtls_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram);

  void transmit_stun(const ice::PairKey& pair, base::Bytes message) override;
  void on_pair_selected(const ice::PairKey& pair) override;
  void on_pair_closed(const ice::PairKey& pair) override;
  void on_ice_state(ice::State state) override;
  void transmit_dtls(base::Bytes datagram) override;
  void on_dtls_connected(const secure::SrtpKeys& keys) override;
  void on_dtls_data(base::Bytes data) override;
  void on_dtls_ended(secure::DtlsState state, std::string_view reason) override;
  void transmit_sctp(base::Bytes packet) override;
  void on_data_channel_open() override;
  void on_data_channel_message(base::Bytes message, bool binary) override;
  void on_data_channel_closed() override {}

  base::Env env_;
  secure::DtlsContext& dtls_context_;
  sctp::SctpClock& sctp_clock_;
  RemoteTransport remote_;
  TransportSink& sink_;
  ice::Agent agent_;
  std::unique_ptr<secure::Dtls> dtls_;
  std::unique_ptr<secure::SrtpSession> srtp_;
  std::optional<secure::SrtpKeys> keys_;
  std::unique_ptr<sctp::DataChannel> data_;
  std::optional<ice::PairKey> pair_; // where everything but STUN goes
  bool dtls_started_ = false;
  bool continued_ = false;   // keys from another process, DTLS of nobody
  bool dtls_failed_ = false; // for good: only another certificate or a new leg helps
  Phase phase_ = Phase::connecting;
  TransportCounters counters_;
};

} // namespace plenum::peer
