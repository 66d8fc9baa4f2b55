// The straight line of a command inside the hub: decide → append → (commit) → evolve → publish → reply; and
// the times that a room keeps: grace, idle, speech.
#include "base/check.hpp"
#include "base/log.hpp"
#include "hub/archive_rows.hpp"
#include "hub/core.hpp"
#include "room/layout_solver.hpp"
#include "room/scene.hpp"

#include <algorithm>

namespace plenum::hub {

namespace log = base::log;
using base::ErrorCode;

base::Result<room::Events> Hub::Core::decide_all(Room& room, const Commands& commands) {
  if (room.failing) return base::fail(ErrorCode::unavailable, "the store has refused the room's last change");
  room::Events all;
  std::optional<room::State> ahead; // only needed when a later command must see what an earlier one did
  for (const auto& command : commands) {
    const auto& state = ahead ? *ahead : room.decided;
    auto events = room::decide(state, command, context(room));
    if (!events) return events;
    if (commands.size() > 1) {
      if (!ahead) ahead = room.decided;
      for (const auto& event : *events)
        room::evolve(*ahead, event);
    }
    std::ranges::move(*events, std::back_inserter(all));
  }
  return all;
}

void Hub::Core::execute(Room& room, const Commands& commands, Completion<Committed> done) {
  auto events = decide_all(room, commands);
  if (!events) {
    refused_.add();
    if (room.decided.phase == room::Phase::unopened)
      rooms_.remove(std::get<room::OpenRoom>(commands.front()).room);
    return reply<Committed>(std::move(done), std::unexpected(std::move(events.error())));
  }
  if (events->empty()) return reply<Committed>(std::move(done), Committed{room.decided.revision, {}});
  append(room, std::move(*events), std::move(done));
}

void Hub::Core::execute_quietly(base::RoomId id, room::Command command) {
  auto* room = rooms_.find(id);
  if (room == nullptr) return;
  execute(*room, {std::move(command)}, [id](base::Result<Committed> result) {
    if (!result && result.error().code != ErrorCode::gone)
      log::warn("hub", "internal command refused", "room", id.hex(), "error", result.error().text);
  });
}

void Hub::Core::append(Room& room, room::Events events, Completion<Committed> done) {
  store::Append wanted;
  wanted.first_offset = room.decided.revision + 1;
  wanted.at = env_.clock.wall();
  for (const auto& event : events) {
    room::evolve(room.decided, event);
    if (auto row = archive_row(event, room.decided)) wanted.archive.push_back(std::move(*row));
    if (hook_view_ != nullptr)
      std::ranges::move(hook_view_->render(event, room.decided, wanted.at),
                        std::back_inserter(wanted.outbox));
    if (std::holds_alternative<room::RoomOpened>(event)) rooms_.index(room.decided);
    if (std::holds_alternative<room::RoomEnded>(event)) rooms_.unindex(room.decided);
  }
  ++room.in_flight;
  const auto id = room.decided.id;
  wanted.room = id;
  wanted.account = room.decided.account;
  wanted.events = events;
  log_.append(std::move(wanted), [this, alive = alive_, id, events = std::move(events),
                                  done = std::move(done)](base::Result<void> result) mutable {
    if (*alive) committed(id, std::move(events), std::move(result), std::move(done));
  });
}

void Hub::Core::committed(base::RoomId id, room::Events events, base::Result<void> result,
                          Completion<Committed> done) {
  auto* room = rooms_.find(id);
  CHECK(room != nullptr); // a room goes only after its last append has come back
  --room->in_flight;
  if (!result) {
    log::error(env_.log_tag, "events not stored", "room", id.hex(), "error", result.error().text);
    undo(id, *room);
    return done(std::unexpected(base::Error{ErrorCode::unavailable, "the change could not be stored"}));
  }
  for (const auto& event : events)
    publish(*room, event);
  if (std::ranges::any_of(events, room::may_change_scene)) director_.changed(id);
  arm(*room);
  arm_speech(*room);
  save_snapshot(id, *room);
  const auto offset = room->published.revision;
  const bool ended = room->published.phase == room::Phase::ended;
  done(Committed{offset, std::move(events)});
  if (ended) finish(id);
}

// So that a restart has to replay only the tail of the log, and the head of it may be forgotten one day.
void Hub::Core::save_snapshot(base::RoomId id, Room& room) {
  const auto offset = room.published.revision;
  if (!room.published.open() || offset - room.snapshot_offset < options_.snapshot_every) return;
  room.snapshot_offset = offset;
  log_.save_snapshot(id, offset, room.published, [id](base::Result<void> saved) {
    if (!saved) log::warn("hub", "snapshot not stored", "room", id.hex(), "error", saved.error().text);
  });
}

// The store has refused an append. Those behind it will be refused too (their offsets do not fit); until they
// have come back nothing new is decided, then the room goes on from what the world has heard.
void Hub::Core::undo(base::RoomId id, Room& room) {
  room.failing = true;
  if (room.in_flight > 0) return;
  rooms_.unindex(room.decided);
  if (room.published.phase == room::Phase::unopened) return later([this, id] { rooms_.remove(id); });
  room.decided = room.published;
  room.failing = false;
  rooms_.index(room.decided);
  arm(room);
}

void Hub::Core::publish(Room& room, const room::Event& event) {
  room::evolve(room.published, event);
  events_.add();
  if (const auto* opened = std::get_if<room::RoomOpened>(&event))
    tokens_.add_guest(opened->guest_token, opened->room);
  if (const auto* added = std::get_if<room::MemberRegistered>(&event))
    tokens_.add_access(added->access_token, {room.published.id, added->member});
  fanout_.publish(room.published.revision, event, room.published);
  after_event(room, event);
}

void Hub::Core::after_event(Room& room, const room::Event& event) {
  const auto id = room.published.id;
  if (const auto* replaced = std::get_if<room::LegReplaced>(&event))
    director_.tell(id, link::ClosePeer{replaced->old});
  if (const auto* left = std::get_if<room::MemberLeft>(&event)) {
    if (left->leg) director_.tell(id, link::ClosePeer{left->leg});
    room::forget(room.live, left->member);
  }
  if (const auto* ended = std::get_if<room::RoomEnded>(&event)) {
    tokens_.end(room.published.guest_token, id, ended->at);
    for (const auto& member : room.published.members)
      tokens_.end(member.access_token, id, ended->at);
  }
  open_.set(static_cast<std::int64_t>(rooms_.size()));
}

// The meeting has ended and everybody has heard it.
void Hub::Core::finish(base::RoomId id) {
  log::info(env_.log_tag, "meeting ended", "room", id.hex());
  director_.ended(id);
  later([this, id] {
    const auto* room = rooms_.find(id);
    if (room == nullptr || room->in_flight > 0) return;
    fanout_.close(id);
    rooms_.remove(id);
    open_.set(static_cast<std::int64_t>(rooms_.size()));
  });
}

// --- times

void Hub::Core::arm(Room& room) {
  room.due.reset();
  const auto& state = room.published;
  if (!state.open()) return;
  auto due = base::WallTime::max();
  const auto grace = [&](const std::optional<base::WallTime>& since) {
    if (since) due = std::min(due, *since + options_.limits.grace);
  };
  bool anybody = false;
  for (const auto& member : state.members) {
    if (!member.present) continue;
    anybody = true;
    grace(member.leg.transport_lost_at);
    grace(member.leg.signaling_lost_at);
  }
  if (!anybody) due = std::min(due, std::max(state.empty_since, room.live.touched) + options_.limits.idle);
  if (due == base::WallTime::max()) return;
  const auto delay = std::max(base::Duration{0}, due - env_.clock.wall());
  room.due = after(delay + std::chrono::milliseconds(1), [this, id = state.id] { on_due(id); });
}

void Hub::Core::on_due(base::RoomId id) {
  execute_quietly(id, room::ExpireGrace{});
  execute_quietly(id, room::EndIfIdle{});
  // Nothing may have come of it (a keep-alive, another clock): look again. An append arms by itself.
  if (auto* room = rooms_.find(id); room != nullptr && room->in_flight == 0)
    room->due = after(std::chrono::seconds(1), [this, id] {
      if (auto* again = rooms_.find(id)) arm(*again);
    });
}

// While somebody without a tile talks, look once in a while whether a tile changes hands.
void Hub::Core::arm_speech(Room& room) {
  const auto& state = room.published;
  if (room.speech != nullptr || !state.open()) return;
  const auto waits = [&](base::MemberId member) {
    const auto speech = room.live.speech.find(member);
    return speech != room.live.speech.end() && speech->second.talking &&
           std::ranges::find(state.seats, member, &room::Seat::member) == state.seats.end();
  };
  if (!std::ranges::any_of(room::candidates(state), waits)) return;
  room.speech = after(options_.limits.talk_before_tile, [this, id = state.id] {
    auto* talking = rooms_.find(id);
    if (talking == nullptr) return;
    talking->speech.reset();
    execute_quietly(id, room::ReconsiderTiles{});
    arm_speech(*talking);
  });
}

void Hub::Core::publish_volatile(Room& room, const room::Volatile& fact) {
  room::observe(room.live, fact, env_.clock.wall());
  fanout_.publish(fact, room.published);
  arm_speech(room);
}

// --- start and end of the process

void Hub::Core::start(Completion<void> done) {
  const auto since = env_.clock.wall() - options_.remember_tokens;
  log_.load_ended_tokens(since, [this, alive = alive_, done = std::move(done)](
                                    base::Result<std::vector<store::EndedToken>> ended) mutable {
    if (!*alive) return;
    if (!ended) return done(std::unexpected(ended.error()));
    for (auto& token : *ended) {
      if (token.kind == store::TokenKind::access)
        tokens_.add_ended_access(std::move(token.token), token.ended_at);
      else
        tokens_.add_ended_guest(std::move(token.token), token.ended_at);
    }
    log_.load_running(
        [this, alive, done = std::move(done)](base::Result<std::vector<store::LoadedRoom>> loaded) mutable {
          if (!*alive) return;
          if (!loaded) return done(std::unexpected(loaded.error()));
          restore(std::move(*loaded));
          done({});
        });
  });
}

void Hub::Core::restore(std::vector<store::LoadedRoom> loaded) {
  for (auto& log : loaded) {
    auto* room = rooms_.restore(std::move(log));
    if (room == nullptr) continue;
    const auto& state = room->published;
    tokens_.add_guest(state.guest_token, state.id);
    for (const auto& member : state.members)
      tokens_.add_access(member.access_token, {state.id, member.id});
    room->live.touched = env_.clock.wall(); // nobody could reach us while we were away
    arm(*room);
    // Whoever spoke for the members was connected to the process that is gone.
    for (const auto* member : state.present())
      execute_quietly(state.id, room::LoseSignaling{member->id, member->leg.id});
  }
  open_.set(static_cast<std::int64_t>(rooms_.size()));
  log::info(env_.log_tag, "rooms restored", "rooms", rooms_.size());
  workers_.start(director_);
  adoption_timer_ = after(std::chrono::seconds(5), [this] { // workers that still run have answered by now
    for (const auto id : rooms_.ids())
      if (!director_.has_worker(id)) on_legs_lost(id, legs_of(id));
  });
  prune_tokens();
}

void Hub::Core::prune_tokens() {
  tokens_.prune(env_.clock.wall() - options_.remember_tokens);
  token_timer_ = after(std::chrono::minutes(10), [this] { prune_tokens(); });
}

void Hub::Core::shutdown(bool keep_media, Completion<void> done) {
  stopping_ = true;
  const auto ids = rooms_.ids();
  if (keep_media || ids.empty()) {
    workers_.shutdown(keep_media);
    return reply<void>(std::move(done), {});
  }
  auto left = std::make_shared<std::size_t>(ids.size());
  auto shared = std::make_shared<Completion<void>>(std::move(done));
  for (const auto id : ids)
    execute(*rooms_.find(id), {room::EndRoom{room::EndReason::shutdown}},
            [this, left, shared](const base::Result<Committed>&) {
              if (--*left > 0) return;
              later([this, shared] { // after the last room has given its worker back
                workers_.shutdown(false);
                (*shared)({});
              });
            });
}

} // namespace plenum::hub
