// A peer that outlives its process: what a successor needs, and the successor's beginning. Architecture 5.3.
#include "peer/peer.hpp"

#include <algorithm>

namespace plenum::peer {
namespace {

// Forward for the client (less than half of 2^15), and more pictures than can leave before the next marks.
constexpr std::uint16_t kPictureIdJump = 4096;

PeerOptions with_answer(PeerOptions options, const LegSession& session) {
  const auto preferred = options.answer.preferred_video; // the site's, which may have been changed
  options.answer = session.answer;
  options.answer.preferred_video = preferred;
  return options;
}

// Numbers, times and picture ids begin anew, and a receiver would take what is behind for old: it gets other
// streams. Shifted so far that none of them is one of the old ones.
void renumber_streams(base::Random& random, sdp::LocalMedia& media, sdp::SessionDescription& local) {
  const auto shift = (std::uint32_t{1} << 20) + (random.u32() >> 2);
  for (auto* ssrc : {&media.audio_ssrc, &media.video_ssrc, &media.video_rtx_ssrc})
    *ssrc += shift;
  for (auto& section : local.sections) {
    for (auto& line : section.ssrcs)
      line.ssrc += shift;
    for (auto& group : section.ssrc_groups)
      for (auto& ssrc : group.ssrcs)
        ssrc += shift;
  }
}

std::optional<std::uint64_t> next_of(const secure::SrtpMarks& marks, std::uint32_t ssrc) {
  const auto at = std::ranges::find(marks.outbound, ssrc, &secure::SrtpMarks::Outbound::ssrc);
  return at == marks.outbound.end() ? std::nullopt : std::optional(at->next);
}

} // namespace

LegSession Peer::session() const {
  LegSession out;
  out.local_ice = local_;
  out.fingerprint =
      inherited_fingerprint_.empty() ? resources_.certificate.fingerprint().text() : inherited_fingerprint_;
  out.answer = options_.answer;
  out.negotiated = negotiated_;
  if (const auto* keys = transport_->keys()) out.keys = *keys;
  return out;
}

LegMarks Peer::marks(base::Timestamp now) {
  LegMarks out;
  out.at = now;
  out.pair = transport_->pair().value_or(ice::PairKey{});
  out.pair_priority = transport_->agent().selected_priority();
  const std::array<secure::SrtpSession::NextSequence, 3> streams{{
      {audio_out_.ssrc(), audio_out_.next_sequence()},
      {video_out_.ssrc(), video_out_.next_sequence()},
      {video_out_.rtx_ssrc(), video_out_.next_rtx_sequence()},
  }};
  out.srtp = transport_->srtp()->marks(streams);
  out.audio = audio_out_.marks();
  out.video = video_out_.marks();
  const bool pictures_flow = static_cast<std::uint16_t>(next_of(out.srtp, video_out_.ssrc()).value_or(0)) !=
                             video_out_.next_sequence();
  if (pictures_flow) out.video.picture_id = (out.video.picture_id + kPictureIdJump) & 0x7fff;
  return out;
}

void Peer::covered(const LegMarks& marks) {
  if (auto* srtp = transport_->srtp()) srtp->cover(marks.srtp);
}

void Peer::uncovered() {
  if (auto* srtp = transport_->srtp()) srtp->set_bounded(false);
}

std::unique_ptr<Peer> Peer::go_on(const base::Env& env, base::Timestamp now, PeerResources resources,
                                  PeerOptions options, const LegSession& session, const LegMarks& marks,
                                  PeerSink& sink) {
  const auto& media = session.answer.media;
  const auto audio = next_of(marks.srtp, media.audio_ssrc);
  const auto video = next_of(marks.srtp, media.video_ssrc);
  const auto rtx = next_of(marks.srtp, media.video_rtx_ssrc);
  if (!session.keys || !audio || !video || !rtx || options.ice_role != ice::Role::lite) return nullptr;
  std::unique_ptr<Peer> peer(
      new Peer(env, resources, with_answer(std::move(options), session), session.local_ice, sink));
  peer->negotiated_ = session.negotiated;
  peer->inherited_fingerprint_ = session.fingerprint;
  peer->adopt_media();
  peer->audio_out_.go_on_from(marks.audio, static_cast<std::uint16_t>(*audio));
  peer->video_out_.go_on_from(marks.video, static_cast<std::uint16_t>(*video),
                              static_cast<std::uint16_t>(*rtx));
  auto remote = peer->remote_transport();
  if (!remote || !peer->transport_->go_on_with(now, std::move(*remote), marks.pair, marks.pair_priority,
                                               *session.keys, marks.srtp))
    return nullptr;
  peer->next_report_ = now;
  return peer;
}

std::unique_ptr<Peer> Peer::reopen(const base::Env& env, base::Timestamp now, PeerResources resources,
                                   PeerOptions options, const LegSession& session, PeerSink& sink) {
  auto negotiated = session.negotiated;
  options = with_answer(std::move(options), session);
  renumber_streams(env.random, options.answer.media, negotiated.local);
  auto local = ice::make_credentials(env.random, options.ufrag_prefix);
  std::unique_ptr<Peer> peer(new Peer(env, resources, std::move(options), std::move(local), sink));
  peer->negotiated_ = negotiated;
  peer->begin(now);
  peer->adopt(now, std::move(negotiated));
  return peer;
}

} // namespace plenum::peer
