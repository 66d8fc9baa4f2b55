#include "room/test_room.hpp"

#include <gmock/gmock.h>

namespace plenum::room::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

RecordingId recording(std::uint64_t n) {
  return {{7, n}};
}
SnapshotId snapshot(std::uint64_t n) {
  return {{8, n}};
}

struct Meeting : Scenario {
  Meeting() {
    open();
    enter(1);
    enter(2);
  }
  void option(std::optional<bool> OptionsPatch::* field, bool value) {
    OptionsPatch patch;
    patch.*field = value;
    given(ChangeOptions{patch});
  }
};

// --- recording

TEST(Recording, RunsStopsAndBecomesReady) {
  Meeting m;
  EXPECT_THAT(names(m.given(StartRecording{recording(1), member(1)})), ElementsAre("recording_started"));
  ASSERT_NE(m.state.running_recording(), nullptr);
  EXPECT_EQ(m.state.running_recording()->by, member(1));
  EXPECT_EQ(m.state.running_recording()->started_at, m.now);
  m.pass(std::chrono::milliseconds(55'600));
  const auto stopped = m.given(StopRecording{});
  EXPECT_THAT(names(stopped), ElementsAre("recording_stopped"));
  EXPECT_EQ(std::get<RecordingStopped>(stopped[0]).seconds, 56u);
  EXPECT_EQ(m.state.running_recording(), nullptr);
  EXPECT_EQ(m.state.recordings[0].phase, RecordingPhase::processing);
  EXPECT_EQ(m.state.recordings[0].stopped_at, m.now);
  EXPECT_THAT(names(m.given(FinishRecording{recording(1), 55, "a.webm", 9})), ElementsAre("recording_ready"));
  EXPECT_EQ(m.state.recordings[0].phase, RecordingPhase::ready);
  EXPECT_EQ(m.state.recordings[0].seconds, 55u);
  EXPECT_EQ(m.state.recordings[0].file, "a.webm");
  EXPECT_EQ(m.state.recordings[0].bytes, 9u);
  EXPECT_THAT(m.given(FinishRecording{recording(1), 55, "b.webm", 9}), IsEmpty());
  EXPECT_THAT(m.given(FailRecording{recording(1), "late"}), IsEmpty());
}

TEST(Recording, IsRefusedInOrderOfOptionStateAndCapability) {
  Meeting m;
  m.can.recording = false;
  EXPECT_EQ(code(m.when(StartRecording{recording(1), member(1)})), ErrorCode::unavailable);
  m.can.recording = true;
  m.given(StartRecording{recording(1), member(1)});
  m.can.recording = false;
  EXPECT_EQ(code(m.when(StartRecording{recording(2), member(1)})), ErrorCode::conflict);
  m.option(&OptionsPatch::recording_available, false);
  EXPECT_EQ(code(m.when(StartRecording{recording(2), member(1)})), ErrorCode::not_allowed);
  EXPECT_EQ(code(m.when(StopRecording{recording(2)})), ErrorCode::not_found);
  EXPECT_TRUE(m.when(StopRecording{recording(1)})) << "stopping is always allowed";
  EXPECT_EQ(code(m.when(StopRecording{})), ErrorCode::not_found);
}

TEST(Recording, TheNextMayBeginWhileOneIsProcessed) {
  Meeting m;
  m.given(StartRecording{recording(1), member(1)});
  m.given(StopRecording{});
  m.given(StartRecording{recording(2), member(2)});
  m.given(FinishRecording{recording(1), 1, "a", 1});
  EXPECT_EQ(m.state.running_recording()->id, recording(2));
  EXPECT_EQ(code(m.when(StartRecording{recording(1), member(1)})), ErrorCode::conflict) << "ids are unique";
}

TEST(Recording, MediaMayEndOneThatNobodyHasStopped) {
  Meeting m;
  m.given(StartRecording{recording(1), member(1)});
  EXPECT_THAT(names(m.given(FailRecording{recording(1), "disk full"})),
              ElementsAre("recording_stopped", "recording_failed"));
  EXPECT_EQ(m.state.recordings[0].phase, RecordingPhase::failed);
  m.given(StartRecording{recording(2), member(1)});
  EXPECT_THAT(names(m.given(FinishRecording{recording(2), 4, "b", 1})),
              ElementsAre("recording_stopped", "recording_ready"));
  EXPECT_EQ(code(m.when(FinishRecording{recording(3), 4, "b", 1})), ErrorCode::not_found);
  EXPECT_EQ(code(m.when(FailRecording{recording(3), ""})), ErrorCode::not_found);
}

TEST(Recording, StopsWhenTheLastOneLeaves) {
  Meeting m;
  m.given(StartRecording{recording(1), member(1)});
  EXPECT_THAT(names(m.leave(1)), ElementsAre("member_left", "layout_changed"));
  EXPECT_THAT(names(m.leave(2)), ElementsAre("recording_stopped", "member_left", "layout_changed"));
}

TEST(Recording, StopsWhenTheLastOnesAreLostTogether) {
  Meeting m;
  m.given(StartRecording{recording(1), member(1)});
  m.given(LoseLeg{member(1), leg(1), false});
  m.given(LoseLeg{member(2), leg(2), false});
  m.pass(m.limits.grace);
  EXPECT_THAT(names(m.given(ExpireGrace{})),
              ElementsAre("member_left", "recording_stopped", "member_left", "layout_changed"));
}

TEST(Recording, AMeetingHasABoundedNumber) {
  Meeting m;
  m.limits.recordings = 1;
  m.given(StartRecording{recording(1), {}});
  m.given(StopRecording{});
  EXPECT_EQ(code(m.when(StartRecording{recording(2), {}})), ErrorCode::unavailable);
  EXPECT_EQ(code(m.when(StartRecording{recording(2), member(77)})), ErrorCode::not_found);
}

// --- still pictures

TEST(Snapshot, IsWantedThenTaken) {
  Meeting m;
  EXPECT_THAT(names(m.given(TakeSnapshot{snapshot(1), member(1)})), ElementsAre("snapshot_wanted"));
  EXPECT_FALSE(m.state.snapshots[0].ready);
  EXPECT_THAT(names(m.given(StoreSnapshot{snapshot(1), "a.jpg", 5})), ElementsAre("snapshot_taken"));
  EXPECT_TRUE(m.state.snapshots[0].ready);
  EXPECT_EQ(m.state.snapshots[0].file, "a.jpg");
  EXPECT_THAT(m.given(StoreSnapshot{snapshot(1), "b.jpg", 5}), IsEmpty());
  EXPECT_EQ(code(m.when(StoreSnapshot{snapshot(2), "a.jpg", 5})), ErrorCode::not_found);
}

TEST(Snapshot, IsRefusedByLimitsAndCapability) {
  Meeting m;
  m.limits.snapshots = 1;
  m.given(TakeSnapshot{snapshot(1), member(1)});
  EXPECT_EQ(code(m.when(TakeSnapshot{snapshot(1), member(1)})), ErrorCode::conflict);
  EXPECT_EQ(code(m.when(TakeSnapshot{snapshot(2), member(1)})), ErrorCode::unavailable);
  m.limits.snapshots = 2;
  m.can.snapshot = false;
  EXPECT_EQ(code(m.when(TakeSnapshot{snapshot(2), member(9)})), ErrorCode::not_found);
  EXPECT_EQ(code(m.when(TakeSnapshot{snapshot(2), member(1)})), ErrorCode::unavailable);
}

// --- broadcast

const StartBroadcast kStart{"b", member(1), "rtmp://live.example/key", ""};

TEST(Broadcast, StartsChangesAndStops) {
  Meeting m;
  EXPECT_THAT(names(m.given(kStart)), ElementsAre("broadcast_started"));
  EXPECT_THAT(names(m.given(ChangeBroadcast{"", "https://watch.example"})), ElementsAre("broadcast_changed"));
  EXPECT_EQ(m.state.broadcasts[0].player_url, "https://watch.example");
  EXPECT_THAT(m.given(ChangeBroadcast{"b", "https://watch.example"}), IsEmpty());
  EXPECT_EQ(code(m.when(ChangeBroadcast{"other", ""})), ErrorCode::not_found);
  EXPECT_EQ(code(m.when(StopBroadcast{"other"})), ErrorCode::not_found);
  EXPECT_THAT(names(m.given(StopBroadcast{""})), ElementsAre("broadcast_ended"));
  EXPECT_TRUE(m.state.broadcasts.empty());
  EXPECT_EQ(code(m.when(StopBroadcast{""})), ErrorCode::not_found);
  EXPECT_EQ(code(m.when(ChangeBroadcast{"", "x"})), ErrorCode::not_found);
}

TEST(Broadcast, EndsByItself) {
  Meeting m;
  m.given(kStart);
  EXPECT_THAT(m.given(EndBroadcast{"other"}), IsEmpty());
  EXPECT_THAT(names(m.given(EndBroadcast{"b"})), ElementsAre("broadcast_ended"));
}

TEST(Broadcast, IsRefusedInOrderOfOptionTextStateAndCapability) {
  Meeting m;
  m.can.broadcast = false;
  EXPECT_EQ(code(m.when(kStart)), ErrorCode::unavailable);
  m.can.broadcast = true;
  m.given(kStart);
  m.can.broadcast = false;
  EXPECT_EQ(code(m.when(kStart)), ErrorCode::conflict);
  EXPECT_EQ(code(m.when(StartBroadcast{"c", member(1), "", ""})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(StartBroadcast{"c", member(1), std::string(3000, 'x'), ""})), ErrorCode::invalid);
  EXPECT_EQ(code(m.when(StartBroadcast{"c", member(1), "rtmp://x", "\xff"})), ErrorCode::invalid);
  m.option(&OptionsPatch::broadcast_available, false);
  EXPECT_EQ(code(m.when(StartBroadcast{"c", member(1), "", ""})), ErrorCode::not_allowed);
  EXPECT_TRUE(m.when(ChangeBroadcast{"", "https://watch.example"}));
  EXPECT_TRUE(m.when(StopBroadcast{""}));
}

} // namespace
} // namespace plenum::room::testing
