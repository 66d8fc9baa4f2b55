// RTCP of a peer: what the client reports about us, and what we tell it. RFC 3550, 4585, 5104;
// architecture 4.3, 4.4.
#include "peer/peer.hpp"
#include "rtp/ntp.hpp"

#include <array>

namespace plenum::peer {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kReportInterval = 1s;
constexpr std::size_t kRtcpBytes = 1200;

} // namespace

void Peer::on_rtcp(base::Timestamp now, base::Bytes datagram) {
  rtp::RtcpReader reader(datagram);
  while (const auto message = reader.next()) {
    if (const auto* sender = std::get_if<rtp::SenderReport>(&*message)) {
      on_sender_report(now, *sender);
    } else if (const auto* receiver = std::get_if<rtp::ReceiverReport>(&*message)) {
      on_report_blocks(now, receiver->blocks);
    } else if (const auto* nack = std::get_if<rtp::Nack>(&*message)) {
      if (nack->media_ssrc == video_out_.ssrc())
        nack->for_each([&](std::uint16_t sequence) { video_out_.on_nack(now, sequence); });
    } else if (const auto* pli = std::get_if<rtp::PictureLoss>(&*message)) {
      ++stats_.plis_received;
      if (pli->media_ssrc == video_out_.ssrc()) video_out_.need_keyframe();
    } else if (const auto* fir = std::get_if<rtp::FullIntra>(&*message)) {
      ++stats_.firs_received;
      for (std::size_t i = 0; i < fir->entries.size(); ++i) {
        const auto entry = fir->entries[i];
        if (entry.ssrc == video_out_.ssrc() && firs_.is_new(fir->sender_ssrc, entry.ssrc, entry.sequence))
          video_out_.need_keyframe();
      }
    } else if (const auto* remb = std::get_if<rtp::Remb>(&*message)) {
      // A browser's estimate; to us as a browser's stand-in it is the server's wish for a tile, and holds.
      const bool wish = options_.ice_role == ice::Role::full;
      rate_.on_remb(now, remb->bitrate, wish ? base::DataRate::kbps(1'000'000) : sent_.rate(now));
      apply_rate();
    } else if (std::holds_alternative<rtp::TransportFeedback>(*message)) {
      ++stats_.transport_feedback_received; // counted only: no estimator reads it yet
    }
    // SDES and BYE change nothing: members come and go by signaling.
  }
  stats_.malformed += reader.malformed();
  release_video(now); // what was asked for again
}

void Peer::on_sender_report(base::Timestamp now, const rtp::SenderReport& report) {
  if (audio_seen_ && report.sender_ssrc == audio_in_.ssrc()) {
    audio_in_.on_sender_report(now, report.ntp);
    clock_.on_sender_report(MediaStream::audio, report.ntp, report.rtp_time, 48'000);
  } else if (video_in_.active() && report.sender_ssrc == video_in_.ssrc()) {
    video_in_.on_sender_report(now, report.ntp, report.rtp_time);
  }
  on_report_blocks(now, report.blocks);
}

void Peer::on_report_blocks(base::Timestamp now, const rtp::ReportBlocks& blocks) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto block = blocks[i];
    if (block.ssrc != video_out_.ssrc() && block.ssrc != audio_out_.ssrc()) continue;
    if (block.last_sr != 0) {
      round_trip_ = rtp::round_trip(rtp::to_ntp(env_.clock.wall()), block.last_sr, block.delay_since_last_sr);
      video_in_.on_round_trip(round_trip_);
      video_out_.set_round_trip(round_trip_);
    }
    if (block.ssrc == video_out_.ssrc()) {
      rate_.on_loss(now, block.fraction_lost);
      apply_rate();
    }
  }
}

void Peer::send_reports(base::Timestamp now) {
  next_report_ = now + kReportInterval;
  auto packet = resources_.packets.get();
  if (!packet) return;
  rtp::RtcpBuilder builder(packet->buffer().first(kRtcpBytes));
  std::array<rtp::ReportBlock, 2> blocks;
  std::size_t count = 0;
  if (audio_seen_) blocks[count++] = audio_in_.report(now);
  if (video_in_.active()) blocks[count++] = video_in_.reception().report(now);
  stats_.video_lost = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, video_in_.active() ? video_in_.reception().lost() : 0));

  const auto ntp = rtp::to_ntp(env_.clock.wall());
  const std::span<const rtp::ReportBlock> filled(blocks.data(), count);
  const auto audio = audio_out_.report(now, ntp);
  if (audio) {
    builder.sender_report(audio_out_.ssrc(), *audio, filled);
  } else {
    builder.receiver_report(reporter_ssrc(), filled);
  }
  if (const auto video = video_out_.report(now, ntp)) builder.sender_report(video_out_.ssrc(), *video, {});
  builder.source_description(reporter_ssrc(), options_.answer.media.cname);
  // The same name for the picture: what says to the client that sound and picture share a clock.
  if (video_out_.enabled()) builder.source_description(video_out_.ssrc(), options_.answer.media.cname);
  send_remb(now, builder);
  transport_->send_rtcp(packet->buffer(), builder.size());
}

void Peer::send_remb(base::Timestamp, rtp::RtcpBuilder& builder) {
  if (!video_in_.active()) return;
  const std::array ssrcs = {video_in_.ssrc()};
  announced_wish_ = video_wish_;
  builder.remb(reporter_ssrc(), video_wish_, ssrcs);
}

void Peer::send_feedback(base::Timestamp now) {
  std::array<std::uint16_t, 128> lost{};
  const auto count = video_in_.collect_nacks(now, lost);
  const bool pli = video_in_.poll_keyframe_request(now);
  if ((count == 0 && !pli) || !video_in_.active()) return;
  auto packet = resources_.packets.get();
  if (!packet) return;
  rtp::RtcpBuilder builder(packet->buffer().first(kRtcpBytes));
  if (count != 0) {
    builder.nack(reporter_ssrc(), video_in_.ssrc(), std::span(lost).first(count));
    ++stats_.nacks_sent;
  }
  if (pli) builder.picture_loss(reporter_ssrc(), video_in_.ssrc());
  transport_->send_rtcp(packet->buffer(), builder.size());
}

void Peer::send_picture_loss() {
  auto packet = resources_.packets.get();
  if (!packet || !video_in_.active()) return;
  rtp::RtcpBuilder builder(packet->buffer().first(kRtcpBytes));
  builder.picture_loss(reporter_ssrc(), video_in_.ssrc());
  transport_->send_rtcp(packet->buffer(), builder.size());
}

void Peer::send_transport_feedback(base::Timestamp now) {
  const auto media = video_in_.active() ? video_in_.ssrc() : audio_in_.ssrc();
  for (int messages = 0; messages < 8; ++messages) {
    auto packet = resources_.packets.get();
    if (!packet) return;
    const auto size = arrivals_.build(now, packet->buffer().first(kRtcpBytes), reporter_ssrc(), media);
    if (size == 0) return;
    if (transport_->send_rtcp(packet->buffer(), size)) ++stats_.transport_feedback_sent;
  }
}

} // namespace plenum::peer
