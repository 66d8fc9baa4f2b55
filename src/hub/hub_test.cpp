#include "hub/test_virtual.hpp"

#include <gmock/gmock.h>

namespace plenum::hub::testing {
namespace {

using base::ErrorCode;
using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Open, OpensOnceAndJoinsAfterwards) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto bob = h.enter("daily", "bob");
  const auto ann_again = h.enter("daily", "ann");
  EXPECT_TRUE(ann.opened);
  EXPECT_FALSE(bob.opened);
  EXPECT_EQ(ann.room, bob.room);
  EXPECT_EQ(ann.member, ann_again.member);
  EXPECT_NE(ann.member, bob.member);
  const auto& state = h.state(ann.room);
  EXPECT_EQ(state.name, "Acme"); // the account's, when none is given
  EXPECT_EQ(state.guest_token.size(), kTokenLength);
  EXPECT_EQ(h.hub->directory().find(h.account, "daily"), &state);
  const auto grant = h.hub->directory().by_access_token(state.find(bob.member)->access_token);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->member, bob.member);
  EXPECT_EQ(h.hub->directory().by_guest_token(state.guest_token), ann.room);
  EXPECT_EQ(h.hub->directory().by_access_token(state.guest_token).error().code, ErrorCode::not_found);
}

TEST(Open, WithoutAnIdMakesARoomOfItsOwnEachTime) {
  House h;
  const auto a = h.enter("", "ann"), b = h.enter("", "ann");
  EXPECT_NE(a.room, b.room);
  EXPECT_EQ(h.state(a.room).external_id.size(), 24u);
  const auto list = h.hub->directory().list(h.account);
  ASSERT_EQ(list.size(), 2u);
}

TEST(Open, AFailureLeavesNothingBehind) {
  House h;
  Outcome<Entered> entered;
  h.hub->open_or_join(h.request("daily", " "), entered.completion());
  EXPECT_FALSE(entered.came()); // never inside the call
  h.settle();
  EXPECT_EQ(entered.code(), ErrorCode::invalid);
  EXPECT_EQ(h.hub->directory().open_rooms(), 0u);
  EXPECT_TRUE(h.enter("daily", "ann").opened);
}

TEST(Open, IsLimited) {
  House h;
  h.options.rooms = 1;
  h.boot();
  h.enter("a", "ann");
  Outcome<Entered> entered;
  h.hub->open_or_join(h.request("b", "ann"), entered.completion());
  h.settle();
  EXPECT_EQ(entered.code(), ErrorCode::unavailable);
  EXPECT_FALSE(h.enter("a", "bob").opened); // the open one still takes people
}

TEST(Open, ChangesLiveOptionsOfARunningMeeting) {
  House h;
  const auto ann = h.enter("daily", "ann");
  auto request = h.request("daily", "ann");
  request.options.show_names = false;
  request.options.widescreen = true;
  Outcome<Entered> entered;
  h.hub->open_or_join(std::move(request), entered.completion());
  h.settle();
  EXPECT_FALSE(h.state(ann.room).options.show_names);
  EXPECT_FALSE(h.state(ann.room).options.widescreen);
}

TEST(Guests, ComeByToken) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Outcome<Entered> guest, unknown;
  h.hub->register_guest(h.state(ann.room).guest_token, {"", "Visitor", std::nullopt, false, {}},
                        guest.completion());
  h.hub->register_guest("nonsense", {"", "Visitor", std::nullopt, false, {}}, unknown.completion());
  h.settle();
  ASSERT_TRUE(guest.ok());
  EXPECT_TRUE(h.state(ann.room).find(guest.value().member)->guest);
  EXPECT_EQ(unknown.code(), ErrorCode::not_found);
}

TEST(Dispatch, NobodyHearsBeforeTheCommit) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  Outcome<Committed> sent;
  h.hub->dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", "hi"}, Principal::of(ann.member),
                  sent.completion());
  EXPECT_TRUE(recorder.names.empty());
  EXPECT_TRUE(h.state(ann.room).messages.empty());
  h.settle();
  EXPECT_THAT(recorder.names, ElementsAre("message_sent"));
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent.value().offset, 3u); // after room_opened, member_registered
  EXPECT_TRUE(h.state(ann.room).messages[0].id);
}

