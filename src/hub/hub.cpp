#include "hub/hub.hpp"

#include "hub/core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::hub {

using base::ErrorCode;

Hub::Hub(const base::Env& env, base::Executor& executor, store::RoomLog& log, store::Accounts& accounts,
         store::Archive& archive, WorkerPool& workers, DoorPort& door, HubOptions options)
    : core_(
          std::make_unique<Core>(env, executor, log, accounts, archive, workers, door, std::move(options))) {}
Hub::~Hub() = default;

void Hub::set_hook_view(HookView& view) {
  core_->set_hook_view(view);
}
void Hub::start(Completion<void> done) {
  core_->start(std::move(done));
}
void Hub::shutdown(bool keep_media, Completion<void> done) {
  core_->shutdown(keep_media, std::move(done));
}
void Hub::open_or_join(OpenRequest request, Completion<Entered> done) {
  core_->open_or_join(std::move(request), std::move(done));
}
void Hub::register_guest(std::string_view guest_token, room::Identity identity, Completion<Entered> done) {
  core_->register_guest(guest_token, std::move(identity), std::move(done));
}
void Hub::dispatch(base::RoomId room, room::Command command, Principal principal,
                   Completion<Committed> done) {
  core_->dispatch(room, std::move(command), principal, std::move(done));
}
void Hub::replay(base::RoomId room, std::uint64_t after_offset, Completion<Replay> done) {
  core_->replay(room, after_offset, std::move(done));
}
void Hub::find_latest(base::AccountId account, std::string external_id, Completion<store::RoomRef> done) {
  core_->find_latest(account, std::move(external_id), std::move(done));
}
Subscription Hub::subscribe(base::RoomId room, Subscriber& subscriber, base::MemberId member) {
  return core_->subscribe(room, subscriber, member);
}
void Hub::touch(base::RoomId room) {
  core_->touch(room);
}
std::vector<base::Sample> Hub::worker_samples() const {
  return core_->worker_samples();
}
const Directory& Hub::directory() const {
  return *core_;
}
Calls& Hub::calls() {
  return *core_;
}
store::Archive& Hub::archive() {
  return core_->archive();
}

Hub::Core::Core(const base::Env& env, base::Executor& executor, store::RoomLog& log,
                store::Accounts& accounts, store::Archive& archive, WorkerPool& workers, DoorPort& door,
                HubOptions options)
    : env_(env.tagged("hub")), executor_(executor), log_(log), accounts_(accounts), archive_(archive),
      workers_(workers), options_(std::move(options)), tokens_(env),
      director_(env, executor, workers, door,
                {.addresses = options_.addresses,
                 .video_codec = options_.video_codec,
                 .deadline = options_.request_deadline,
                 .continue_in_place = options_.continue_in_place},
                *this),
      commands_(env.metrics.counter("plenum_commands_total")),
      refused_(env.metrics.counter("plenum_commands_refused_total")),
      events_(env.metrics.counter("plenum_events_total")),
      limit_hits_(env.metrics.counter("plenum_limit_hits_total", "limit=\"rooms\"")),
      open_(env.metrics.gauge("plenum_rooms_open")) {
  thread_.bind();
}

Hub::Core::~Core() {
  *alive_ = false;
}

void Hub::Core::later(base::Executor::Task task) {
  executor_.post([alive = alive_, task = std::move(task)]() mutable {
    if (*alive) task();
  });
}

base::Executor::Timer Hub::Core::after(base::Duration delay, base::Executor::Task task) {
  return executor_.after(delay, [alive = alive_, task = std::move(task)]() mutable {
    if (*alive) task();
  });
}

room::Context Hub::Core::context(const Room& room) const {
  return {env_.clock.wall(), options_.limits, room.live, options_.capabilities};
}

// --- opening and entering

