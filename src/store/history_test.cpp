// Snapshots of states, what is loaded from them, and forgetting.
#include "room/evolve.hpp"
#include "store/test_store.hpp"

#include <set>

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;
using namespace std::chrono_literals;

struct HistoryTest : StoreTest {
  // Room n with `count` events, one second apart.
  void fill(std::uint64_t n, std::uint64_t count) {
    ASSERT_TRUE(StoreTest::append({room_id(n), 1, kNow + 1s, {opened(n, "room" + std::to_string(n))}}));
    ASSERT_TRUE(StoreTest::append({room_id(n), 2, kNow + 2s, {registered(n)}}));
    for (std::uint64_t offset = 3; offset <= count; ++offset)
      more(n, offset);
  }
  void more(std::uint64_t n, std::uint64_t offset) {
    ASSERT_TRUE(StoreTest::append({room_id(n),
                                   offset,
                                   kNow + std::chrono::seconds(offset),
                                   {room::VideoSwitched{{{9, n}}, offset % 2 == 0}}}));
  }
  room::State state_at(const room::Events& events, std::uint64_t offset) {
    room::State state;
    for (std::uint64_t i = 0; i < offset; ++i)
      room::evolve(state, events[i]);
    return state;
  }
  static room::State end_of(const LoadedRoom& loaded) {
    auto state = loaded.snapshot.value_or(room::State{});
    EXPECT_EQ(state.revision + 1, loaded.first_offset);
    for (const auto& event : loaded.events)
      room::evolve(state, event);
    return state;
  }
  base::Result<void> save(std::uint64_t n, std::uint64_t offset, room::State state) {
    return wait<void>([&](auto done) {
      store->room_log().save_snapshot(room_id(n), offset, std::move(state), std::move(done));
    });
  }
  Forgotten forget(Keep keep) {
    return wait<Forgotten>([&](auto done) { store->retention().forget(keep, std::move(done)); }).value();
  }
};

TEST_F(HistoryTest, ASnapshotAndItsTailAreTheWholeLog) {
  fill(1, 20);
  const auto whole = running().at(0);
  ASSERT_EQ(whole.events.size(), 20u);
  EXPECT_FALSE(whole.snapshot);
  ASSERT_TRUE(save(1, 10, state_at(whole.events, 10)));
  ASSERT_TRUE(save(1, 15, state_at(whole.events, 15)));
  EXPECT_TRUE(save(1, 15, state_at(whole.events, 15))); // again: nothing happens
  EXPECT_EQ(save(1, 21, {}).error().code, ErrorCode::conflict);
  EXPECT_EQ(save(2, 1, {}).error().code, ErrorCode::conflict);
  reopen();
  const auto loaded = running().at(0);
  EXPECT_EQ(loaded.first_offset, 16u);
  EXPECT_EQ(loaded.events.size(), 5u);
  EXPECT_EQ(loaded.snapshot, state_at(whole.events, 15));
  EXPECT_EQ(end_of(loaded), end_of(whole));
  const auto replay = load(1); // for observers that come back: everything that is kept
  EXPECT_EQ(replay->events.size(), 20u);
  EXPECT_FALSE(replay->snapshot);
}

TEST_F(HistoryTest, AnUnreadableSnapshotIsNoLoss) {
  fill(1, 5);
  const auto whole = running().at(0);
  ASSERT_TRUE(save(1, 3, state_at(whole.events, 3)));
  store.reset();
  {
    auto db = Connection::open(directory.path / "plenum.db", false);
    ASSERT_TRUE((*db)->execute("UPDATE room_snapshots SET state = '{\"id\":7}'"));
  }
  reopen();
  EXPECT_EQ(end_of(running().at(0)), end_of(whole));
}

TEST_F(HistoryTest, TheBeginningOfARunningMeetingIsForgottenUpToASnapshot) {
  fill(1, 20);
  const auto whole = running().at(0);
  for (const std::uint64_t offset : {5U, 10U, 15U})
    ASSERT_TRUE(save(1, offset, state_at(whole.events, offset)));
  EXPECT_EQ(forget({.events = kNow + 5s}).events, 0u); // the snapshot itself is not older
  EXPECT_EQ(forget({.events = kNow + 13s}).events, 10u);
  EXPECT_EQ(forget({.events = kNow + 13s}).events, 0u);
  const auto left = load(1);
  ASSERT_TRUE(left) << left.error().text;
  EXPECT_EQ(left->first_offset, 11u);
  EXPECT_EQ(left->events.size(), 10u);
  EXPECT_EQ(left->snapshot, state_at(whole.events, 10));
  EXPECT_EQ(end_of(*left), end_of(whole));
  EXPECT_EQ(end_of(running().at(0)), end_of(whole));
  more(1, 21); // and it goes on
  EXPECT_EQ(load(1)->events.size(), 11u);
}