TEST(Dispatch, DecidesOnWhatIsDecidedNotOnWhatIsCommitted) {
  House h;
  auto request = h.request("daily", "ann");
  request.options.lock_available = true;
  Outcome<Entered> entered, late;
  h.hub->open_or_join(std::move(request), entered.completion());
  h.settle();
  const auto ann = entered.value();
  Outcome<Committed> locked, again;
  h.hub->dispatch(ann.room, room::LockRoom{ann.member}, Principal::of(ann.member), locked.completion());
  h.hub->open_or_join(h.request("daily", "bob"), late.completion());
  h.settle();
  EXPECT_TRUE(locked.ok());
  EXPECT_EQ(late.code(), ErrorCode::locked);
}

TEST(Dispatch, OfTwoAtTheSameTimeOnlyOneCanPresent) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  h.join(ann);
  h.join(bob);
  Outcome<Committed> first, second;
  h.hub->dispatch(ann.room, room::StartPresentation{ann.member}, Principal::of(ann.member),
                  first.completion());
  h.hub->dispatch(ann.room, room::StartPresentation{bob.member}, Principal::of(bob.member),
                  second.completion());
  h.settle();
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(second.code(), ErrorCode::conflict);
}

TEST(Dispatch, AuthorizesByPrincipal) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob"), eve = h.enter("other", "eve");
  const auto code = [&](room::Command command, Principal principal) {
    return h.dispatch(ann.room, std::move(command), principal).code();
  };
  const room::SendMessage from_ann{{}, ann.member, "chat", "hi"};
  EXPECT_EQ(code(from_ann, Principal::of(bob.member)), ErrorCode::forbidden);
  EXPECT_EQ(code(from_ann, Principal::of(eve.member)), ErrorCode::forbidden);
  EXPECT_EQ(code(from_ann, Principal::owner({{1, 99}})), ErrorCode::forbidden);
  EXPECT_EQ(code(room::ChangeOptions{}, Principal::of(ann.member)), ErrorCode::forbidden);
  EXPECT_EQ(code(room::ExpireGrace{}, Principal::owner(h.account)), ErrorCode::forbidden);
  EXPECT_EQ(code(room::JoinMember{ann.member, {}, "", true}, Principal::of(ann.member)),
            ErrorCode::forbidden);
  EXPECT_TRUE(h.dispatch(ann.room, from_ann, Principal::owner(h.account)).ok());
  EXPECT_TRUE(h.dispatch(ann.room, room::StopPresentation{}, Principal::of(bob.member)).ok());
  EXPECT_TRUE(h.dispatch(ann.room, room::EndRoom{}, Principal::of(bob.member)).ok());
  EXPECT_EQ(code(from_ann, Principal::of(ann.member)), ErrorCode::gone);
}

TEST(Dispatch, OnlyTheOwnerRemovesWhenTheOptionForbids) {
  House h;
  auto request = h.request("daily", "ann");
  request.options.kick_available = false;
  Outcome<Entered> entered;
  h.hub->open_or_join(std::move(request), entered.completion());
  h.settle();
  const auto ann = entered.value();
  h.join(ann);
  EXPECT_EQ(h.dispatch(ann.room, room::RemoveMember{ann.member, true}, Principal::of(ann.member)).code(),
            ErrorCode::not_allowed);
  EXPECT_TRUE(h.dispatch(ann.room, room::RemoveMember{ann.member}, Principal::owner(h.account)).ok());
}

