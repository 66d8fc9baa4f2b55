#include "hub/test_virtual.hpp"

#include <gmock/gmock.h>

namespace plenum::hub::testing {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;

TEST(Join, AsksTheWorkerThenSeatsTheMember) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  Outcome<JoinAccepted> joined;
  PeerOptions options;
  options.session_attributes = {"a=ours"};
  h.hub->calls().join(ann.room, ann.member, {"OFFER", options, "web", true}, joined.completion());
  h.settle();
  ASSERT_EQ(h.workers->taken.size(), 1u);
  EXPECT_TRUE(h.workers->sent.empty()); // its link is not up yet
  EXPECT_THAT(h.door.log, ElementsAre("attach 1 door-1 " + ann.room.hex().substr(8, 12)));

  h.workers->owner().link_up(1);
  h.settle();
  ASSERT_EQ(h.workers->sent.size(), 2u); // the whole wish first, then what waited
  const auto sync = std::get<link::SyncRequest>(h.workers->sent[0].second);
  const auto open = std::get<link::OpenPeer>(h.workers->sent[1].second);
  EXPECT_EQ(sync.settings.room, ann.room);
  EXPECT_THAT(sync.peers, ElementsAre(open.peer));
  EXPECT_EQ(open.member, ann.member);
  EXPECT_EQ(open.offer, "OFFER");
  EXPECT_EQ(open.options.session_attributes, options.session_attributes);
  EXPECT_TRUE(recorder.names.empty());

  h.fact(link::PeerAnswer{open.request, open.peer, "ANSWER", true, false, true, {"a=theirs"}});
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(joined.value().answer, "ANSWER");
  EXPECT_EQ(joined.value().leg, open.peer);
  EXPECT_FALSE(joined.value().video);
  EXPECT_THAT(joined.value().session_attributes, ElementsAre("a=theirs"));
  EXPECT_THAT(recorder.names, ElementsAre("member_joined", "layout_changed"));
  const auto scenes = h.workers->sent_of<link::Scene>();
  ASSERT_EQ(scenes.size(), 1u);
  ASSERT_EQ(scenes[0].members.size(), 1u);
  EXPECT_EQ(scenes[0].members[0].peer, open.peer);
  EXPECT_EQ(scenes[0].revision, h.state(ann.room).revision);
}

TEST(Join, ABadOfferNeverShows) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  Outcome<JoinAccepted> joined;
  h.hub->calls().join(ann.room, ann.member, {"nonsense", {}, "web", true}, joined.completion());
  h.settle();
  h.workers->owner().link_up(1);
  const auto open = h.workers->sent_of<link::OpenPeer>().at(0);
  h.fact(link::PeerRefused{open.request, open.peer, link::RefusalReason::bad_sdp, "no media"});
  EXPECT_EQ(joined.code(), ErrorCode::invalid);
  EXPECT_TRUE(recorder.names.empty());
}

TEST(Join, GivesUpAfterTenSeconds) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Outcome<JoinAccepted> joined;
  h.hub->calls().join(ann.room, ann.member, {"offer", {}, "web", true}, joined.completion());
  h.settle();
  h.workers->owner().link_up(1);
  h.pass(std::chrono::milliseconds(9'999));
  EXPECT_FALSE(joined.came());
  h.pass(std::chrono::milliseconds(2));
  EXPECT_EQ(joined.code(), ErrorCode::timeout);
  const auto open = h.workers->sent_of<link::OpenPeer>().at(0);
  EXPECT_EQ(h.workers->sent_of<link::ClosePeer>().at(0).peer, open.peer);
  h.fact(link::PeerAnswer{open.request, open.peer, "late", true, true, true, {}});
  EXPECT_EQ(h.state(ann.room).present_count(), 0u);
}

TEST(Join, WithoutAWorkerIsUnavailable) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.workers->full = true;
  Outcome<JoinAccepted> joined;
  h.hub->calls().join(ann.room, ann.member, {"offer", {}, "web", true}, joined.completion());
  h.settle();
  EXPECT_EQ(joined.code(), ErrorCode::unavailable);
  h.workers->full = false;
  h.join(ann);
}

