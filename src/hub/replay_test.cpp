// Reading what happened: readers that were away, and rooms that come back from a stored state.
#include "hub/replay.hpp"

#include "hub/test_virtual.hpp"

#include <gmock/gmock.h>

namespace plenum::hub::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;

Outcome<Replay> replay(House& h, base::RoomId room, std::uint64_t after) {
  Outcome<Replay> outcome;
  h.hub->replay(room, after, outcome.completion());
  h.settle();
  EXPECT_TRUE(outcome.came());
  return outcome;
}

std::vector<std::string> names(const Replay& replay) {
  std::vector<std::string> out;
  auto offset = replay.before.revision;
  replay.each([&](std::uint64_t at, const room::Event& event, const room::State& after) {
    EXPECT_EQ(at, ++offset);
    EXPECT_EQ(after.revision, at);
    out.emplace_back(room::name_of(event));
  });
  EXPECT_EQ(offset, replay.last());
  return out;
}

void say(House& h, const Entered& who, int times) {
  for (int i = 0; i < times; ++i)
    ASSERT_TRUE(
        h.dispatch(who.room, room::SendMessage{{}, who.member, "chat", "hi"}, Principal::of(who.member))
            .ok());
}

TEST(Replay, TellsWhatHasHappenedSince) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.enter("daily", "bob");
  auto all = replay(h, ann.room, 0);
  ASSERT_TRUE(all.ok());
  EXPECT_THAT(names(all.value()), ElementsAre("room_opened", "member_registered", "member_registered"));
  EXPECT_EQ(all.value().epoch, h.hub->directory().epoch(ann.room));
  EXPECT_FALSE(all.value().ended);
  auto some = replay(h, ann.room, 2);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some.value().before.members.size(), 1u);
  EXPECT_THAT(names(some.value()), ElementsAre("member_registered"));
  auto nothing = replay(h, ann.room, 3);
  ASSERT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing.value().events.empty());
  EXPECT_EQ(nothing.value().before, h.state(ann.room));
  EXPECT_EQ(replay(h, ann.room, 4).code(), ErrorCode::not_found);
  EXPECT_EQ(replay(h, base::RoomId{{9, 9}}, 0).code(), ErrorCode::not_found);
}

TEST(Replay, AlsoOfAMeetingThatHasEnded) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.dispatch(ann.room, room::EndRoom{}, Principal::owner(h.account));
  EXPECT_EQ(h.hub->directory().find(ann.room), nullptr);
  Outcome<store::RoomRef> latest;
  h.hub->find_latest(h.account, "daily", latest.completion());
  h.settle();
  ASSERT_TRUE(latest.ok());
  EXPECT_EQ(latest.value().room, ann.room);
  EXPECT_TRUE(latest.value().ended);
  auto end = replay(h, ann.room, 2);
  ASSERT_TRUE(end.ok());
  EXPECT_TRUE(end.value().ended);
  EXPECT_THAT(names(end.value()), ElementsAre("room_ended"));
  EXPECT_TRUE(replay(h, ann.room, 3).value().ended) << "also when nothing is left to tell";
}

TEST(Replay, SaysWhenAPartIsForgotten) {
  store::LoadedRoom loaded;
  loaded.snapshot = room::State{};
  loaded.snapshot->revision = 10;
  loaded.first_offset = 11;
  loaded.events = {room::RoomLocked{}, room::RoomUnlocked{}};
  EXPECT_EQ(replay_after(loaded, 9).error().code, ErrorCode::gone);
  const auto kept = replay_after(loaded, 10);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->last(), 12u);
  const auto one = replay_after(loaded, 11);
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->before.locked);
  EXPECT_EQ(one->events.size(), 1u);
  EXPECT_EQ(replay_after(loaded, 13).error().code, ErrorCode::not_found);
}

TEST(StoredState, IsWhereARestartContinues) {
  House h;
  h.options.snapshot_every = 5;
  h.boot();
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  say(h, ann, 10);
  Outcome<std::vector<store::LoadedRoom>> loaded;
  h.store->room_log().load_running(loaded.completion());
  h.settle();
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded.value().size(), 1u);
  const auto& log = loaded.value().front();
  ASSERT_TRUE(log.snapshot);
  EXPECT_GE(log.snapshot->revision, 10u);
  EXPECT_LT(log.events.size(), 5u);
  const auto before = h.state(ann.room);
  h.boot();
  const auto& after = h.state(ann.room);
  // The one event since then: whoever spoke for ann was connected to the process that is gone.
  EXPECT_EQ(after.revision, before.revision + 1);
  EXPECT_TRUE(after.find(ann.member)->leg.signaling_lost_at);
  EXPECT_EQ(after.messages, before.messages);
  EXPECT_EQ(after.tiles, before.tiles);
  EXPECT_EQ(h.hub->directory().by_access_token(before.find(ann.member)->access_token)->member, ann.member);
  say(h, ann, 10); // and goes on, with states that are stored later
  EXPECT_EQ(h.state(ann.room).revision, before.revision + 11);
}

} // namespace
} // namespace plenum::hub::testing
