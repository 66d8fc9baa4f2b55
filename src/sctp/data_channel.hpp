// DataChannel: the one data channel of a meeting, negotiated on stream 0 without DCEP.
//
// Text goes out; text and binary come in (some clients answer a ping in binary). A DCEP OPEN on any stream is
// answered with ACK and otherwise ignored, so that a client which opens more channels does not fail; messages
// on other streams are counted and dropped. What is sent before the association is up, or while it is full,
// waits in a bounded queue. Owner: peer. Thread: net. RFC 8831, RFC 8832.
#pragma once

#include "base/bytes.hpp"
#include "sctp/association.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace plenum::sctp {

// Called from inside the methods and SctpClock::advance(); the rules of AssociationSink hold.
class DataChannelSink {
 public:
  virtual ~DataChannelSink() = default;
  virtual void transmit_sctp(base::Bytes packet) = 0;
  virtual void on_data_channel_open() = 0;
  // Text is not checked for UTF-8. May be empty.
  virtual void on_data_channel_message(base::Bytes message, bool binary) = 0;
  virtual void on_data_channel_closed() = 0; // the association is down; once
};

struct DataChannelCounters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t queue_dropped = 0;   // newest message refused: queue full or too long
  std::uint64_t foreign_streams = 0; // messages on other streams, dropped
  std::uint64_t foreign_opens = 0;   // DCEP OPEN
  std::uint64_t unknown = 0;         // unknown PPID, malformed DCEP
};

class DataChannel final : private AssociationSink {
 public:
  static constexpr std::uint16_t kStream = 0;
  static constexpr std::size_t kMaxQueuedMessages = 64;
  static constexpr std::size_t kMaxQueuedBytes = 64 * 1024;
  static constexpr std::uint64_t kMaxAcknowledgedOpens = 256;

  DataChannel(SctpClock& clock, DataChannelSink& sink, std::uint16_t local_port = kSctpPort,
              std::uint16_t remote_port = kSctpPort);

  // DTLS is connected.
  bool connect() { return association_.connect(); }
  void on_packet(base::Bytes packet);
  // False: dropped and counted. Order is kept.
  bool send_text(std::string_view text);

  SctpState state() const { return association_.state(); }
  const DataChannelCounters& counters() const { return counters_; }
  const AssociationCounters& association_counters() const { return association_.counters(); }

 private:
  void transmit_sctp(base::Bytes packet) override;
  void on_sctp_up() override;
  void on_sctp_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes message) override;
  void on_sctp_stream_reset(std::uint16_t stream) override;
  void on_sctp_down() override;
  void on_dcep(std::uint16_t stream, base::Bytes message);
  SendResult try_send(std::string_view text);
  void flush();

  DataChannelSink& sink_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  DataChannelCounters counters_;
  Association association_;
};

} // namespace plenum::sctp
