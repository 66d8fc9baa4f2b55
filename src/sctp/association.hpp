// Association: SCTP over DTLS for one peer connection, without I/O.
//
// usrsctp in its mode without threads. SctpClock is the one usrsctp of the process: it starts and ends the
// library and is the only thing that moves its timers. usrsctp knows an association by the address of a Port
// that the clock owns and outlives it, so a late callback of a closed association finds nobody and is
// dropped. What usrsctp delivers is kept until its call has returned, so a sink may send from inside its
// callbacks. Owner: clock by the worker, association by the peer. Thread: net. RFC 9260, RFC 8261 (SCTP over
// DTLS), RFC 8831.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

struct socket; // usrsctp.h

namespace plenum::sctp {

struct Port;     // association.cpp
struct Incoming; // association.cpp

// At most one at a time in a process.
class SctpClock {
 public:
  SctpClock();
  ~SctpClock(); // every Association must be gone
  SctpClock(const SctpClock&) = delete;
  SctpClock& operator=(const SctpClock&) = delete;

  // Runs what is due (retransmissions, SACKs, heartbeats) and delivers. Call at least every next_deadline().
  void advance(base::Timestamp now);
  // 10 ms after the last advance() while an association lives, else kNever.
  base::Timestamp next_deadline() const;

 private:
  friend class Association;
  Port& acquire();
  void release(Port& port);

  std::vector<std::unique_ptr<Port>> ports_; // all, until usrsctp has ended
  std::deque<Port*> free_;                   // the longest free one first
  std::size_t live_ = 0;
  base::Timestamp last_{};
  bool running_ = false; // last_ is meaningful
};

// Called from inside on_packet(), connect(), send() and SctpClock::advance(). The sink must not destroy the
// association from inside a call, and transmit_sctp() must not call into any association.
class AssociationSink {
 public:
  virtual ~AssociationSink() = default;
  virtual void transmit_sctp(base::Bytes packet) = 0; // at most kSctpMtu bytes
  virtual void on_sctp_up() = 0;
  // A whole message of at most kMaxMessageBytes.
  virtual void on_sctp_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes message) = 0;
  // The peer closed its direction of the stream; the association has already closed ours.
  virtual void on_sctp_stream_reset(std::uint16_t stream) = 0;
  virtual void on_sctp_down() = 0; // aborted, shut down or lost; once
};

constexpr std::size_t kSctpMtu = 1150; // equals secure::kDtlsMaxData
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr std::size_t kMaxSendBytes = 200 * 1024;
constexpr std::uint16_t kSctpPort = 5000;
constexpr std::uint16_t kSctpStreams = 256; // each way; Chromium offers 1024, nobody needs them

enum class SctpState : std::uint8_t { fresh, connecting, up, down };
enum class SendResult : std::uint8_t { sent, would_block, refused };

struct AssociationCounters {
  std::uint64_t packets_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t oversized = 0; // messages longer than kMaxMessageBytes, dropped
  std::uint64_t oversized_packets = 0;
  std::uint64_t inbox_overflow = 0; // pieces lost because one call delivered too many
};

class Association {
 public:
  Association(SctpClock& clock, AssociationSink& sink, std::uint16_t local_port = kSctpPort,
              std::uint16_t remote_port = kSctpPort);
  ~Association(); // sends ABORT when up
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // DTLS is connected: both ends call it (simultaneous open). False: usrsctp refused.
  bool connect();
  void on_packet(base::Bytes packet);
  // Reliable and ordered, 1…kMaxSendBytes (RFC 8831 has its own spelling of empty).
  SendResult send(std::uint16_t stream, std::uint32_t ppid, base::Bytes message);

  SctpState state() const { return state_; }
  const AssociationCounters& counters() const { return counters_; }

 private:
  friend class SctpClock;
  friend struct Port;
  bool open_socket();
  void on_received(Incoming incoming); // inside usrsctp
  void on_notification(base::Bytes notification);
  void on_association_change(base::Bytes notification);
  void on_reset_event(base::Bytes notification);
  void answer_reset(std::uint16_t stream);
  void deliver(); // the inbox, after usrsctp returned
  void deliver_piece(const Incoming& piece);
  void deliver_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes message);
  void go_down();
  void close();

  SctpClock& clock_;
  AssociationSink& sink_;
  Port& port_;
  std::uint16_t local_port_;
  std::uint16_t remote_port_;
  struct ::socket* socket_ = nullptr;
  SctpState state_ = SctpState::fresh;
  bool delivering_ = false;
  std::vector<Incoming> inbox_;
  std::vector<std::uint8_t> partial_;
  std::uint16_t partial_stream_ = 0;
  bool partial_open_ = false;
  bool partial_dropped_ = false;
  AssociationCounters counters_;
};

} // namespace plenum::sctp
