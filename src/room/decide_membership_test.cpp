#include "room/test_room.hpp"

#include <gmock/gmock.h>

namespace plenum::room::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using Spots = std::vector<std::uint64_t>;

TEST(Register, IssuesOneMemberPerExternalId) {
  Scenario s;
  s.open();
  EXPECT_THAT(names(s.add(1)), ElementsAre("member_registered"));
  const auto again = s.when(RegisterMember{member(9), "other", {"u1", "Member 1", std::nullopt, false, {}}});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(s.state.members.size(), 1u);
  EXPECT_EQ(s.state.members[0].access_token, "token1");
}

TEST(Register, RenamesAKnownMember) {
  Scenario s;
  s.open();
  s.add(1);
  EXPECT_THAT(names(s.given(RegisterMember{member(9), "x", {"u1", "New", "https://a/b.png", false, {}}})),
              ElementsAre("member_renamed"));
  EXPECT_EQ(s.state.members[0].name, "New");
  EXPECT_EQ(s.state.members[0].avatar, "https://a/b.png");
}

TEST(Register, WithoutExternalIdEveryoneIsNewAndTakesItsOwnId) {
  Scenario s;
  s.open();
  s.given(RegisterMember{member(1), "a", {"", "Ann", std::nullopt, false, {}}});
  s.given(RegisterMember{member(2), "b", {"", "Ann", std::nullopt, false, {}}});
  EXPECT_EQ(s.state.members.size(), 2u);
  EXPECT_EQ(s.state.members[0].external_id, member(1).hex());
}

TEST(Register, AGuestNeverTakesOverSomebodysId) {
  Scenario s;
  s.open();
  s.add(1);
  s.given(RegisterMember{member(2), "b", {"u1", "Mallory", std::nullopt, true, {}}});
  EXPECT_EQ(s.state.members.size(), 2u);
  EXPECT_EQ(s.state.members[1].external_id, member(2).hex());
  EXPECT_EQ(s.state.find_ref("u1")->id, member(1));
  // Nor may it claim the internal id of somebody.
  s.given(RegisterMember{member(3), "c", {member(1).hex(), "Eve", std::nullopt, true, {}}});
  EXPECT_EQ(s.state.find_ref(member(1).hex())->id, member(1));
}

TEST(Register, ARegularMemberIsFoundBeforeAGuestOfTheSameId) {
  Scenario s;
  s.open();
  s.given(RegisterMember{member(1), "a", {"x", "Guest", std::nullopt, true, {}}});
  s.given(RegisterMember{member(2), "b", {"x", "Regular", std::nullopt, false, {}}});
  EXPECT_EQ(s.state.find_ref("x")->id, member(2));
}

TEST(Register, RefusesBlankAndHugeNames) {
  Scenario s;
  s.open();
  for (const auto& name : {std::string(), std::string(" \t"), std::string(256, 'x')})
    EXPECT_EQ(code(s.when(RegisterMember{member(1), "a", {"", name, std::nullopt, false, {}}})),
              ErrorCode::invalid);
}

TEST(Register, GuestsCanBeSwitchedOff) {
  Scenario s;
  OptionsPatch patch;
  patch.guests_allowed = false;
  s.open(patch);
  EXPECT_EQ(code(s.when(RegisterMember{member(1), "a", {"", "G", std::nullopt, true, {}}})),
            ErrorCode::not_allowed);
}

TEST(Register, IsBounded) {
  Scenario s;
  s.limits.registered = 2;
  s.open();
  s.add(1);
  s.add(2);
  EXPECT_EQ(code(s.when(RegisterMember{member(3), "a", {"", "N", std::nullopt, false, {}}})),
            ErrorCode::unavailable);
}

TEST(Join, TakesASeatAndATile) {
  Scenario s;
  s.open();
  s.add(1);
  EXPECT_THAT(names(s.join(1)), ElementsAre("member_joined", "layout_changed"));
  EXPECT_TRUE(s.state.find(member(1))->present);
  EXPECT_EQ(s.spots(), (Spots{1}));
  EXPECT_EQ(s.state.tiles[0].rect, (Rect{0, 0, 1280, 960}));
}

TEST(Join, OfASeatedMemberReplacesItsLegSilently) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  const auto tiles = s.state.tiles;
  const auto events = s.given(JoinMember{member(1), leg(11), "other", true});
  EXPECT_THAT(names(events), ElementsAre("leg_replaced"));
  EXPECT_EQ(std::get<LegReplaced>(events[0]).old, leg(1));
  EXPECT_EQ(s.state.find(member(1))->leg.id, leg(11));
  EXPECT_EQ(s.state.tiles, tiles);
}

TEST(Join, UnknownMemberIsNotFound) {
  Scenario s;
  s.open();
  EXPECT_EQ(code(s.when(JoinMember{member(1), leg(1), "", true})), ErrorCode::not_found);
}

TEST(Join, IsBounded) {
  Scenario s;
  s.limits.present = 2;
  s.open();
  s.enter(1);
  s.enter(2);
  s.add(3);
  EXPECT_EQ(code(s.when(JoinMember{member(3), leg(3), "", true})), ErrorCode::unavailable);
  s.leave(1);
  EXPECT_TRUE(s.when(JoinMember{member(3), leg(3), "", true}));
}