TEST(Store, ARefusedAppendIsUndoneAndTheRoomGoesOn) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  h.log->failures = 1;
  Outcome<Committed> first, second, third;
  const auto say = [&](const char* text, const Outcome<Committed>& outcome) {
    h.hub->dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", text}, Principal::of(ann.member),
                    outcome.completion());
  };
  say("one", first);
  say("two", second); // its offset does not fit either
  h.settle();
  EXPECT_EQ(first.code(), ErrorCode::unavailable);
  EXPECT_EQ(second.code(), ErrorCode::unavailable);
  EXPECT_TRUE(recorder.names.empty());
  say("three", third);
  h.settle();
  EXPECT_TRUE(third.ok());
  EXPECT_EQ(recorder.offsets, (std::vector<std::uint64_t>{3}));
}

TEST(Store, NothingIsDecidedWhileRefusedAppendsComeBack) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  const auto by_ann = Principal::of(ann.member);
  const room::StartPresentation present{ann.member};
  h.log->failures = 1;
  Outcome<Committed> second, between;
  h.hub->dispatch(ann.room, present, by_ann, [&](const auto& result) {
    EXPECT_FALSE(result);
    h.hub->dispatch(ann.room, present, by_ann, between.completion()); // not "you present already"
  });
  h.hub->dispatch(ann.room, room::RequestMute{ann.member}, by_ann, second.completion());
  h.settle();
  EXPECT_EQ(second.code(), ErrorCode::unavailable);
  EXPECT_EQ(between.code(), ErrorCode::unavailable);
  EXPECT_FALSE(h.state(ann.room).presenter);
  EXPECT_TRUE(h.dispatch(ann.room, present, by_ann).ok());
  EXPECT_EQ(h.state(ann.room).presenter, ann.member);
}

TEST(Store, ARoomWhoseOpeningIsRefusedNeverWas) {
  House h;
  h.log->failures = 1;
  Outcome<Entered> entered;
  h.hub->open_or_join(h.request("daily", "ann"), entered.completion());
  h.settle();
  EXPECT_EQ(entered.code(), ErrorCode::unavailable);
  EXPECT_EQ(h.hub->directory().open_rooms(), 0u);
  EXPECT_TRUE(h.enter("daily", "ann").opened);
}

TEST(Idle, EndsTheMeetingAndItsTokens) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto token = h.state(ann.room).find(ann.member)->access_token;
  const auto guest = h.state(ann.room).guest_token;
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  h.pass(std::chrono::seconds(119));
  EXPECT_TRUE(recorder.names.empty());
  h.pass(std::chrono::seconds(2));
  EXPECT_THAT(recorder.names, ElementsAre("room_ended"));
  EXPECT_EQ(h.hub->directory().find(ann.room), nullptr);
  EXPECT_EQ(h.hub->directory().open_rooms(), 0u);
  EXPECT_EQ(h.hub->directory().by_access_token(token).error().code, ErrorCode::gone);
  EXPECT_EQ(h.hub->directory().by_guest_token(guest).error().code, ErrorCode::gone);
  const auto next = h.enter("daily", "ann"); // a new meeting in the same room
  EXPECT_TRUE(next.opened);
  EXPECT_NE(next.room, ann.room);
  h.boot(); // another process remembers too
  EXPECT_EQ(h.hub->directory().by_access_token(token).error().code, ErrorCode::gone);
  h.pass(std::chrono::hours(25));
  EXPECT_EQ(h.hub->directory().by_access_token(token).error().code, ErrorCode::not_found);
}

TEST(Idle, ATouchPutsItOff) {
  House h;
  const auto ann = h.enter("daily", "ann");
  for (int i = 0; i < 10; ++i) {
    h.pass(std::chrono::seconds(30));
    h.hub->touch(ann.room);
  }
  EXPECT_NE(h.hub->directory().find(ann.room), nullptr);
  h.pass(std::chrono::seconds(121));
  EXPECT_EQ(h.hub->directory().find(ann.room), nullptr);
}

TEST(Idle, NotWhileSomebodyIsThere) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  h.pass(std::chrono::hours(3));
  ASSERT_NE(h.hub->directory().find(ann.room), nullptr);
  EXPECT_TRUE(h.dispatch(ann.room, room::LeaveRoom{ann.member, {}}, Principal::of(ann.member)).ok());
  h.pass(std::chrono::seconds(121));
  EXPECT_EQ(h.hub->directory().find(ann.room), nullptr);
}

