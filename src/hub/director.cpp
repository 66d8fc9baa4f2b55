#include "hub/director.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace plenum::hub {

namespace log = base::log;
using base::ErrorCode;

namespace {

base::Error to_error(const link::PeerRefused& refused) {
  switch (refused.reason) {
  case link::RefusalReason::bad_sdp:
    return {ErrorCode::invalid, refused.text};
  case link::RefusalReason::unknown_peer:
    return {ErrorCode::not_found, refused.text};
  case link::RefusalReason::limit:
    return {ErrorCode::unavailable, refused.text};
  case link::RefusalReason::internal:
    break;
  }
  return {ErrorCode::internal, refused.text};
}

std::uint64_t request_of(const link::FromWorker& message) {
  if (const auto* answer = std::get_if<link::PeerAnswer>(&message)) return answer->request;
  if (const auto* offer = std::get_if<link::PeerOffer>(&message)) return offer->request;
  if (const auto* refused = std::get_if<link::PeerRefused>(&message)) return refused->request;
  return 0;
}

// Of a worst case or a high-water mark the highest of all workers says something, their sum nothing.
bool is_peak(std::string_view metric) {
  return metric.contains("_worst_") || metric.ends_with("_high_water");
}

} // namespace

std::string ufrag_prefix(base::RoomId room) {
  // The random half of the id: known to the room's members, but only the room's own worker is allowed to use
  // it.
  return room.hex().substr(8, 12);
}

Director::Director(const base::Env& env, base::Executor& executor, WorkerPool& workers, DoorPort& door,
                   DirectorOptions options, DirectorOwner& owner)
    : env_(env.tagged("director")), executor_(executor), workers_(workers), door_(door),
      options_(std::move(options)), owner_(owner),
      continued_(env.metrics.counter("plenum_repair_legs_total", "rung=\"continued\"")),
      reopened_(env.metrics.counter("plenum_repair_legs_total", "rung=\"offered_again\"")),
      lost_(env.metrics.counter("plenum_repair_legs_total", "rung=\"lost\"")),
      quarantines_(env.metrics.counter("plenum_repair_quarantines_total")),
      last_repair_ms_(env.metrics.gauge("plenum_repair_last_ms")),
      dropped_(env.metrics.counter("plenum_link_dropped_total")) {}

Director::~Director() {
  *alive_ = false;
}

base::Result<void> Director::ensure(base::RoomId room) {
  auto& media = rooms_[room];
  if (media.worker != 0) return {};
  const auto worker = workers_.take();
  if (!worker) {
    if (media.deaths.empty()) rooms_.erase(room);
    return std::unexpected(worker.error());
  }
  assign(room, media, *worker);
  return {};
}

void Director::assign(base::RoomId room, Media& media, WorkerId worker) {
  media.worker = worker;
  media.linked = false;
  media.sent_revision = 0;
  door_.attach(worker, workers_.door_path(worker), ufrag_prefix(room));
  log::info(env_.log_tag, "room has a worker", "room", room.hex(), "worker", worker);
}

bool Director::has_worker(base::RoomId room) const {
  const auto found = rooms_.find(room);
  return found != rooms_.end() && found->second.worker != 0;
}

base::RoomId Director::room_of(WorkerId worker) const {
  for (const auto& [room, media] : rooms_)
    if (media.worker == worker) return room;
  return {};
}

void Director::changed(base::RoomId room) {
  if (!rooms_.contains(room)) return;
  if (changed_.empty())
    executor_.post([this, alive = alive_] {
      if (*alive) flush();
    });
  changed_.insert(room);
}

void Director::flush() {
  for (const auto room : std::exchange(changed_, {})) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end() || !found->second.linked || !owner_.has_room(room)) continue;
    auto scene = scene_for(room);
    if (scene.revision <= found->second.sent_revision) continue;
    found->second.sent_revision = scene.revision;
    workers_.send(found->second.worker, scene);
  }
}

void Director::ended(base::RoomId room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  const auto worker = found->second.worker;
  rooms_.erase(found);
  std::vector<std::uint64_t> open;
  for (const auto& [number, request] : requests_)
    if (request.room == room) open.push_back(number);
  for (const auto number : open)
    fail(number, {ErrorCode::gone, "the meeting has ended"});
  if (worker == 0) return;
  door_.detach(worker);
  workers_.release(worker, "the meeting has ended");
}

void Director::open(base::RoomId room, link::OpenPeer message, Answered done) {
  message.request = ++last_request_;
  Request request{room, message.peer, true, std::move(done), nullptr};
  const auto number = message.request;
  ask(room, std::move(message), number, std::move(request));
}

void Director::update(base::RoomId room, link::UpdatePeer message, Answered done) {
  message.request = ++last_request_;
  Request request{room, message.peer, false, std::move(done), nullptr};
  const auto number = message.request;
  ask(room, std::move(message), number, std::move(request));
}

void Director::offer(base::RoomId room, link::OfferPeer message, Offered done) {
  message.request = ++last_request_;
  Request request{room, message.peer, false, std::move(done), nullptr};
  const auto number = message.request;
  ask(room, message, number, std::move(request));
}

