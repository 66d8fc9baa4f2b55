#include "peer/video_send_stream.hpp"

#include "rtp/vp8_packetizer.hpp"

#include <algorithm>

namespace plenum::peer {
namespace {

constexpr std::size_t kHeaderBytes = 40; // RTP header with our extensions, for the pacer's bill
constexpr std::int64_t kVideoClock = 90'000;
constexpr base::Duration kDrain = std::chrono::milliseconds(100);
constexpr base::Duration kAskAgain = std::chrono::seconds(1);
constexpr std::int64_t kRtxShare = 4;      // retransmissions take at most a quarter of the rate,
constexpr std::int64_t kLeastRtx = 10'000; // but a burst of some packets (bytes) is always granted

} // namespace

VideoSendStream::VideoSendStream(base::Random& random, std::uint32_t ssrc, std::uint32_t rtx_ssrc)
    : ssrc_(ssrc), rtx_ssrc_(rtx_ssrc), pacer_(kPending), pending_(kPending), history_(kHistory),
      // Below 2^15, so that the first numbers do not wrap before SRTP has seen one (RFC 3711, 3.3.1).
      sequence_(static_cast<std::uint16_t>(random.u32() & 0x7fff)),
      rtx_sequence_(static_cast<std::uint16_t>(random.u32() & 0x7fff)),
      picture_id_(static_cast<std::uint16_t>(random.u32() & 0x7fff)), oldest_(sequence_) {
  free_.reserve(kPending);
  for (std::uint32_t i = kPending; i-- > 0;)
    free_.push_back(i);
}

void VideoSendStream::configure(const std::optional<sdp::NegotiatedCodec>& codec,
                                const rtp::ExtensionMap& extensions, std::string_view mid) {
  extensions_ = extensions;
  mid_ = mid;
  const bool same = codec && codec_ && codec->codec == codec_->codec;
  codec_ = codec;
  if (!same) forget_everything();
}

void VideoSendStream::set_rate(base::DataRate rate, bool congested) {
  rate_ = rate;
  pacer_.set_rate(rate);
  pacer_.drain_within(congested ? base::Duration{} : kDrain);
}

void VideoSendStream::forget_everything() {
  for (auto& sent : history_)
    sent.frame.reset();
  oldest_ = sequence_;
  awaiting_key_ = wants_key_ = true;
}

void VideoSendStream::send(base::Timestamp now, const rtp::PacketizedFrameRef& frame, std::uint32_t rtp_time,
                           base::Timestamp captured) {
  if (!codec_) return;
  const bool key = frame->frame->key;
  if (awaiting_key_ && !key) {
    ++counters_.frames_skipped;
    // The wish, or the keyframe that it brought, may have been lost on the way.
    if (now - wished_key_ >= kAskAgain) {
      wished_key_ = now;
      wants_key_ = true;
    }
    return;
  }
  rtp_time += line_.shift(rtp_time, captured);
  picture_id_ = (picture_id_ + 1) & 0x7fff;
  last_rtp_time_ = rtp_time;
  last_captured_ = captured;
  for (std::uint32_t i = 0; i < frame->packets(); ++i) {
    if (!queue(now, cc::PacketClass::video, {frame, i, rtp_time, picture_id_, 0},
               frame->slices[i].payload_bytes() + kHeaderBytes, key)) {
      awaiting_key_ = wants_key_ = true;
      return;
    }
  }
  awaiting_key_ = false;
  ++counters_.frames;
}

bool VideoSendStream::queue(base::Timestamp now, cc::PacketClass packet_class, Pending pending,
                            std::size_t bytes, bool key) {
  if (free_.empty()) return false;
  const auto slot = free_.back();
  if (!pacer_.push(now, packet_class, {slot, static_cast<std::uint16_t>(bytes), key})) return false;
  free_.pop_back();
  pending_[slot] = std::move(pending);
  return true;
}

void VideoSendStream::on_nack(base::Timestamp now, std::uint16_t sequence) {
  ++counters_.nacked;
  forget_old(now);
  auto* record = sent(sequence);
  if (record == nullptr || !codec_ || !codec_->rtx_payload_type) {
    ++counters_.nacked_too_old;
    return;
  }
  // A second request within a round trip asks for what is already on its way.
  if (now - record->last_sent < std::min<base::Duration>(round_trip_, std::chrono::milliseconds(100))) return;
  const auto bytes = record->frame->slices[record->index].payload_bytes() + kHeaderBytes + 2;
  if (!afford_rtx(now, bytes)) {
    ++counters_.rtx_over_budget;
    return;
  }
  if (queue(now, cc::PacketClass::rtx, {{}, 0, 0, 0, sequence}, bytes, false)) record->last_sent = now;
}

bool VideoSendStream::afford_rtx(base::Timestamp now, std::size_t bytes) {
  const base::DataRate share{rate_.bps / kRtxShare};
  const auto most = std::max(share.bytes_in(std::chrono::milliseconds(500)), kLeastRtx);
  const auto idle = std::min<base::Duration>(now - rtx_refilled_, std::chrono::seconds(2));
  rtx_credit_ = std::min(most, rtx_credit_ + share.bytes_in(idle));
  rtx_refilled_ = now;
  if (rtx_credit_ < static_cast<std::int64_t>(bytes)) return false;
  rtx_credit_ -= static_cast<std::int64_t>(bytes);
  return true;
}

void VideoSendStream::forget_old(base::Timestamp now) {
  while (oldest_ != sequence_) {
    auto& record = history_[oldest_ % kHistory];
    if (record.frame && record.sequence == oldest_) {
      if (now - record.first_sent < kHistoryAge) return;
      record.frame.reset();
    }
    ++oldest_;
  }
}

VideoSendStream::Sent* VideoSendStream::sent(std::uint16_t sequence) {
  auto& record = history_[sequence % kHistory];
  return record.frame && record.sequence == sequence ? &record : nullptr;
}

std::size_t VideoSendStream::write_next(base::Timestamp now, base::MutableBytes out) {
  while (const auto release = pacer_.pop(now)) {
    auto& slot = pending_[release->item.slot];
    const auto pending = std::exchange(slot, {});
    free_.push_back(release->item.slot);
    if (release->dropped) continue;
    const auto size = pending.frame ? write_video(now, pending, out) : write_rtx(now, pending.resend, out);
    if (size != 0) return size;
  }
  if (pacer_.take_keyframe_need()) awaiting_key_ = wants_key_ = true;
  return 0;
}

rtp::ExtensionValues VideoSendStream::extension_values(base::Timestamp now) {
  rtp::ExtensionValues values;
  values.mid = mid_;
  values.abs_send_time = rtp::abs_send_time(base::to_us(now));
  if (transport_sequence_ != nullptr) values.transport_sequence = ++*transport_sequence_;
  return values;
}

std::size_t VideoSendStream::write_payload(const rtp::PacketizedFrame& frame, std::uint32_t index,
                                           std::uint16_t picture_id, base::MutableBytes out) const {
  const auto size = frame.copy_payload(index, out);
  if (size != 0 && codec_->codec == sdp::Codec::vp8)
    rtp::rewrite_vp8(out.first(size), picture_id, std::nullopt);
  return size;
}

std::size_t VideoSendStream::write_video(base::Timestamp now, const Pending& pending,
                                         base::MutableBytes out) {
  if (!codec_) return 0;
  const auto& slice = pending.frame->slices[pending.index];
  const rtp::RtpHeader header{codec_->payload_type, slice.marker, sequence_, pending.rtp_time, ssrc_};
  const auto head = rtp::write_header(out, header, extensions_, extension_values(now));
  const auto body =
      head == 0 ? 0 : write_payload(*pending.frame, pending.index, pending.picture_id, out.subspan(head));
  if (body == 0) return 0;
  history_[sequence_ % kHistory] = {
      pending.frame, pending.index, pending.rtp_time, sequence_, pending.picture_id, now, now};
  ++sequence_;
  forget_old(now);
  ++counters_.packets;
  counters_.bytes += body;
  return head + body;
}

std::size_t VideoSendStream::write_rtx(base::Timestamp now, std::uint16_t sequence, base::MutableBytes out) {
  auto* record = sent(sequence);
  if (record == nullptr || !codec_ || !codec_->rtx_payload_type) return 0;
  const rtp::RtpHeader header{*codec_->rtx_payload_type, record->frame->slices[record->index].marker,
                              rtx_sequence_, record->rtp_time, rtx_ssrc_};
  const auto head = rtp::write_header(out, header, extensions_, extension_values(now));
  if (head == 0 || out.size() < head + 2) return 0;
  base::store_u16(out.data() + head, sequence);
  const auto body = write_payload(*record->frame, record->index, record->picture_id, out.subspan(head + 2));
  if (body == 0) return 0;
  record->last_sent = now;
  ++rtx_sequence_;
  ++counters_.retransmitted;
  return head + 2 + body;
}

SendMarks VideoSendStream::marks() const {
  return {counters_.packets, counters_.bytes, last_rtp_time_, last_captured_, picture_id_};
}

void VideoSendStream::go_on_from(const SendMarks& marks, std::uint16_t sequence, std::uint16_t rtx_sequence) {
  sequence_ = oldest_ = sequence;
  rtx_sequence_ = rtx_sequence;
  picture_id_ = marks.picture_id;
  counters_.packets = marks.packets;
  counters_.bytes = marks.octets;
  last_rtp_time_ = marks.rtp_time;
  last_captured_ = marks.captured;
  if (marks.packets != 0) line_.go_on_from(marks.rtp_time, marks.captured, kVideoClock);
}

bool VideoSendStream::take_keyframe_need() {
  if (!codec_ || !wants_key_) return false;
  wants_key_ = false;
  return true;
}

std::optional<rtp::SenderInfo> VideoSendStream::report(base::Timestamp now, std::uint64_t ntp_now) const {
  if (counters_.packets == 0) return std::nullopt;
  const auto ticks = (now - last_captured_).count() * kVideoClock / 1'000'000;
  return rtp::SenderInfo{ntp_now, last_rtp_time_ + static_cast<std::uint32_t>(ticks),
                         static_cast<std::uint32_t>(counters_.packets),
                         static_cast<std::uint32_t>(counters_.bytes)};
}

} // namespace plenum::peer