TEST(Restart, BringsTheRoomsBack) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  const auto before = h.state(ann.room);
  h.boot();
  ASSERT_NE(h.hub->directory().find(ann.room), nullptr);
  const auto& after = h.state(ann.room);
  EXPECT_EQ(after.members[0].access_token, before.members[0].access_token);
  EXPECT_EQ(after.tiles, before.tiles);
  EXPECT_TRUE(after.members[0].present);
  EXPECT_TRUE(
      after.members[0].leg.signaling_lost_at); // whoever spoke for it was connected to the old process
  EXPECT_FALSE(h.enter("daily", "bob").opened);
  h.pass(std::chrono::seconds(31));
  EXPECT_FALSE(h.state(ann.room).members[0].present);
  EXPECT_EQ(h.state(ann.room).present_count(), 0u);
}

TEST(Restart, AdoptsARunningWorker) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto leg = h.join(ann).leg;
  h.boot();
  link::SyncState state;
  state.room = ann.room;
  state.peers = {{leg, ann.member, link::PeerPhase::connected}};
  EXPECT_FALSE(h.workers->owner().adopted(41, {}));
  EXPECT_TRUE(h.workers->owner().adopted(42, state));
  EXPECT_FALSE(h.workers->owner().adopted(43, state)); // one worker per room
  h.workers->owner().link_up(42);
  h.workers->owner().received(42, state);
  h.settle();
  EXPECT_THAT(h.door.log, Contains("attach 42 door-42 " + ann.room.hex().substr(8, 12)));
  const auto syncs = h.workers->sent_of<link::SyncRequest>();
  ASSERT_EQ(syncs.size(), 1u);
  EXPECT_THAT(syncs[0].peers, ElementsAre(leg));
  EXPECT_TRUE(h.state(ann.room).members[0].leg.connected);
  h.pass(std::chrono::seconds(6)); // the time for adoption is over: this leg is not lost
  EXPECT_FALSE(h.state(ann.room).members[0].leg.transport_lost_at);
  // The client's signaling comes back.
  Outcome<JoinAccepted> resumed;
  h.hub->calls().resume(ann.room, ann.member, leg, "offer", resumed.completion());
  h.settle();
  const auto updates = h.workers->sent_of<link::UpdatePeer>();
  ASSERT_EQ(updates.size(), 1u);
  h.workers->owner().received(42, link::PeerAnswer{updates[0].request, leg, "answer", true, true, true, {}});
  h.settle();
  EXPECT_TRUE(resumed.ok());
  h.pass(std::chrono::seconds(60));
  EXPECT_TRUE(h.state(ann.room).members[0].present);
}

TEST(Restart, LegsWithoutAWorkerAreLost) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  h.boot();
  h.pass(std::chrono::seconds(6));
  EXPECT_TRUE(h.state(ann.room).members[0].leg.transport_lost_at);
}

TEST(Shutdown, EndsEveryMeeting) {
  House h;
  const auto ann = h.enter("a", "ann");
  h.enter("b", "bob");
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  Outcome<void> done;
  Outcome<Entered> late;
  h.hub->shutdown(false, done.completion());
  h.settle();
  EXPECT_TRUE(done.ok());
  EXPECT_THAT(recorder.names, ElementsAre("room_ended"));
  EXPECT_EQ(h.workers->kept, false);
  h.hub->open_or_join(h.request("c", "cat"), late.completion());
  h.settle();
  EXPECT_EQ(late.code(), ErrorCode::unavailable);
}

TEST(Shutdown, MayLeaveTheMediaRunning) {
  House h;
  const auto ann = h.enter("a", "ann");
  Outcome<void> done;
  h.hub->shutdown(true, done.completion());
  h.settle();
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(h.workers->kept, true);
  EXPECT_NE(h.hub->directory().find(ann.room), nullptr);
}

