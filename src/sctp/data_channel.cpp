#include "sctp/data_channel.hpp"

#include <array>

namespace plenum::sctp {

namespace {

enum Ppid : std::uint32_t { // RFC 8831, 8
  kDcep = 50,
  kText = 51,
  kBinary = 53,
  kTextEmpty = 56,
  kBinaryEmpty = 57,
};

constexpr std::uint8_t kDcepAck = 0x02; // RFC 8832, 5
constexpr std::uint8_t kDcepOpen = 0x03;
constexpr std::size_t kDcepOpenBytes = 12; // before label and protocol

} // namespace

DataChannel::DataChannel(SctpClock& clock, DataChannelSink& sink, std::uint16_t local_port,
                         std::uint16_t remote_port)
    : sink_(sink), association_(clock, *this, local_port, remote_port) {}

void DataChannel::on_packet(base::Bytes packet) {
  association_.on_packet(packet);
  flush();
}

bool DataChannel::send_text(std::string_view text) {
  const bool up = association_.state() == SctpState::up;
  auto result = SendResult::would_block;
  if (up && queue_.empty()) result = try_send(text);
  const bool may_wait = association_.state() != SctpState::down && result == SendResult::would_block;
  const bool fits = queue_.size() < kMaxQueuedMessages && queued_bytes_ + text.size() <= kMaxQueuedBytes;
  if (result == SendResult::sent) return true;
  if (!may_wait || !fits) {
    ++counters_.queue_dropped;
    return false;
  }
  queued_bytes_ += text.size();
  queue_.emplace_back(text);
  return true;
}

SendResult DataChannel::try_send(std::string_view text) {
  constexpr std::array<std::uint8_t, 1> kNothing{0}; // SCTP has no empty messages
  const auto result = text.empty() ? association_.send(kStream, kTextEmpty, kNothing)
                                   : association_.send(kStream, kText, base::as_bytes(text));
  if (result == SendResult::sent) ++counters_.sent;
  return result;
}

void DataChannel::flush() {
  while (!queue_.empty() && association_.state() == SctpState::up) {
    const auto result = try_send(queue_.front());
    if (result == SendResult::would_block) return;
    if (result == SendResult::refused) ++counters_.queue_dropped;
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
  }
}

void DataChannel::transmit_sctp(base::Bytes packet) {
  sink_.transmit_sctp(packet);
}

void DataChannel::on_sctp_up() {
  flush();
  sink_.on_data_channel_open();
}

void DataChannel::on_sctp_message(std::uint16_t stream, std::uint32_t ppid, base::Bytes message) {
  if (ppid == kDcep) {
    on_dcep(stream, message);
    return;
  }
  if (stream != kStream) {
    ++counters_.foreign_streams;
    return;
  }
  const bool empty = ppid == kTextEmpty || ppid == kBinaryEmpty;
  const bool binary = ppid == kBinary || ppid == kBinaryEmpty;
  if (!empty && !binary && ppid != kText) {
    ++counters_.unknown;
    return;
  }
  ++counters_.received;
  sink_.on_data_channel_message(empty ? base::Bytes{} : message, binary);
}

void DataChannel::on_dcep(std::uint16_t stream, base::Bytes message) {
  if (message.size() == 1 && message[0] == kDcepAck) return;
  if (message.size() < kDcepOpenBytes || message[0] != kDcepOpen) {
    ++counters_.unknown;
    return;
  }
  constexpr std::array<std::uint8_t, 1> kAck{kDcepAck};
  if (++counters_.foreign_opens <= kMaxAcknowledgedOpens) association_.send(stream, kDcep, kAck);
}

void DataChannel::on_sctp_stream_reset(std::uint16_t) {}

void DataChannel::on_sctp_down() {
  queue_.clear();
  queued_bytes_ = 0;
  sink_.on_data_channel_closed();
}

} // namespace plenum::sctp
