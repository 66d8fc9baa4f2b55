#include "store/test_store.hpp"

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;
using namespace std::chrono_literals;

struct OutboxTest : StoreTest {
  // An event of room n with what is to be told of it.
  void happen(std::uint64_t n, std::uint64_t offset, std::vector<OutboxEvent> outbox) {
    ASSERT_TRUE(StoreTest::append(
        {room_id(n), offset, kNow, {room::RoomLocked{}}, std::move(outbox), {}, account_id()}));
  }
  void open(std::uint64_t n) { ASSERT_TRUE(append(n, 1, {opened(n, "room" + std::to_string(n))})); }
  std::vector<std::string> bodies(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> out;
    for (const auto& delivery : deliveries)
      out.push_back(delivery.body);
    return out;
  }
  using Bodies = std::vector<std::string>;
};

TEST_F(OutboxTest, OnlyWantedTypesOfAnAccountWithAHookAreDelivered) {
  open(1);
  happen(1, 2, {{"room_update", "before there was a hook"}});
  set_hook({"room_update", "recording_update"});
  happen(1, 3, {{"participant_update", "b"}, {"room_update", "a"}});
  const auto claimed = claim();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed.at(0).body, "a");
  EXPECT_EQ(claimed.at(0).type, "room_update");
  EXPECT_EQ(claimed.at(0).url, "https://hooks.example/in");
  EXPECT_EQ(claimed.at(0).account, account_id());
  EXPECT_EQ(claimed.at(0).room, room_id(1));
  EXPECT_EQ(claimed.at(0).offset, 3u);
  EXPECT_EQ(claimed.at(0).attempts, 0u);
  EXPECT_EQ(claimed.at(0).created_at, kNow);
}

TEST_F(OutboxTest, ARefusedAppendTellsNobody) {
  open(1);
  set_hook({"t"});
  EXPECT_FALSE(
      StoreTest::append({room_id(1), 7, kNow, {room::RoomLocked{}}, {{"t", "never"}}, {}, account_id()}));
  EXPECT_TRUE(claim().empty());
}

TEST_F(OutboxTest, ARoomTellsOneThingAfterTheOther) {
  open(1);
  open(2);
  set_hook({"t"});
  happen(1, 2, {{"t", "1a"}, {"t", "1b"}});
  happen(2, 2, {{"t", "2a"}});
  happen(1, 3, {{"t", "1c"}});
  const auto first = claim();
  EXPECT_EQ(bodies(first), (Bodies{"1a", "2a"}));
  EXPECT_TRUE(claim().empty()); // what waits behind them is not due before they are settled
  deliver(first.at(0).id);
  const auto second = claim();
  EXPECT_EQ(bodies(second), (Bodies{"1b"}));
  deliver(second.at(0).id);
  const auto third = claim();
  EXPECT_EQ(bodies(third), (Bodies{"1c"}));
  deliver(third.at(0).id);
  deliver(first.at(1).id);
  EXPECT_TRUE(claim().empty());
}

TEST_F(OutboxTest, AFailureDelaysOnlyItsOwnRoom) {
  open(1);
  open(2);
  set_hook({"t"});
  happen(1, 2, {{"t", "1a"}});
  happen(1, 3, {{"t", "1b"}});
  happen(2, 2, {{"t", "2a"}});
  const auto first = claim();
  settle(first.at(0).id, {Outcome::Kind::retry, kNow + 5s, 500, "HTTP 500", kNow});
  deliver(first.at(1).id);
  happen(2, 3, {{"t", "2b"}});
  const auto other = claim_all(kNow);
  EXPECT_EQ(bodies(other.deliveries), (Bodies{"2b"}));
  EXPECT_EQ(other.next, kNow + 5s);
  const auto again = claim(kNow + 5s);
  EXPECT_EQ(bodies(again), (Bodies{"1a"}));
  EXPECT_EQ(again.at(0).attempts, 1u);
  EXPECT_EQ(again.at(0).id, first.at(0).id);
}