TEST(Fanout, SubscribersMayComeAndGoInsideACall) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder first, second, late;
  Subscription late_subscription;
  auto second_subscription = std::make_unique<Subscription>();
  first.hook = [&](const room::Event&) {
    second_subscription.reset();
    if (!late_subscription) late_subscription = h.hub->subscribe(ann.room, late);
  };
  const auto subscription = h.hub->subscribe(ann.room, first);
  *second_subscription = h.hub->subscribe(ann.room, second);
  h.dispatch(ann.room, room::RequestMute{ann.member}, Principal::of(ann.member));
  EXPECT_EQ(first.names.size(), 1u);
  EXPECT_EQ(second.names.size(), 0u);
  EXPECT_EQ(late.names.size(), 0u);
  h.dispatch(ann.room, room::RequestMute{ann.member}, Principal::of(ann.member));
  EXPECT_EQ(first.names.size(), 2u);
  EXPECT_EQ(late.names.size(), 1u);
}

TEST(Fanout, ASubscriberMayDispatchInsideACall) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder recorder;
  recorder.hook = [&](const room::Event& event) {
    if (std::holds_alternative<room::MuteRequested>(event))
      h.hub->dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", "muted"}, Principal::of(ann.member),
                      [](const auto&) {});
  };
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  h.dispatch(ann.room, room::RequestMute{ann.member}, Principal::of(ann.member));
  h.settle();
  EXPECT_THAT(recorder.names, ElementsAre("mute_requested", "message_sent"));
  EXPECT_EQ(recorder.offsets, (std::vector<std::uint64_t>{3, 4}));
}

TEST(Tokens, ForgetTheOldestEndedFirst) {
  base::Metrics metrics;
  base::SeededRandom random(1);
  const base::Env env{base::Clock::system(), random, metrics, ""};
  Tokens tokens(env);
  EXPECT_EQ(tokens.draw().size(), kTokenLength);
  EXPECT_NE(tokens.draw(), tokens.draw());
  const base::WallTime t{std::chrono::hours(1)};
  tokens.add_access("a", {});
  tokens.add_guest("g", {});
  tokens.end("a", {}, t);
  tokens.end("a", {}, t); // once is enough
  tokens.end("never", {}, t);
  tokens.end("g", {}, t + std::chrono::hours(1));
  EXPECT_EQ(tokens.access("a").error().code, ErrorCode::gone);
  tokens.prune(t + std::chrono::seconds(1));
  EXPECT_EQ(tokens.access("a").error().code, ErrorCode::not_found);
  EXPECT_EQ(tokens.guest("g").error().code, ErrorCode::gone);
  EXPECT_EQ(tokens.size(), 1u);
}

TEST(Tokens, APermanentOneOpensOneMeetingAfterTheOther) {
  base::Metrics metrics;
  base::SeededRandom random(1);
  const base::Env env{base::Clock::system(), random, metrics, ""};
  Tokens tokens(env);
  const base::RoomId first{{1, 1}}, second{{1, 2}};
  const base::WallTime t{std::chrono::hours(1)};
  tokens.add_guest("g", first);
  tokens.end("g", first, t);
  EXPECT_EQ(tokens.guest("g").error().code, ErrorCode::gone);
  tokens.add_guest("g", second);
  EXPECT_EQ(tokens.guest("g"), second);
  tokens.end("g", first, t + std::chrono::hours(1)); // not its business any more
  EXPECT_EQ(tokens.guest("g"), second);
  tokens.prune(t + std::chrono::hours(2)); // forgets the first meeting, not the second
  EXPECT_EQ(tokens.guest("g"), second);
}

