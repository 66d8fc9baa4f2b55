#include "store/test_store.hpp"

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;
using namespace std::chrono_literals;
using Kind = ArchiveRow::Kind;

ArchiveRow recording(std::uint64_t id, std::uint64_t room = 1, base::WallTime at = kNow) {
  ArchiveRow row;
  row.id = {20, id};
  row.room = room_id(room);
  row.account = account_id();
  row.room_external_id = "daily";
  row.room_name = "Daily ☕";
  row.guest_token = "G";
  row.room_opened_at = kNow;
  row.by_external_id = "u1";
  row.by_name = "Uma";
  row.by_joined_at = kNow + 1s;
  row.created_at = at;
  row.phase = room::RecordingPhase::running;
  return row;
}

struct ArchiveTest : StoreTest {
  void happen(std::uint64_t n, std::uint64_t offset, std::vector<ArchiveRow> rows) {
    ASSERT_TRUE(StoreTest::append(
        {room_id(n), offset, kNow, {room::RoomLocked{}}, {}, std::move(rows), account_id()}));
  }
  base::Result<ArchiveEntry> find(Kind kind, std::uint64_t id) {
    return wait<ArchiveEntry>([&](auto done) { store->archive().find(kind, {20, id}, std::move(done)); });
  }
  base::Result<std::vector<ArchiveEntry>> list(ArchiveFilter filter = {}, std::size_t page = 0,
                                               std::string name = "daily",
                                               base::AccountId account = account_id()) {
    return wait<std::vector<ArchiveEntry>>([&](auto done) {
      store->archive().list(Kind::recording, account, name, filter, page, std::move(done));
    });
  }
  std::vector<std::uint64_t> ids(const base::Result<std::vector<ArchiveEntry>>& entries) {
    std::vector<std::uint64_t> out;
    for (const auto& entry : entries.value())
      out.push_back(entry.id.random);
    return out;
  }
  using Ids = std::vector<std::uint64_t>;
};

TEST_F(ArchiveTest, RowsComeBackAsTheyWere) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  auto row = recording(1);
  row.by_avatar = "https://cdn.example/a.png";
  row.by_guest = true;
  happen(1, 2, {row});
  reopen();
  const auto found = find(Kind::recording, 1);
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_EQ(static_cast<const ArchiveRow&>(*found), row);
  EXPECT_FALSE(found->room_ended_at);
  EXPECT_EQ(find(Kind::snapshot, 1).error().code, ErrorCode::not_found);
  EXPECT_EQ(find(Kind::recording, 2).error().code, ErrorCode::not_found);
}

TEST_F(ArchiveTest, ALaterRowReplacesAndTheEndOfTheMeetingShows) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  auto row = recording(1);
  happen(1, 2, {row});
  row.phase = room::RecordingPhase::ready;
  row.seconds = 56;
  row.file = "x.webm";
  row.bytes = 5'000'000'000;
  happen(1, 3, {row});
  ASSERT_TRUE(append(1, 4, {room::RoomEnded{room::EndReason::requested, kNow + 9s}}));
  const auto found = find(Kind::recording, 1);
  EXPECT_EQ(static_cast<const ArchiveRow&>(*found), row);
  EXPECT_EQ(found->room_ended_at, kNow + 9s);
}

TEST_F(ArchiveTest, ARowCommitsWithItsEventOrNotAtAll) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  EXPECT_FALSE(
      StoreTest::append({room_id(1), 9, kNow, {room::RoomLocked{}}, {}, {recording(1)}, account_id()}));
  EXPECT_EQ(find(Kind::recording, 1).error().code, ErrorCode::not_found);
}

TEST_F(ArchiveTest, ListsAreOfOneNameOfOneAccount) {
  EXPECT_EQ(list().error().code, ErrorCode::not_found);
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  EXPECT_TRUE(list()->empty());
  happen(1, 2, {recording(1), recording(2, 1, kNow + 1s)});
  EXPECT_EQ(ids(list()), (Ids{2, 1}));
  EXPECT_EQ(list({}, 0, "weekly").error().code, ErrorCode::not_found);
  EXPECT_EQ(list({}, 0, "daily", account_id(2)).error().code, ErrorCode::not_found);
}

