#include "sdp/test_golden.hpp"

#include <algorithm>

namespace plenum::sdp {
namespace {

using golden::answered;
using golden::offer;

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

class GoldenAnswer : public testing::TestWithParam<const char*> {};

// PLENUM_UPDATE_GOLDEN=1 rewrites the stored answers; look at the difference before committing it.
TEST_P(GoldenAnswer, TextIsTheStoredOne) {
  const std::string name = GetParam();
  const auto text = write(answered(offer(name)).local);
  if (std::getenv("PLENUM_UPDATE_GOLDEN") != nullptr)
    std::ofstream(golden::path(name + ".answer.sdp"), std::ios::binary) << text;
  EXPECT_EQ(text, golden::read(name + ".answer.sdp"));
}

TEST_P(GoldenAnswer, KeepsTheRulesOfEveryAnswer) {
  const auto from = offer(GetParam());
  const auto result = answered(from);
  const auto text = write(result.local);
  const auto ours = golden::parsed(text);
  EXPECT_TRUE(text.ends_with("\r\n") && !text.ends_with("\r\n\r\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ranges::count(text, '\r'));
  EXPECT_EQ(ours.bundle, from.bundle);
  EXPECT_EQ(result.role, SetupRole::passive);
  ASSERT_EQ(ours.sections.size(), from.sections.size());
  std::size_t with_candidates = 0;
  for (std::size_t i = 0; i < from.sections.size(); ++i) {
    const auto& section = ours.sections[i];
    EXPECT_EQ(section.mid, from.sections[i].mid);
    EXPECT_EQ(section.kind, from.sections[i].kind);
    EXPECT_EQ(section.ice, golden::transport().ice);
    EXPECT_EQ(section.setup, SetupRole::passive);
    EXPECT_EQ(section.port, 10000);
    EXPECT_EQ(section.connection, "IN IP4 203.0.113.5");
    EXPECT_EQ(section.rtcp_mux, section.is_rtp());
    with_candidates += section.candidates.empty() ? 0 : 1;
    for (const auto& map : section.extmaps) {
      ExtensionIds ids;
      EXPECT_NE(extension_slot(ids, map.uri, section.kind), nullptr) << map.uri;
    }
  }
  EXPECT_EQ(with_candidates, 1u);
  EXPECT_TRUE(has_line(text, "a=ice-lite"));
  EXPECT_TRUE(has_line(text, "a=eyeson-sepp-messaging"));
  EXPECT_TRUE(has_line(text, "a=sfu-mode:off"));
  EXPECT_EQ(text.find("video-orientation"), std::string::npos);
  EXPECT_EQ(text.find("a=rid"), std::string::npos);
  ASSERT_TRUE(result.data.has_value());
  EXPECT_EQ(result.data->remote_port, 5000);
  EXPECT_TRUE(has_line(text, "a=sctp-port:5000"));
  EXPECT_TRUE(attribute(result.remote_session_attributes, "sfu-capable").has_value());
}

INSTANTIATE_TEST_SUITE_P(Offers, GoldenAnswer,
                         testing::Values("chromium", "chromium-resume", "eco", "firefox", "ghost",
                                         "plainflags", "recvc", "sendonly", "voff"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(ChromiumOffer, FactsForThePeer) {
  const auto result = answered(offer("chromium"));
  EXPECT_EQ(result.remote_ice, (IceCredentials{"j7FH", "iUc1CPAuUWfaOTxbbbrEM/N7"}));
  EXPECT_EQ(result.remote_fingerprint.algorithm, "sha-256");
  EXPECT_FALSE(result.remote_ice_lite);
  EXPECT_EQ(result.remote_candidates.size(), 4u);
  const auto* audio = result.section(MediaKind::audio);
  ASSERT_NE(audio, nullptr);
  EXPECT_EQ(audio->direction, Direction::sendrecv);
  ASSERT_EQ(audio->receive.size(), 1u);
  EXPECT_EQ(audio->send->payload_type, 111);
  EXPECT_EQ(audio->send->channels, 2u);
  EXPECT_TRUE(audio->send->transport_cc);
  EXPECT_EQ(audio->extensions,
            (ExtensionIds{.mid = 4, .audio_level = 1, .transport_cc = 3, .abs_send_time = 2}));
  EXPECT_EQ(audio->remote_streams, (std::vector<RemoteStream>{{.ssrc = 3712236267}}));
  EXPECT_EQ(audio->remote_cname, "KlSSaaMqqY4U3aQu");
  EXPECT_FALSE(audio->receive_cap.has_value());
  const auto* video = result.section(MediaKind::video);
  ASSERT_NE(video, nullptr);
  EXPECT_EQ(video->send->codec, Codec::vp8);
  EXPECT_EQ(video->send->payload_type, 96);
  EXPECT_EQ(video->send->rtx_payload_type, 97);
  EXPECT_TRUE(video->send->nack && video->send->pli && video->send->fir && video->send->remb);
  EXPECT_EQ(video->extensions, (ExtensionIds{.mid = 4, .transport_cc = 3, .abs_send_time = 2}));
  EXPECT_EQ(video->remote_streams, (std::vector<RemoteStream>{{.ssrc = 3222291487, .rtx_ssrc = 2718775431}}));
  std::vector<int> types;
  for (const auto& codec : video->receive)
    types.push_back(codec.payload_type);
  EXPECT_EQ(types,
            (std::vector<int>{96, 102, 104, 108, 114, 116, 39, 45, 98})); // VP9 profile 2 (100) left out
  EXPECT_EQ(result.data->remote_max_message_size, 262144u);
}

TEST(ChromiumOffer, PrefersH264WhenTheSiteDoes) {
  auto options = golden::options();
  options.preferred_video = Codec::h264;
  const auto result = answered(offer("chromium"), options);
  const auto* video = result.section(MediaKind::video);
  EXPECT_EQ(video->send->codec, Codec::h264);
  EXPECT_EQ(video->send->payload_type, 108); // mode 1, constrained baseline
  EXPECT_EQ(video->send->packetization_mode, 1);
  EXPECT_EQ(video->receive.front().payload_type, 108);
  EXPECT_TRUE(write(result.local).find("m=video 10000 UDP/TLS/RTP/SAVPF 108 109 96 97") != std::string::npos);
}

TEST(FirefoxOffer, SecondComponentAndReceiveOnlyExtensionsAreLeftOut) {
  const auto result = answered(offer("firefox"));
  const auto text = write(result.local);
  EXPECT_EQ(result.remote_candidates.size(), 4u);                   // of eight
  EXPECT_EQ(result.remote_fingerprint.value.substr(0, 5), "E2:E3"); // from the session level
  EXPECT_EQ(text.find("csrc-audio-level"), std::string::npos);
  EXPECT_EQ(text.find("playout-delay"), std::string::npos);
  EXPECT_TRUE(has_line(text, "a=fmtp:109 useinbandfec=1;stereo=1"));
  EXPECT_EQ(text.find("max-fs"), std::string::npos);
  const auto* video = result.section(MediaKind::video);
  EXPECT_EQ(video->send->payload_type, 120);
  EXPECT_EQ(video->send->fmtp, "max-fs=12288;max-fr=60"); // what Firefox can take stays known
  EXPECT_EQ(result.data->remote_max_message_size, 1073741823u);
}

TEST(GhostOffer, OrderOfSectionsAndSpellingOfOpusStay) {
  const auto result = answered(offer("ghost"));
  const auto text = write(result.local);
  EXPECT_LT(text.find("m=video"), text.find("m=audio"));
  EXPECT_TRUE(has_line(text, "a=rtpmap:111 opus/48000"));
  EXPECT_EQ(text.find("a=fmtp"), std::string::npos);
  EXPECT_EQ(text.find("transport-cc"), std::string::npos);
  const auto* video = result.section(MediaKind::video);
  EXPECT_EQ(video->send->payload_type, 96);
  EXPECT_FALSE(video->send->rtx_payload_type.has_value());
  EXPECT_TRUE(video->send->nack && video->send->pli && video->send->remb);
  EXPECT_FALSE(video->send->fir);
  EXPECT_EQ(result.section(MediaKind::audio)->send->channels, 1u);
  EXPECT_EQ(result.data->remote_max_message_size, 65536u); // none offered
  EXPECT_EQ(result.remote_candidates.size(), 2u);
}

// One offer per option of a sender that has exactly one codec.
struct OnlyCodec {
  const char* rtpmap;
  Codec codec;
  bool sends;
};
class GhostWithCodec : public testing::TestWithParam<OnlyCodec> {};
TEST_P(GhostWithCodec, IsAccepted) {
  const auto param = GetParam();
  const auto from = golden::replaced(golden::read("offer-ghost.sdp"), "VP8/90000", param.rtpmap);
  const auto result = answered(golden::parsed(from));
  const auto* video = result.section(MediaKind::video);
  ASSERT_NE(video, nullptr);
  EXPECT_EQ(video->receive.front().codec, param.codec);
  EXPECT_EQ(video->send.has_value(), param.sends);
  EXPECT_EQ(video->direction, param.sends ? Direction::sendrecv : Direction::recvonly);
  const auto* ours = result.local.section("0");
  EXPECT_EQ(ours->direction, video->direction);
  EXPECT_EQ(ours->ssrcs.empty(), !param.sends);
  EXPECT_EQ(ours->msids.empty(), !param.sends);
}
INSTANTIATE_TEST_SUITE_P(Codecs, GhostWithCodec,
                         testing::Values(OnlyCodec{"H264/90000", Codec::h264, true},
                                         OnlyCodec{"VP9/90000", Codec::vp9, false},
                                         OnlyCodec{"AV1/90000", Codec::av1, false},
                                         OnlyCodec{"vp8/90000", Codec::vp8, true}));

TEST(GhostOffer, OfUnknownCodecIsRejectedSectionOnly) {
  const auto from = golden::replaced(golden::read("offer-ghost.sdp"), "VP8/90000", "H265/90000");
  const auto result = answered(golden::parsed(from));
  const auto& rejected = result.local.sections[0];
  EXPECT_EQ(rejected.port, 0);
  EXPECT_EQ(rejected.mid, "0");
  EXPECT_EQ(rejected.ice, golden::transport().ice); // the same as everywhere
  EXPECT_EQ(result.local.bundle, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(result.local.sections[1].candidates.size(), 2u);
  EXPECT_EQ(result.section(MediaKind::video), nullptr);
  EXPECT_TRUE(write(result.local).find("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n") != std::string::npos);
}

TEST(SendonlyOffer, IsAnsweredRecvonlyWithoutStreams) {
  const auto result = answered(offer("sendonly"));
  for (const auto kind : {MediaKind::audio, MediaKind::video}) {
    EXPECT_EQ(result.section(kind)->direction, Direction::recvonly);
    EXPECT_FALSE(result.section(kind)->remote_streams.empty());
    EXPECT_TRUE(result.local.section(result.section(kind)->mid)->ssrcs.empty());
  }
}

TEST(EcoOffer, HasNoVideo) {
  const auto result = answered(offer("eco"));
  EXPECT_EQ(result.section(MediaKind::video), nullptr);
  EXPECT_EQ(result.local.bundle, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(result.data->mid, "1");
}

TEST(CappedOffer, GivesTheCapPerSection) {
  const auto result = answered(offer("recvc"));
  EXPECT_EQ(result.section(MediaKind::audio)->receive_cap, base::DataRate::kbps(64));
  EXPECT_EQ(result.section(MediaKind::video)->receive_cap, base::DataRate::kbps(1500));
  auto options = golden::options();
  options.receive_cap_attribute.clear();
  EXPECT_FALSE(answered(offer("recvc"), options).section(MediaKind::video)->receive_cap.has_value());
}

TEST(ResumeOffer, KeepsEverythingAndCountsTheVersion) {
  const auto first = answered(offer("chromium"));
  const auto again = answered(offer("chromium-resume"), golden::options(), &first);
  EXPECT_EQ(first.local.origin.version, 1u);
  EXPECT_EQ(again.local.origin.version, 2u);
  auto expected = first.local;
  expected.origin.version = 2;
  EXPECT_EQ(again.local, expected);
  EXPECT_EQ(again.section(MediaKind::video)->send, first.section(MediaKind::video)->send);
}

} // namespace
} // namespace plenum::sdp
