#include "store/store.hpp"

#include "store/schema.hpp"
#include "store/seal.hpp"
#include "store/sqlite.hpp"
#include "store/test_store.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;

TEST_F(StoreTest, ALogComesBackAfterReopening) {
  ASSERT_TRUE(append(1, 1, {opened(1), registered(1)}));
  ASSERT_TRUE(append(1, 3, {room::RoomLocked{}}));
  reopen();
  const auto rooms = running();
  ASSERT_EQ(rooms.size(), 1u);
  EXPECT_EQ(rooms[0].room, room_id(1));
  ASSERT_EQ(rooms[0].events.size(), 3u);
  EXPECT_EQ(std::get<room::RoomOpened>(rooms[0].events[0]).name, "Daily ☕");
  EXPECT_EQ(std::get<room::MemberRegistered>(rooms[0].events[1]).access_token, "ACCESS1");
  EXPECT_TRUE(std::holds_alternative<room::RoomLocked>(rooms[0].events[2]));
}

TEST_F(StoreTest, OffsetsAreGapless) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  EXPECT_EQ(append(1, 1, {room::RoomLocked{}}).error().code, ErrorCode::conflict);
  EXPECT_EQ(append(1, 3, {room::RoomLocked{}}).error().code, ErrorCode::conflict);
  EXPECT_EQ(append(2, 1, {room::RoomLocked{}}).error().code, ErrorCode::not_found);
  EXPECT_TRUE(append(1, 2, {room::RoomLocked{}}));
  EXPECT_EQ(running()[0].events.size(), 2u); // what was refused left nothing behind
}

TEST_F(StoreTest, ARefusedAppendDoesNotHurtTheOthersOfItsCommit) {
  std::vector<bool> results;
  const auto note = [&](const base::Result<void>& result) { results.push_back(result.has_value()); };
  auto& log = store->room_log();
  log.append({room_id(1), 1, kNow, {opened(1, "a")}}, note);
  log.append({room_id(2), 5, kNow, {opened(2, "b"), room::RoomLocked{}}}, note);
  log.append({room_id(3), 1, kNow, {opened(3, "c")}}, note);
  ASSERT_TRUE(executor.run_until([&] { return results.size() == 3; }));
  EXPECT_EQ(results, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(running().size(), 2u);
  EXPECT_TRUE(append(2, 1, {opened(2, "b")})); // nothing of the refused one stayed
}

TEST_F(StoreTest, OneRunningMeetingPerName) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  EXPECT_EQ(append(2, 1, {opened(2)}).error().code, ErrorCode::conflict);
  ASSERT_TRUE(append(1, 2, {room::RoomEnded{room::EndReason::requested, kNow}}));
  EXPECT_TRUE(append(2, 1, {opened(2)}));
}

TEST_F(StoreTest, AnEndedMeetingLeavesItsTokens) {
  ASSERT_TRUE(append(1, 1, {opened(1), registered(1), registered(2)}));
  EXPECT_TRUE(ended({}).empty());
  ASSERT_TRUE(append(1, 4, {room::RoomEnded{room::EndReason::idle, kNow}}));
  EXPECT_EQ(append(1, 5, {room::RoomLocked{}}).error().code, ErrorCode::gone);
  reopen();
  EXPECT_TRUE(running().empty());
  const auto tokens = ended(kNow);
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0].token, "GUEST1");
  EXPECT_EQ(tokens[0].kind, TokenKind::guest);
  EXPECT_EQ(tokens[1].kind, TokenKind::access);
  EXPECT_EQ(tokens[2].ended_at, kNow);
  EXPECT_TRUE(ended(kNow + base::Duration(1)).empty());
}

TEST_F(StoreTest, AnUnreadableLogDoesNotHideTheOthers) {
  ASSERT_TRUE(append(1, 1, {opened(1, "a"), registered(1)}));
  ASSERT_TRUE(append(2, 1, {opened(2, "b")}));
  store.reset();
  {
    auto db = Connection::open(directory.path / "plenum.db", false);
    ASSERT_TRUE((*db)->execute("UPDATE events SET body = '{\"member\":1}' WHERE name = 'member_registered'"));
  }
  reopen();
  const auto rooms = running();
  ASSERT_EQ(rooms.size(), 1u);
  EXPECT_EQ(rooms[0].room, room_id(2));
}

TEST_F(StoreTest, ManyAppendsKeepTheirOrder) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 2; i <= 500; ++i)
    store->room_log().append({room_id(1), i, kNow, {room::VideoSwitched{{{9, 1}}, i % 2 == 0}}},
                             [&order, i](const base::Result<void>& result) {
                               ASSERT_TRUE(result);
                               order.push_back(i);
                             });
  ASSERT_TRUE(executor.run_until([&] { return order.size() == 499; }));
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(StoreTest, ClosingFinishesWhatWasQueuedAndDropsCompletions) {
  bool called = false;
  store->room_log().append({room_id(1), 1, kNow, {opened(1)}}, [&](const auto&) { called = true; });
  store.reset();
  executor.run_until([] { return true; });
  reopen();
  EXPECT_EQ(running().size(), 1u);
  EXPECT_FALSE(called);
}