TEST_F(HistoryTest, TokensOfAForgottenBeginningAreStillKnownAsEnded) {
  fill(1, 8);
  const auto whole = running().at(0);
  ASSERT_TRUE(save(1, 6, state_at(whole.events, 6)));
  EXPECT_EQ(forget({.events = kNow + 1h}).events, 6u);
  ASSERT_TRUE(append(1, 9, {registered(5), room::RoomEnded{room::EndReason::idle, kNow + 1min}}));
  reopen();
  std::set<std::string> tokens;
  for (const auto& token : ended(kNow))
    tokens.insert(token.token);
  EXPECT_EQ(tokens, (std::set<std::string>{"GUEST1", "ACCESS1", "ACCESS5"}));
}

TEST_F(HistoryTest, EndedMeetingsAreKeptAndThenForgotten) {
  fill(1, 4);
  fill(2, 4);
  ASSERT_TRUE(append(1, 5, {room::RoomEnded{room::EndReason::requested, kNow + 1min}}));
  const auto loaded = load(1);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->events.size(), 5u);
  EXPECT_EQ(loaded->ended_at, kNow + 1min);
  EXPECT_EQ(forget({.rooms = kNow + 1min}).rooms, 0u);
  const auto forgotten = forget({.rooms = kNow + 2min});
  EXPECT_EQ(forgotten.rooms, 1u);
  EXPECT_EQ(forgotten.events, 5u);
  EXPECT_FALSE(forgotten.more);
  EXPECT_EQ(load(1).error().code, ErrorCode::not_found);
  EXPECT_TRUE(load(2)); // still runs
}

TEST_F(HistoryTest, ALongLogIsForgottenInPieces) {
  fill(1, 2);
  for (std::uint64_t first = 3; first < 5000; first += 1000)
    ASSERT_TRUE(append(1, first, room::Events(1000, room::RoomLocked{})));
  ASSERT_TRUE(append(1, 5003, {room::RoomEnded{room::EndReason::requested, kNow}}));
  Forgotten sum;
  int calls = 0;
  for (bool more = true; more; ++calls) {
    const auto once = forget({.rooms = kNow + 1s});
    EXPECT_LE(once.events, 2000u);
    sum.events += once.events;
    sum.rooms += once.rooms;
    more = once.more;
    if (more) EXPECT_FALSE(load(1)); // half a log is no log
  }
  EXPECT_EQ(sum.events, 5003u);
  EXPECT_EQ(sum.rooms, 1u);
  EXPECT_EQ(calls, 3);
}

TEST_F(HistoryTest, DeadLettersAreForgottenByAge) {
  set_hook({"t"});
  fill(1, 2);
  ASSERT_TRUE(StoreTest::append(
      {room_id(1), 3, kNow, {room::RoomLocked{}}, {{"t", "a"}, {"t", "b"}}, {}, account_id()}));
  settle(claim()[0].id, {Outcome::Kind::parked, {}, 404, "", kNow});
  EXPECT_EQ(forget({.dead_letters = kNow}).dead_letters, 0u);
  EXPECT_EQ(forget({.dead_letters = kNow + 1s}).dead_letters, 1u);
  EXPECT_EQ(claim().size(), 1u); // what waits is no dead letter
}

TEST_F(HistoryTest, TheNewestMeetingOfANameIsFound) {
  const auto latest = [&](std::string name) {
    return wait<RoomRef>(
        [&](auto done) { store->room_log().find_latest(account_id(), std::move(name), std::move(done)); });
  };
  EXPECT_EQ(latest("daily").error().code, ErrorCode::not_found);
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  EXPECT_EQ(latest("daily")->room, room_id(1));
  EXPECT_FALSE(latest("daily")->ended);
  ASSERT_TRUE(append(1, 2, {room::RoomEnded{room::EndReason::requested, kNow}}));
  EXPECT_TRUE(latest("daily")->ended);
  EXPECT_EQ(latest("daily")->last_offset, 2u);
  auto second = opened(2);
  ASSERT_TRUE(append(2, 1, {second})); // opened in the same microsecond
  EXPECT_EQ(latest("daily")->room, room_id(2));
  EXPECT_EQ(latest("daily")->epoch, 1u);
}

} // namespace
} // namespace plenum::store
