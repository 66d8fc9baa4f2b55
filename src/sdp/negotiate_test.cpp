#include "sdp/test_golden.hpp"

#include <functional>

namespace plenum::sdp {
namespace {

using golden::answered;
using golden::offer;
using golden::options;
using golden::parsed;
using golden::replaced;
using golden::transport;

std::string refusal(const SessionDescription& from, const Negotiated* previous = nullptr) {
  const auto result = answer(from, Capabilities::full(), transport(), options(), previous);
  EXPECT_FALSE(result.has_value());
  return result ? "" : result.error().text;
}

void for_each_section(SessionDescription& d, const std::function<void(MediaSection&)>& change) {
  for (auto& section : d.sections)
    change(section);
}

TEST(Answer, RefusesWhatHasNoSingleTransport) {
  auto from = offer("chromium");
  from.bundle.clear();
  EXPECT_EQ(refusal(from), "SDP offer: sections are not bundled");
  EXPECT_EQ(refusal(SessionDescription{}), "SDP offer: no media sections");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.fingerprints.clear(); });
  EXPECT_EQ(refusal(from), "SDP has no SHA-2 fingerprint");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.ice = {}; });
  EXPECT_EQ(refusal(from), "SDP offer: no bundled section with ICE credentials");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.ice.password = "short"; });
  EXPECT_EQ(refusal(from), "SDP has no usable ice-ufrag and ice-pwd");
  from = offer("chromium");
  from.sections[1].rtcp_mux = false;
  EXPECT_EQ(refusal(from), "SDP offer: section 1 without rtcp-mux");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.setup = SetupRole::holdconn; });
  EXPECT_EQ(refusal(from), "SDP offer: setup:holdconn");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.fingerprints[0].value = "AA:BB"; });
  EXPECT_EQ(refusal(from), "SDP has a fingerprint of the wrong length");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.fingerprints[0].algorithm = "sha-1"; });
  EXPECT_EQ(refusal(from), "SDP has no SHA-2 fingerprint");
  from = offer("chromium");
  for_each_section(from, [](auto& s) { s.port = 0; });
  EXPECT_EQ(refusal(from), "SDP offer: no bundled section with ICE credentials");
}

TEST(Answer, TakesOneSectionWithoutBundle) {
  auto from = offer("chromium");
  from.bundle.clear();
  from.sections.resize(1);
  const auto result = answered(from);
  EXPECT_TRUE(result.local.bundle.empty());
  EXPECT_EQ(result.local.sections[0].candidates.size(), 2u);
}

TEST(Answer, PicksTheRoleThatTheOfferLeaves) {
  const auto role_for = [](std::optional<SetupRole> offered, SetupRole wish, const Negotiated* previous) {
    auto from = offer("chromium");
    for_each_section(from, [&](auto& s) { s.setup = offered; });
    auto local = transport();
    local.setup = wish;
    const auto result = answer(from, Capabilities::full(), local, options(), previous);
    EXPECT_EQ(result->local.sections[0].setup, result->role);
    return result->role;
  };
  EXPECT_EQ(role_for(SetupRole::actpass, SetupRole::passive, nullptr), SetupRole::passive);
  EXPECT_EQ(role_for(SetupRole::actpass, SetupRole::active, nullptr), SetupRole::active);
  EXPECT_EQ(role_for(std::nullopt, SetupRole::passive, nullptr), SetupRole::passive);
  EXPECT_EQ(role_for(SetupRole::active, SetupRole::passive, nullptr), SetupRole::passive);
  EXPECT_EQ(role_for(SetupRole::passive, SetupRole::passive, nullptr), SetupRole::active);
  Negotiated before = answered(offer("chromium"));
  before.role = SetupRole::active;
  EXPECT_EQ(role_for(SetupRole::actpass, SetupRole::passive, &before),
            SetupRole::active); // roles stay for a leg
}

