#include "engine/leg.hpp"

#include "base/alloc_counter.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace plenum::engine {

Leg::Leg(LegWorld& world, base::PeerId id, base::MemberId member, std::uint32_t handle, LegOwner& owner)
    : world_(world), id_(id), member_(member), handle_(handle), owner_(owner),
      timer_(world.loop.add_sleeper(*this)), audio_(std::make_shared<AudioInput>(handle, world.env.metrics)),
      video_(std::make_shared<VideoSource>(world.env)) {
  sockets_.reserve(kSockets);
  closed_.reserve(kSockets);
}

Leg::~Leg() {
  if (peer_) peer_->close();
  for (const auto& name : names_)
    world_.door.remove(name);
  for (const auto& opened : sockets_)
    world_.door.closed(opened.name, opened.socket->pair());
  world_.loop.remove_sleeper(timer_);
}

base::Result<std::unique_ptr<Leg>> Leg::open(LegWorld& world, base::Timestamp now, base::PeerId id,
                                             base::MemberId member, std::uint32_t handle,
                                             peer::PeerOptions options, std::string_view offer,
                                             LegOwner& owner) {
  std::unique_ptr<Leg> leg(new Leg(world, id, member, handle, owner));
  auto opened = peer::Peer::open(world.env, now, world.resources, std::move(options), offer,
                                 static_cast<peer::PeerSink&>(*leg));
  if (!opened) return std::unexpected(std::move(opened).error());
  leg->peer_ = std::move(*opened);
  leg->arm(now);
  return leg;
}

std::unique_ptr<Leg> Leg::inherit(LegWorld& world, base::Timestamp now, std::uint32_t handle,
                                  peer::PeerOptions options, const peer::LegSession& session,
                                  const peer::LegMarks* marks, LegOwner& owner) {
  std::unique_ptr<Leg> leg(new Leg(world, session.peer, session.member, handle, owner));
  auto& sink = static_cast<peer::PeerSink&>(*leg);
  leg->peer_ =
      marks != nullptr
          ? peer::Peer::go_on(world.env, now, world.resources, std::move(options), session, *marks, sink)
          : peer::Peer::reopen(world.env, now, world.resources, std::move(options), session, sink);
  if (!leg->peer_) return nullptr;
  leg->counted_ = leg->peer_->stats(); // its past was counted by others
  leg->arm(now);
  return leg;
}

bool Leg::owns(const std::string& ufrag) const {
  return std::ranges::find(names_, ufrag) != names_.end();
}

bool Leg::register_name() {
  const auto& credentials = peer_->credentials();
  if (owns(credentials.ufrag)) return false;
  if (names_.size() == kNames) {
    world_.door.remove(names_.front());
    names_.erase(names_.begin());
  }
  names_.push_back(credentials.ufrag);
  world_.door.add(credentials.ufrag, std::string(credentials.password.reveal()));
  return true;
}

void Leg::take_socket(base::Timestamp now, const link::Opened& opened, int fd) {
  const ice::PairKey pair{to_address(opened.local, opened.tcp), to_address(opened.remote, opened.tcp)};
  if (sockets_.size() >= kSockets || socket(pair) != nullptr) {
    ::close(fd);
    return;
  }
  sockets_.push_back({std::make_unique<PairSocket>(world_.env, world_.loop, world_.resources.packets, fd,
                                                   pair, static_cast<PairSocketOwner&>(*this)),
                      opened.ufrag, world_.door.epoch()});
  auto& taken = *sockets_.back().socket;
  take_datagram(now, pair, opened.first);
  if (opened.tcp) taken.feed_stream(now, opened.rest);
  arm(now);
}

void Leg::take_kept(const link::Kept& kept, int fd) {
  const ice::PairKey pair{to_address(kept.local, false), to_address(kept.remote, false)};
  if (sockets_.size() >= kSockets || socket(pair) != nullptr) {
    ::close(fd);
    return;
  }
  sockets_.push_back({std::make_unique<PairSocket>(world_.env, world_.loop, world_.resources.packets, fd,
                                                   pair, static_cast<PairSocketOwner&>(*this)),
                      kept.ufrag, world_.door.epoch()});
}