void Director::ask(base::RoomId room, link::ToWorker message, std::uint64_t number, Request request) {
  const auto later = [this, number, alive = alive_](base::Error error) {
    executor_.post([this, number, alive, error = std::move(error)]() mutable {
      if (*alive) fail(number, std::move(error));
    });
  };
  const bool full = requests_.size() >= kMostRequests;
  request.deadline = executor_.after(options_.deadline, [this, number, alive = alive_] {
    if (*alive) fail(number, {ErrorCode::timeout, "the media worker does not answer"});
  });
  requests_.emplace(number, std::move(request));
  if (full) return later({ErrorCode::unavailable, "too many requests wait for media workers"});
  if (auto ready = ensure(room); !ready) return later(ready.error());
  tell(room, message);
}

void Director::tell(base::RoomId room, const link::ToWorker& message) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || found->second.worker == 0) return;
  auto& media = found->second;
  if (media.linked) {
    workers_.send(media.worker, message);
  } else if (media.waiting.size() < kMostWaiting) {
    media.waiting.push_back(message);
  } else {
    dropped_.add();
  }
}

void Director::fail(std::uint64_t number, base::Error error) {
  auto node = requests_.extract(number);
  if (node.empty()) return;
  auto& request = node.mapped();
  if (request.opens && error.code == ErrorCode::timeout) tell(request.room, link::ClosePeer{request.peer});
  log::warn(env_.log_tag, "request failed", "room", request.room.hex(), "peer", request.peer.hex(), "error",
            error.text);
  std::visit([&](auto& done) { done(std::unexpected(std::move(error))); }, request.done);
}

void Director::complete(std::uint64_t number, link::FromWorker& message) {
  auto node = requests_.extract(number);
  if (node.empty()) return; // answered after its deadline
  auto& done = node.mapped().done;
  if (auto* answered = std::get_if<Answered>(&done)) {
    if (auto* answer = std::get_if<link::PeerAnswer>(&message)) return (*answered)(std::move(*answer));
  } else if (auto* offer = std::get_if<link::PeerOffer>(&message)) {
    return std::get<Offered>(done)(std::move(*offer));
  }
  const auto* refused = std::get_if<link::PeerRefused>(&message);
  auto error = refused != nullptr
                   ? to_error(*refused)
                   : base::Error{ErrorCode::internal, "the media worker answered another question"};
  std::visit([&](auto& call) { call(std::unexpected(std::move(error))); }, done);
}

bool Director::adopted(WorkerId worker, const link::SyncState& state) {
  if (!owner_.has_room(state.room)) return false;
  auto& media = rooms_[state.room];
  if (media.worker != 0) return false;
  assign(state.room, media, worker);
  return true;
}

void Director::link_up(WorkerId worker) {
  const auto room = room_of(worker);
  if (!room || !owner_.has_room(room)) return;
  auto& media = rooms_[room];
  link::SyncRequest sync;
  sync.settings = {room, ufrag_prefix(room), options_.addresses, options_.video_codec,
                   options_.continue_in_place};
  sync.scene = scene_for(room);
  sync.peers = owner_.legs_of(room);
  for (const auto& [number, request] : requests_)
    if (request.room == room && request.opens) sync.peers.push_back(request.peer);
  media.linked = true;
  media.sent_revision = sync.scene.revision;
  workers_.send(worker, sync);
  for (const auto& message : std::exchange(media.waiting, {}))
    workers_.send(worker, message);
}

void Director::received(WorkerId worker, link::FromWorker message) {
  if (const auto* stats = std::get_if<link::WorkerStats>(&message)) return keep_statistics(worker, *stats);
  const auto room = room_of(worker);
  if (!room || !owner_.has_room(room)) return;
  if (const auto* state = std::get_if<link::SyncState>(&message)) return compare(room, *state);
  if (const auto* legs = std::get_if<link::LegsInherited>(&message)) return inherited(room, *legs);
  if (const auto number = request_of(message); number != 0) return complete(number, message);
  owner_.on_fact(room, message);
}

// Legs that control believes in and the worker does not know are lost (the worker or control has restarted).
void Director::compare(base::RoomId room, const link::SyncState& state) {
  if (state.room != room) return;
  std::vector<base::PeerId> lost;
  for (const auto leg : owner_.legs_of(room))
    if (std::ranges::find(state.peers, leg, &link::KnownPeer::peer) == state.peers.end()) lost.push_back(leg);
  if (!lost.empty()) owner_.on_legs_lost(room, lost);
  for (const auto& peer : state.peers)
    owner_.on_fact(room, link::PeerState{peer.peer, peer.phase, "after a restart"});
  for (const auto& member : state.talking)
    owner_.on_fact(room, link::Talking{member, true});
}

