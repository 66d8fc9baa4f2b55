// A real store on a temporary file, opened again as often as a test likes, and calls that wait for their
// answer.
#pragma once

#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/test_executor.hpp"

#include <gtest/gtest.h>

namespace plenum::store::testing {

inline const base::WallTime kNow{std::chrono::hours(480'000)};

inline base::RoomId room_id(std::uint64_t n) {
  return {{7, n}};
}
inline base::AccountId account_id(std::uint64_t n = 1) {
  return {{8, n}};
}

inline room::RoomOpened opened(std::uint64_t n, std::string external_id = "daily") {
  room::RoomOpened event;
  event.room = room_id(n);
  event.account = account_id();
  event.external_id = std::move(external_id);
  event.name = "Daily ☕";
  event.guest_token = "GUEST" + std::to_string(n);
  event.at = kNow;
  return event;
}

inline room::MemberRegistered registered(std::uint64_t n) {
  room::MemberRegistered event;
  event.member = {{9, n}};
  event.external_id = "u" + std::to_string(n);
  event.name = "N";
  event.access_token = "ACCESS" + std::to_string(n);
  return event;
}

struct StoreTest : ::testing::Test {
  TemporaryDirectory directory;
  HandExecutor executor;
  std::unique_ptr<Store> store;

  StoreTest() { reopen(); }
  void reopen() {
    store.reset();
    auto opened = open_store({}, executor, {directory.path, false});
    ASSERT_TRUE(opened) << opened.error().text;
    store = std::move(*opened);
  }

  // Runs the executor until the call has answered.
  template <class T, class Call>
  base::Result<T> wait(Call call) {
    std::optional<base::Result<T>> result;
    call([&](base::Result<T> got) { result = std::move(got); });
    EXPECT_FALSE(result); // never inside the call
    EXPECT_TRUE(executor.run_until([&] { return result.has_value(); }));
    return std::move(result).value_or(base::fail(base::ErrorCode::timeout, "no answer"));
  }

  base::Result<void> append(Append append) {
    return wait<void>([&](auto done) { store->room_log().append(std::move(append), std::move(done)); });
  }
  base::Result<void> append(std::uint64_t n, std::uint64_t first, room::Events events) {
    return append({room_id(n), first, kNow, std::move(events)});
  }
  std::vector<LoadedRoom> running() {
    return wait<std::vector<LoadedRoom>>([&](auto done) { store->room_log().load_running(std::move(done)); })
        .value();
  }
  base::Result<LoadedRoom> load(std::uint64_t n) {
    return wait<LoadedRoom>([&](auto done) { store->room_log().load(room_id(n), std::move(done)); });
  }
  std::vector<EndedToken> ended(base::WallTime since) {
    return wait<std::vector<EndedToken>>(
               [&](auto done) { store->room_log().load_ended_tokens(since, std::move(done)); })
        .value();
  }
  NewAccount create(std::string name) {
    return wait<NewAccount>([&](auto done) { store->accounts().create(std::move(name), std::move(done)); })
        .value();
  }
  Hook set_hook(std::vector<std::string> types, std::string url = "https://hooks.example/in") {
    return wait<Hook>([&](auto done) {
             store->hooks().set(account_id(), std::move(url), std::move(types), std::move(done));
           })
        .value();
  }
  std::vector<Delivery> claim(base::WallTime now = kNow, ClaimLimits limits = {}) {
    return claim_all(now, limits).deliveries;
  }
  Claimed claim_all(base::WallTime now, ClaimLimits limits = {}) {
    return wait<Claimed>([&](auto done) { store->hooks().claim(now, limits, std::move(done)); }).value();
  }
  void settle(base::DeliveryId id, Outcome outcome) {
    EXPECT_TRUE(
        wait<void>([&](auto done) { store->hooks().settle(id, std::move(outcome), std::move(done)); }));
  }
  void deliver(base::DeliveryId id, base::WallTime at = kNow) {
    settle(id, {Outcome::Kind::delivered, {}, 204, "", at});
  }
};

} // namespace plenum::store::testing