TEST_F(StoreTest, KeysAreFoundSealedAndNowhereInClear) {
  const auto made = create("Acme");
  EXPECT_EQ(made.key.reveal().size(), 48u);
  const std::string key(made.key.reveal());
  ASSERT_TRUE(store->accounts().find_by_key(key));
  EXPECT_EQ(store->accounts().find_by_key(key)->name, "Acme");
  EXPECT_FALSE(store->accounts().find_by_key(key.substr(1)));
  EXPECT_FALSE(store->accounts().find_by_key(""));
  reopen();
  EXPECT_EQ(store->accounts().find_by_key(key)->id, made.account.id);
  EXPECT_EQ(store->accounts().signing_key(made.account.id)->reveal(), key);
  for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(bytes.find(key), std::string::npos) << entry.path();
  }
}

TEST_F(StoreTest, ADisabledAccountIsNotFound) {
  const auto made = create("Acme");
  bool done = false;
  store->accounts().set_enabled(made.account.id, false,
                                [&](const auto& result) { done = result.has_value(); });
  ASSERT_TRUE(executor.run_until([&] { return done; }));
  EXPECT_FALSE(store->accounts().find_by_key(made.key.reveal()));
  reopen();
  EXPECT_FALSE(store->accounts().find_by_key(made.key.reveal()));
  EXPECT_TRUE(store->accounts().find(made.account.id));
}

TEST_F(StoreTest, KeysMadeByAnotherProcessAreSeen) {
  HandExecutor other_executor;
  auto other = open_store({}, other_executor, {directory.path, false});
  ASSERT_TRUE(other);
  std::optional<NewAccount> made;
  (*other)->accounts().create("Late", [&](auto got) { made = std::move(got.value()); });
  ASSERT_TRUE(other_executor.run_until([&] { return made.has_value(); }));
  EXPECT_TRUE(
      executor.run_until([&] { return store->accounts().find_by_key(made->key.reveal()).has_value(); }));
}

TEST_F(StoreTest, FilesArePrivate) {
  create("Acme");
  for (const auto* name : {"plenum.db", "plenum.db-wal", "install.key"}) {
    struct stat status{};
    ASSERT_EQ(::stat((directory.path / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(StoreTest, AnInstallKeyThatOthersCanReadIsRefused) {
  store.reset();
  ASSERT_EQ(::chmod((directory.path / "install.key").c_str(), 0644), 0);
  const auto opened = open_store({}, executor, {directory.path, false});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid);
}

TEST_F(StoreTest, AnotherInstallKeyOpensNoSealedKey) {
  const auto made = create("Acme");
  store.reset();
  std::filesystem::remove(directory.path / "install.key");
  reopen();
  EXPECT_TRUE(store->accounts().find_by_key(made.key.reveal())); // looking up needs no install key
  EXPECT_FALSE(store->accounts().signing_key(made.account.id));
}

TEST(Seal, IsBoundToItsAccountAndDetectsChanges) {
  const TemporaryDirectory directory;
  auto& random = base::Random::system();
  const auto sealer = Sealer::open(directory.path / "install.key", random);
  ASSERT_TRUE(sealer);
  auto sealed = sealer->seal(base::Secret("key"), "account-1", random);
  EXPECT_NE(sealed, sealer->seal(base::Secret("key"), "account-1", random)); // fresh nonce
  EXPECT_EQ(sealer->unseal(sealed, "account-1")->reveal(), "key");
  EXPECT_FALSE(sealer->unseal(sealed, "account-2"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto broken = sealed;
    broken[i] ^= 1;
    EXPECT_FALSE(sealer->unseal(broken, "account-1")) << i;
  }
  sealed.resize(20);
  EXPECT_FALSE(sealer->unseal(sealed, "account-1"));
}

TEST(Migrations, RunOnceInOrderAndRefuseTheFuture) {
  const TemporaryDirectory directory;
  int last = 0;
  for (const auto& migration : migrations())
    EXPECT_EQ(migration.number, ++last) << migration.name;
  auto db = Connection::open(directory.path / "x.db", false);
  ASSERT_TRUE((*db)->migrate());
  EXPECT_EQ((*db)->pragma("user_version"), last);
  EXPECT_TRUE((*db)->migrate()); // nothing left to do
  ASSERT_TRUE((*db)->execute("PRAGMA user_version = 9999"));
  EXPECT_FALSE((*db)->migrate());
}

TEST(Sqlite, ErrorsAreResults) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(Connection::open(directory.path / "no" / "such" / "place.db", false));
  auto db = Connection::open(directory.path / "x.db", false);
  EXPECT_FALSE((*db)->execute("NOT SQL"));
  EXPECT_FALSE((*db)->query("SELECT * FROM nowhere").step());
  std::ofstream(directory.path / "junk.db") << std::string(5000, 'j');
  EXPECT_FALSE(Connection::open(directory.path / "junk.db", false));
}

} // namespace
} // namespace plenum::store