TEST(Answer, ComplementsDirections) {
  const struct {
    Direction offered, ours;
  } table[] = {{Direction::sendrecv, Direction::sendrecv},
               {Direction::sendonly, Direction::recvonly},
               {Direction::recvonly, Direction::sendonly},
               {Direction::inactive, Direction::inactive}};
  for (const auto& row : table) {
    auto from = offer("chromium");
    for_each_section(from, [&](auto& s) { s.direction = row.offered; });
    const auto result = answered(from);
    EXPECT_EQ(result.section(MediaKind::audio)->direction, row.ours);
    EXPECT_EQ(result.section(MediaKind::video)->direction, row.ours);
    EXPECT_EQ(result.local.section("1")->direction, row.ours);
    EXPECT_EQ(result.local.section("1")->msids.empty(), !sends(row.ours));
    EXPECT_EQ(result.section(MediaKind::video)->remote_streams.empty(), !receives(row.ours));
    EXPECT_EQ(result.section(MediaKind::application)->direction, Direction::sendrecv);
  }
}

TEST(Answer, WatcherWithoutCandidatesOrCodecOfOursStaysInactive) {
  auto from = offer("chromium");
  for_each_section(from, [](auto& s) {
    s.candidates.clear();
    s.direction = Direction::recvonly;
    std::erase_if(s.payloads, [](const auto& p) { return p.encoding == "VP8" || p.encoding == "H264"; });
  });
  const auto result = answered(from);
  EXPECT_TRUE(result.remote_candidates.empty());
  EXPECT_EQ(result.section(MediaKind::audio)->direction, Direction::sendonly);
  EXPECT_EQ(result.section(MediaKind::video)->direction, Direction::inactive);
}

TEST(Answer, SendOnlySectionListsOnlyWhatWeEncode) {
  auto from = offer("chromium");
  for_each_section(from, [](auto& s) { s.direction = Direction::recvonly; });
  for (const auto& payload : answered(from).local.section("1")->payloads)
    EXPECT_TRUE(payload.encoding == "VP8" || payload.encoding == "H264" || payload.encoding == "rtx");
}

TEST(Answer, WritesAudioFirstOnRequestAndKeepsMids) {
  auto with = options();
  with.order = SectionOrder::audio_first;
  const auto result = answered(offer("ghost"), with);
  EXPECT_EQ(result.local.sections[0].mid, "0"); // the value keeps the offer's order
  const auto text = parsed(write(result.local));
  EXPECT_EQ(text.sections[0].kind, MediaKind::audio);
  EXPECT_EQ(text.sections[0].mid, "1");
  EXPECT_EQ(text.sections[1].mid, "0");
  EXPECT_EQ(text.sections[2].mid, "2");
  EXPECT_EQ(text.bundle, (std::vector<std::string>{"0", "1", "2"}));
}

