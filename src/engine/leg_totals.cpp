#include "engine/leg_totals.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace plenum::engine {
namespace {

using peer::PeerStats;

struct Row {
  std::string_view name, labels;
  std::uint64_t (*read)(const PeerStats&);
};

constexpr auto kRows = std::to_array<Row>({
    {"plenum_peer_dropped_total", "reason=\"unvalidated\"",
     [](const PeerStats& s) { return s.transport.unvalidated; }},
    {"plenum_peer_dropped_total", "reason=\"early\"", [](const PeerStats& s) { return s.transport.early; }},
    {"plenum_peer_dropped_total", "reason=\"unknown\"",
     [](const PeerStats& s) { return s.transport.unknown; }},
    {"plenum_peer_dropped_total", "reason=\"srtp_auth\"",
     [](const PeerStats& s) { return s.srtp.auth_failed; }},
    {"plenum_peer_dropped_total", "reason=\"srtp_replay\"",
     [](const PeerStats& s) { return s.srtp.replayed; }},
    {"plenum_peer_dropped_total", "reason=\"srtp_ssrcs\"",
     [](const PeerStats& s) { return s.srtp.too_many_ssrcs; }},
    {"plenum_peer_dropped_total", "reason=\"malformed\"", [](const PeerStats& s) { return s.malformed; }},
    {"plenum_peer_dropped_total", "reason=\"payload\"",
     [](const PeerStats& s) { return s.assembler.malformed; }},
    {"plenum_media_packets_total", "direction=\"in\",kind=\"audio\"",
     [](const PeerStats& s) { return s.audio_in; }},
    {"plenum_media_packets_total", "direction=\"in\",kind=\"video\"",
     [](const PeerStats& s) { return s.video_in.packets; }},
    {"plenum_media_packets_total", "direction=\"out\",kind=\"audio\"",
     [](const PeerStats& s) { return s.audio_out; }},
    {"plenum_media_packets_total", "direction=\"out\",kind=\"video\"",
     [](const PeerStats& s) { return s.video_out.packets; }},
    {"plenum_media_lost_total", "kind=\"audio\"", [](const PeerStats& s) { return s.audio_lost; }},
    {"plenum_media_lost_total", "kind=\"video\"", [](const PeerStats& s) { return s.video_lost; }},
    {"plenum_media_resent_total", "direction=\"in\"",
     [](const PeerStats& s) { return s.video_in.retransmitted; }},
    {"plenum_media_resent_total", "direction=\"out\"",
     [](const PeerStats& s) { return s.video_out.retransmitted; }},
    {"plenum_feedback_total", "direction=\"out\",kind=\"nack\"",
     [](const PeerStats& s) { return s.nacks_sent; }},
    {"plenum_feedback_total", "direction=\"out\",kind=\"pli\"",
     [](const PeerStats& s) { return s.plis_sent; }},
    {"plenum_feedback_total", "direction=\"in\",kind=\"pli\"",
     [](const PeerStats& s) { return s.plis_received; }},
    {"plenum_feedback_total", "direction=\"in\",kind=\"fir\"",
     [](const PeerStats& s) { return s.firs_received; }},
    {"plenum_frames_assembled_total", "", [](const PeerStats& s) { return s.assembler.frames; }},
    {"plenum_frame_chains_lost_total", "", [](const PeerStats& s) { return s.assembler.chains_lost; }},
    {"plenum_frames_sent_total", "", [](const PeerStats& s) { return s.video_out.frames; }},
    {"plenum_video_paced_out_total", "", [](const PeerStats& s) { return s.paced_out; }},
    {"plenum_frames_withheld_total", "", [](const PeerStats& s) { return s.video_out.frames_skipped; }},
});

} // namespace

LegTotals::LegTotals(base::Metrics& metrics) {
  for (const auto& row : kRows)
    counters_.push_back(&metrics.counter(row.name, row.labels));
}

void LegTotals::add(const PeerStats& before, const PeerStats& now) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const auto then = kRows[i].read(before), value = kRows[i].read(now);
    if (value > then) counters_[i]->add(value - then);
  }
}

} // namespace plenum::engine