TEST(Join, IsRefusedBeforeTheWorkerIsTroubled) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Outcome<JoinAccepted> stranger, nowhere;
  h.hub->calls().join(ann.room, {{1, 1}}, {"offer", {}, "web", true}, stranger.completion());
  h.hub->calls().join({{1, 1}}, ann.member, {"offer", {}, "web", true}, nowhere.completion());
  h.settle();
  EXPECT_EQ(stranger.code(), ErrorCode::not_found);
  EXPECT_EQ(nowhere.code(), ErrorCode::gone);
  EXPECT_TRUE(h.workers->taken.empty());
}

TEST(Join, WhenTheRoomEndsMeanwhileIsGone) {
  House h;
  const auto ann = h.enter("daily", "ann");
  Outcome<JoinAccepted> joined;
  h.hub->calls().join(ann.room, ann.member, {"offer", {}, "web", true}, joined.completion());
  h.settle();
  h.dispatch(ann.room, room::EndRoom{}, Principal::of(ann.member));
  EXPECT_EQ(joined.code(), ErrorCode::gone);
  EXPECT_THAT(h.workers->released, ElementsAre(1u));
}

TEST(Join, AgainReplacesTheLegSilently) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto first = h.join(ann);
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  const auto second = h.join(ann);
  EXPECT_THAT(recorder.names, ElementsAre("leg_replaced"));
  EXPECT_EQ(h.workers->sent_of<link::ClosePeer>().at(0).peer, first.leg);
  EXPECT_EQ(h.state(ann.room).members[0].leg.id, second.leg);
  EXPECT_EQ(h.workers->taken.size(), 1u);
  // The old session says goodbye late: it has nothing to say any more.
  h.dispatch(ann.room, room::LeaveRoom{ann.member, first.leg}, Principal::of(ann.member));
  EXPECT_TRUE(h.state(ann.room).members[0].present);
}

TEST(Resume, OfAnUnknownLegIsNotFound) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  const auto leg = h.join(ann).leg;
  Outcome<JoinAccepted> unknown, stolen;
  h.hub->calls().resume(ann.room, ann.member, {{1, 1}}, "offer", unknown.completion());
  h.hub->calls().resume(ann.room, bob.member, leg, "offer", stolen.completion());
  h.settle();
  EXPECT_EQ(unknown.code(), ErrorCode::not_found);
  EXPECT_EQ(stolen.code(), ErrorCode::not_found);
}

TEST(Offer, GoesToTheClientAndItsAnswerBack) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto leg = h.join(ann).leg;
  Outcome<std::string> offered;
  h.hub->calls().offer(ann.room, ann.member, true, offered.completion());
  h.settle();
  const auto ask = h.workers->sent_of<link::OfferPeer>().at(0);
  EXPECT_TRUE(ask.ice_restart);
  h.fact(link::PeerOffer{ask.request, leg, "OUR OFFER"});
  EXPECT_EQ(offered.value(), "OUR OFFER");
  h.hub->calls().answer(ann.room, ann.member, "THEIR ANSWER");
  EXPECT_EQ(h.workers->sent_of<link::AnswerPeer>().at(0).answer, "THEIR ANSWER");
}

TEST(Facts, ReachTheRoomAndTheRightMember) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  const auto leg = h.join(ann).leg;
  h.join(bob);
  Recorder for_ann, for_bob, observer;
  const auto a = h.hub->subscribe(ann.room, for_ann, ann.member);
  const auto b = h.hub->subscribe(ann.room, for_bob, bob.member);
  const auto o = h.hub->subscribe(ann.room, observer);
  h.fact(link::DataOpen{leg});
  h.fact(link::DataReceived{leg, "pong"});
  h.fact(link::DataReceived{{{1, 1}}, "nobody's"});
  EXPECT_THAT(for_ann.data, ElementsAre("<open>", "pong"));
  EXPECT_TRUE(for_bob.data.empty());
  EXPECT_TRUE(observer.data.empty());
  h.fact(link::Talking{bob.member, true});
  h.fact(link::Talking{{{1, 1}}, true}); // nobody
  h.fact(link::VideoSeen{bob.member, 640, 480});
  h.fact(link::DominantSpeaker{bob.member});
  EXPECT_EQ(for_ann.facts.size(), 3u);
  EXPECT_EQ(observer.facts.size(), 3u);
  EXPECT_EQ(h.hub->directory().live(ann.room)->dominant, bob.member);
  h.hub->calls().send_data(ann.room, ann.member, "ping");
  EXPECT_EQ(h.workers->sent_of<link::SendData>().at(0).peer, leg);
}

