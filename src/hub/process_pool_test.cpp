// Real processes and sockets, a real clock: the test waits for things to happen, not for time to pass.
#include "hub/process_pool.hpp"

#include "hub/test_virtual.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <set>

namespace plenum::hub::testing {
namespace {

class PollLoop final : public base::Executor, public Wires {
 public:
  base::Timestamp now() const override { return base::Clock::system().now(); }
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void post_from_any_thread(Task task) override { post(std::move(task)); }
  Timer at(base::Timestamp deadline, Task task) override {
    auto state = std::make_unique<TimerSlot>(*this, std::pair(deadline, ++last_));
    timers_.emplace(state->key, std::move(task));
    return state;
  }
  std::unique_ptr<Watch> readable(int fd, Call call) override {
    auto watch = std::make_unique<WatchSlot>(*this, ++last_);
    watches_[watch->id] = {fd, std::make_shared<Call>(std::move(call))};
    return watch;
  }

  template <class Done>
  bool run_until(Done&& done) {
    const auto limit = now() + std::chrono::seconds(20);
    while (!done() && now() < limit)
      turn();
    return done();
  }

 private:
  using Key = std::pair<base::Timestamp, std::uint64_t>;
  struct TimerSlot final : TimerState {
    TimerSlot(PollLoop& l, Key k) : loop(l), key(k) {}
    ~TimerSlot() override { loop.timers_.erase(key); }
    PollLoop& loop;
    Key key;
  };
  struct WatchSlot final : Watch {
    WatchSlot(PollLoop& l, std::uint64_t i) : loop(l), id(i) {}
    ~WatchSlot() override { loop.watches_.erase(id); }
    PollLoop& loop;
    std::uint64_t id;
  };

  void turn() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    std::vector<pollfd> fds;
    std::vector<std::uint64_t> ids;
    for (const auto& [id, watch] : watches_) {
      fds.push_back({watch.first, POLLIN, 0});
      ids.push_back(id);
    }
    ::poll(fds.data(), fds.size(), 10);
    for (std::size_t i = 0; i < fds.size(); ++i) {
      const auto found = watches_.find(ids[i]);
      if (fds[i].revents == 0 || found == watches_.end()) continue;
      const auto call = found->second.second; // it may destroy its watch
      (*call)();
    }
    while (!timers_.empty() && timers_.begin()->first.first <= now()) {
      auto node = timers_.extract(timers_.begin());
      node.mapped()();
    }
  }

  std::uint64_t last_ = 0;
  std::map<Key, Task> timers_;
  std::map<std::uint64_t, std::pair<int, std::shared_ptr<Call>>> watches_;
  std::deque<Task> tasks_;
};

class Owner final : public WorkerOwner {
 public:
  bool adopted(WorkerId worker, const link::SyncState& state) override {
    adopted_rooms[worker] = state.room;
    return known.contains(state.room);
  }
  void link_up(WorkerId worker) override { up.push_back(worker); }
  void received(WorkerId worker, link::FromWorker message) override {
    messages.emplace_back(worker, std::move(message));
  }
  void gone(WorkerId worker, const std::string& why) override { gone_ones[worker] = why; }

  template <class Message>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        messages, [](const auto& m) { return std::holds_alternative<Message>(m.second); }));
  }
  std::set<base::RoomId> known;
  std::map<WorkerId, base::RoomId> adopted_rooms;
  std::vector<WorkerId> up;
  std::vector<std::pair<WorkerId, link::FromWorker>> messages;
  std::map<WorkerId, std::string> gone_ones;
};

struct ProcessPoolTest : ::testing::Test {
  TemporaryDirectory directory;
  base::Metrics metrics;
  base::Env env{base::Clock::system(), base::Random::system(), metrics, ""};
  PollLoop loop;
  Owner owner;
  std::unique_ptr<ProcessPool> pool;

  ProcessOptions options() {
    ProcessOptions o;
    o.executable = std::filesystem::read_symlink("/proc/self/exe");
    o.run_directory = directory.path / "run";
    return o;
  }
  void boot(ProcessOptions o) {
    pool = std::make_unique<ProcessPool>(env, loop, loop, std::move(o));
    pool->start(owner);
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done); }
  WorkerId ready_worker(base::RoomId room) {
    const auto worker = pool->take();
    EXPECT_TRUE(worker);
    EXPECT_TRUE(until([&] { return std::ranges::find(owner.up, *worker) != owner.up.end(); }));
    link::SyncRequest sync;
    sync.settings.room = room;
    sync.scene.revision = 5;
    const auto applied = owner.count<link::SceneApplied>();
    pool->send(*worker, sync);
    EXPECT_TRUE(until([&] { return owner.count<link::SceneApplied>() > applied; }));
    return *worker;
  }
  void open(WorkerId worker, const std::string& offer) {
    pool->send(worker, link::OpenPeer{1, {{1, 1}}, {{1, 2}}, offer, {}});
  }
  ~ProcessPoolTest() override {
    if (!pool) return;
    pool->shutdown(false);
    EXPECT_TRUE(until([&] { return pool->running() == 0; }));
  }
};

