// The server's end of a call dies and another process goes on with it: rungs A and B of architecture 5.3, and
// the attack A04: no key, SSRC and index may ever meet twice, whatever dies when.
#include "sim/test_call.hpp"

#include "rtp/packet.hpp"
#include "secure/gcm_srtp.hpp"

#include <map>

namespace plenum::sim {
namespace {

// What the door keeps of one leg, and the worker that deposits it.
struct Deposits {
  explicit Deposits(Call& call) : call_(call) {
    call.server.party.on_spent = [this] { deposit(); };
  }
  void deposit() {
    auto& peer = call_.server.party.peer();
    if (!peer.can_continue()) return;
    if (refuse && refuse()) return;
    const auto now_marks = peer.marks(call_.now());
    session = peer::encode(peer.session());
    marks = peer::encode(now_marks);
    peer.covered(now_marks);
    ++count;
  }
  // The process is gone, and with it all that was not deposited.
  bool replace() {
    call_.server.party.hang_up();
    call_.server_kit.certificate = std::move(*secure::Certificate::generate(call_.clock.wall()));
    call_.server_kit.dtls = std::move(*secure::DtlsContext::create(call_.server_kit.certificate));
    const auto agreed = peer::decode_session(session);
    const auto reached = peer::decode_marks(marks);
    return agreed && reached &&
           call_.server.party.go_on(call_.now(), *agreed, *reached, call_.server_options());
  }
  std::vector<std::uint8_t> session, marks;
  std::function<bool()> refuse;
  int count = 0;