TEST(Facts, ConnectingAndLosing) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto leg = h.join(ann).leg;
  const auto phase = [&](link::PeerPhase p) { h.fact(link::PeerState{leg, p, ""}); };
  const auto& member = h.state(ann.room).members[0];
  phase(link::PeerPhase::connected);
  EXPECT_TRUE(member.leg.connected);
  phase(link::PeerPhase::disconnected);
  EXPECT_TRUE(member.leg.transport_lost_at);
  phase(link::PeerPhase::connected);
  EXPECT_FALSE(member.leg.transport_lost_at);
  phase(link::PeerPhase::disconnected);
  h.pass(std::chrono::seconds(29));
  EXPECT_TRUE(member.present);
  h.pass(std::chrono::seconds(2));
  EXPECT_FALSE(member.present);
  EXPECT_EQ(h.workers->sent_of<link::ClosePeer>().back().peer, leg);
}

TEST(Facts, ALegThatNeverCameUpEndsTheMembership) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto leg = h.join(ann).leg;
  Recorder recorder;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  h.fact(link::PeerState{leg, link::PeerPhase::failed, "no check seen"});
  ASSERT_FALSE(recorder.events.empty());
  EXPECT_EQ(std::get<room::MemberLeft>(recorder.events[0]).reason, room::LeaveReason::no_media);
}

TEST(Facts, StatisticsAreSummedOverWorkersAliveAndDead) {
  House h;
  const auto ann = h.enter("a", "ann");
  h.join(ann);
  const auto report = [&](std::int64_t counter, std::int64_t gauge) {
    h.fact(link::WorkerStats{{{"c", "", true, counter}, {"g", "", false, gauge}}});
  };
  report(5, 7);
  report(6, 8);
  h.workers->owner().gone(1, "killed");
  h.settle();
  report(10, 1); // the next worker
  const auto samples = h.hub->worker_samples();
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].value, 16);
  EXPECT_EQ(samples[1].value, 1);
}

TEST(Facts, PeaksOfWorkersAreComparedAndNotSummed) {
  House h;
  const auto report = [&](WorkerId worker, std::int64_t value) {
    h.workers->owner().received(worker, link::WorkerStats{{{"plenum_audio_worst_late_us", "", false, value},
                                                           {"plenum_queue_high_water", "q", false, value},
                                                           {"plenum_packets_in_use", "", false, value}}});
  };
  report(1, 30);
  report(2, 50);
  report(3, 20);
  std::map<std::string, std::int64_t> seen;
  for (const auto& sample : h.hub->worker_samples())
    seen[sample.name] = sample.value;
  EXPECT_EQ(seen["plenum_audio_worst_late_us"], 50);
  EXPECT_EQ(seen["plenum_queue_high_water"], 50);
  EXPECT_EQ(seen["plenum_packets_in_use"], 100);
}

TEST(Scenes, AreNotSentForWhatNobodySees) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  const auto before = h.workers->sent_of<link::Scene>().size();
  const auto by = Principal::of(ann.member);
  ASSERT_TRUE(h.dispatch(ann.room, room::SendMessage{{}, ann.member, "chat", "hi"}, by).ok());
  EXPECT_EQ(h.workers->sent_of<link::Scene>().size(), before);
  ASSERT_TRUE(h.dispatch(ann.room, room::SwitchVideo{ann.member, false}, by).ok());
  EXPECT_EQ(h.workers->sent_of<link::Scene>().size(), before + 1);
}

TEST(Scenes, AreCoalesced) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  h.join(ann);
  h.join(bob);
  const auto before = h.workers->sent_of<link::Scene>().size();
  for (int i = 0; i < 5; ++i)
    h.hub->dispatch(ann.room, room::SwitchVideo{ann.member, i % 2 == 1}, Principal::of(ann.member),
                    [](const auto&) {});
  h.settle();
  const auto scenes = h.workers->sent_of<link::Scene>();
  EXPECT_LE(scenes.size(), before + 5);
  EXPECT_GE(scenes.size(), before + 1);
  EXPECT_EQ(scenes.back().revision, h.state(ann.room).revision);
  for (std::size_t i = 1; i < scenes.size(); ++i)
    EXPECT_GT(scenes[i].revision, scenes[i - 1].revision);
}