TEST_F(OutboxTest, AParkedDeliveryLetsTheOthersPassAndComesBackInFront) {
  open(1);
  const auto hook = set_hook({"t"});
  happen(1, 2, {{"t", "a"}, {"t", "b"}, {"t", "c"}});
  settle(claim().at(0).id, {Outcome::Kind::parked, {}, 404, "HTTP 404", kNow + 1s});
  const auto b = claim(kNow + 1s);
  EXPECT_EQ(bodies(b), (Bodies{"b"}));
  const auto letters = wait<std::vector<DeadLetter>>([&](auto done) {
                         store->hooks().dead_letters({}, 10, std::move(done));
                       }).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.at(0).body, "a");
  EXPECT_EQ(letters.at(0).status, 404);
  EXPECT_EQ(letters.at(0).why, "HTTP 404");
  EXPECT_EQ(letters.at(0).parked_at, kNow + 1s);
  const auto replay = [&](base::AccountId account, base::DeliveryId id) {
    return wait<std::uint64_t>([&](auto done) { store->hooks().replay(account, id, std::move(done)); })
        .value();
  };
  EXPECT_EQ(replay(account_id(2), {}), 0u);
  EXPECT_EQ(replay(account_id(), letters.at(0).id), 1u);
  EXPECT_EQ(replay({}, {}), 0u);
  EXPECT_TRUE(claim(kNow + 1s).empty()); // b is still being tried
  deliver(b.at(0).id, kNow + 1s);
  const auto back = claim(base::WallTime::max() - 1h);
  EXPECT_EQ(bodies(back), (Bodies{"a"}));
  EXPECT_EQ(back.at(0).attempts, 0u);
  EXPECT_EQ(back.at(0).id, letters.at(0).id);
  EXPECT_EQ(back.at(0).created_at, kNow);
  EXPECT_GT(back.at(0).since, kNow); // its age counts anew
  deliver(back.at(0).id);
  EXPECT_EQ(bodies(claim(base::WallTime::max() - 1h)), (Bodies{"c"}));
}

TEST_F(OutboxTest, EveryAttemptIsNotedAtTheHook) {
  open(1);
  const auto hook = set_hook({"t"});
  const auto get = [&] {
    return wait<std::optional<Hook>>([&](auto done) { store->hooks().get(account_id(), std::move(done)); })
        .value();
  };
  EXPECT_EQ(get(), hook);
  happen(1, 2, {{"t", "a"}});
  settle(claim().at(0).id, {Outcome::Kind::retry, kNow + 5s, 0, "no answer", kNow + 1s});
  EXPECT_EQ(get()->last_request_sent_at, kNow + 1s);
  EXPECT_EQ(get()->last_response_code, 0);
  settle(claim(kNow + 5s).at(0).id, {Outcome::Kind::delivered, {}, 201, "", kNow + 6s});
  EXPECT_EQ(get()->last_request_sent_at, kNow + 6s);
  EXPECT_EQ(get()->last_response_code, 201);
}

TEST_F(OutboxTest, ANewHookDropsWhatWaitsForTheOldOne) {
  open(1);
  const auto old = set_hook({"t"});
  happen(1, 2, {{"t", "a"}, {"t", "b"}});
  const auto in_flight = claim();
  const auto now = set_hook({"t"}, "https://elsewhere.example/");
  EXPECT_NE(now.id, old.id);
  deliver(in_flight.at(0).id); // gone: nothing happens
  EXPECT_TRUE(claim().empty());
  happen(1, 3, {{"t", "c"}});
  const auto next = claim();
  ASSERT_EQ(bodies(next), (Bodies{"c"}));
  EXPECT_EQ(next.at(0).url, "https://elsewhere.example/");
  const auto remove = [&](base::HookId id) {
    return wait<void>([&](auto done) { store->hooks().remove(account_id(), id, std::move(done)); });
  };
  EXPECT_EQ(remove(old.id).error().code, ErrorCode::not_found);
  EXPECT_TRUE(remove(now.id));
  happen(1, 4, {{"t", "d"}});
  EXPECT_TRUE(claim().empty());
}