void Director::gone(WorkerId worker, const std::string& why) {
  for (const auto& [key, value] : statistics_[worker]) {
    if (!value.first) continue;
    past_[key].first = true;
    past_[key].second += value.second;
  }
  statistics_.erase(worker);
  const auto room = room_of(worker);
  if (!room) return;
  log::error(env_.log_tag, "media worker died", "room", room.hex(), "worker", worker, "why", why);
  auto& media = rooms_[room];
  media.worker = 0;
  media.linked = false;
  media.waiting.clear();
  std::vector<std::uint64_t> open;
  for (const auto& [number, request] : requests_)
    if (request.room == room) open.push_back(number);
  const auto now = executor_.now();
  media.deaths.push_back(now);
  while (now - media.deaths.front() > std::chrono::minutes(1))
    media.deaths.pop_front();
  const bool too_often = media.deaths.size() >= kDeathsPerMinute;
  for (const auto number : open)
    fail(number, {ErrorCode::unavailable, "the media worker died"});
  const auto legs = owner_.has_room(room) ? owner_.legs_of(room) : std::vector<base::PeerId>{};
  if (legs.empty()) {
    door_.detach(worker);
    return;
  }
  const bool hopeless = too_often && !quarantine_last_input(room, media); // then the next join tries
  media.orphans = legs;
  media.died = now;
  media.patience = executor_.after(options_.succession, [this, room, alive = alive_] {
    if (*alive) give_up_orphans(room);
  });
  // Attached under the same prefix, the successor gets from the door what the dead one has left there.
  base::Result<void> ready = base::fail(ErrorCode::unavailable, "every input has been tried");
  if (!hopeless) ready = ensure(room);
  if (!ready) {
    log::error(env_.log_tag, "no other worker", "room", room.hex(), "error", ready.error().text);
    door_.detach(worker);
    give_up_orphans(room);
  }
}

// The successor has looked at what the door gave it.
void Director::inherited(base::RoomId room, const link::LegsInherited& fact) {
  auto& media = rooms_[room];
  media.patience.reset();
  const auto orphans = std::exchange(media.orphans, {});
  if (orphans.empty()) return; // a worker that has nobody's place
  last_repair_ms_.set(base::to_ms(executor_.now() - media.died));
  const auto is_in = [](const std::vector<base::PeerId>& legs, base::PeerId leg) {
    return std::ranges::find(legs, leg) != legs.end();
  };
  std::vector<base::PeerId> continued, others;
  for (const auto leg : owner_.legs_of(room)) {
    if (!is_in(orphans, leg)) continue; // joined since
    const bool goes_on = is_in(fact.continued, leg);
    (goes_on ? continued : others).push_back(leg);
    (goes_on ? continued_ : is_in(fact.reopened, leg) ? reopened_ : lost_).add();
  }
  log::info(env_.log_tag, "room repaired", "room", room.hex(), "continued", continued.size(), "others",
            others.size(), "ms", base::to_ms(executor_.now() - media.died));
  if (!continued.empty()) owner_.on_legs_continued(room, continued);
  if (!others.empty()) owner_.on_legs_lost(room, others); // who can, offers again
}

void Director::give_up_orphans(base::RoomId room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  found->second.patience.reset();
  const auto orphans = std::exchange(found->second.orphans, {});
  lost_.add(orphans.size());
  if (!orphans.empty() && owner_.has_room(room)) owner_.on_legs_lost(room, orphans);
}

// The youngest leg is the likeliest to carry what kills: first its picture, then its sound, then the next
// one's.
bool Director::quarantine_last_input(base::RoomId room, Media& media) {
  media.deaths.clear(); // three more before somebody else is blamed
  auto legs = owner_.legs_of(room);
  std::ranges::sort(legs, std::greater{}, [](base::PeerId leg) { return leg.bits.second; });
  for (const auto leg : legs) {
    const auto [at, fresh] = media.quarantined.try_emplace(leg);
    if (!fresh && at->second.audio) continue;
    if (!fresh) at->second.audio = true;
    quarantines_.add();
    log::error(env_.log_tag, "quarantined: the media worker died three times within a minute", "room",
               room.hex(), "peer", leg.hex(), "input", fresh ? "video" : "audio");
    return true;
  }
  return false;
}

link::Scene Director::scene_for(base::RoomId room) {
  auto scene = owner_.scene_of(room);
  const auto& quarantined = rooms_[room].quarantined;
  for (auto& member : scene.members) {
    const auto at = quarantined.find(member.peer);
    if (at == quarantined.end()) continue;
    member.decode_video = member.video_on = false; // its tile is a placeholder
    if (at->second.audio) member.decode_audio = member.audio_on = false;
  }
  return scene;
}

void Director::keep_statistics(WorkerId worker, const link::WorkerStats& stats) {
  constexpr std::size_t kMostSamples = 2000;
  auto& totals = statistics_[worker];
  for (const auto& sample : stats.samples)
    if (totals.size() < kMostSamples) totals[{sample.name, sample.labels}] = {sample.counter, sample.value};
}

std::vector<base::Sample> Director::samples() const {
  Totals sums = past_;
  for (const auto& [worker, totals] : statistics_)
    for (const auto& [key, value] : totals) {
      auto& [counter, sum] = sums[key];
      counter = value.first;
      sum = is_peak(key.first) ? std::max(sum, value.second) : sum + value.second;
    }
  std::vector<base::Sample> out;
  for (const auto& [key, value] : sums)
    out.push_back({key.first, key.second, value.first, value.second});
  return out;
}

} // namespace plenum::hub
