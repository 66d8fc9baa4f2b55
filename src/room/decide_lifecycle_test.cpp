#include "room/test_room.hpp"
#include "room/texts.hpp"

#include <gmock/gmock.h>

namespace plenum::room::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;

TEST(Open, KeepsWhatItWasToldAndOpensOnce) {
  Scenario s;
  EXPECT_EQ(code(s.when(EndRoom{})), ErrorCode::not_found);
  OptionsPatch patch;
  patch.widescreen = true;
  patch.media_mode = MediaMode::composed;
  EXPECT_THAT(names(s.open(patch)), ElementsAre("room_opened"));
  EXPECT_TRUE(s.state.open());
  EXPECT_EQ(s.state.external_id, "daily");
  EXPECT_EQ(s.state.guest_token, "GUEST");
  EXPECT_TRUE(s.state.options.widescreen);
  EXPECT_EQ(s.state.options.media_mode, MediaMode::composed);
  EXPECT_EQ(s.state.revision, 1u);
  EXPECT_EQ(code(s.when(OpenRoom{kRoom, kAccount, "daily", "", "", {}})), ErrorCode::conflict);
}

TEST(Open, RefusesAnImpossibleLayout) {
  Scenario s;
  OptionsPatch patch;
  patch.layout_map = std::vector<LayoutBox>{{{0, 0, 1280, 960}, BoxFit::cover}};
  patch.widescreen = true;
  EXPECT_EQ(code(s.when(OpenRoom{kRoom, kAccount, "daily", "", "", patch})), ErrorCode::invalid);
}

TEST(ChangeOptions, ChangesWhatMayChange) {
  Scenario s;
  s.open();
  OptionsPatch patch;
  patch.widescreen = true; // silently ignored now
  EXPECT_TRUE(s.given(ChangeOptions{patch}).empty());
  patch.show_names = false;
  EXPECT_THAT(names(s.given(ChangeOptions{patch})), ElementsAre("options_changed"));
  EXPECT_FALSE(s.state.options.show_names);
  EXPECT_FALSE(s.state.options.widescreen);
}

TEST(End, LetsEverybodyLeaveFirstAndIsFinal) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  s.given(StartPresentation{member(1)});
  const auto events = s.given(EndRoom{});
  EXPECT_THAT(names(events), ElementsAre("member_left", "member_left", "room_ended"));
  EXPECT_EQ(std::get<MemberLeft>(events[0]).reason, LeaveReason::room_ended);
  EXPECT_EQ(s.state.phase, Phase::ended);
  EXPECT_TRUE(s.state.tiles.empty());
  EXPECT_EQ(s.state.present_count(), 0u);
  EXPECT_FALSE(s.state.presenter);
  EXPECT_EQ(code(s.when(EndRoom{})), ErrorCode::gone);
  EXPECT_EQ(code(s.when(JoinMember{member(1), leg(5), "", true})), ErrorCode::gone);
}

TEST(Idle, EndsARoomThatNobodyEntered) {
  Scenario s;
  s.open();
  s.add(1);
  s.pass(std::chrono::seconds(119));
  EXPECT_TRUE(s.given(EndIfIdle{}).empty());
  s.pass(std::chrono::seconds(1));
  const auto events = s.given(EndIfIdle{});
  EXPECT_THAT(names(events), ElementsAre("room_ended"));
  EXPECT_EQ(s.state.end_reason, EndReason::idle);
}

TEST(Idle, StartsAnewWhenTheLastOneLeaves) {
  Scenario s;
  s.open();
  s.enter(1);
  s.pass(std::chrono::hours(5));
  EXPECT_TRUE(s.given(EndIfIdle{}).empty());
  s.leave(1);
  s.pass(std::chrono::seconds(119));
  EXPECT_TRUE(s.given(EndIfIdle{}).empty());
  s.pass(std::chrono::seconds(1));
  EXPECT_EQ(s.given(EndIfIdle{}).size(), 1u);
}