TEST(Guests, OfAPermanentTokenComeToTheMeetingThatRuns) {
  House h;
  const auto enter = [&](std::string user) {
    auto request = h.request("consultation", std::move(user));
    request.guest_token = "PermanentTokenOfGuests24";
    Outcome<Entered> entered;
    h.hub->open_or_join(request, entered.completion());
    h.settle();
    return entered.value();
  };
  const auto guest = [&] {
    room::Identity identity;
    identity.name = "Guest";
    Outcome<Entered> entered;
    h.hub->register_guest("PermanentTokenOfGuests24", identity, entered.completion());
    h.settle();
    return entered;
  };
  EXPECT_EQ(guest().code(), ErrorCode::not_found);
  const auto first = enter("ann");
  EXPECT_EQ(h.state(first.room).guest_token, "PermanentTokenOfGuests24");
  EXPECT_EQ(guest().value().room, first.room);
  h.dispatch(first.room, room::EndRoom{}, Principal::owner(h.account));
  EXPECT_EQ(guest().code(), ErrorCode::gone);
  const auto second = enter("ann");
  EXPECT_NE(second.room, first.room);
  EXPECT_EQ(guest().value().room, second.room);
  h.boot();
  EXPECT_EQ(guest().value().room, second.room);
}

TEST(Dispatch, KeepsTheCommandsOfTheOwnerAndOfMediaToThem) {
  House h;
  h.options.capabilities = {true, true, true, true, true, true};
  h.boot();
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  const auto owner = Principal::owner(h.account), member = Principal::of(ann.member);
  const auto code = [&](room::Command command, Principal principal) {
    const auto outcome = h.dispatch(ann.room, std::move(command), principal);
    return outcome.ok() ? ErrorCode{-1} : outcome.code();
  };
  const room::StartForward forward{{.id = "f", .audio = true, .url = "https://whip.example/1"}};
  EXPECT_EQ(code(forward, member), ErrorCode::forbidden);
  EXPECT_EQ(code(room::StopForward{"f"}, member), ErrorCode::forbidden);
  EXPECT_EQ(code(room::UnlockRoom{}, member), ErrorCode::forbidden);
  EXPECT_EQ(code(room::StartRecording{{}, bob.member}, member), ErrorCode::forbidden);
  EXPECT_EQ(code(room::SetLayout{bob.member, {}}, member), ErrorCode::forbidden);
  EXPECT_EQ(code(room::StartPlayback{{.url = "https://a.example/1.webm", .by = bob.member}}, member),
            ErrorCode::forbidden);
  EXPECT_EQ(code(forward, owner), ErrorCode{-1});
  EXPECT_EQ(code(room::StopForward{"f"}, owner), ErrorCode{-1});
  EXPECT_EQ(code(room::StartRecording{{}, ann.member}, member), ErrorCode{-1});
  EXPECT_EQ(code(room::StartPlayback{{.url = "https://a.example/1.webm", .by = ann.member}}, member),
            ErrorCode{-1});
  // The hub has drawn ids.
  const auto& state = h.state(ann.room);
  ASSERT_EQ(state.recordings.size(), 1u);
  EXPECT_TRUE(state.recordings[0].id);
  ASSERT_EQ(state.playbacks.size(), 1u);
  EXPECT_EQ(state.playbacks[0].id.size(), 32u);
  // Only media knows when a file is over.
  const auto id = state.recordings[0].id;
  const auto playback = state.playbacks[0].id;
  for (const auto& who : {owner, member}) {
    EXPECT_EQ(code(room::FinishRecording{id, 1, "f", 1}, who), ErrorCode::forbidden);
    EXPECT_EQ(code(room::EndPlayback{playback}, who), ErrorCode::forbidden);
  }
  EXPECT_EQ(code(room::EndPlayback{playback}, Principal::media()), ErrorCode{-1});
  EXPECT_TRUE(h.state(ann.room).playbacks.empty());
  EXPECT_EQ(code(room::EndRoom{}, Principal::media()), ErrorCode::forbidden);
}

TEST(Dispatch, SaysWhatThisServerCannotDo) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto outcome = h.dispatch(ann.room, room::StartRecording{{}, ann.member}, Principal::of(ann.member));
  EXPECT_EQ(outcome.code(), ErrorCode::unavailable);
}

} // namespace
} // namespace plenum::hub::testing