void Hub::Core::open_or_join(OpenRequest request, Completion<Entered> done) {
  thread_.check();
  const auto now = env_.clock.wall();
  request.identity.guest = false;
  if (request.external_id.empty()) request.external_id = base::RoomId::make(now, env_.random).hex();
  if (const auto* running = rooms_.find(request.account, request.external_id)) {
    return enter(running->decided.id, request.identity, false, {room::ChangeOptions{request.options}},
                 std::move(done));
  }
  if (stopping_)
    return reply<Entered>(std::move(done), base::fail(ErrorCode::unavailable, "the server is stopping"));
  if (rooms_.size() >= options_.rooms) {
    limit_hits_.add();
    return reply<Entered>(std::move(done), base::fail(ErrorCode::unavailable, "too many meetings are open"));
  }
  room::OpenRoom open{base::RoomId::make(now, env_.random),
                      request.account,
                      request.external_id,
                      request.name,
                      request.guest_token,
                      request.options,
                      request.defaults};
  if (open.guest_token.empty()) open.guest_token = tokens_.draw();
  if (open.name.empty())
    if (const auto owner = accounts_.find(request.account)) open.name = owner->name;
  rooms_.add(open.room);
  enter(open.room, request.identity, true, {open}, std::move(done));
}

void Hub::Core::register_guest(std::string_view guest_token, room::Identity identity,
                               Completion<Entered> done) {
  thread_.check();
  const auto id = tokens_.guest(guest_token);
  if (!id) return reply<Entered>(std::move(done), std::unexpected(id.error()));
  identity.guest = true;
  enter(*id, identity, false, {}, std::move(done));
}

// Registers somebody, after the commands `before`; everything commits together.
void Hub::Core::enter(base::RoomId id, const room::Identity& identity, bool opened, const Commands& before,
                      Completion<Entered> done) {
  auto* room = rooms_.find(id);
  if (room == nullptr)
    return reply<Entered>(std::move(done), base::fail(ErrorCode::gone, "the meeting has ended"));
  auto member = base::MemberId::make(env_.clock.wall(), env_.random);
  if (!identity.guest && !identity.external_id.empty())
    for (const auto& known : room->decided.members)
      if (!known.guest && known.external_id == identity.external_id) member = known.id;
  auto commands = before;
  commands.emplace_back(room::RegisterMember{member, tokens_.draw(), identity});
  execute(*room, commands,
          [id, member, opened, done = std::move(done)](base::Result<Committed> result) mutable {
            if (!result) return done(std::unexpected(std::move(result.error())));
            done(Entered{id, member, opened});
          });
}

// --- commands from outside

namespace {

// The member on whose behalf a command speaks, for commands that only that member (or the owner) may give.
struct Actor {
  std::optional<base::MemberId> operator()(const room::LeaveRoom& c) const { return c.member; }
  std::optional<base::MemberId> operator()(const room::LoseSignaling& c) const { return c.member; }
  std::optional<base::MemberId> operator()(const room::RestoreSignaling& c) const { return c.member; }
  std::optional<base::MemberId> operator()(const room::SwitchVideo& c) const { return c.member; }
  std::optional<base::MemberId> operator()(const room::RequestMute& c) const { return c.from; }
  std::optional<base::MemberId> operator()(const room::StartPresentation& c) const { return c.member; }
  std::optional<base::MemberId> operator()(const room::SendMessage& c) const { return c.from; }
  std::optional<base::MemberId> operator()(const room::LockRoom& c) const { return c.by; }
  std::optional<base::MemberId> operator()(const room::SetLayout& c) const { return c.by; }
  std::optional<base::MemberId> operator()(const room::StartRecording& c) const { return c.by; }
  std::optional<base::MemberId> operator()(const room::TakeSnapshot& c) const { return c.by; }
  std::optional<base::MemberId> operator()(const room::StartBroadcast& c) const { return c.by; }
  std::optional<base::MemberId> operator()(const room::SetLayer& c) const { return c.layer.by; }
  std::optional<base::MemberId> operator()(const room::StartPlayback& c) const { return c.playback.by; }
  template <class Command>
  std::optional<base::MemberId> operator()(const Command&) const {
    return std::nullopt;
  }
};

template <class... Types>
bool any_of(const room::Command& command) {
  return (std::holds_alternative<Types>(command) || ...);
}

} // namespace

