// A hub on virtual time: real store on a temporary file, no media processes. Tasks run when the test says so.
#pragma once

#include "base/mailbox.hpp"
#include "base/test_directory.hpp"
#include "hub/hub.hpp"
#include "store/store.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <filesystem>
#include <map>

namespace plenum::hub::testing {

class VirtualExecutor final : public base::Executor {
 public:
  base::Timestamp now() const override { return now_; }
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void post_from_any_thread(Task task) override { foreign_.post(std::move(task)); }
  Timer at(base::Timestamp deadline, Task task) override {
    auto state = std::make_unique<State>(*this, std::pair(deadline, ++last_));
    timers_.emplace(state->key, std::move(task));
    return state;
  }

  void run_posted() {
    foreign_.drain([&](Task& task) { tasks_.push_back(std::move(task)); });
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      ++ran_;
      task();
    }
  }
  std::uint64_t ran() const { return ran_; } // posted tasks, so far
  void wait_for_foreign() {
    pollfd waiting{foreign_.event_fd(), POLLIN, 0};
    ::poll(&waiting, 1, 1000);
  }
  // The next timer within `limit`: jumps there and runs it.
  bool run_timer(base::Timestamp limit) {
    if (timers_.empty() || timers_.begin()->first.first > limit) return false;
    auto node = timers_.extract(timers_.begin());
    now_ = std::max(now_, node.key().first);
    node.mapped()();
    return true;
  }
  void jump(base::Timestamp to) { now_ = std::max(now_, to); }