 private:
  Call& call_;
};

// Reads the indices off the wire, where nothing hides them but the rollover counter.
struct Wiretap {
  explicit Wiretap(Station& station) {
    station.on_send = [this](std::vector<std::uint8_t>& datagram) {
      if (datagram.size() < 24 || (datagram[0] & 0xc0) != 0x80) return;
      if (rtp::is_rtcp(datagram)) {
        const auto index = base::load_u32(datagram.data() + datagram.size() - 4) & 0x7fffffff;
        note(base::load_u32(datagram.data() + 4) ^ 0x5f5f5f5f, index); // apart from the same SSRC's RTP
        return;
      }
      const auto ssrc = base::load_u32(datagram.data() + 8);
      const auto at = newest.find(ssrc);
      note(ssrc, secure::nearest_index(at == newest.end() ? ~std::uint64_t{0} : at->second,
                                       base::load_u16(datagram.data() + 2)));
    };
  }
  void note(std::uint32_t stream, std::uint64_t index) {
    repeated += seen.insert({stream, index}).second ? 0 : 1;
    newest[stream] = index;
  }
  std::set<std::pair<std::uint32_t, std::uint64_t>> seen;
  std::map<std::uint32_t, std::uint64_t> newest;
  int repeated = 0;
};

TEST(ContinueTest, ASuccessorGoesOnAndTheClientNoticesNothing) {
  Call call;
  Deposits door(call);
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  door.deposit();
  call.run_for(700ms);
  const auto names = call.server.party.peer().credentials();
  const auto heard = call.server.party.packets.size();
  ASSERT_TRUE(door.replace());
  const auto died = call.now();
  call.run_for(30ms); // what was under way
  const auto seen_before = call.browser.party.frames.size();
  call.run_for(3s);

  EXPECT_EQ(call.server.party.peer().credentials(), names);
  EXPECT_EQ(call.browser.party.phases.size(), 1U); // connected, and never anything else
  ASSERT_GT(call.browser.party.frames.size(), seen_before);
  EXPECT_TRUE(call.browser.party.frames[seen_before].key);
  EXPECT_LT(call.browser.party.frames[seen_before].at - died, 200ms);
  EXPECT_GT(call.browser.party.frames.size(), seen_before + 70);
  EXPECT_GT(call.server.party.packets.size(), heard + 145);
  EXPECT_TRUE(call.server.party.frames.back().number == call.browser.party.frames_made - 1 ||
              call.server.party.frames.back().number == call.browser.party.frames_made - 2);
  expect_decodable(call.browser.party.frames);
  const auto browser = call.browser.party.peer().stats();
  EXPECT_EQ(browser.transport.undecrypted, 0U);
  EXPECT_EQ(call.server.party.peer().stats().transport.undecrypted, 0U);
  // The picture's time went on by what had passed, although the new process counts from elsewhere.
  const auto& frames = call.browser.party.frames;
  EXPECT_LT(frames[seen_before].captured - frames[seen_before - 1].captured, 400ms);
  EXPECT_GT(frames[seen_before].captured, frames[seen_before - 1].captured);
}

TEST(ContinueTest, NoKeyAndIndexMeetTwiceOverAThousandSuccessors) {
  Call call(77);
  Deposits door(call);
  Wiretap wire(call.server);
  base::SeededRandom random(5);
  ASSERT_TRUE(call.connect());
  call.run_for(500ms);
  door.deposit();
  // Some deposits do not reach the door; then the one before them still counts.
  door.refuse = [&] { return random.u32() % 4 == 0; };
  call.uplink().loss = call.downlink().loss = 0.01; // retransmissions, too
  for (int i = 0; i < 1000; ++i) {
    const auto life = std::chrono::milliseconds(random.u32() % 400);
    call.run_for(random.u32() % 5 == 0 ? 0ms : life); // some die before they have sent or deposited anything
    if (random.u32() % 3 == 0) door.deposit();
    call.run_for(std::chrono::milliseconds(random.u32() % 100));
    call.server.party.video_line = random.u32(); // each process has its own line
    call.server.party.audio_line = random.u32();
    ASSERT_TRUE(door.replace()) << i;
    ASSERT_EQ(wire.repeated, 0) << i;
  }
  door.refuse = nullptr;
  call.uplink().loss = call.downlink().loss = 0;
  call.run_for(5s);
  EXPECT_EQ(wire.repeated, 0);
  EXPECT_GT(wire.seen.size(), 10'000U);
  std::uint64_t most = 0;
  for (const auto& [stream, index] : wire.newest)
    most = std::max(most, index);
  EXPECT_GT(most, 65'536U * 4); // rollovers happened
  // And the client could follow all the time.
  EXPECT_EQ(call.browser.party.peer().stats().srtp.auth_failed, 0U);
  EXPECT_EQ(call.browser.party.phases.size(), 1U);
  expect_sound(call.server.party.frames);
  const auto frames = call.browser.party.frames.size();
  call.run_for(2s);
  EXPECT_GT(call.browser.party.frames.size(), frames + 45);
}

TEST(ContinueTest, NothingLeavesWhileTheDoorTakesNoDeposit) {
  Call call;
  Deposits door(call);
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  door.deposit();
  ASSERT_TRUE(door.replace());
  door.refuse = [] { return true; };
  const auto heard = call.browser.party.packets.size();
  call.run_for(1s);
  EXPECT_LE(call.browser.party.packets.size(), heard + 2); // what was under way
  EXPECT_GT(call.server.party.peer().stats().srtp.withheld, 20U);
  door.refuse = nullptr;
  call.run_for(1s);
  EXPECT_GT(call.browser.party.packets.size(), heard + 40);
}

TEST(ContinueTest, AContinuedLegCanRestartIceAndBeContinuedAgain) {
  for (const bool by_browser : {true, false}) {
    SCOPED_TRACE(by_browser);
    Call call;
    Deposits door(call);
    ASSERT_TRUE(call.connect());
    call.run_for(1s);
    door.deposit();
    ASSERT_TRUE(door.replace());
    call.run_for(1s);
    if (by_browser) {
      call.restart_by_browser();
    } else {
      call.restart_by_server();
    }
    call.run_for(3s);
    door.deposit();
    ASSERT_TRUE(door.replace());
    call.run_for(3s);
    EXPECT_EQ(call.browser.party.phases.size(), 1U);
    const auto frames = call.browser.party.frames.size();
    call.run_for(2s);
    EXPECT_GT(call.browser.party.frames.size(), frames + 45);
    EXPECT_GT(call.server.party.frames.back().number.value_or(0) + 4, call.browser.party.frames_made);
  }
}

TEST(ContinueTest, AClientThatComesAnewGetsANewAssociation) {
  Call call;
  Deposits door(call);
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  door.deposit();
  ASSERT_TRUE(door.replace());
  call.run_for(500ms);
  Kit fresh(call.env, call.sctp);
  Station again(call.env, fresh, call.network, *ice::TransportAddress::parse_with_port("198.51.100.7:50001"));
  call.browser.party.hang_up();
  ASSERT_TRUE(again.party.dial(call.now(), again.address));
  const auto answer = call.server.party.peer().update(call.now(), again.party.peer().local_description());
  ASSERT_TRUE(answer);
  ASSERT_TRUE(again.party.peer().apply_answer(call.now(), *answer));
  for (int i = 0; i < 300; ++i) {
    call.run_for(10ms);
    if (again.party.next_deadline() <= call.now()) again.party.on_deadline(call.now());
  }
  EXPECT_TRUE(again.party.in_phase(Phase::connected));
  EXPECT_EQ(again.party.data_opens, 1);
  EXPECT_FALSE(call.server.party.peer().continued());
  again.party.hang_up();
}

TEST(ContinueTest, ALegThatCannotContinueIsOfferedAgain) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(2s);
  auto kept = call.server.party.peer().session();
  kept.keys.reset();
  const auto bytes = peer::encode(kept);
  ASSERT_FALSE(bytes.empty());
  EXPECT_LT(bytes.size(), 8000U);
  const auto session = peer::decode_session(bytes);
  ASSERT_TRUE(session);
  call.server.party.hang_up();
  call.server_kit.certificate = std::move(*secure::Certificate::generate(call.clock.wall()));
  call.server_kit.dtls = std::move(*secure::DtlsContext::create(call.server_kit.certificate));
  call.run_for(300ms);
  call.server.party.reopen(call.now(), *session, call.server_options());
  call.restart_by_server();
  // Other streams: their numbers begin anew, and a browser drops what seems to be older than what it has.
  const auto& fresh = call.server.party.peer().session().answer.media;
  for (const auto ssrc : {fresh.audio_ssrc, fresh.video_ssrc, fresh.video_rtx_ssrc}) {
    EXPECT_TRUE(call.server.party.peer().local_description().contains(std::to_string(ssrc)));
    for (const auto old : {session->answer.media.audio_ssrc, session->answer.media.video_ssrc,
                           session->answer.media.video_rtx_ssrc})
      EXPECT_NE(ssrc, old);
  }
  for (const auto old : {session->answer.media.audio_ssrc, session->answer.media.video_ssrc,
                         session->answer.media.video_rtx_ssrc})
    EXPECT_FALSE(call.server.party.peer().local_description().contains(std::to_string(old)));
  call.run_for(4s);
  EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
  EXPECT_TRUE(call.browser.party.in_phase(Phase::connected));
  EXPECT_EQ(call.browser.party.data_opens, 2); // a new association has a new channel
  const auto frames = call.browser.party.frames.size(), up = call.server.party.frames.size();
  call.run_for(2s);
  EXPECT_GT(call.browser.party.frames.size(), frames + 45);
  EXPECT_GT(call.server.party.frames.size(), up + 45);
}

// Or it would be deposited with the next tick only, and a worker that dies before leaves a leg without keys.
TEST(ContinueTest, ThatALegCanBeContinuedIsNews) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  call.restart_by_server(); // keys there are, but the new pair is not nominated yet
  auto& peer = call.server.party.peer();
  ASSERT_FALSE(peer.can_continue());
  auto revision = peer.session_revision();
  for (int i = 0; i < 3000 && !peer.can_continue(); ++i) {
    revision = peer.session_revision();
    call.run_for(1ms);
  }
  ASSERT_TRUE(peer.can_continue());
  EXPECT_NE(peer.session_revision(), revision);
}

TEST(ContinueTest, SessionsAndMarksSurviveTheirBytes) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.run_for(1s);
  auto& peer = call.server.party.peer();
  const auto marks = peer.marks(call.now());
  EXPECT_EQ(peer::decode_marks(peer::encode(marks)), marks);
  const auto session = peer.session();
  const auto bytes = peer::encode(session);
  const auto again = peer::decode_session(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(peer::encode(*again), bytes);
  EXPECT_EQ(again->negotiated.local, session.negotiated.local);
  EXPECT_EQ(again->local_ice, session.local_ice);
  // Anything cut off or changed in length is refused, and nothing crashes.
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(peer::decode_session(base::Bytes(bytes).first(size)));
  base::SeededRandom random(3);
  for (int i = 0; i < 2000; ++i) {
    auto bad = bytes;
    bad[random.u32() % bad.size()] ^= static_cast<std::uint8_t>(1 + random.u32() % 255);
    peer::decode_session(bad);
  }
}

} // namespace
} // namespace plenum::sim
