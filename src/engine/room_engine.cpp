#include "engine/room_engine.hpp"

#include "base/alloc_counter.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace plenum::engine {
namespace {

link::PeerPhase to_link(peer::Phase phase) {
  switch (phase) {
  case peer::Phase::connecting:
    return link::PeerPhase::connecting;
  case peer::Phase::connected:
    return link::PeerPhase::connected;
  case peer::Phase::disconnected:
    return link::PeerPhase::disconnected;
  case peer::Phase::failed:
    return link::PeerPhase::failed;
  case peer::Phase::closed:
    return link::PeerPhase::closed;
  }
  return link::PeerPhase::closed;
}

constexpr base::Duration kAway = std::chrono::seconds(5); // as long as the canvas shows the last picture

std::string tag(const Leg& leg) {
  return "peer=" + leg.id().hex() + " member=" + leg.member().hex();
}

} // namespace

RoomEngine::RoomEngine(LegWorld& world, RoomMedia media, link::RoomSettings settings,
                       std::function<void(const link::FromWorker&)> report)
    : world_(world), media_(std::move(media)), totals_(world.env.metrics), settings_(std::move(settings)),
      report_(std::move(report)) {}

RoomEngine::~RoomEngine() {
  close_all();
}

link::SyncState RoomEngine::sync_state() const {
  link::SyncState state{settings_.room, scene_.revision, {}, talking_};
  for (const auto& [id, leg] : legs_)
    state.peers.push_back({id, leg->member(), to_link(leg->peer().stats().phase)});
  return state;
}

void RoomEngine::sync(base::Timestamp now, const link::SyncRequest& request) {
  std::vector<base::PeerId> unknown;
  for (const auto& [id, leg] : legs_)
    if (std::ranges::find(request.peers, id) == request.peers.end()) unknown.push_back(id);
  for (const auto id : unknown)
    close_peer(id);
  wanted_ = request.peers;
  scene_.revision = 0; // control may have restarted and count anew: its whole wish holds
  apply(now, request.scene);
}

void RoomEngine::handle(base::Timestamp now, const link::ToWorker& message) {
  if (const auto* scene = std::get_if<link::Scene>(&message)) {
    apply(now, *scene);
  } else if (const auto* open = std::get_if<link::OpenPeer>(&message)) {
    open_peer(now, *open);
  } else if (const auto* update = std::get_if<link::UpdatePeer>(&message)) {
    update_peer(now, *update);
  } else if (const auto* offer = std::get_if<link::OfferPeer>(&message)) {
    offer_peer(now, *offer);
  } else if (const auto* answer = std::get_if<link::AnswerPeer>(&message)) {
    answer_peer(now, *answer);
  } else if (const auto* close = std::get_if<link::ClosePeer>(&message)) {
    close_peer(close->peer);
  } else if (const auto* data = std::get_if<link::SendData>(&message)) {
    if (auto* found = leg(data->peer)) {
      found->peer().send_text(data->text);
      found->arm(now);
    }
  }
}

peer::PeerOptions RoomEngine::peer_options(const link::PeerOptions& options) const {
  peer::PeerOptions out;
  out.ufrag_prefix = settings_.ufrag_prefix;
  out.answer.order = options.order == link::SectionOrder::audio_first ? sdp::SectionOrder::audio_first
                                                                      : sdp::SectionOrder::as_offered;
  out.answer.session_attributes = options.session_attributes;
  out.answer.receive_cap_attribute = options.receive_cap_attribute;
  out.answer.preferred_video = settings_.video_codec == "h264" ? sdp::Codec::h264 : sdp::Codec::vp8;
  out.answer.media.stream_id = options.stream_name;
  std::uint16_t preference = 8000;
  for (const auto& at : settings_.addresses) {
    if (const auto udp = ice::TransportAddress::parse(at.address, at.udp_port); udp && at.udp_port != 0)
      out.candidates.push_back(ice::candidate_value(ice::make_host_candidate(*udp, preference)));
    const auto tcp = ice::TransportAddress::parse(at.address, at.tcp_port, ice::Transport::tcp);
    if (tcp && at.tcp_port != 0)
      out.candidates.push_back(
          ice::candidate_value(ice::make_host_candidate(*tcp, preference, ice::TcpType::passive)));
    preference = static_cast<std::uint16_t>(preference - 1);
  }
  return out;
}

void RoomEngine::open_peer(base::Timestamp now, const link::OpenPeer& request) {
  close_peer(request.peer);
  if (legs_.size() >= kMostLegs) {
    refuse(request.request, request.peer, link::RefusalReason::limit, "the room is full");
    return;
  }
  auto opened = Leg::open(world_, now, request.peer, request.member, free_handle(),
                          peer_options(request.options), request.offer, static_cast<LegOwner&>(*this));
  if (!opened) {
    refuse(request.request, request.peer, link::RefusalReason::bad_sdp, opened.error().text);
    return;
  }
  auto& leg = admit(request.peer, std::move(*opened));
  const bool wait = leg.register_name();
  send_when_known(leg, wait, answer_of(request.request, leg, leg.peer().local_description()));
  show(now);
}