TEST_F(ArchiveTest, PagesAndTimesSelect) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  std::vector<ArchiveRow> rows;
  for (std::uint64_t i = 1; i <= 30; ++i) {
    rows.push_back(recording(i, 1, kNow + i * 1s));
    rows.back().room_opened_at = i <= 2 ? kNow + 417ms + 123us : kNow + 10min;
  }
  happen(1, 2, rows);
  EXPECT_EQ(list({}, 0)->size(), kArchivePage);
  EXPECT_EQ(ids(list({}, 1)), (Ids{5, 4, 3, 2, 1}));
  EXPECT_TRUE(list({}, 2)->empty());
  EXPECT_EQ(ids(list({.opened_at = kNow + 417ms})), (Ids{2, 1}));
  EXPECT_TRUE(list({.opened_at = kNow + 416ms})->empty());
  EXPECT_EQ(ids(list({.opened_at = kNow, .precision = 1s})), (Ids{2, 1}));
  EXPECT_EQ(ids(list({.since = kNow + 29s})), (Ids{30, 29}));
  EXPECT_EQ(ids(list({.until = kNow + 2s})), (Ids{2, 1}));
  EXPECT_EQ(ids(list({.since = kNow + 3s, .until = kNow + 4s})), (Ids{4, 3}));
}

TEST_F(ArchiveTest, OnlyTheOwnerRemoves) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  happen(1, 2, {recording(1)});
  const auto remove = [&](base::AccountId account) {
    return wait<ArchiveEntry>(
        [&](auto done) { store->archive().remove(Kind::recording, {20, 1}, account, std::move(done)); });
  };
  EXPECT_EQ(remove(account_id(2)).error().code, ErrorCode::not_found);
  EXPECT_EQ(remove(account_id())->id, (base::IdBits{20, 1}));
  EXPECT_EQ(remove(account_id()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(list()->empty()); // the name is still known
}

TEST_F(ArchiveTest, ARecordingThatIsReadyLateIsToldBehindTheEnd) {
  const auto hook = set_hook({"room_update", "recording_update"});
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  auto stopped = recording(1);
  stopped.phase = room::RecordingPhase::processing;
  happen(1, 2, {stopped});
  Append end{room_id(1), 3, kNow, {room::RoomEnded{room::EndReason::requested, kNow}}};
  end.outbox = {{"room_update", "ended"}};
  end.account = account_id();
  ASSERT_TRUE(StoreTest::append(std::move(end)));
  int heard = 0;
  store->hooks().on_waiting([&] { ++heard; });
  const auto finish = [&](std::uint64_t id) {
    return wait<void>([&](auto done) {
      store->archive().finish({{20, id}}, 7, "f.webm", 99,
                              std::vector{OutboxEvent{"recording_update", "ready"}}, std::move(done));
    });
  };
  EXPECT_EQ(finish(2).error().code, ErrorCode::not_found);
  EXPECT_EQ(heard, 0);
  ASSERT_TRUE(finish(1));
  EXPECT_EQ(finish(1).error().code, ErrorCode::not_found); // once
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(find(Kind::recording, 1)->phase, room::RecordingPhase::ready);
  EXPECT_EQ(find(Kind::recording, 1)->seconds, 7u);
  EXPECT_EQ(find(Kind::recording, 1)->file, "f.webm");
  EXPECT_EQ(find(Kind::recording, 1)->bytes, 99u);
  const auto first = claim(base::WallTime::max() - 1h);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].body, "ended");
  deliver(first[0].id);
  const auto second = claim(base::WallTime::max() - 1h);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].body, "ready");
  EXPECT_EQ(second[0].room, room_id(1));
}

TEST_F(ArchiveTest, OldRowsExpireAndAreNamed) {
  ASSERT_TRUE(append(1, 1, {opened(1)}));
  happen(1, 2, {recording(1, 1, kNow - 15 * 24h), recording(2, 1, kNow - 1h)});
  const auto gone = wait<std::vector<ArchiveEntry>>(
      [&](auto done) { store->archive().expire(kNow - 14 * 24h, std::move(done)); });
  EXPECT_EQ(ids(gone), (Ids{1}));
  EXPECT_EQ(ids(list()), (Ids{2}));
}

} // namespace
} // namespace plenum::store
