// What a file survives: old schemas, two processes, SIGKILL at any moment.
#include "store/schema.hpp"
#include "store/test_store.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;
using namespace std::chrono_literals;

// A file as the first version left it: a running meeting, an ended one, an account.
void build_first_version(const std::filesystem::path& directory) {
  auto db = Connection::open(directory / "plenum.db", false);
  ASSERT_TRUE(db);
  ASSERT_EQ(migrations().front().number, 1);
  ASSERT_TRUE((*db)->execute(migrations().front().sql));
  ASSERT_TRUE((*db)->execute("PRAGMA user_version = 1"));
  const auto add = [&](std::uint64_t n, const room::Events& events, std::optional<base::WallTime> ended) {
    auto room = (*db)->query("INSERT INTO rooms (id, account, external_id, last_offset, opened_at, ended_at) "
                             "VALUES (?, ?, 'daily', ?, ?, ?)");
    room.bind(room_id(n).hex())
        .bind(account_id().hex())
        .bind(static_cast<std::int64_t>(events.size()))
        .bind_time(kNow)
        .bind_time(ended);
    ASSERT_TRUE(room.run());
    std::int64_t offset = 0;
    for (const auto& event : events) {
      auto row = (*db)->query("INSERT INTO events (room, offset, at, name, body) VALUES (?, ?, ?, ?, ?)");
      row.bind(room_id(n).hex())
          .bind(++offset)
          .bind_time(kNow)
          .bind(room::name_of(event))
          .bind(base::write_json(room::to_json(event)));
      ASSERT_TRUE(row.run());
    }
  };
  add(1, {opened(1), registered(1), room::RoomEnded{room::EndReason::idle, kNow}}, kNow);
  add(2, {opened(2), registered(2)}, std::nullopt);
  ASSERT_TRUE((*db)->execute("INSERT INTO accounts (id, name, key_hash, sealed_key, created_at) VALUES "
                             "('000000080000000000000001', 'Acme', zeroblob(32), zeroblob(60), 5)"));
}

TEST(OldFiles, OfTheFirstVersionAreTakenOverWithAllTheyHold) {
  const TemporaryDirectory directory;
  build_first_version(directory.path);
  HandExecutor executor;
  auto store = open_store({}, executor, {directory.path, false});
  ASSERT_TRUE(store) << store.error().text;
  std::vector<LoadedRoom> running;
  std::vector<EndedToken> ended;
  std::optional<RoomRef> latest;
  (*store)->room_log().load_running([&](auto rooms) { running = std::move(rooms.value()); });
  (*store)->room_log().load_ended_tokens({}, [&](auto tokens) { ended = std::move(tokens.value()); });
  (*store)->room_log().find_latest(account_id(), "daily", [&](auto ref) { latest = ref.value(); });
  ASSERT_TRUE(executor.run_until([&] { return latest.has_value(); }));
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(running[0].room, room_id(2));
  EXPECT_EQ(running[0].events.size(), 2u);
  EXPECT_EQ(ended.size(), 2u);
  EXPECT_EQ(latest->room, room_id(2));
  EXPECT_EQ((*store)->accounts().find(account_id())->name, "Acme");

  // And everything new works on it.
  bool set = false, appended = false;
  std::optional<Claimed> claimed;
  (*store)->hooks().set(account_id(), "https://a.example/", {"t"},
                        [&](auto hook) { set = hook.has_value(); });
  (*store)->room_log().append({room_id(2), 3, kNow, {room::RoomLocked{}}, {{"t", "x"}}, {}, account_id()},
                              [&](auto result) { appended = result.has_value(); });
  (*store)->hooks().claim(kNow, {}, [&](auto got) { claimed = std::move(got.value()); });
  ASSERT_TRUE(executor.run_until([&] { return claimed.has_value(); }));
  EXPECT_TRUE(set);
  EXPECT_TRUE(appended);
  EXPECT_EQ(claimed->deliveries.size(), 1u);
}

TEST(OldFiles, EachMigrationIsWholeOrNotThere) {
  const TemporaryDirectory directory;
  build_first_version(directory.path);
  {
    auto db = Connection::open(directory.path / "plenum.db", false);
    // In the way of the second migration, in its middle.
    ASSERT_TRUE((*db)->execute("CREATE TABLE deliveries (x INTEGER)"));
    EXPECT_FALSE((*db)->migrate());
    EXPECT_EQ((*db)->pragma("user_version"), 1);
    EXPECT_FALSE((*db)->execute("SELECT * FROM archive")); // nothing of it stayed
    ASSERT_TRUE((*db)->execute("DROP TABLE deliveries"));
    EXPECT_TRUE((*db)->migrate());
    EXPECT_EQ((*db)->pragma("user_version"), migrations().back().number);
  }
}

struct TwoProcesses : StoreTest {
  HandExecutor other_executor;
  std::unique_ptr<Store> other;
  void SetUp() override {
    auto opened = open_store({}, other_executor, {directory.path, false});
    ASSERT_TRUE(opened);
    other = std::move(*opened);
  }
};