// The lowest one: the mixer learns of the old owner's end before it hears of the new one.
std::uint32_t RoomEngine::free_handle() const {
  return static_cast<std::uint32_t>(std::ranges::find(by_handle_, nullptr) - by_handle_.begin());
}

Leg& RoomEngine::admit(base::PeerId peer, std::unique_ptr<Leg> opened) {
  auto& leg = *opened;
  if (leg.handle() == by_handle_.size()) by_handle_.push_back(nullptr);
  by_handle_[leg.handle()] = &leg;
  legs_.emplace(peer, std::move(opened));
  seat(leg);
  return leg;
}

// Sound both ways; the canvas follows with the scene that names this peer.
void RoomEngine::seat(Leg& leg) {
  media_.audio.post(AddSpeaker{leg.audio(), leg.video()});
  media_.audio.post(AddListener{leg.handle(), leg.handle()});
}

link::PeerAnswer RoomEngine::answer_of(std::uint64_t request, Leg& leg, std::string sdp) const {
  link::PeerAnswer answer{request,
                          leg.id(),
                          std::move(sdp),
                          leg.peer().sends_audio(),
                          leg.peer().sends_video(),
                          leg.peer().negotiated().data.has_value() && !leg.peer().continued(),
                          {}};
  for (const auto& attribute : leg.peer().negotiated().remote_session_attributes)
    answer.session_attributes.push_back("a=" + attribute);
  return answer;
}

void RoomEngine::update_peer(base::Timestamp now, const link::UpdatePeer& request) {
  auto* found = leg(request.peer);
  if (found == nullptr) {
    refuse(request.request, request.peer, link::RefusalReason::unknown_peer, "no such peer");
    return;
  }
  auto answer = found->peer().update(now, request.offer);
  if (!answer) {
    refuse(request.request, request.peer, link::RefusalReason::bad_sdp, answer.error().text);
    return;
  }
  const bool wait = found->register_name();
  send_when_known(*found, wait, answer_of(request.request, *found, std::move(*answer)));
  found->arm(now);
}

void RoomEngine::offer_peer(base::Timestamp now, const link::OfferPeer& request) {
  auto* found = leg(request.peer);
  if (found == nullptr) {
    refuse(request.request, request.peer, link::RefusalReason::unknown_peer, "no such peer");
    return;
  }
  auto offer = found->peer().make_offer(now, request.ice_restart);
  const bool wait = found->register_name();
  send_when_known(*found, wait, link::PeerOffer{request.request, request.peer, std::move(offer)});
  found->arm(now);
}

void RoomEngine::answer_peer(base::Timestamp now, const link::AnswerPeer& request) {
  auto* found = leg(request.peer);
  if (found == nullptr) return;
  const auto applied = found->peer().apply_answer(now, request.answer);
  if (!applied) base::log::warn(tag(*found), "the client's answer is unusable", "why", applied.error().text);
  found->arm(now);
}

void RoomEngine::send_when_known(Leg& leg, bool wait, link::FromWorker message) {
  if (!wait) {
    report_(message);
    return;
  }
  waiting_.push_back({leg.peer().credentials().ufrag, std::move(message)});
}

void RoomEngine::on_registered(const std::string& ufrag, bool accepted) {
  // Before anybody hears of it: from now on a successor can at least offer it again.
  if (accepted)
    for (const auto& [id, leg] : legs_)
      if (leg->owns(ufrag)) leg->deposit(world_.loop.now());
  for (auto& waiting : waiting_) {
    if (waiting.ufrag != ufrag) continue;
    if (accepted) {
      report_(waiting.message);
    } else if (const auto* answer = std::get_if<link::PeerAnswer>(&waiting.message)) {
      refuse(answer->request, answer->peer, link::RefusalReason::internal, "the door refused the ICE name");
    }
  }
  std::erase_if(waiting_, [&](const Waiting& w) { return w.ufrag == ufrag; });
}

void RoomEngine::refuse(std::uint64_t request, base::PeerId peer, link::RefusalReason reason,
                        std::string text) {
  report_(link::PeerRefused{request, peer, reason, std::move(text)});
}

void RoomEngine::close_peer(base::PeerId peer) {
  const auto at = legs_.find(peer);
  if (at == legs_.end()) return;
  auto& leg = *at->second;
  leg.count(totals_);
  leg.peer().close(); // from here on it says nothing more: nobody may seat it again before it is buried
  media_.audio.post(RemoveSpeaker{leg.handle()});
  media_.audio.post(RemoveListener{leg.handle()});
  for (auto* tier : media_.tiers)
    tier->leave(leg.peer());
  by_handle_[leg.handle()] = nullptr;
  std::erase_if(waiting_, [&](const Waiting& w) { return leg.owns(w.ufrag); });
  seen_.erase(peer);
  std::erase(talking_, leg.member());
  buried_.push_back(std::move(at->second)); // perhaps we are inside one of its calls
  legs_.erase(at);
}

void RoomEngine::count_legs() {
  for (const auto& [id, leg] : legs_)
    leg->count(totals_);
}

