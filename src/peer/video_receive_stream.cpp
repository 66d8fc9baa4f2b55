#include "peer/video_receive_stream.hpp"

#include <algorithm>

namespace plenum::peer {
namespace {

constexpr std::uint32_t kVideoClock = 90'000;

base::Codec frame_codec(sdp::Codec codec) {
  switch (codec) {
  case sdp::Codec::vp8:
    return base::Codec::vp8;
  case sdp::Codec::vp9:
    return base::Codec::vp9;
  case sdp::Codec::h264:
    return base::Codec::h264;
  case sdp::Codec::av1:
    return base::Codec::av1;
  case sdp::Codec::opus:
    return base::Codec::opus;
  }
  return base::Codec::none;
}

} // namespace

VideoReceiveStream::VideoReceiveStream(base::EncodedFramePool& frames, SenderClock& clock)
    : clock_(clock), assembler_(base::Codec::vp8, frames) {}

void VideoReceiveStream::set_codecs(const std::vector<sdp::NegotiatedCodec>& codecs) {
  codecs_.clear();
  for (const auto& codec : codecs)
    codecs_.push_back({frame_codec(codec.codec), codec.payload_type, codec.rtx_payload_type});
}

const VideoReceiveStream::Incoming* VideoReceiveStream::codec_of(std::uint8_t payload_type,
                                                                 bool& retransmission) const {
  for (const auto& codec : codecs_) {
    retransmission = codec.rtx_payload_type == payload_type;
    if (codec.payload_type == payload_type || retransmission) return &codec;
  }
  return nullptr;
}

bool VideoReceiveStream::takes(std::uint8_t payload_type) const {
  bool retransmission = false;
  return codec_of(payload_type, retransmission) != nullptr;
}

void VideoReceiveStream::restart(const Incoming& codec, std::uint32_t ssrc) {
  if (main_ssrc_) ++counters_.restarts;
  if (main_ssrc_ != ssrc) {
    reception_.start(ssrc, kVideoClock);
    nacks_.reset();
    clock_.forget(MediaStream::video);
  }
  main_ssrc_ = ssrc;
  payload_type_ = codec.payload_type;
  assembler_.reset(codec.codec);
}

void VideoReceiveStream::on_packet(base::Timestamp now, const rtp::RtpView& view, rtp::PacketRef packet) {
  bool retransmission = false;
  const auto* codec = codec_of(view.header.payload_type, retransmission);
  if (codec == nullptr) return;
  ++counters_.packets;
  counters_.bytes += packet->size();
  if (!retransmission) {
    if (main_ssrc_ != view.header.ssrc || payload_type_ != codec->payload_type)
      restart(*codec, view.header.ssrc);
    take(now, view.header, view.payload, std::move(packet), false);
    return;
  }
  // RFC 4588: the original sequence number stands in front; probes are empty or padding only.
  if (!main_ssrc_ || codec->payload_type != payload_type_ || view.payload.size() < 2) {
    ++counters_.useless;
    return;
  }
  auto header = view.header;
  header.ssrc = *main_ssrc_;
  header.payload_type = payload_type_;
  header.sequence = base::load_u16(view.payload.data());
  ++counters_.retransmitted;
  take(now, header, view.payload.subspan(2), std::move(packet), true);
}

void VideoReceiveStream::take(base::Timestamp now, rtp::RtpHeader header, base::Bytes payload,
                              rtp::PacketRef packet, bool retransmitted) {
  const auto sequence = reception_.on_packet(now, header.sequence, header.timestamp, retransmitted);
  nacks_.on_packet(now, sequence);
  assembler_.insert(now, sequence, header, payload, std::move(packet));
}

base::EncodedFrameRef VideoReceiveStream::pop(base::Timestamp now) {
  auto frame = assembler_.pop(now);
  if (frame) {
    nacks_.forget_below(assembler_.floor());
    frame->captured = clock_.captured(MediaStream::video, frame->rtp_time, frame->captured);
    if (frame->key) keyframes_.on_keyframe();
  }
  if (wanted_ && active() && assembler_.needs_keyframe() && !keyframes_.waiting()) keyframes_.need(now);
  return frame;
}

void VideoReceiveStream::on_sender_report(base::Timestamp now, std::uint64_t ntp, std::uint32_t rtp_time) {
  reception_.on_sender_report(now, ntp);
  clock_.on_sender_report(MediaStream::video, ntp, rtp_time, kVideoClock);
}

void VideoReceiveStream::set_wanted(base::Timestamp now, bool wanted) {
  if (wanted == wanted_) return;
  wanted_ = wanted;
  if (!wanted) {
    keyframes_.cancel();
  } else if (active()) {
    keyframes_.need(now); // its tile shows old times until a fresh picture comes
  }
}

void VideoReceiveStream::on_deadline(base::Timestamp now) {
  std::int64_t sequence = 0;
  while (nacks_.take_given_up(now, sequence))
    assembler_.give_up(sequence);
  assembler_.on_timer(now);
}

base::Timestamp VideoReceiveStream::next_deadline() const {
  return std::min({nacks_.next_deadline(), assembler_.next_deadline(), keyframes_.next_deadline()});
}

} // namespace plenum::peer
