#include "sdp/test_golden.hpp"

namespace plenum::sdp {
namespace {

using golden::answered;
using golden::offer;
using golden::options;
using golden::transport;

LocalTransport restarted() {
  auto out = transport();
  out.ice = {.ufrag = "w1Second", .password = "fedcba9876543210fedcba98"};
  return out;
}

// What a client says to our offer: its own sections in our order, as its first offer described them.
SessionDescription client_answer(const SessionDescription& ours, const SessionDescription& first_offer,
                                 SetupRole setup = SetupRole::active) {
  auto out = first_offer;
  out.bundle = ours.bundle;
  for (std::size_t i = 0; i < out.sections.size(); ++i) {
    auto& section = out.sections[i];
    section.setup = setup;
    section.candidates.clear(); // Chromium does not gather again
    std::erase_if(section.payloads,
                  [&](const auto& p) { return ours.sections[i].payload(p.number) == nullptr; });
  }
  return out;
}

TEST(OurOffer, RepeatsTheLegWithActpassAndTheNextVersion) {
  auto state = answered(offer("chromium"));
  const auto before = state.local;
  const auto ours = make_offer(state, restarted(), {"a=sfu-mode:on"});
  EXPECT_EQ(ours.origin.version, before.origin.version + 1);
  EXPECT_EQ(ours.origin.session_id, before.origin.session_id);
  EXPECT_EQ(ours.attributes, (std::vector<std::string>{"sfu-mode:on"}));
  EXPECT_EQ(ours.bundle, before.bundle);
  EXPECT_EQ(ours.sections[0].candidates.size(), 2u);
  EXPECT_TRUE(ours.sections[1].candidates.empty());
  for (std::size_t i = 0; i < ours.sections.size(); ++i) {
    const auto& a = ours.sections[i];
    const auto& b = before.sections[i];
    EXPECT_EQ(a.setup, SetupRole::actpass);
    EXPECT_EQ(a.ice, restarted().ice);
    EXPECT_EQ(a.mid, b.mid);
    EXPECT_EQ(a.payloads, b.payloads);
    EXPECT_EQ(a.ssrcs, b.ssrcs);
    EXPECT_EQ(a.msids, b.msids);
    EXPECT_EQ(a.extmaps, b.extmaps);
    EXPECT_EQ(a.direction, b.direction);
  }
  EXPECT_EQ(make_offer(state, restarted(), {}).origin.version,
            before.origin.version + 2); // unanswered ones count
}

TEST(OurOffer, KeepsRejectedSectionsRejected) {
  auto state =
      answered(golden::parsed(golden::replaced(golden::read("offer-ghost.sdp"), "VP8/90000", "H265/90000")));
  const auto ours = make_offer(state, restarted(), {});
  EXPECT_EQ(ours.sections[0].port, 0);
  EXPECT_EQ(ours.sections[0].ice, restarted().ice);
  EXPECT_EQ(ours.sections[1].candidates.size(), 2u);
}

class AnswerToOurOffer : public testing::TestWithParam<const char*> {};
TEST_P(AnswerToOurOffer, Applies) {
  const auto from = offer(GetParam());
  auto state = answered(from);
  const auto ours = golden::parsed(write(make_offer(state, restarted(), {})));
  const auto result = apply_answer(ours, client_answer(ours, from), Capabilities::full(), options(), state);
  ASSERT_TRUE(result.has_value()) << result.error().text;
  EXPECT_EQ(result->role, SetupRole::passive);
  EXPECT_EQ(result->remote_ice, from.sections[0].ice);
  EXPECT_TRUE(result->remote_candidates.empty());
  EXPECT_EQ(result->local, ours);
  ASSERT_EQ(result->sections.size(), state.sections.size());
  for (std::size_t i = 0; i < state.sections.size(); ++i) {
    EXPECT_EQ(result->sections[i].direction, state.sections[i].direction);
    EXPECT_EQ(result->sections[i].send, state.sections[i].send);
    EXPECT_EQ(result->sections[i].receive, state.sections[i].receive);
    EXPECT_EQ(result->sections[i].extensions, state.sections[i].extensions);
    EXPECT_EQ(result->sections[i].remote_streams, state.sections[i].remote_streams);
  }
  EXPECT_EQ(result->data->mid, state.data->mid);
  const auto next = answered(from, options(), &*result); // a later offer of the client goes on counting
  EXPECT_EQ(next.local.origin.version, ours.origin.version + 1);
}
INSTANTIATE_TEST_SUITE_P(Offers, AnswerToOurOffer,
                         testing::Values("chromium", "firefox", "ghost", "eco", "sendonly"));

TEST(AnswerToOurOffer, IsCheckedAgainstTheOffer) {
  const auto from = offer("chromium");
  auto state = answered(from);
  const auto ours = make_offer(state, restarted(), {});
  const auto error = [&](const SessionDescription& theirs) {
    const auto result = apply_answer(ours, theirs, Capabilities::full(), options(), state);
    return result ? std::string() : result.error().text;
  };
  auto theirs = client_answer(ours, from);
  theirs.sections.pop_back();
  EXPECT_EQ(error(theirs), "SDP answer: 2 sections instead of 3");
  theirs = client_answer(ours, from);
  std::swap(theirs.sections[0], theirs.sections[1]);
  EXPECT_EQ(error(theirs), "SDP answer: section 0 is not the one offered");
  EXPECT_EQ(error(client_answer(ours, from, SetupRole::actpass)),
            "SDP answer: setup is neither active nor passive");
  EXPECT_EQ(error(client_answer(ours, from, SetupRole::passive)), "");
  theirs = client_answer(ours, from);
  theirs.sections[1].payloads = {{.number = 77, .encoding = "VP8", .clock_rate = 90000}};
  EXPECT_EQ(error(theirs), "SDP answer: section 1 accepts no payload type of ours");
  theirs = client_answer(ours, from);
  for (auto& section : theirs.sections)
    section.port = 0;
  EXPECT_EQ(error(theirs), "SDP answer: every section is rejected");
}

TEST(AnswerToOurOffer, MayCloseASectionOrADirection) {
  const auto from = offer("chromium");
  auto state = answered(from);
  const auto ours = make_offer(state, restarted(), {});
  auto theirs = client_answer(ours, from);
  theirs.sections[0].direction = Direction::recvonly;
  theirs.sections[1].port = 0;
  theirs.sections[2].port = 0;
  const auto result = apply_answer(ours, theirs, Capabilities::full(), options(), state);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->section(MediaKind::audio)->direction, Direction::sendonly);
  EXPECT_EQ(result->section(MediaKind::video), nullptr);
  EXPECT_FALSE(result->data.has_value());
}

} // namespace
} // namespace plenum::sdp