base::Result<void> Hub::Core::authorize(const room::State& state, room::Command& command,
                                        Principal principal) const {
  const auto forbidden = [](const char* text) { return base::fail(ErrorCode::forbidden, text); };
  const bool report = any_of<room::FinishRecording, room::FailRecording, room::StoreSnapshot,
                             room::EndPlayback, room::EndBroadcast, room::EndForward>(command);
  if (report != principal.reports) return forbidden("only media reports, and nothing else");
  if (report) return {};
  if (any_of<room::OpenRoom, room::RegisterMember, room::JoinMember, room::ConnectLeg, room::LoseLeg,
             room::ExpireGrace, room::ReconsiderTiles, room::EndIfIdle>(command))
    return forbidden("not a command of clients");
  const bool owner = principal.account && principal.account == state.account;
  if (auto* remove = std::get_if<room::RemoveMember>(&command)) remove->by_owner = owner;
  if (owner) return {};
  if (!principal.member || state.find(principal.member) == nullptr) return forbidden("not your meeting");
  if (any_of<room::ChangeOptions, room::UnlockRoom, room::StartForward, room::StopForward>(command))
    return forbidden("only the owner may do that");
  const auto actor = std::visit(Actor{}, command);
  if (actor && *actor != principal.member) return forbidden("not in the name of somebody else");
  return {};
}

// Deciding is pure: what needs a new id gets it here, unless the caller has chosen one.
void Hub::Core::draw_ids(room::Command& command) {
  const auto draw = [&]<class T>(base::Id<T>& id) {
    if (!id) id = base::Id<T>::make(env_.clock.wall(), env_.random);
  };
  const auto draw_text = [&](std::string& id) {
    if (id.empty()) id = fmt::format("{:016x}{:016x}", env_.random.u64(), env_.random.u64());
  };
  if (auto* message = std::get_if<room::SendMessage>(&command)) draw(message->id);
  if (auto* recording = std::get_if<room::StartRecording>(&command)) draw(recording->id);
  if (auto* snapshot = std::get_if<room::TakeSnapshot>(&command)) draw(snapshot->id);
  if (auto* broadcast = std::get_if<room::StartBroadcast>(&command)) draw_text(broadcast->id);
  if (auto* layer = std::get_if<room::SetLayer>(&command)) draw_text(layer->layer.id);
  if (auto* playback = std::get_if<room::StartPlayback>(&command)) draw_text(playback->playback.id);
  if (auto* forward = std::get_if<room::StartForward>(&command)) draw_text(forward->forward.id);
}

void Hub::Core::dispatch(base::RoomId id, room::Command command, Principal principal,
                         Completion<Committed> done) {
  thread_.check();
  commands_.add();
  auto* room = rooms_.find(id);
  if (const auto* finish = std::get_if<room::FinishRecording>(&command);
      finish != nullptr && principal.reports && (room == nullptr || !room->decided.open()))
    return finish_late(id, *finish, std::move(done));
  if (room == nullptr)
    return reply<Committed>(std::move(done), base::fail(ErrorCode::gone, "the meeting has ended"));
  if (auto allowed = authorize(room->decided, command, principal); !allowed) {
    refused_.add();
    return reply<Committed>(std::move(done), std::unexpected(allowed.error()));
  }
  draw_ids(command);
  execute(*room, {std::move(command)}, std::move(done));
}