TEST_F(TwoProcesses, CannotBothContinueALog) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  std::optional<base::Result<void>> theirs;
  other->room_log().append({room_id(1), 2, kNow, {room::RoomLocked{}}},
                           [&](auto result) { theirs = std::move(result); });
  ASSERT_TRUE(other_executor.run_until([&] { return theirs.has_value(); }));
  EXPECT_TRUE(*theirs);
  EXPECT_EQ(append(1, 2, {room::RoomLocked{}}).error().code, ErrorCode::conflict);
  EXPECT_EQ(running().at(0).events.size(), 2u);
}

TEST_F(TwoProcesses, WriteAtTheSameTimeWithoutLoss) {
  constexpr int kEach = 200;
  int ours = 0, theirs = 0;
  ASSERT_TRUE(append(1, 1, {opened(1, "a")}));
  ASSERT_TRUE(append(2, 1, {opened(2, "b")}));
  for (std::uint64_t i = 0; i < kEach; ++i) {
    store->room_log().append({room_id(1), 2 + i, kNow, {room::RoomLocked{}}},
                             [&](const auto& result) { ours += result.has_value(); });
    other->room_log().append({room_id(2), 2 + i, kNow, {room::RoomLocked{}}},
                             [&](const auto& result) { theirs += result.has_value(); });
  }
  EXPECT_TRUE(executor.run_until([&] { return ours == kEach; }));
  EXPECT_TRUE(other_executor.run_until([&] { return theirs == kEach; }));
  for (const auto& room : running())
    EXPECT_EQ(room.events.size(), 1u + kEach);
}

constexpr std::uint64_t kRows = 25; // of each kind in one append: long enough to be hit in its middle

// The child appends, each time two events, rows of the archive and deliveries, and reports every answer on
// the pipe. Never returns.
[[noreturn]] void append_until_killed(const std::filesystem::path& directory, std::uint64_t first,
                                      int report) {
  HandExecutor executor;
  auto store = open_store({}, executor, {directory, false});
  if (!store) ::_exit(3);
  for (auto offset = first;; offset += 2) {
    Append append{room_id(1), offset, kNow, {room::RoomLocked{}, room::RoomLocked{}}};
    for (std::uint64_t i = 0; i < kRows; ++i) {
      append.outbox.push_back({"t", std::to_string(offset)});
      ArchiveRow row;
      row.id = {static_cast<std::uint32_t>(offset), i};
      row.room = room_id(1);
      row.account = account_id();
      append.archive.push_back(std::move(row));
    }
    append.account = account_id();
    bool done = false;
    (*store)->room_log().append(std::move(append), [&](const auto& result) {
      done = true;
      if (!result || ::write(report, &offset, sizeof offset) != sizeof offset) ::_exit(4);
    });
    if (!executor.run_until([&] { return done; })) ::_exit(5);
  }
}

TEST(Killed, AtAnyMomentAnAppendIsWholeOrNotThere) {
  const TemporaryDirectory directory;
  {
    HandExecutor executor;
    auto store = open_store({}, executor, {directory.path, false});
    bool ready = false;
    (*store)->hooks().set(account_id(), "https://a.example/", {"t"}, [](const auto&) {});
    (*store)->room_log().append({room_id(1), 1, kNow, {opened(1)}}, [&](const auto&) { ready = true; });
    ASSERT_TRUE(executor.run_until([&] { return ready; }));
  }
  base::SeededRandom random(11);
  std::uint64_t next = 2;
  for (int round = 0; round < 30; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      append_until_killed(directory.path, next, ends[1]);
    }
    ::close(ends[1]);
    std::uint64_t acknowledged = next;
    for (auto wanted = 1 + random.u32() % 5; wanted > 0; --wanted)
      ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), ssize_t{sizeof acknowledged});
    // Somewhere within the next one; any moment will do.
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds(random.u32() % 2000);
    while (std::chrono::steady_clock::now() < moment) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == ssize_t{sizeof acknowledged}) {
    }
    ::close(ends[0]);

    auto db = Connection::open(directory.path / "plenum.db", false);
    ASSERT_TRUE(db);
    const auto number = [&](const char* sql) {
      auto row = (*db)->query(sql);
      EXPECT_TRUE(row.step().value());
      return row.count(0);
    };
    const auto last = number("SELECT last_offset FROM rooms");
    EXPECT_GE(last, acknowledged + 1); // nothing of what was answered is lost
    EXPECT_EQ(last % 2, 1u);           // both events or none
    EXPECT_EQ(number("SELECT COUNT(*) FROM events"), last);
    EXPECT_EQ(number("SELECT COUNT(*) FROM deliveries"), (last - 1) / 2 * kRows);
    EXPECT_EQ(number("SELECT MAX(CAST(body AS INTEGER)) FROM deliveries"), last - 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM archive"), (last - 1) / 2 * kRows);
    next = last + 1;
  }
}

} // namespace
} // namespace plenum::store