TEST(Lock, KeepsNewcomersOutAndLetsRegularsBack) {
  Scenario s;
  OptionsPatch patch;
  patch.lock_available = true;
  s.open(patch);
  s.enter(1);
  s.add(2, true);
  s.join(2);
  s.add(3, true); // a guest that has not come in yet
  EXPECT_THAT(names(s.given(LockRoom{member(1)})), ElementsAre("room_locked"));
  EXPECT_TRUE(s.given(LockRoom{member(1)}).empty());
  s.leave(1);
  s.leave(2);
  EXPECT_EQ(code(s.when(RegisterMember{member(4), "a", {"u4", "N", std::nullopt, false, {}}})),
            ErrorCode::locked);
  EXPECT_EQ(code(s.when(RegisterMember{member(4), "a", {"", "N", std::nullopt, true, {}}})),
            ErrorCode::locked);
  EXPECT_TRUE(s.when(RegisterMember{member(5), "a", {"u1", "Member 1", std::nullopt, false, {}}}));
  EXPECT_TRUE(s.when(JoinMember{member(1), leg(12), "", true}));
  EXPECT_EQ(code(s.when(JoinMember{member(2), leg(13), "", true})), ErrorCode::locked);
  EXPECT_EQ(code(s.when(JoinMember{member(3), leg(14), "", true})), ErrorCode::locked);
}

TEST(Lock, CanBeSwitchedOff) {
  Scenario s;
  s.open();
  s.enter(1);
  EXPECT_EQ(code(s.when(LockRoom{member(1)})), ErrorCode::not_allowed);
}

TEST(Leave, OfAReplacedLegDoesNothing) {
  Scenario s;
  s.open();
  s.enter(1);
  s.given(JoinMember{member(1), leg(11), "", true});
  EXPECT_TRUE(s.given(LeaveRoom{member(1), leg(1)}).empty());
  EXPECT_THAT(names(s.given(LeaveRoom{member(1), leg(11)})), ElementsAre("member_left", "layout_changed"));
  EXPECT_TRUE(s.given(LeaveRoom{member(1), {}}).empty());
}

TEST(Remove, NeedsTheOptionUnlessTheOwnerAsks) {
  Scenario s;
  OptionsPatch patch;
  patch.kick_available = false;
  s.open(patch);
  s.enter(1);
  EXPECT_EQ(code(s.when(RemoveMember{member(1), false})), ErrorCode::not_allowed);
  EXPECT_EQ(code(s.when(RemoveMember{member(7), true})), ErrorCode::not_found);
  const auto events = s.given(RemoveMember{member(1), true});
  EXPECT_EQ(std::get<MemberLeft>(events[0]).reason, LeaveReason::removed);
  EXPECT_EQ(std::get<MemberLeft>(events[0]).leg, leg(1));
  EXPECT_TRUE(s.given(RemoveMember{member(1), true}).empty());
}

TEST(Grace, KeepsSeatAndTileForHalfAMinute) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  s.given(ConnectLeg{member(1), leg(1)});
  EXPECT_THAT(names(s.given(LoseLeg{member(1), leg(1), false})), ElementsAre("leg_lost"));
  EXPECT_TRUE(s.given(LoseLeg{member(1), leg(1), false}).empty());
  s.pass(std::chrono::milliseconds(29'999));
  EXPECT_TRUE(s.given(ExpireGrace{}).empty());
  EXPECT_EQ(s.spots(), (Spots{1, 2}));
  s.pass(std::chrono::milliseconds(1));
  const auto events = s.given(ExpireGrace{});
  EXPECT_THAT(names(events), ElementsAre("member_left", "layout_changed"));
  EXPECT_EQ(std::get<MemberLeft>(events[0]).reason, LeaveReason::lost);
}

TEST(Grace, EndsWithTheLegsReturn) {
  Scenario s;
  s.open();
  s.enter(1);
  s.given(ConnectLeg{member(1), leg(1)});
  s.given(LoseLeg{member(1), leg(1), false});
  EXPECT_THAT(names(s.given(ConnectLeg{member(1), leg(1)})), ElementsAre("leg_connected"));
  s.pass(std::chrono::seconds(60));
  EXPECT_TRUE(s.given(ExpireGrace{}).empty());
}

TEST(Grace, CountsForSignalingToo) {
  Scenario s;
  s.open();
  s.enter(1);
  EXPECT_THAT(names(s.given(LoseSignaling{member(1), leg(1)})), ElementsAre("signaling_lost"));
  EXPECT_THAT(names(s.given(RestoreSignaling{member(1), leg(1)})), ElementsAre("signaling_restored"));
  s.given(LoseSignaling{member(1), leg(1)});
  s.pass(std::chrono::seconds(30));
  EXPECT_THAT(names(s.given(ExpireGrace{})), ElementsAre("member_left", "layout_changed"));
}

TEST(Grace, ANewLegEndsIt) {
  Scenario s;
  s.open();
  s.enter(1);
  s.given(LoseLeg{member(1), leg(1), false});
  s.given(LoseSignaling{member(1), leg(1)});
  s.given(JoinMember{member(1), leg(11), "", true});
  s.pass(std::chrono::seconds(60));
  EXPECT_TRUE(s.given(ExpireGrace{}).empty());
  EXPECT_TRUE(s.given(LoseLeg{member(1), leg(1), true}).empty()); // of the old leg
}

TEST(LoseLeg, FinallyEndsTheMembershipWithItsCause) {
  Scenario s;
  s.open();
  s.enter(1);
  s.enter(2);
  s.given(ConnectLeg{member(2), leg(2)});
  EXPECT_EQ(std::get<MemberLeft>(s.given(LoseLeg{member(1), leg(1), true})[0]).reason, LeaveReason::no_media);
  EXPECT_EQ(std::get<MemberLeft>(s.given(LoseLeg{member(2), leg(2), true})[0]).reason, LeaveReason::lost);
}

} // namespace
} // namespace plenum::room::testing