TEST_F(OutboxTest, WhatADeadProcessHadClaimedIsClaimedAgain) {
  open(1);
  set_hook({"t"});
  happen(1, 2, {{"t", "a"}});
  const auto before = claim();
  ASSERT_EQ(before.size(), 1u);
  reopen();
  const auto after = claim();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after.at(0).id, before.at(0).id); // the receiver can tell that it is the same
  EXPECT_TRUE(claim().empty());
}

TEST_F(OutboxTest, ASlowHookLeavesRoomForTheOthers) {
  set_hook({"t"});
  ASSERT_TRUE(wait<Hook>(
      [&](auto done) { store->hooks().set(account_id(2), "https://b.example/", {"t"}, std::move(done)); }));
  for (std::uint64_t n = 1; n <= 5; ++n) {
    open(n);
    happen(n, 2, {{"t", "slow"}});
  }
  open(6);
  ASSERT_TRUE(StoreTest::append(
      {room_id(6), 2, kNow + 1s, {room::RoomLocked{}}, {{"t", "quick"}}, {}, account_id(2)}));
  const ClaimLimits limits{10, 2};
  EXPECT_EQ(bodies(claim(kNow + 2s, limits)), (Bodies{"slow", "slow", "quick"}));
  EXPECT_TRUE(claim(kNow + 2s, limits).empty());
}

TEST_F(OutboxTest, ListenersHearOfWhatWaitsAlsoFromAnotherProcess) {
  open(1);
  set_hook({"t"});
  int heard = 0;
  store->hooks().on_waiting([&] { ++heard; });
  happen(1, 2, {{"other", "a"}});
  EXPECT_EQ(heard, 0);
  happen(1, 3, {{"t", "a"}});
  EXPECT_EQ(heard, 1);

  HandExecutor other_executor; // the command line beside the server
  auto other = open_store({}, other_executor, {directory.path, false});
  ASSERT_TRUE(other);
  std::optional<base::DeliveryId> made;
  (*other)->hooks().test(account_id(), {"test", "hello"}, [&](auto id) { made = id.value(); });
  ASSERT_TRUE(other_executor.run_until([&] { return made.has_value(); }));
  EXPECT_TRUE(executor.run_until([&] { return heard > 1; }));
  const auto both = claim(base::WallTime::max() - 1h); // a test waits for no room
  EXPECT_EQ(bodies(both), (Bodies{"a", "hello"}));
  EXPECT_EQ(both.at(1).id, *made);
  EXPECT_FALSE(both.at(1).room);
  using Progress = std::optional<Hooks::Progress>;
  const auto progress = [&] {
    return wait<Progress>([&](auto done) { store->hooks().progress(*made, std::move(done)); }).value();
  };
  ASSERT_TRUE(progress());
  EXPECT_EQ(progress()->attempts, 0u);
  settle(*made, {Outcome::Kind::parked, {}, 410, "HTTP 410", kNow});
  EXPECT_TRUE(progress()->parked);
  EXPECT_EQ(progress()->status, 410);
}

TEST_F(OutboxTest, ATestNeedsAHook) {
  const auto made = wait<base::DeliveryId>(
      [&](auto done) { store->hooks().test(account_id(), {"test", "x"}, std::move(done)); });
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
}

TEST_F(OutboxTest, AListOfHooksCountsWhatWaits) {
  open(1);
  set_hook({"t"});
  happen(1, 2, {{"t", "a"}, {"t", "b"}, {"t", "c"}});
  settle(claim().at(0).id, {Outcome::Kind::parked, {}, 400, "HTTP 400", kNow});
  const auto hooks =
      wait<std::vector<HookStatus>>([&](auto done) { store->hooks().list(std::move(done)); }).value();
  ASSERT_EQ(hooks.size(), 1u);
  EXPECT_EQ(hooks.at(0).waiting, 2u);
  EXPECT_EQ(hooks.at(0).parked, 1u);
  EXPECT_EQ(hooks.at(0).oldest_waiting, kNow);
}

} // namespace
} // namespace plenum::store