 private:
  using Key = std::pair<base::Timestamp, std::uint64_t>;
  struct State final : TimerState {
    State(VirtualExecutor& e, Key k) : executor(e), key(k) {}
    ~State() override { executor.timers_.erase(key); }
    VirtualExecutor& executor;
    Key key;
  };
  base::Timestamp now_ = base::timestamp_us(1'000'000);
  std::uint64_t last_ = 0, ran_ = 0;
  std::map<Key, Task> timers_;
  std::deque<Task> tasks_;
  base::Mailbox<Task> foreign_{10'000, base::Metrics::process(), "test"};
};

class VirtualClock final : public base::Clock {
 public:
  explicit VirtualClock(const VirtualExecutor& executor) : executor_(executor) {}
  base::Timestamp now() const override { return executor_.now(); }
  base::WallTime wall() const override {
    return base::WallTime(std::chrono::hours(480'000)) + (executor_.now() - base::Timestamp{});
  }

 private:
  const VirtualExecutor& executor_;
};

class FakeWorkers final : public WorkerPool {
 public:
  void start(WorkerOwner& owner) override { owner_ = &owner; }
  base::Result<WorkerId> take() override {
    if (full) return base::fail(base::ErrorCode::unavailable, "no worker left");
    taken.push_back(++last_);
    return last_;
  }
  void send(WorkerId worker, const link::ToWorker& message) override { sent.emplace_back(worker, message); }
  void release(WorkerId worker, const std::string&) override { released.push_back(worker); }
  std::string door_path(WorkerId worker) const override { return "door-" + std::to_string(worker); }
  void shutdown(bool keep) override { kept = keep; }

  template <class Message>
  std::vector<Message> sent_of() const {
    std::vector<Message> out;
    for (const auto& [worker, message] : sent)
      if (const auto* m = std::get_if<Message>(&message)) out.push_back(*m);
    return out;
  }
  WorkerOwner& owner() { return *owner_; }

  bool full = false;
  std::vector<WorkerId> taken, released;
  std::vector<std::pair<WorkerId, link::ToWorker>> sent;
  std::optional<bool> kept;

 private:
  WorkerOwner* owner_ = nullptr;
  WorkerId last_ = 0;
};

class FakeDoor final : public DoorPort {
 public:
  void attach(WorkerId worker, const std::string& path, const std::string& prefix) override {
    log.push_back("attach " + std::to_string(worker) + " " + path + " " + prefix);
  }
  void detach(WorkerId worker) override { log.push_back("detach " + std::to_string(worker)); }
  std::vector<std::string> log;
};

// Passes appends on, or refuses them when told.
class FlakyLog final : public store::RoomLog {
 public:
  explicit FlakyLog(store::RoomLog& log) : log_(log) {}
  void append(store::Append append, store::Completion<void> done) override {
    if (failures == 0) return log_.append(std::move(append), std::move(done));
    --failures;
    append.first_offset += 1000; // does not fit
    log_.append(std::move(append), std::move(done));
  }
  void load_running(store::Completion<std::vector<store::LoadedRoom>> done) override {
    log_.load_running(std::move(done));
  }
  void load_ended_tokens(base::WallTime since,
                         store::Completion<std::vector<store::EndedToken>> done) override {
    log_.load_ended_tokens(since, std::move(done));
  }
  void load(base::RoomId room, store::Completion<store::LoadedRoom> done) override {
    log_.load(room, std::move(done));
  }
  void find_latest(base::AccountId account, std::string external_id,
                   store::Completion<store::RoomRef> done) override {
    log_.find_latest(account, std::move(external_id), std::move(done));
  }
  void save_snapshot(base::RoomId room, std::uint64_t offset, room::State state,
                     store::Completion<void> done) override {
    log_.save_snapshot(room, offset, std::move(state), std::move(done));
  }
  int failures = 0;

 private:
  store::RoomLog& log_;
};

class Recorder final : public Subscriber {
 public:
  void on_event(std::uint64_t offset, const room::Event& event, const room::State& state) override {
    EXPECT_EQ(offset, state.revision);
    offsets.push_back(offset);
    names.emplace_back(room::name_of(event));
    events.push_back(event);
    if (hook) hook(event);
  }
  void on_volatile(const room::Volatile& fact, const room::State&) override { facts.push_back(fact); }
  void on_data(std::string_view text) override { data.emplace_back(text); }
  void on_data_open() override { data.emplace_back("<open>"); }
  void on_data_closed() override { data.emplace_back("<closed>"); }

  std::vector<std::uint64_t> offsets;
  std::vector<std::string> names;
  room::Events events;
  std::vector<room::Volatile> facts;
  std::vector<std::string> data;
  std::function<void(const room::Event&)> hook;
};

// What a completion brought.
template <class T>
struct Outcome {
  std::shared_ptr<std::optional<base::Result<T>>> result = std::make_shared<std::optional<base::Result<T>>>();
  Completion<T> completion() const {
    return [result = result](base::Result<T> got) { *result = std::move(got); };
  }
  bool came() const { return result->has_value(); }
  bool ok() const { return came() && (*result)->has_value(); }
  base::ErrorCode code() const { return came() && !ok() ? (*result)->error().code : base::ErrorCode{-1}; }
  std::add_lvalue_reference_t<T> value() const { return (*result)->value(); }
};

using base::testing::TemporaryDirectory;

struct House {
  TemporaryDirectory directory;
  VirtualExecutor executor;
  VirtualClock clock{executor};
  base::SeededRandom random{7};
  base::Metrics metrics;
  base::Env env{clock, random, metrics, ""};
  HubOptions options;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<FlakyLog> log;
  std::unique_ptr<FakeWorkers> workers;
  FakeDoor door;
  std::unique_ptr<Hub> hub;
  HookView* hook_view = nullptr; // for the next boot
  base::AccountId account;

  explicit House(HubOptions with = {}) : options(std::move(with)) { boot(); }
  // A new control process on the same store.
  void boot() {
    hub.reset();
    log.reset();
    store.reset();
    executor.run_posted();
    auto opened = store::open_store(env, executor, {directory.path, false});
    EXPECT_TRUE(opened);
    store = std::move(*opened);
    log = std::make_unique<FlakyLog>(store->room_log());
    workers = std::make_unique<FakeWorkers>();
    if (!account) {
      Outcome<store::NewAccount> made;
      store->accounts().create("Acme", made.completion());
      settle();
      account = made.value().account.id;
    }
    hub = std::make_unique<Hub>(env, executor, *log, store->accounts(), store->archive(), *workers, door,
                                options);
    if (hook_view != nullptr) hub->set_hook_view(*hook_view);
    Outcome<void> started;
    hub->start(started.completion());
    settle();
    EXPECT_TRUE(started.ok());
  }

  // Until nothing is left to do at this instant, the store included (its answers come in order).
  void settle() {
    for (int round = 0; round < 1000; ++round) {
      executor.run_posted();
      const auto before = executor.ran();
      bool back = false;
      store->room_log().load_ended_tokens(base::WallTime::max(), [&](const auto&) { back = true; });
      for (int waits = 0; !back && waits < 10; ++waits) {
        executor.wait_for_foreign();
        executor.run_posted();
      }
      ASSERT_TRUE(back);
      if (executor.ran() == before + 1) return; // nothing came but this answer: whatever was asked has come
    }
    FAIL() << "it never rests";
  }
  void pass(base::Duration time) {
    const auto until = executor.now() + time;
    while (executor.run_timer(until))
      settle();
    executor.jump(until);
  }

  OpenRequest request(std::string room, std::string user) const {
    OpenRequest r;
    r.account = account;
    r.external_id = std::move(room);
    r.identity.external_id = user;
    r.identity.name = std::move(user);
    return r;
  }
  Entered enter(std::string room, std::string user) {
    Outcome<Entered> entered;
    hub->open_or_join(request(std::move(room), std::move(user)), entered.completion());
    settle();
    EXPECT_TRUE(entered.ok());
    return entered.value();
  }
  Outcome<Committed> dispatch(base::RoomId room, room::Command command, Principal principal) {
    Outcome<Committed> outcome;
    hub->dispatch(room, std::move(command), principal, outcome.completion());
    settle();
    EXPECT_TRUE(outcome.came());
    return outcome;
  }
  void fact(link::FromWorker message) {
    workers->owner().received(workers->taken.back(), std::move(message));
    settle();
  }
  // The whole join: the worker answers what it was asked.
  JoinAccepted join(const Entered& who, bool video = true) {
    Outcome<JoinAccepted> joined;
    hub->calls().join(who.room, who.member, {"offer", {}, "test-1", video}, joined.completion());
    settle();
    if (!linked) workers->owner().link_up(workers->taken.back());
    linked = true;
    const auto opens = workers->sent_of<link::OpenPeer>();
    EXPECT_FALSE(opens.empty());
    fact(link::PeerAnswer{opens.back().request, opens.back().peer, "answer", true, true, true, {"a=x"}});
    EXPECT_TRUE(joined.ok());
    return joined.value();
  }
  const room::State& state(base::RoomId room) const { return *hub->directory().find(room); }
  bool linked = false;
};

} // namespace plenum::hub::testing