TEST(Death, LegsThatGoOnAreNotNewsAndOthersAreLost) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob"), cem = h.enter("daily", "cem");
  const auto of_ann = h.join(ann).leg, of_bob = h.join(bob).leg;
  h.join(cem);
  const auto tiles = h.state(ann.room).tiles;
  Recorder recorder, for_ann;
  const auto subscription = h.hub->subscribe(ann.room, recorder);
  const auto hers = h.hub->subscribe(ann.room, for_ann, ann.member);
  Outcome<std::string> offered;
  h.hub->calls().offer(ann.room, ann.member, false, offered.completion());
  h.settle();
  h.door.log.clear();
  h.workers->owner().gone(1, "signal 9");
  h.settle();
  EXPECT_EQ(offered.code(), ErrorCode::unavailable);
  EXPECT_TRUE(recorder.names.empty()); // nobody has lost anything yet
  EXPECT_THAT(h.workers->taken, ElementsAre(1u, 2u));
  const auto prefix = ann.room.hex().substr(8, 12);
  // Not detached: what worker 1 has left there is for worker 2.
  EXPECT_THAT(h.door.log, ElementsAre("attach 2 door-2 " + prefix));
  h.workers->sent.clear();
  h.workers->owner().link_up(2);
  const auto sync = h.workers->sent_of<link::SyncRequest>().at(0);
  EXPECT_EQ(sync.scene.members.size(), 3u);
  EXPECT_EQ(sync.peers.size(), 3u);
  EXPECT_EQ(sync.settings.ufrag_prefix, prefix);
  h.workers->owner().received(2, link::LegsInherited{{of_ann}, {of_bob}});
  h.settle();
  EXPECT_THAT(recorder.names, ElementsAre("leg_lost", "leg_lost")); // bob is to be offered again, cem to call
  EXPECT_FALSE(h.state(ann.room).find(ann.member)->leg.transport_lost_at);
  EXPECT_TRUE(h.state(ann.room).find(bob.member)->leg.transport_lost_at);
  EXPECT_THAT(for_ann.data, ElementsAre("<closed>"));
  const auto leg = h.join(cem).leg; // silently back
  EXPECT_EQ(recorder.names.back(), "leg_replaced");
  EXPECT_EQ(h.state(ann.room).find(cem.member)->leg.id, leg);
  EXPECT_EQ(h.state(ann.room).tiles, tiles);
  h.pass(std::chrono::seconds(31)); // bob does not come back
  EXPECT_TRUE(h.state(ann.room).find(ann.member)->present);
  EXPECT_FALSE(h.state(ann.room).find(bob.member)->present);
}

TEST(Death, ASuccessorThatSaysNothingLosesAllLegs) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  h.workers->owner().gone(1, "signal 9");
  h.pass(std::chrono::milliseconds(2900));
  EXPECT_FALSE(h.state(ann.room).find(ann.member)->leg.transport_lost_at);
  h.pass(std::chrono::milliseconds(200));
  EXPECT_TRUE(h.state(ann.room).find(ann.member)->leg.transport_lost_at);
}

TEST(Death, WithoutAnotherWorkerAllLegsAreLostAtOnce) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  h.workers->full = true;
  h.workers->owner().gone(1, "signal 9");
  h.settle();
  EXPECT_TRUE(h.state(ann.room).find(ann.member)->leg.transport_lost_at);
  EXPECT_EQ(h.door.log.back(), "detach 1");
}

