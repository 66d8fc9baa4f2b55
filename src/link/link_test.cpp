// The contracts between control, door and media: every message survives the wire, broken streams are noticed.
#include "base/json_described.hpp"
#include "link/door_messages.hpp"
#include "link/session.hpp"

#include <gtest/gtest.h>

namespace plenum::link {
namespace {

using namespace std::chrono_literals;
using base::SeededRandom;
using base::Timestamp;
using base::WallTime;

constexpr Timestamp kStart = base::timestamp_us(1'000'000);

Scene some_scene() {
  SeededRandom random(3);
  Scene scene;
  scene.room = base::RoomId::make(WallTime{}, random);
  scene.revision = 7;
  scene.canvas = {1280, 720, 25, {17, 34, 51}};
  const auto member = base::MemberId::make(WallTime{}, random);
  scene.members = {{member, base::PeerId::make(WallTime{}, random), "Zoë \"Z\"", true, true, false}};
  scene.tiles = {{member, {427, 0, 427, 480}, 1, Fit::contain, true}};
  return scene;
}

TEST(Messages, SceneSurvivesTheWireUnchanged) {
  const auto scene = some_scene();
  const auto decoded = decode_to_worker(encode(ToWorker(scene)));
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(std::get<Scene>(*decoded), scene);
}

TEST(Messages, AWrongTypeIsNamedByItsPointer) {
  const auto decoded = decode_to_worker(R"({"t":"scene","m":{"canvas":{"width":"wide"}}})");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().text, "scene: /canvas/width: number in range expected");
  EXPECT_FALSE(decode_to_worker(R"({"t":"dance","m":{}})"));
  EXPECT_FALSE(decode_from_worker("[]"));
  EXPECT_FALSE(decode_from_worker("{"));
}

TEST(Framing, MessagesSplitAnywhereComeOutWhole) {
  const auto stream = frame("one") + frame("") + frame(std::string(70'000, 'x'));
  Deframer deframer;
  std::vector<std::string> got;
  for (std::size_t i = 0; i < stream.size(); i += 3) {
    ASSERT_TRUE(deframer.push(stream.substr(i, 3)));
    while (const auto message = deframer.next())
      got.emplace_back(*message);
  }
  EXPECT_EQ(got, (std::vector<std::string>{"one", "", std::string(70'000, 'x')}));
}

TEST(Framing, AnOversizedFrameBreaksTheStream) {
  Deframer deframer;
  EXPECT_FALSE(deframer.push(std::string("\xff\xff\xff\xff", 4) + "abc"));
  EXPECT_FALSE(deframer.next());
  EXPECT_FALSE(deframer.push(frame("fine")));
}

TEST(Session, GreetsThenCarriesMessagesBothWays) {
  ControlSession control(kStart, "control", 1);
  WorkerSession worker(kStart, "worker", 2);
  control.send(ToWorker(some_scene()));
  const auto at_worker = worker.on_bytes(kStart, control.take_output());
  ASSERT_EQ(at_worker.size(), 1u);
  EXPECT_EQ(std::get<Scene>(at_worker[0]), some_scene());
  worker.send(FromWorker(SceneApplied{7}));
  const auto at_control = control.on_bytes(kStart, worker.take_output());
  ASSERT_EQ(at_control.size(), 1u);
  EXPECT_EQ(std::get<SceneApplied>(at_control[0]).revision, 7u);
  EXPECT_TRUE(control.greeted() && worker.greeted());
}

TEST(Session, BeatsEverySecondAndDiesOfSilence) {
  ControlSession control(kStart, "control", 1);
  WorkerSession worker(kStart, "worker", 2);
  worker.on_bytes(kStart, control.take_output());
  control.on_bytes(kStart, worker.take_output());
  auto now = kStart;
  for (int i = 0; i < 20; ++i) {
    now += 1s;
    control.on_deadline(now);
    worker.on_deadline(now);
    worker.on_bytes(now, control.take_output());
    control.on_bytes(now, worker.take_output());
  }
  EXPECT_EQ(control.broken(), "");
  control.on_deadline(now + 4999ms);
  EXPECT_EQ(control.broken(), "");
  control.on_deadline(now + 5s);
  EXPECT_EQ(control.broken(), "silent for 5 s");
}

TEST(Session, RefusesAnotherVersionAndMessagesBeforeHello) {
  ControlSession control(kStart, "control", 1);
  control.on_bytes(kStart, frame(encode(FromWorker(Hello{99, "worker", 2}))));
  EXPECT_EQ(control.broken(), "other side speaks link version 99");
  ControlSession other(kStart, "control", 1);
  other.on_bytes(kStart, frame(encode(FromWorker(SceneApplied{1}))));
  EXPECT_EQ(other.broken(), "message before hello");
}

template <class T>
T door_round_trip(const T& message) {
  const auto decoded = decode_door(encode(DoorMessage(message)));
  EXPECT_TRUE(decoded);
  return std::get<T>(*decoded);
}

TEST(DoorMessages, SurviveTheWire) {
  Opened opened{"r1abc", {}, {}, true, {1, 2, 3}, {4}};
  opened.remote.address[15] = 9;
  opened.remote.port = 4321;
  const auto got = door_round_trip(opened);
  EXPECT_EQ(got.ufrag, "r1abc");
  EXPECT_EQ(got.remote, opened.remote);
  EXPECT_TRUE(got.tcp);
  EXPECT_EQ(got.first, opened.first);
  EXPECT_EQ(got.rest, opened.rest);
  EXPECT_EQ(door_round_trip(Register{"u", "p"}).password, "p");
  EXPECT_TRUE(door_round_trip(Registered{"u", true}).accepted);
  EXPECT_EQ(door_round_trip(Stray{{}, {}, {7}}).datagram, std::vector<std::uint8_t>{7});
}

TEST(DoorMessages, EveryTruncationAndEveryExtraByteIsRefused) {
  auto bytes = encode(DoorMessage(Opened{"r1abc", {}, {}, true, {1, 2, 3}, {4}}));
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_door(base::Bytes(bytes).first(n))) << n;
  bytes.push_back(0);
  EXPECT_FALSE(decode_door(bytes));
  EXPECT_FALSE(decode_door(std::vector<std::uint8_t>{77}));
}

} // namespace
} // namespace plenum::link
