// Hub::Core: the inside of the Hub. hub.cpp opens and dispatches, publish.cpp commits and publishes and keeps
// the times, calls.cpp joins legs. Private to hub/. Thread: core.
#pragma once

#include "base/thread_check.hpp"
#include "hub/director.hpp"
#include "hub/hub.hpp"
#include "hub/rooms.hpp"

#include <functional>

namespace plenum::hub {

class Hub::Core final : public Directory, public Calls, public DirectorOwner {
 public:
  Core(const base::Env& env, base::Executor& executor, store::RoomLog& log, store::Accounts& accounts,
       store::Archive& archive, WorkerPool& workers, DoorPort& door, HubOptions options);
  ~Core() override;

  void set_hook_view(HookView& view) { hook_view_ = &view; }
  void start(Completion<void> done);
  void shutdown(bool keep_media, Completion<void> done);
  void open_or_join(OpenRequest request, Completion<Entered> done);
  void register_guest(std::string_view guest_token, room::Identity identity, Completion<Entered> done);
  void dispatch(base::RoomId id, room::Command command, Principal principal, Completion<Committed> done);
  Subscription subscribe(base::RoomId id, Subscriber& subscriber, base::MemberId member);
  void touch(base::RoomId id);
  void replay(base::RoomId id, std::uint64_t after_offset, Completion<Replay> done);
  void find_latest(base::AccountId account, std::string external_id, Completion<store::RoomRef> done);
  store::Archive& archive() const { return archive_; }
  std::vector<base::Sample> worker_samples() const { return director_.samples(); }

 private:
  // Directory
  const room::State* find(base::RoomId room) const override;
  const room::State* find(base::AccountId account, std::string_view external_id) const override;
  std::vector<const room::State*> list(base::AccountId account) const override;
  base::Result<AccessGrant> by_access_token(std::string_view token) const override;
  base::Result<base::RoomId> by_guest_token(std::string_view token) const override;
  const room::Live* live(base::RoomId room) const override;
  std::optional<AccountInfo> account_by_key(std::string_view api_key) const override;
  std::optional<AccountInfo> account(base::AccountId id) const override;
  std::size_t open_rooms() const override { return rooms_.size(); }
  std::uint64_t epoch(base::RoomId room) const override;

  // Calls
  void join(base::RoomId id, base::MemberId member, JoinRequest request,
            Completion<JoinAccepted> done) override;
  void resume(base::RoomId id, base::MemberId member, base::PeerId leg, std::string offer,
              Completion<JoinAccepted> done) override;
  void offer(base::RoomId id, base::MemberId member, bool ice_restart, Completion<std::string> done) override;
  void answer(base::RoomId id, base::MemberId member, std::string answer) override;
  void send_data(base::RoomId id, base::MemberId member, std::string text) override;

  // DirectorOwner
  bool has_room(base::RoomId room) const override;
  link::Scene scene_of(base::RoomId room) const override;
  std::vector<base::PeerId> legs_of(base::RoomId room) const override;
  void on_fact(base::RoomId room, const link::FromWorker& fact) override;
  void on_legs_lost(base::RoomId room, const std::vector<base::PeerId>& lost) override;
  void on_legs_continued(base::RoomId room, const std::vector<base::PeerId>& legs) override;

  using Commands = std::vector<room::Command>;
  // Decides all or none, appends, and after the commit publishes and replies.
  void execute(Room& room, const Commands& commands, Completion<Committed> done);
  void execute_quietly(base::RoomId id, room::Command command); // nobody waits for the answer
  base::Result<room::Events> decide_all(Room& room, const Commands& commands);
  void append(Room& room, room::Events events, Completion<Committed> done);
  void committed(base::RoomId id, room::Events events, base::Result<void> result, Completion<Committed> done);
  void publish(Room& room, const room::Event& event);
  void after_event(Room& room, const room::Event& event);
  void save_snapshot(base::RoomId id, Room& room); // once in a while
  void finish(base::RoomId id);
  void undo(base::RoomId id, Room& room);

  void enter(base::RoomId id, const room::Identity& identity, bool opened, const Commands& before,
             Completion<Entered> done);
  base::Result<void> authorize(const room::State& state, room::Command& command, Principal principal) const;

  void draw_ids(room::Command& command);
  void finish_late(base::RoomId id, room::FinishRecording command, Completion<Committed> done);

  void arm(Room& room); // grace and idle
  void arm_speech(Room& room);
  void on_due(base::RoomId id);
  void publish_volatile(Room& room, const room::Volatile& fact);
  void on_peer_state(Room& room, const link::PeerState& fact);

  void restore(std::vector<store::LoadedRoom> loaded);
  void prune_tokens();
  room::Context context(const Room& room) const;
  // A task that runs later unless the hub is gone.
  void later(base::Executor::Task task);
  template <class T>
  void reply(Completion<T> done, base::Result<T> result) {
    later([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }
  base::Executor::Timer after(base::Duration delay, base::Executor::Task task);

  base::Env env_;
  base::Executor& executor_;
  store::RoomLog& log_;
  store::Accounts& accounts_;
  store::Archive& archive_;
  HookView* hook_view_ = nullptr;
  WorkerPool& workers_;
  HubOptions options_;
  Tokens tokens_;
  Rooms rooms_;
  Fanout fanout_;
  Director director_;
  bool stopping_ = false;
  base::Executor::Timer token_timer_, adoption_timer_;
  base::Counter& commands_;
  base::Counter& refused_;
  base::Counter& events_;
  base::Counter& limit_hits_;
  base::Gauge& open_;
  base::ThreadCheck thread_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace plenum::hub