void RoomEngine::close_all() {
  while (!legs_.empty())
    close_peer(legs_.begin()->first);
  bury();
}

void RoomEngine::bury() {
  buried_.clear();
  if (!world_.sockets_closed) return;
  world_.sockets_closed = false;
  for (const auto& [id, leg] : legs_)
    leg->bury();
}

Leg* RoomEngine::leg(base::PeerId peer) {
  const auto at = legs_.find(peer);
  return at == legs_.end() ? nullptr : at->second.get();
}

Leg* RoomEngine::leg_of_handle(std::uint32_t handle) {
  return handle < by_handle_.size() ? by_handle_[handle] : nullptr;
}

bool RoomEngine::on_opened(base::Timestamp now, const link::Opened& opened, int fd) {
  for (const auto& [id, leg] : legs_) {
    if (!leg->owns(opened.ufrag)) continue;
    leg->take_socket(now, opened, fd);
    return true;
  }
  return false;
}

void RoomEngine::on_stray_returned(base::Timestamp now, const link::Stray& stray) {
  const ice::PairKey pair{to_address(stray.local, false), to_address(stray.remote, false)};
  for (const auto& [id, leg] : legs_)
    if (leg->has_socket(pair)) return leg->take_datagram(now, pair, stray.datagram);
}

void RoomEngine::on_leg_phase(Leg& leg, peer::Phase phase, std::string_view detail) {
  base::log::info(tag(leg), "peer is " + std::string(peer::to_string(phase)), "why", detail);
  if (phase == peer::Phase::connected) {
    const auto codec = leg.peer().video_codec();
    for (auto* tier : media_.tiers)
      if (codec && (*codec == sdp::Codec::vp8) == (tier->codec() == base::Codec::vp8))
        tier->watch(leg.peer());
    media_.video.wake();
  } else if (phase == peer::Phase::failed || phase == peer::Phase::closed) {
    for (auto* tier : media_.tiers)
      tier->leave(leg.peer());
  }
  report_(link::PeerState{leg.id(), to_link(phase), std::string(detail)});
}

void RoomEngine::on_leg_data_open(Leg& leg) {
  report_(link::DataOpen{leg.id()});
}

void RoomEngine::on_leg_data(Leg& leg, std::string_view text) {
  report_(link::DataReceived{leg.id(), std::string(text)});
}

void RoomEngine::on_leg_keyframe_wish(base::Timestamp now, Leg& leg) {
  const auto codec = leg.peer().video_codec();
  for (auto* tier : media_.tiers)
    if (codec && (*codec == sdp::Codec::vp8) == (tier->codec() == base::Codec::vp8)) tier->wish_keyframe(now);
}

base::Timestamp RoomEngine::work(base::Timestamp now) {
  while (const auto news = media_.audio.news().pop())
    tell(*news);
  while (const auto mix = media_.audio.mixes().pop())
    send_mix(now, *mix);
  auto next = base::kNever;
  for (auto* tier : media_.tiers)
    next = std::min(next, tier->work(now));
  for (const auto& [id, leg] : legs_)
    leg->arm(now);
  return next;
}

void RoomEngine::send_mix(base::Timestamp now, const MixOut& mix) {
  const auto payload = mix.frame->bytes();
  const auto* listed = mix.frame->storage.get() + mix.frame->size;
  for (std::uint32_t i = 0; i < mix.receivers; ++i) {
    std::uint32_t handle = 0;
    std::memcpy(&handle, listed + i * sizeof handle, sizeof handle);
    if (auto* to = leg_of_handle(handle))
      to->peer().send_audio(now, payload, mix.rtp_time, mix.level, mix.frame->captured);
  }
}

void RoomEngine::tell(const AudioNews& news) {
  const base::alloc_counter::Allow cold;
  if (const auto* talking = std::get_if<TalkingOut>(&news)) {
    if (const auto* leg = leg_of_handle(talking->source)) {
      std::erase(talking_, leg->member());
      if (talking->on) talking_.push_back(leg->member());
      report_(link::Talking{leg->member(), talking->on});
    }
  } else if (const auto* dominant = std::get_if<DominantOut>(&news)) {
    const auto* leg = dominant->source ? leg_of_handle(*dominant->source) : nullptr;
    report_(link::DominantSpeaker{leg == nullptr ? base::MemberId{} : leg->member()});
  }
}

void RoomEngine::look_at_sources(base::Timestamp now) {
  for (const auto& [id, leg] : legs_) {
    const auto frames = leg->video()->decoded_frames.load(std::memory_order_acquire);
    auto& seen = seen_[id];
    // Off the canvas nothing is decoded: that says nothing about the sender.
    if (frames != seen.frames || !leg->video()->shown()) seen.since = now;
    seen.frames = frames;
    const bool away = now - seen.since >= kAway;
    const auto size = away ? 0 : leg->video()->decoded_size.load(std::memory_order_relaxed);
    if (size == seen.reported_size) continue;
    seen.reported_size = size;
    report_(link::VideoSeen{leg->member(), static_cast<std::int32_t>(size >> 32),
                            static_cast<std::int32_t>(size & 0xffffffff)});
  }
}

} // namespace plenum::engine