void Leg::deposit(base::Timestamp now) {
  auto& door = world_.door;
  const auto& name = peer_->credentials().ufrag;
  seen_revision_ = peer_->session_revision();
  if (!door.connected()) return peer_->uncovered();
  if (!owns(name) || peer_->stats().phase == peer::Phase::closed) return;
  for (auto& [socket, opened_as, known_to] : sockets_) {
    const bool udp = socket->pair().local.transport == ice::Transport::udp;
    if (udp && known_to != door.epoch() && door.keep(opened_as, socket->pair())) known_to = door.epoch();
  }
  // Keys are of use only when the pair is nominated, which may be after they were made.
  const std::tuple wanted{door.epoch(), peer_->session_revision(), peer_->can_continue()};
  if (deposited_ != wanted) {
    auto session = peer_->session();
    session.peer = id_;
    session.member = member_;
    auto outline = session; // makes void what was deposited before
    outline.keys.reset();
    outline.local_ice = {};
    if (!door.deposit(name, link::DepositPart::outline, peer::encode(outline))) return;
    const bool keys = world_.continue_in_place && session.keys;
    if (keys && !door.deposit(name, link::DepositPart::session, peer::encode(session))) return;
    deposited_ = wanted;
  }
  if (!world_.continue_in_place || !peer_->can_continue()) return;
  const auto marks = peer_->marks(now);
  if (door.deposit(name, link::DepositPart::marks, peer::encode(marks))) peer_->covered(marks);
}

void Leg::take_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) {
  auto packet = world_.resources.packets.get();
  if (!packet || datagram.size() > rtp::Packet::kMostBytes || datagram.empty()) return;
  std::memcpy(packet->buffer().data(), datagram.data(), datagram.size());
  packet->resize(datagram.size());
  on_datagram(now, pair, std::move(packet));
  arm(now);
}

PairSocket* Leg::socket(const ice::PairKey& pair) const {
  for (const auto& opened : sockets_)
    if (opened.socket->pair() == pair) return opened.socket.get();
  return nullptr;
}

void Leg::arm(base::Timestamp now) {
  if (video_->take_keyframe_need()) peer_->need_keyframe(now);
  for (const auto& opened : sockets_)
    opened.socket->flush();
  world_.loop.wake_at(timer_, peer_->next_deadline());
}

void Leg::count(LegTotals& totals) {
  const auto now = peer_->stats();
  totals.add(counted_, now);
  counted_ = now;
}

void Leg::bury() {
  for (const auto& opened : closed_)
    world_.door.closed(opened.name, opened.socket->pair());
  closed_.clear();
}

void Leg::transmit(const ice::PairKey& pair, base::Bytes datagram) {
  if (auto* found = socket(pair)) found->send(datagram);
}

void Leg::on_pair_closed(const ice::PairKey& pair) {
  const base::alloc_counter::Allow cold;
  const auto at = std::ranges::find_if(sockets_, [&](const Opened& o) { return o.socket->pair() == pair; });
  if (at == sockets_.end()) return;
  closed_.push_back(std::move(*at));
  world_.sockets_closed = true;
  sockets_.erase(at);
}

void Leg::on_stream_ended(const ice::PairKey& pair) {
  on_pair_closed(pair);
  peer_->on_pair_lost(world_.loop.now(), pair);
}

void Leg::on_phase(peer::Phase phase, std::string_view detail) {
  const base::alloc_counter::Allow cold;
  owner_.on_leg_phase(*this, phase, detail);
  if (phase == peer::Phase::connected) deposit(world_.loop.now());
}

void Leg::on_audio(base::Timestamp now, const peer::IncomingAudio& packet) {
  if (!audio_quarantined_) audio_->push(now, packet);
}

void Leg::on_video(base::Timestamp now, base::EncodedFrameRef frame) {
  if (video_quarantined_) return;
  if (!video_->push(std::move(frame))) peer_->need_keyframe(now);
  world_.pool.request(video_);
}

void Leg::on_data_open() {
  const base::alloc_counter::Allow cold;
  owner_.on_leg_data_open(*this);
}

void Leg::on_data_text(std::string_view text) {
  const base::alloc_counter::Allow cold;
  owner_.on_leg_data(*this, text);
}

void Leg::on_keyframe_wish(base::Timestamp now) {
  owner_.on_leg_keyframe_wish(now, *this);
}

void Leg::on_marks_spent() {
  const base::alloc_counter::Allow cold;
  deposit(world_.loop.now());
}

void Leg::on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::PacketRef packet) {
  peer_->on_datagram(now, pair, std::move(packet));
}

void Leg::on_stray(const ice::TransportAddress& from, const ice::PairKey& pair, base::Bytes datagram) {
  const base::alloc_counter::Allow cold;
  world_.door.stray(from, pair, datagram);
}

void Leg::after_datagrams(base::Timestamp now) {
  if (peer_->session_revision() != seen_revision_) { // nominated, connected: not to wait for the next second
    const base::alloc_counter::Allow cold;
    deposit(now);
  }
  arm(now);
}

void Leg::on_deadline(base::Timestamp now) {
  peer_->on_deadline(now);
  arm(now);
}

} // namespace plenum::engine
