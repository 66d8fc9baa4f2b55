#include "hub/janitor.hpp"

#include "hub/test_virtual.hpp"

namespace plenum::hub {
namespace {

using namespace std::chrono_literals;
using namespace testing;

struct JanitorTest : ::testing::Test {
  House house;
  std::vector<std::string> removed;
  JanitorOptions options{.meetings = 48h, .files = 72h, .dead_letters = 48h};
  std::unique_ptr<Janitor> janitor;

  JanitorTest() {
    options.remove_file = [this](const store::ArchiveEntry& entry) { removed.push_back(entry.file); };
    janitor = std::make_unique<Janitor>(house.env, house.executor, house.store->retention(),
                                        house.store->archive(), options);
  }
  bool kept(base::RoomId room) {
    Outcome<store::LoadedRoom> loaded;
    house.store->room_log().load(room, loaded.completion());
    house.settle();
    return loaded.ok();
  }
};

TEST_F(JanitorTest, EndedMeetingsGoAfterTheirTime) {
  const auto ended = house.enter("ended", "ann").room;
  EXPECT_TRUE(house.dispatch(ended, room::EndRoom{}, Principal::owner(house.account)).ok());
  janitor->start();
  house.settle();
  house.executor.jump(house.executor.now() + 47h);
  house.pass(1s);
  EXPECT_TRUE(kept(ended));
  house.executor.jump(house.executor.now() + 2h);
  house.pass(1s);
  EXPECT_FALSE(kept(ended));
}

TEST_F(JanitorTest, FilesGoWithTheirEntries) {
  const auto room = house.enter("daily", "ann").room;
  store::ArchiveRow row;
  row.id = {1, 1};
  row.room = room;
  row.account = house.account;
  row.room_external_id = "daily";
  row.created_at = house.env.clock.wall();
  row.file = "old.webm";
  const auto revision = house.state(room).revision;
  Outcome<void> stored;
  house.store->room_log().append({room, revision + 1, {}, {room::RoomLocked{}}, {}, {row}, house.account},
                                 stored.completion());
  house.settle();
  ASSERT_TRUE(stored.ok());
  house.hub.reset(); // an empty meeting has times of its own
  janitor->start();
  house.settle();
  house.executor.jump(house.executor.now() + 71h);
  house.pass(1s);
  EXPECT_TRUE(removed.empty());
  house.pass(2h);
  EXPECT_EQ(removed, (std::vector<std::string>{"old.webm"}));
}

TEST_F(JanitorTest, NothingRunsAfterItIsGone) {
  janitor->start();
  janitor.reset();
  house.settle();
  house.pass(3h);
}

} // namespace
} // namespace plenum::hub