// The log of the meeting is closed: the archive and the hook hear of the file, nobody else is there.
void Hub::Core::finish_late(base::RoomId id, room::FinishRecording command, Completion<Committed> done) {
  log_.load(id, [this, alive = alive_, command = std::move(command),
                 done = std::move(done)](base::Result<store::LoadedRoom> loaded) mutable {
    if (!*alive) return;
    if (!loaded) return done(std::unexpected(std::move(loaded.error())));
    auto state = replayed(std::move(*loaded));
    if (state.find(command.id) == nullptr) return done(base::fail(ErrorCode::not_found, "unknown recording"));
    const auto offset = state.revision;
    const room::RecordingReady ready{command.id, command.seconds, command.file, command.bytes};
    room::evolve(state, ready);
    std::vector<store::OutboxEvent> told;
    if (hook_view_ != nullptr) told = hook_view_->render(ready, state, env_.clock.wall());
    archive_.finish(command.id, command.seconds, command.file, command.bytes, std::move(told),
                    [offset, done = std::move(done)](base::Result<void> result) mutable {
                      if (!result) return done(std::unexpected(std::move(result.error())));
                      done(Committed{offset, {}});
                    });
  });
}

void Hub::Core::replay(base::RoomId id, std::uint64_t after_offset, Completion<Replay> done) {
  thread_.check();
  log_.load(id, [alive = alive_, after_offset,
                 done = std::move(done)](base::Result<store::LoadedRoom> loaded) mutable {
    if (!*alive) return;
    if (!loaded) return done(std::unexpected(std::move(loaded.error())));
    done(replay_after(std::move(*loaded), after_offset));
  });
}

void Hub::Core::find_latest(base::AccountId account, std::string external_id,
                            Completion<store::RoomRef> done) {
  thread_.check();
  log_.find_latest(account, std::move(external_id),
                   [alive = alive_, done = std::move(done)](base::Result<store::RoomRef> found) mutable {
                     if (*alive) done(std::move(found));
                   });
}

Subscription Hub::Core::subscribe(base::RoomId id, Subscriber& subscriber, base::MemberId member) {
  thread_.check();
  if (rooms_.find(id) == nullptr) return {};
  return fanout_.subscribe(id, subscriber, member);
}

void Hub::Core::touch(base::RoomId id) {
  auto* room = rooms_.find(id);
  if (room == nullptr) return;
  room->live.touched = env_.clock.wall();
  arm(*room);
}

// --- questions

const room::State* Hub::Core::find(base::RoomId id) const {
  const auto* room = rooms_.find(id);
  return room == nullptr || room->published.phase == room::Phase::unopened ? nullptr : &room->published;
}

const room::State* Hub::Core::find(base::AccountId account, std::string_view external_id) const {
  const auto* room = rooms_.find(account, external_id);
  return room == nullptr || !room->published.open() ? nullptr : &room->published;
}

std::vector<const room::State*> Hub::Core::list(base::AccountId account) const {
  std::vector<const room::State*> states;
  for (const auto id : rooms_.ids()) {
    const auto* room = rooms_.find(id);
    if (room->published.open() && room->published.account == account) states.push_back(&room->published);
  }
  std::ranges::sort(states, [](const room::State* a, const room::State* b) {
    return std::pair(a->opened_at, a->id) > std::pair(b->opened_at, b->id);
  });
  return states;
}

base::Result<AccessGrant> Hub::Core::by_access_token(std::string_view token) const {
  return tokens_.access(token);
}

base::Result<base::RoomId> Hub::Core::by_guest_token(std::string_view token) const {
  return tokens_.guest(token);
}

const room::Live* Hub::Core::live(base::RoomId id) const {
  const auto* room = rooms_.find(id);
  return room == nullptr ? nullptr : &room->live;
}

std::uint64_t Hub::Core::epoch(base::RoomId id) const {
  const auto* room = rooms_.find(id);
  return room == nullptr ? 0 : room->epoch;
}

std::optional<AccountInfo> Hub::Core::account_by_key(std::string_view api_key) const {
  const auto found = accounts_.find_by_key(api_key);
  return found ? std::optional(AccountInfo{found->id, found->name}) : std::nullopt;
}

std::optional<AccountInfo> Hub::Core::account(base::AccountId id) const {
  const auto found = accounts_.find(id);
  return found ? std::optional(AccountInfo{found->id, found->name}) : std::nullopt;
}

} // namespace plenum::hub