TEST(Death, ThreeInAMinuteQuarantineTheLastInput) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  h.join(ann);
  h.pass(std::chrono::seconds(1));
  const auto of_bob = h.join(bob).leg;
  WorkerId worker = 1;
  const auto die_three_times = [&] {
    for (int i = 0; i < 3; ++i) {
      h.workers->owner().gone(worker++, "signal 11");
      h.settle();
    }
    h.workers->owner().link_up(worker);
    return h.workers->sent_of<link::SyncRequest>().back().scene;
  };
  const auto member = [](const link::Scene& scene, base::MemberId id) {
    return *std::ranges::find(scene.members, id, &link::SceneMember::member);
  };
  auto scene = die_three_times();
  EXPECT_FALSE(member(scene, bob.member).decode_video);
  EXPECT_FALSE(member(scene, bob.member).video_on); // a placeholder
  EXPECT_TRUE(member(scene, bob.member).decode_audio);
  EXPECT_TRUE(member(scene, ann.member).decode_video);
  EXPECT_TRUE(h.state(ann.room).find(bob.member)->video_on); // nobody has switched it off
  EXPECT_EQ(h.metrics.counter("plenum_repair_quarantines_total").value(), 1u);
  scene = die_three_times();
  EXPECT_FALSE(member(scene, bob.member).decode_audio);
  EXPECT_TRUE(member(scene, ann.member).decode_video);
  scene = die_three_times();
  EXPECT_FALSE(member(scene, ann.member).decode_video);
  // A new call of the same person is a new input.
  h.workers->owner().received(worker, link::LegsInherited{{of_bob}, {}});
  h.join(bob);
  scene = h.workers->sent_of<link::Scene>().back();
  EXPECT_TRUE(member(scene, bob.member).decode_video);
}

TEST(Death, WhenEveryInputWasTriedOnlyTheNextJoinBringsAWorker) {
  House h;
  const auto ann = h.enter("daily", "ann");
  h.join(ann);
  for (WorkerId worker = 1; worker <= 9; ++worker) {
    h.workers->owner().gone(worker, "signal 11");
    h.settle();
  }
  EXPECT_EQ(h.workers->taken.size(), 9u);
  h.linked = false;
  h.join(ann);
  EXPECT_EQ(h.workers->taken.size(), 10u);
}

TEST(Death, ABrokenLinkIsSyncedAgain) {
  House h;
  const auto ann = h.enter("daily", "ann"), bob = h.enter("daily", "bob");
  const auto leg = h.join(ann).leg;
  const auto lost = h.join(bob).leg;
  h.workers->sent.clear();
  h.workers->owner().link_up(1);
  EXPECT_THAT(h.workers->sent_of<link::SyncRequest>().at(0).peers, ElementsAre(leg, lost));
  link::SyncState state;
  state.room = ann.room;
  state.peers = {{leg, ann.member, link::PeerPhase::connected}};
  h.fact(state); // the worker does not know bob's
  EXPECT_TRUE(h.state(ann.room).find(ann.member)->leg.connected);
  EXPECT_TRUE(h.state(ann.room).find(bob.member)->leg.transport_lost_at);
}

TEST(End, GivesTheWorkerBack) {
  House h;
  const auto ann = h.enter("daily", "ann");
  const auto leg = h.join(ann).leg;
  h.dispatch(ann.room, room::EndRoom{}, Principal::owner(h.account));
  EXPECT_EQ(h.workers->sent_of<link::ClosePeer>().at(0).peer, leg);
  EXPECT_THAT(h.workers->released, ElementsAre(1u));
  EXPECT_EQ(h.door.log.back(), "detach 1");
  EXPECT_EQ(h.hub->directory().find(ann.room), nullptr);
}

TEST(Voice, ASpeakerWithoutATileGetsOne) {
  House h;
  std::vector<Entered> crowd;
  for (int i = 0; i < 10; ++i) {
    crowd.push_back(h.enter("daily", "u" + std::to_string(i)));
    h.join(crowd.back());
    h.pass(std::chrono::seconds(1));
  }
  const auto room = crowd[0].room;
  const auto shown = [&](const Entered& who) {
    const auto& tiles = h.state(room).tiles;
    return std::ranges::find(tiles, who.member, &room::Tile::member) != tiles.end();
  };
  h.pass(std::chrono::seconds(10));
  EXPECT_FALSE(shown(crowd[9]));
  h.fact(link::Talking{crowd[9].member, true});
  h.pass(std::chrono::milliseconds(900));
  EXPECT_FALSE(shown(crowd[9]));
  h.pass(std::chrono::milliseconds(200));
  EXPECT_TRUE(shown(crowd[9]));
  EXPECT_FALSE(shown(crowd[0])); // silent for the longest time
}

} // namespace
} // namespace plenum::hub::testing
