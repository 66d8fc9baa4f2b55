// The media worker as a process: joins, picture and sound, scenes, control coming and going, its end; and
// that nothing is allocated once it is warm.
#include "tests/worker/test_room.hpp"

#include "base/alloc_counter.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace plenum::test {
namespace {

using namespace std::chrono_literals;

constexpr video::Yuv kRed{80, 90, 220}, kBlue{60, 220, 100};
constexpr double kLow = 440, kHigh = 1320; // Hz

struct TwoBrowsers : Room {
  TwoBrowsers() : red(env, kit, kRed, kLow), blue(env, kit, kBlue, kHigh) {}
  ~TwoBrowsers() {
    red.party.hang_up();
    blue.party.hang_up();
  }
  bool begin() {
    sync();
    return join(red) && join(blue);
  }
  Browser red, blue;
};

bool near(const std::optional<Yuv>& seen, const video::Yuv& wanted) {
  return seen && std::abs(seen->y - wanted.y) < 20 && std::abs(seen->u - wanted.u) < 20 &&
         std::abs(seen->v - wanted.v) < 20;
}

TEST(WorkerTest, TwoBrowsersSeeOnePictureAndHearEachOther) {
  TwoBrowsers room;
  ASSERT_TRUE(room.begin());
  room.show({&room.red, &room.blue});
  for (auto* browser : {&room.red, &room.blue}) {
    EXPECT_TRUE(room.run_until(
        [&] { return near(browser->pixel(80, 120), kRed) && near(browser->pixel(240, 120), kBlue); }));
    EXPECT_EQ(browser->width(), 320);
  }
  // The other one and never oneself. A loaded machine makes gaps, and a gap leaks into every frequency: half
  // a second without one comes.
  EXPECT_TRUE(room.run_until([&] {
    return room.red.hears(kHigh) > 0.1 && room.blue.hears(kLow) > 0.1 && room.red.hears(kLow) < 0.01 &&
           room.blue.hears(kHigh) < 0.01;
  }));
  ASSERT_TRUE(room.run_until([&] { return room.control->last<link::VideoSeen>() != nullptr; }));
  EXPECT_EQ(room.control->last<link::VideoSeen>()->width, 128);
  EXPECT_TRUE(room.run_until([&] { return room.control->last<link::Talking>() != nullptr; }));

  // Sides change in one step: at no time does a picture show the same colour twice.
  bool torn = false, changed = false;
  room.show({&room.blue, &room.red});
  EXPECT_TRUE(room.run_until([&] {
    const auto left = room.red.pixel(80, 120), right = room.red.pixel(240, 120);
    torn |= (near(left, kRed) && near(right, kRed)) || (near(left, kBlue) && near(right, kBlue));
    changed = near(left, kBlue) && near(right, kRed);
    return changed;
  }));
  EXPECT_FALSE(torn);

  // Muted by control: the sound goes, the picture stays.
  for (auto& member : room.scene.members)
    member.audio_on = member.member != room.blue.member;
  ++room.scene.revision;
  room.control->send(room.scene);
  EXPECT_TRUE(room.run_until([&] { return room.red.hears(kHigh) < 0.005 && room.blue.hears(kLow) > 0.1; }));

  // Data both ways, through the worker.
  room.control->send(link::SendData{room.red.peer, "hello"});
  EXPECT_TRUE(room.run_until([&] { return !room.red.party.texts.empty(); }));
  room.red.party.peer().send_text("hi");
  EXPECT_TRUE(room.run_until([&] { return room.control->last<link::DataReceived>() != nullptr; }));

  // One leaves: the other goes on, alone in the room.
  room.control->send(link::ClosePeer{room.blue.peer});
  EXPECT_TRUE(room.run_until([&] { return room.blue.party.in_phase(peer::Phase::disconnected); }));
  room.show({&room.red});
  EXPECT_TRUE(room.run_until([&] { return near(room.red.pixel(160, 120), kRed); }));
  EXPECT_EQ(room.door->names().size(), 1U);
}

TEST(WorkerTest, APictureThatIsTooSmallOrStaysAwayIsNoticed) {
  TwoBrowsers room;
  ASSERT_TRUE(room.begin());
  room.show({&room.red, &room.blue});
  ASSERT_TRUE(room.run_until(
      [&] { return near(room.red.pixel(80, 120), kRed) && near(room.red.pixel(240, 120), kBlue); }));
  const auto keys = room.red.party.keys_made;
  const auto others = room.blue.party.keys_made;
  room.show({&room.red}); // its tile grows beyond its 128 pixels
  EXPECT_TRUE(room.run_until([&] { return room.red.party.keys_made > keys; }));
  EXPECT_TRUE(room.run_until([&] { return near(room.red.pixel(280, 120), kRed); }));
  EXPECT_EQ(room.blue.party.keys_made, others); // it went, and is not asked

  const auto seen = [&](std::int32_t width) {
    const auto* fact = room.control->last<link::VideoSeen>();
    return fact != nullptr && fact->member == room.red.member && fact->width == width;
  };
  room.control->forget();
  const auto stopped = room.env.clock.now();
  room.red.party.switch_camera(stopped, false);
  ASSERT_TRUE(room.run_until([&] { return seen(0); }));
  EXPECT_GE(room.env.clock.now() - stopped, 4900ms); // a picture may still have been on its way
  room.red.party.switch_camera(room.env.clock.now(), true);
  EXPECT_TRUE(room.run_until([&] { return seen(128); }));
  for (const auto& message : room.control->heard()) { // off the canvas nobody is missed
    const auto* fact = std::get_if<link::VideoSeen>(&message);
    EXPECT_FALSE(fact != nullptr && fact->member == room.blue.member && fact->width == 0);
  }
}

TEST(WorkerTest, ControlComesBackAndFindsTheTruth) {
  TwoBrowsers room;
  ASSERT_TRUE(room.begin());
  room.show({&room.red, &room.blue});
  ASSERT_TRUE(room.run_until([&] {
    const auto* applied = room.control->last<link::SceneApplied>();
    return applied != nullptr && applied->revision == room.scene.revision;
  }));
  const auto frames = room.red.party.frames.size();
  room.control.reset(); // as if control had died
  room.run_for(500ms);
  EXPECT_GT(room.red.party.frames.size(), frames); // the meeting goes on
  room.reconnect_control();
  const auto state = *room.control->last<link::SyncState>();
  EXPECT_EQ(state.room, room.id);
  EXPECT_EQ(state.scene_revision, room.scene.revision);
  ASSERT_EQ(state.peers.size(), 2U);
  for (const auto& known : state.peers)
    EXPECT_EQ(known.phase, link::PeerPhase::connected);

  // Control that knows one peer only, and counts its scenes anew: its wish holds.
  room.browsers = {&room.red, &room.blue};
  room.scene.revision = 0;
  room.show({&room.red});
  room.browsers = {&room.red};
  room.sync();
  room.browsers = {&room.red, &room.blue};
  EXPECT_TRUE(room.run_until([&] { return room.blue.party.in_phase(peer::Phase::disconnected); }));
  EXPECT_TRUE(room.run_until([&] { return near(room.red.pixel(280, 120), kRed); }));
  room.control->forget();

  // Requests about what does not exist are refused, each once.
  room.control->send(link::UpdatePeer{77, room.blue.peer, "v=0\r\n"});
  room.control->send(link::OpenPeer{78, room.blue.peer, room.blue.member, "not SDP", {}});
  EXPECT_TRUE(room.run_until([&] {
    const auto* refused = room.control->last<link::PeerRefused>();
    return refused != nullptr && refused->request == 78 && refused->reason == link::RefusalReason::bad_sdp;
  }));

  room.control->send(link::Shutdown{"test"});
  std::optional<int> status;
  EXPECT_TRUE(room.run_until([&] {
    status = status ? status : room.process.ended();
    return status.has_value() && room.red.party.in_phase(peer::Phase::disconnected);
  }));
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

TEST(WorkerTest, ASpareEndsWhenTold) {
  Room room;
  EXPECT_FALSE(static_cast<bool>(room.control->last<link::SyncState>()->room));
  room.control->send(link::Shutdown{"not needed"});
  std::optional<int> status;
  ASSERT_TRUE(room.run_until([&] { return (status = room.process.ended()).has_value(); }));
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

TEST(WorkerTest, AWarmCallAllocatesNothing) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "this build does not count allocations";
  TwoBrowsers room;
  ASSERT_TRUE(room.begin());
  room.show({&room.red, &room.blue});
  const auto next_stats = [&] {
    room.control->forget();
    return room.run_until([&] { return room.control->last<link::WorkerStats>() != nullptr; });
  };
  room.run_for(11s); // the threads begin to count 5 and 10 s after the room's beginning
  ASSERT_TRUE(next_stats());
  const auto at_first = room.metric("plenum_warm_allocations");
  const auto frames = room.red.party.frames.size();
  for (int i = 0; i < 3; ++i) // 15 s
    ASSERT_TRUE(next_stats());
  EXPECT_EQ(room.metric("plenum_warm_allocations") - at_first, 0);
  EXPECT_GT(room.red.party.frames.size(), frames + 100); // it was a call
  EXPECT_TRUE(room.run_until([&] { return room.red.hears(kHigh) > 0.1; }));
  EXPECT_GT(room.metric("plenum_frames_sent_total"), 200); // what peers count reaches the metrics
  const auto codecs = room.metric("plenum_codec_cpu_us_total"),
             all = room.metric("plenum_thread_cpu_us_total");
  EXPECT_GT(codecs, 100'000); // some 20 s of two decoders, an encoder and their sound
  EXPECT_GT(all, codecs);
}

} // namespace
} // namespace plenum::test