const base::RoomId kRoom{{5, 5}};

TEST_F(ProcessPoolTest, SpawnsKeepsASpareAndTalks) {
  boot(options());
  EXPECT_EQ(pool->running(), 1u);
  const auto worker = ready_worker(kRoom);
  EXPECT_TRUE(until([&] { return pool->running() == 2; })); // another spare
  EXPECT_TRUE(std::filesystem::is_socket(pool->door_path(worker)));
  open(worker, std::string(3 << 20, 'x')); // more than the socket takes at once
  EXPECT_TRUE(until([&] { return owner.count<link::PeerAnswer>() == 1; }));
  EXPECT_EQ(std::get<link::PeerAnswer>(owner.messages.back().second).sdp.size(), 3u << 20);
}

TEST_F(ProcessPoolTest, DeathIsToldWithItsCauseAndTheSpareStandsReady) {
  boot(options());
  const auto worker = ready_worker(kRoom);
  ASSERT_TRUE(until([&] { return pool->running() == 2; }));
  open(worker, "die");
  ASSERT_TRUE(until([&] { return owner.gone_ones.contains(worker); }));
  EXPECT_EQ(owner.gone_ones[worker], "signal " + std::to_string(SIGABRT));
  EXPECT_FALSE(std::filesystem::exists(pool->door_path(worker)));
  const auto next = ready_worker(kRoom);
  EXPECT_NE(next, worker);
}

TEST_F(ProcessPoolTest, ReleaseEndsAWorkerWithoutAlarm) {
  boot(options());
  const auto worker = ready_worker(kRoom);
  pool->release(worker, "the meeting has ended");
  EXPECT_TRUE(until([&] { return pool->running() == 1; }));
  EXPECT_TRUE(owner.gone_ones.empty());
}

TEST_F(ProcessPoolTest, AnotherControlProcessAdoptsARoomsWorker) {
  boot(options());
  const auto worker = ready_worker(kRoom);
  const auto process = pool->process_ids();
  pool->shutdown(true);
  ASSERT_TRUE(until([&] { return pool->running() == 1; })); // the spare goes
  pool.reset();
  owner = {};
  owner.known.insert(kRoom);
  boot(options());
  ASSERT_TRUE(until([&] { return !owner.up.empty(); }));
  EXPECT_EQ(owner.up[0], worker);
  EXPECT_EQ(owner.adopted_rooms[worker], kRoom);
  EXPECT_EQ(pool->process_ids()[0], process[0]);
  ASSERT_TRUE(until([&] { return owner.count<link::SyncState>() == 1; }));
  open(worker, "hang up"); // its death is seen although it is not our child by spawning
  EXPECT_TRUE(until([&] { return owner.gone_ones.contains(worker); }));
}

TEST_F(ProcessPoolTest, AWorkerOfAnUnknownRoomIsSentAway) {
  boot(options());
  const auto worker = ready_worker(kRoom);
  pool->shutdown(true);
  ASSERT_TRUE(until([&] { return pool->running() == 1; }));
  pool.reset();
  owner = {};
  boot(options());
  ASSERT_TRUE(until([&] { return owner.adopted_rooms.contains(worker); }));
  EXPECT_TRUE(until([&] { return !std::filesystem::exists(pool->door_path(worker)); }));
  EXPECT_TRUE(owner.up.empty());
}

TEST_F(ProcessPoolTest, StaleSocketsAreSweptAway) {
  std::filesystem::create_directories(directory.path / "run");
  for (const auto* name : {"w-7.link", "w-7.door", "w-7.pid"})
    std::ofstream(directory.path / "run" / name) << "999999999\n";
  boot(options());
  EXPECT_FALSE(std::filesystem::exists(directory.path / "run" / "w-7.link"));
  EXPECT_EQ(pool->take(), 8u); // ids go on
}

TEST_F(ProcessPoolTest, ASpareThatDiesYoungIsNotRespawnedAtOnce) {
  auto o = options();
  o.arguments = {"--die-at-once"};
  boot(o);
  EXPECT_TRUE(until([&] { return pool->running() == 0; }));
  EXPECT_EQ(metrics.counter("plenum_workers_spawned_total").value(), 1u);
}

TEST_F(ProcessPoolTest, AMissingBinaryIsUnavailable) {
  auto o = options();
  o.executable = directory.path / "nothing-here";
  boot(o);
  EXPECT_EQ(pool->take().error().code, base::ErrorCode::unavailable);
}

TEST_F(ProcessPoolTest, IsLimited) {
  auto o = options();
  o.most = 1;
  boot(o);
  ready_worker(kRoom);
  EXPECT_EQ(pool->take().error().code, base::ErrorCode::unavailable);
}

} // namespace
} // namespace plenum::hub::testing
