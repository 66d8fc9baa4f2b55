// What a meeting leaves behind in the store: rows of files and deliveries to hooks, together with its events.
#include "hub/archive_rows.hpp"
#include "hub/test_virtual.hpp"

#include <gmock/gmock.h>

namespace plenum::hub::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Tells everything, one delivery per event.
class Telling final : public HookView {
 public:
  std::vector<store::OutboxEvent> render(const room::Event& event, const room::State& after,
                                         base::WallTime) override {
    const auto phase = after.open() ? "open" : "ended";
    return {{"all", std::string(room::name_of(event)) + " " + std::to_string(after.revision) + " " + phase}};
  }
  std::vector<std::pair<std::string, std::string>> headers(std::string_view, const base::Secret&,
                                                           const store::Delivery&, base::WallTime) override {
    return {};
  }
};

struct Files : House {
  Telling telling;
  Files() {
    options.capabilities = {true, true, true, true, true, true};
    hook_view = &telling;
    boot();
    Outcome<store::Hook> set;
    store->hooks().set(account, "https://hooks.example/", {"all"}, set.completion());
    settle();
    EXPECT_TRUE(set.ok());
  }
  // Bodies of deliveries of one room, in order, as far as they have come.
  std::vector<std::string> told() {
    std::vector<std::string> bodies;
    for (;;) {
      Outcome<store::Claimed> claimed;
      store->hooks().claim(clock.wall(), {}, claimed.completion());
      settle();
      if (!claimed.ok() || claimed.value().deliveries.empty()) return bodies;
      for (const auto& delivery : claimed.value().deliveries) {
        bodies.push_back(delivery.body);
        Outcome<void> settled;
        store->hooks().settle(delivery.id, {}, settled.completion());
        settle();
      }
    }
  }
  std::vector<store::ArchiveEntry> list(store::ArchiveRow::Kind kind) {
    Outcome<std::vector<store::ArchiveEntry>> listed;
    hub->archive().list(kind, account, "daily", {}, 0, listed.completion());
    settle();
    EXPECT_TRUE(listed.ok());
    return listed.ok() ? listed.value() : std::vector<store::ArchiveEntry>{};
  }
};

TEST(ArchiveRows, FollowARecordingThroughItsPhases) {
  Files h;
  const auto ann = h.enter("daily", "ann");
  const auto by = Principal::of(ann.member);
  ASSERT_TRUE(h.dispatch(ann.room, room::StartRecording{{}, ann.member}, by).ok());
  const auto id = h.state(ann.room).recordings.front().id;
  auto entries = h.list(store::ArchiveRow::Kind::recording);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].id, id.bits);
  EXPECT_EQ(entries[0].phase, room::RecordingPhase::running);
  EXPECT_EQ(entries[0].room, ann.room);
  EXPECT_EQ(entries[0].account, h.account);
  EXPECT_EQ(entries[0].room_external_id, "daily");
  EXPECT_EQ(entries[0].room_name, "Acme");
  EXPECT_EQ(entries[0].guest_token, h.state(ann.room).guest_token);
  EXPECT_EQ(entries[0].room_opened_at, h.state(ann.room).opened_at);
  EXPECT_EQ(entries[0].by_external_id, "ann");
  EXPECT_EQ(entries[0].by_name, "ann");
  EXPECT_FALSE(entries[0].by_guest);
  EXPECT_EQ(entries[0].by_joined_at, h.state(ann.room).find(ann.member)->registered_at);

  h.pass(std::chrono::seconds(56));
  ASSERT_TRUE(h.dispatch(ann.room, room::StopRecording{}, by).ok());
  entries = h.list(store::ArchiveRow::Kind::recording);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].phase, room::RecordingPhase::processing);
  EXPECT_EQ(entries[0].seconds, 56u);

  ASSERT_TRUE(h.dispatch(ann.room, room::FinishRecording{id, 57, "a.webm", 1000}, Principal::media()).ok());
  entries = h.list(store::ArchiveRow::Kind::recording);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].phase, room::RecordingPhase::ready);
  EXPECT_EQ(entries[0].seconds, 57u);
  EXPECT_EQ(entries[0].file, "a.webm");
  EXPECT_EQ(entries[0].bytes, 1000u);
}

TEST(ArchiveRows, KeepStillPicturesOnceTheyAreTaken) {
  Files h;
  const auto ann = h.enter("daily", "ann");
  ASSERT_TRUE(h.dispatch(ann.room, room::TakeSnapshot{{}, {}}, Principal::owner(h.account)).ok());
  EXPECT_TRUE(h.list(store::ArchiveRow::Kind::snapshot).empty());
  const auto id = h.state(ann.room).snapshots.front().id;
  ASSERT_TRUE(h.dispatch(ann.room, room::StoreSnapshot{id, "a.jpg", 5}, Principal::media()).ok());
  const auto entries = h.list(store::ArchiveRow::Kind::snapshot);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].id, id.bits);
  EXPECT_EQ(entries[0].file, "a.jpg");
  EXPECT_EQ(entries[0].by_external_id, "") << "the owner is no member";
}

TEST(ArchiveRows, ARecordingMayBecomeReadyAfterTheEnd) {
  Files h;
  const auto ann = h.enter("daily", "ann");
  ASSERT_TRUE(h.dispatch(ann.room, room::StartRecording{{}, ann.member}, Principal::of(ann.member)).ok());
  const auto id = h.state(ann.room).recordings.front().id;
  ASSERT_TRUE(h.dispatch(ann.room, room::EndRoom{}, Principal::owner(h.account)).ok());
  h.told();
  const room::FinishRecording finish{id, 3, "a.webm", 7};
  ASSERT_TRUE(h.dispatch(ann.room, finish, Principal::media()).ok());
  const auto entries = h.list(store::ArchiveRow::Kind::recording);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].phase, room::RecordingPhase::ready);
  EXPECT_EQ(entries[0].file, "a.webm");
  EXPECT_TRUE(entries[0].room_ended_at);
  EXPECT_THAT(h.told(), ElementsAre("recording_ready 6 ended"));
  // Once; and nobody else may say so, and of nothing else.
  EXPECT_EQ(h.dispatch(ann.room, finish, Principal::media()).code(), ErrorCode::not_found);
  EXPECT_THAT(h.told(), IsEmpty());
  EXPECT_EQ(h.dispatch(ann.room, finish, Principal::owner(h.account)).code(), ErrorCode::gone);
  EXPECT_EQ(h.dispatch(ann.room, room::FinishRecording{{{9, 9}}, 1, "b", 1}, Principal::media()).code(),
            ErrorCode::not_found);
}

TEST(Hooks, HearEveryEventOnceWithTheStateAfterIt) {
  Files h;
  const auto ann = h.enter("daily", "ann");
  ASSERT_TRUE(
      h.dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", "hi"}, Principal::of(ann.member)).ok());
  ASSERT_TRUE(h.dispatch(ann.room, room::EndRoom{}, Principal::owner(h.account)).ok());
  EXPECT_THAT(h.told(), ElementsAre("room_opened 1 open", "member_registered 2 open", "message_sent 3 open",
                                    "room_ended 4 ended"));
}

TEST(Hooks, HearNothingOfWhatTheStoreHasRefused) {
  Files h;
  const auto ann = h.enter("daily", "ann");
  h.told();
  h.log->failures = 1;
  EXPECT_EQ(
      h.dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", "hi"}, Principal::of(ann.member)).code(),
      ErrorCode::unavailable);
  EXPECT_TRUE(h.told().empty());
}

} // namespace
} // namespace plenum::hub::testing