TEST(Answer, RejectsSecondSectionsStrangersAndClosedOnes) {
  auto from = offer("chromium");
  auto second = from.sections[1];
  second.mid = "3";
  from.sections.push_back(second);
  from.bundle.push_back("3");
  auto closed = from.sections[0];
  closed.mid = "4";
  closed.port = 0;
  from.sections.push_back(closed);
  MediaSection text{
      .kind = MediaKind::other, .media = "text", .proto = "RTP/AVP", .formats = {"98"}, .mid = "5"};
  from.sections.push_back(text);
  from.bundle.push_back("5");
  const auto result = answered(from);
  ASSERT_EQ(result.local.sections.size(), 6u);
  for (std::size_t i = 3; i < 6; ++i) {
    EXPECT_EQ(result.local.sections[i].port, 0) << i;
    EXPECT_FALSE(result.sections[i].accepted) << i;
  }
  EXPECT_EQ(result.local.bundle, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_TRUE(parse(write(result.local)).has_value());
}

TEST(Answer, SectionOutsideTheGroupIsRejected) {
  auto from = offer("chromium");
  from.bundle = {"0", "2"};
  const auto result = answered(from);
  EXPECT_EQ(result.local.sections[1].port, 0);
  EXPECT_EQ(result.local.bundle, (std::vector<std::string>{"0", "2"}));
}

TEST(Answer, BundleOnlySectionWithPortZeroIsAlive) {
  auto from = offer("chromium");
  from.sections[1].port = 0;
  from.sections[1].bundle_only = true;
  EXPECT_NE(answered(from).section(MediaKind::video), nullptr);
}

TEST(Answer, DataChannelMayBeSwitchedOff) {
  auto capabilities = Capabilities::full();
  capabilities.data_channel = false;
  const auto result = answer(offer("chromium"), capabilities, transport(), options());
  EXPECT_FALSE(result->data.has_value());
  EXPECT_EQ(result->local.sections[2].port, 0);
  EXPECT_EQ(result->local.sections[2].ice, transport().ice);
}

TEST(Answer, ExtensionIdsNeedOneMeaningInTheGroup) {
  auto from = offer("chromium");
  for (auto& map : from.sections[1].extmaps)
    if (map.uri == kAbsSendTimeUri) map.id = 1; // audio level's id in the audio section
  const auto result = answered(from);
  EXPECT_EQ(result.section(MediaKind::video)->extensions.abs_send_time, 0);
  EXPECT_EQ(result.section(MediaKind::audio)->extensions.abs_send_time, 2);
  from = offer("chromium");
  for_each_section(from, [](auto& s) {
    for (auto& map : s.extmaps)
      if (map.uri == kTransportCcUri) map.id = 15; // reserved in one-byte headers
  });
  const auto without = answered(from);
  EXPECT_EQ(without.section(MediaKind::video)->extensions.transport_cc, 0);
  EXPECT_EQ(write(without.local).find("transport-cc"),
            std::string::npos); // no feedback without the extension
}

TEST(Answer, PayloadTypesThatLookLikeRtcpAreSkipped) {
  const auto from =
      replaced(replaced(golden::read("offer-ghost.sdp"), "SAVPF 96", "SAVPF 72"), ":96 ", ":72 ");
  EXPECT_EQ(answered(parsed(from)).section(MediaKind::video), nullptr);
}

TEST(Answer, H264Variants) {
  const struct {
    const char* fmtp;
    bool accepted;
    int mode;
  } table[] = {{"packetization-mode=1;profile-level-id=42e01f", true, 1},
               {"profile-level-id=640032", true, 0},
               {"profile-level-id=4D001F; packetization-mode=1", true, 1},
               {"packetization-mode=2;profile-level-id=42e01f", false, 0},
               {"packetization-mode=1;profile-level-id=f4001f", false, 0}, // high 4:4:4
               {"packetization-mode=1;profile-level-id=xyz", false, 0}};
  for (const auto& row : table) {
    const auto from = replaced(replaced(golden::read("offer-ghost.sdp"), "VP8/90000", "H264/90000"),
                               "a=rtcp-fb:96 nack pli", std::string("a=fmtp:96 ") + row.fmtp);
    const auto result = answered(parsed(from));
    const auto* video = result.section(MediaKind::video);
    EXPECT_EQ(video != nullptr, row.accepted) << row.fmtp;
    if (video != nullptr) EXPECT_EQ(video->send->packetization_mode, row.mode) << row.fmtp;
  }
}

TEST(Answer, StereoOnlyWhenBothWant) {
  auto capabilities = Capabilities::full();
  capabilities.opus_stereo = false;
  const auto result = answer(offer("chromium"), capabilities, transport(), options());
  EXPECT_EQ(result->local.sections[0].payloads[0].fmtp, "minptime=10;useinbandfec=1");
}

TEST(Answer, SessionAttributesCannotSmuggleLines) {
  auto with = options();
  with.session_attributes = {"a=x:1\r\na=evil:1"};
  EXPECT_EQ(answered(offer("eco"), with).local.attributes, (std::vector<std::string>{"x:1"}));
}

TEST(LaterOffer, MayAddSectionsButNotDropOrRenameThem) {
  const auto first = answered(offer("eco"));
  auto more = offer("eco");
  auto video = offer("chromium").sections[1];
  video.mid = "2";
  more.sections.push_back(video);
  more.bundle.push_back("2");
  const auto second = answered(more, options(), &first);
  EXPECT_EQ(second.local.origin.version, 2u);
  EXPECT_NE(second.section(MediaKind::video), nullptr);
  EXPECT_EQ(refusal(offer("eco"), &second), "SDP offer: fewer sections than before");
  auto renamed = more;
  renamed.sections[0].mid = "9";
  EXPECT_EQ(refusal(renamed, &second), "SDP offer: section 0 is not the one it was");
}

TEST(LaterOffer, KeepsTheSendCodecAgainstANewPreference) {
  const auto first = answered(offer("chromium"));
  auto with = options();
  with.preferred_video = Codec::h264;
  EXPECT_EQ(answered(offer("chromium-resume"), with, &first).section(MediaKind::video)->send->payload_type,
            96);
}

} // namespace
} // namespace plenum::sdp
