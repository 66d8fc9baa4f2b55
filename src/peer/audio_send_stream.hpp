// AudioSendStream: the mix to one client: numbering and the sender report. Never paced, never resent: Opus
// carries its own redundancy. Owner: Peer. Thread: net. RFC 3550, RFC 7587.
#pragma once

#include "base/random.hpp"
#include "base/units.hpp"
#include "peer/leg_state.hpp"
#include "peer/time_line.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp_build.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace plenum::peer {

class AudioSendStream {
 public:
  AudioSendStream(base::Random& random, std::uint32_t ssrc)
      : ssrc_(ssrc), sequence_(static_cast<std::uint16_t>(random.u32() & 0x7fff)) {}

  // nullopt: the client takes no sound of ours.
  void configure(std::optional<std::uint8_t> payload_type, const rtp::ExtensionMap& extensions,
                 std::string_view mid) {
    payload_type_ = payload_type;
    extensions_ = extensions;
    mid_ = mid;
  }
  // `counter`, shared by the streams of a transport, outlives this one.
  void number_transport(std::uint16_t& counter) { transport_sequence_ = &counter; }
  bool enabled() const { return payload_type_.has_value(); }

  // Writes one RTP packet into `out`; 0 when it does not fit or nothing was negotiated. `captured`: the tick.
  std::size_t write(base::Timestamp now, base::Bytes payload, std::uint32_t rtp_time, std::uint8_t level,
                    base::Timestamp captured, base::MutableBytes out) {
    if (!payload_type_ || payload.empty()) return 0;
    rtp::ExtensionValues values;
    values.mid = mid_;
    values.audio_level = rtp::AudioLevel{level, level < 50};
    values.abs_send_time = rtp::abs_send_time(base::to_us(now));
    if (transport_sequence_ != nullptr) values.transport_sequence = ++*transport_sequence_;
    rtp_time += line_.shift(rtp_time, captured);
    const auto head = rtp::write_header(out, {*payload_type_, packets_ == 0, sequence_, rtp_time, ssrc_},
                                        extensions_, values);
    if (head == 0 || out.size() < head + payload.size()) return 0;
    std::memcpy(out.data() + head, payload.data(), payload.size());
    ++sequence_;
    ++packets_;
    octets_ += payload.size();
    last_rtp_time_ = rtp_time;
    last_captured_ = captured;
    return head + payload.size();
  }

  std::optional<rtp::SenderInfo> report(base::Timestamp now, std::uint64_t ntp_now) const {
    if (packets_ == 0) return std::nullopt;
    const auto ticks = (now - last_captured_).count() * 48 / 1000;
    return rtp::SenderInfo{ntp_now, last_rtp_time_ + static_cast<std::uint32_t>(ticks),
                           static_cast<std::uint32_t>(packets_), static_cast<std::uint32_t>(octets_)};
  }
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint16_t next_sequence() const { return sequence_; }
  SendMarks marks() const { return {packets_, octets_, last_rtp_time_, last_captured_, 0}; }
  void go_on_from(const SendMarks& marks, std::uint16_t sequence) {
    sequence_ = sequence;
    packets_ = marks.packets;
    octets_ = marks.octets;
    last_rtp_time_ = marks.rtp_time;
    last_captured_ = marks.captured;
    if (packets_ != 0) line_.go_on_from(marks.rtp_time, marks.captured, 48'000);
  }
  std::uint64_t packets() const { return packets_; }

 private:
  std::uint32_t ssrc_;
  std::optional<std::uint8_t> payload_type_;
  rtp::ExtensionMap extensions_;
  std::string mid_;
  std::uint16_t sequence_;
  std::uint16_t* transport_sequence_ = nullptr;
  std::uint64_t packets_ = 0, octets_ = 0;
  std::uint32_t last_rtp_time_ = 0;
  base::Timestamp last_captured_{};
  TimeLine line_;
};

} // namespace plenum::peer