TEST(Idle, IsPutOffByAKeepAlive) {
  Scenario s;
  s.open();
  s.pass(std::chrono::seconds(100));
  s.live.touched = s.now;
  s.pass(std::chrono::seconds(119));
  EXPECT_TRUE(s.given(EndIfIdle{}).empty());
  s.pass(std::chrono::seconds(1));
  EXPECT_EQ(s.given(EndIfIdle{}).size(), 1u);
}

TEST(Message, KeepsATailInState) {
  Scenario s;
  s.open();
  s.add(1);
  for (int i = 0; i < 105; ++i)
    s.given(SendMessage{{{5, static_cast<std::uint64_t>(i)}}, member(1), "chat", "hello"});
  EXPECT_EQ(s.state.messages.size(), kMessageTail);
  EXPECT_EQ(s.state.messages.back().id.bits.random, 104u);
  for (int i = 0; i < 6; ++i)
    s.given(SendMessage{{{5, 200}}, member(1), "custom", std::string(64 * 1024, 'x')});
  EXPECT_EQ(s.state.messages.size(), 4u); // 256 KiB
}

TEST(Message, HasBounds) {
  Scenario s;
  s.open();
  s.add(1);
  const auto send = [&](std::uint64_t from, std::string kind, std::string content) {
    return code(s.when(SendMessage{{{5, 1}}, member(from), std::move(kind), std::move(content)}));
  };
  EXPECT_EQ(send(9, "chat", "x"), ErrorCode::not_found);
  EXPECT_EQ(send(1, "", "x"), ErrorCode::invalid);
  EXPECT_EQ(send(1, std::string(65, 'k'), "x"), ErrorCode::invalid);
  EXPECT_EQ(send(1, "chat", ""), ErrorCode::invalid);
  EXPECT_EQ(send(1, "chat", std::string(64 * 1024 + 1, 'x')), ErrorCode::invalid);
}

TEST(Texts, MustBeUtf8OrTheLogCouldNotBeRead) {
  for (const auto* good : {"", "plain", "ü", "☕", "\U0001F600", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(valid_utf8(good)) << good;
  for (const auto* bad : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x98", "a\xc3("})
    EXPECT_FALSE(valid_utf8(bad)) << bad;
  EXPECT_EQ(clip("a☕b", 3), "a");
  EXPECT_EQ(clip("a☕b", 4), "a☕");
  EXPECT_EQ(clip("\xff", 4), "");

  Scenario s;
  EXPECT_EQ(code(s.when(OpenRoom{kRoom, kAccount, "\xff", "", "", {}})), ErrorCode::invalid);
  OptionsPatch patch;
  patch.custom_fields = json::object{{"a", "\xff"}};
  EXPECT_EQ(code(s.when(OpenRoom{kRoom, kAccount, "daily", "", "", patch})), ErrorCode::invalid);
  s.open();
  s.add(1);
  EXPECT_EQ(code(s.when(RegisterMember{member(2), "t", {"", "\xff", std::nullopt, false, {}}})),
            ErrorCode::invalid);
  EXPECT_EQ(code(s.when(SendMessage{{{5, 1}}, member(1), "chat", "\xff"})), ErrorCode::invalid);
  s.given(JoinMember{member(1), leg(1), "web\xff", true});
  EXPECT_EQ(s.state.members[0].platform, "");
}

TEST(Mute, IsARequestToOthers) {
  Scenario s;
  s.open();
  s.add(1);
  const auto events = s.given(RequestMute{member(1)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<MuteRequested>(events[0]).from, member(1));
  EXPECT_EQ(code(s.when(RequestMute{member(2)})), ErrorCode::not_found);
}

TEST(Lock, MayBeUndone) {
  Scenario s;
  OptionsPatch patch;
  patch.lock_available = true;
  s.open(patch);
  s.enter(1);
  EXPECT_TRUE(s.given(UnlockRoom{}).empty());
  s.given(LockRoom{member(1)});
  EXPECT_THAT(names(s.given(UnlockRoom{member(1)})), ElementsAre("room_unlocked"));
  EXPECT_FALSE(s.state.locked);
  s.enter(2);
}

} // namespace
} // namespace plenum::room::testing
