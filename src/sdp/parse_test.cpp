#include "base/random.hpp"
#include "sdp/test_golden.hpp"

#include <fmt/format.h>

namespace plenum::sdp {
namespace {

const char* const kOffers[] = {"chromium",   "chromium-resume", "eco",      "firefox", "ghost",
                               "plainflags", "recvc",           "sendonly", "voff"};

std::string error_of(const std::string& text) {
  const auto result = parse(text);
  return result ? "" : result.error().text;
}

TEST(Parse, ReadsEveryKindOfLine) {
  const auto d =
      golden::parsed("v=0\no=me 7 8 IN IP6 ::1\ns=hello there\nt=0 0\nb=AS:900\na=ice-lite\n"
                     "a=group:BUNDLE a b\na=group:LS a b\na=msid-semantic: WMS x y\na=unknown:thing: 1\n"
                     "a=inactive\nc=IN IP4 192.0.2.1\n"
                     "m=video 5000/2 UDP/TLS/RTP/SAVPF 96 97 96\nb=AS:500\nb=TIAS:400000\n"
                     "a=mid:a\na=rtpmap:96 VP8/90000\na=rtcp-fb:* nack\na=rtcp-fb:96 nack  pli\n"
                     "a=rtpmap:99 ghost/1\na=rid:hi send\na=simulcast:send hi\na=flag\n"
                     "a=ssrc:5 label\na=msid:- t\na=setup:active\na=bundle-only\n"
                     "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:b\na=max-message-size:0\n");
  EXPECT_EQ(d.origin, (Origin{"me", 7, 8, "IN IP6 ::1"}));
  EXPECT_EQ(d.name, "hello there");
  EXPECT_TRUE(d.ice_lite);
  EXPECT_EQ(d.bundle, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(d.msid_semantic, "x y");
  EXPECT_EQ(attribute(d.attributes, "unknown"), "thing: 1");
  ASSERT_EQ(d.sections.size(), 2u);
  const auto& video = d.sections[0];
  EXPECT_EQ(video.port, 5000);
  EXPECT_EQ(video.payloads.size(), 2u);
  EXPECT_EQ(video.payloads[0].feedback, (std::vector<std::string>{"nack", "nack  pli"}));
  EXPECT_EQ(video.payloads[1].feedback, (std::vector<std::string>{"nack"}));
  EXPECT_EQ(video.bandwidth_bps, 400000u);
  EXPECT_EQ(video.direction, Direction::inactive);
  EXPECT_EQ(video.connection, "IN IP4 192.0.2.1");
  EXPECT_EQ(video.ssrcs[0], (SsrcLine{5, "label", ""}));
  EXPECT_EQ(video.msids[0], (Msid{"-", "t"}));
  EXPECT_EQ(attribute(video.attributes, "flag"), "");
  EXPECT_FALSE(attribute(video.attributes, "fla").has_value());
  EXPECT_TRUE(video.bundle_only);
  EXPECT_EQ(d.sections[1].max_message_size, 0u);
  EXPECT_FALSE(d.sections[1].sctp_port.has_value());
}

TEST(Parse, RealOffersSurviveWritingAndLfOnly) {
  for (const auto* name : kOffers) {
    const auto text = golden::read(std::string("offer-") + name + ".sdp");
    const auto first = golden::parsed(text);
    EXPECT_EQ(golden::parsed(write(first)), first) << name;
    EXPECT_EQ(golden::parsed(golden::replaced(text, "\r\n", "\n")), first) << name;
  }
}

TEST(Parse, BadTextHasAReason) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
  const std::string audio = head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
  const struct {
    std::string text, error;
  } table[] = {
      {"", "SDP is empty"},
      {"\r\n\r\n", "SDP is empty"},
      {"o=- 1 1 IN IP4 0.0.0.0", "SDP line 1: an SDP begins with v=0"},
      {"v=1\r\n", "SDP line 1: an SDP begins with v=0"},
      {"v=0\r\nhello", "SDP line 2: not of the form <letter>=<value>"},
      {"v=0\r\no=-", "SDP line 2: malformed o= line"},
      {"v=0\r\no=- x 1 IN IP4 0.0.0.0", "SDP line 2: malformed o= line"},
      {"v=0\r\no=- 99999999999999999999 1 IN IP4 0.0.0.0", "SDP line 2: malformed o= line"},
      {head + "o=- 1 1 IN IP4 0.0.0.0", "SDP line 5: a second o= line"},
      {head + "a=x\ry", "SDP line 5: control character"},
      {head + std::string("a=x\0y", 5), "SDP line 5: control character"},
      {head + "a=", "SDP line 5: empty attribute"},
      {head + "a=mid:0", "SDP line 5: mid outside a media section"},
      {head + "b=AS", "SDP line 5: malformed b= line"},
      {head + "m=audio", "SDP line 5: malformed m= line"},
      {head + "m=audio 70000 RTP/AVP 0", "SDP line 5: malformed m= line"},
      {head + "m=audio -1 RTP/AVP 0", "SDP line 5: malformed m= line"},
      {head + "m=audio 9 RTP/AVP", "SDP line 5: m= line without a format"},
      {head + "m=audio 9 RTP/AVP 128", "SDP line 5: a payload type is not a number from 0 to 127"},
      {head + "m=audio 9 RTP/AVP x", "SDP line 5: a payload type is not a number from 0 to 127"},
      {audio + "a=mid:", "SDP line 6: a mid has 1 to 64 characters without spaces"},
      {audio + "a=mid:0\nm=audio 9 RTP/AVP 0\na=mid:0", "SDP line 8: the same mid twice"},
      {audio + "a=rtpmap:111 opus", "SDP line 6: malformed rtpmap"},
      {audio + "a=rtpmap:111 opus/0", "SDP line 6: malformed rtpmap"},
      {audio + "a=rtpmap:111 opus/48000/x", "SDP line 6: malformed rtpmap"},
      {audio + "a=fingerprint:sha-256 A", "SDP line 6: malformed fingerprint"},
      {audio + "a=fingerprint:sha-256 GG:00", "SDP line 6: malformed fingerprint"},
      {audio + "a=fingerprint:sha-256", "SDP line 6: malformed fingerprint"},
      {audio + "a=setup:maybe", "SDP line 6: unknown setup role"},
      {audio + "a=extmap:x urn:x", "SDP line 6: malformed extmap"},
      {audio + "a=extmap:1/both urn:x", "SDP line 6: malformed extmap"},
      {audio + "a=extmap:1", "SDP line 6: malformed extmap"},
      {audio + "a=ssrc:x cname:y", "SDP line 6: malformed ssrc line"},
      {audio + "a=ssrc:4294967296 cname:y", "SDP line 6: malformed ssrc line"},
      {audio + "a=ssrc-group:FID 1 x", "SDP line 6: malformed ssrc-group"},
      {audio + "a=sctp-port:65536", "SDP line 6: malformed sctp-port"},
      {audio + "a=max-message-size:-1", "SDP line 6: malformed max-message-size"},
      {audio + "a=msid:", "SDP line 6: malformed msid"},
  };
  for (const auto& row : table)
    EXPECT_EQ(error_of(row.text), row.error) << row.text;
}

TEST(Parse, EveryDimensionIsBounded) {
  const std::string head = "v=0\n";
  EXPECT_EQ(error_of(std::string(kMaxTextBytes + 1, 'x')), "SDP is longer than 65536 bytes");
  EXPECT_EQ(error_of(head + "a=" + std::string(kMaxLineBytes, 'x')), "SDP line 2 is longer than 4096 bytes");
  std::string text = head;
  for (std::size_t i = 0; i <= kMaxSections; ++i)
    text += "m=audio 9 RTP/AVP 0\n";
  EXPECT_EQ(error_of(text), "SDP has more than 64 media sections");
  text = head + "m=audio 9 RTP/AVP";
  for (std::size_t i = 0; i <= kMaxPayloads; ++i)
    text += " 1";
  EXPECT_EQ(error_of(text), "SDP line 2: more than 128 formats");
  for (const auto* line : {"a=x", "a=ssrc:1 a", "a=extmap:1 u", "a=rtcp-fb:0 x", "a=rtcp-fb:* x", "a=msid:a",
                           "a=rid:1", "a=ssrc-group:FID 1", "a=fingerprint:x AA"}) {
    text = head + "m=audio 9 RTP/AVP 0\n";
    for (std::size_t i = 0; i <= kMaxLinesOfAKind; ++i)
      text += std::string(line) + "\n";
    EXPECT_EQ(error_of(text), "SDP line 259: more than 256 lines of a kind") << line;
  }
  text = head + "m=audio 9 RTP/AVP 0\n";
  for (std::size_t i = 0; i < 500; ++i)
    text += "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\n";
  EXPECT_EQ(golden::parsed(text).sections[0].candidates.size(), kMaxCandidates);
}

// Whatever happens to a real offer on its way, it is answered or refused; what is accepted can be written and
// read.
void must_survive(const std::string& text) {
  const auto offer = parse(text);
  if (!offer) {
    EXPECT_FALSE(offer.error().text.empty());
    return;
  }
  const auto result = answer(*offer, Capabilities::full(), golden::transport(), golden::options());
  if (!result) return;
  auto state = *result;
  const auto ours = parse(write(make_offer(state, golden::transport(), {})));
  ASSERT_TRUE(ours.has_value()) << ours.error().text;
  ASSERT_EQ(ours->sections.size(), offer->sections.size());
  (void)apply_answer(*ours, *offer, Capabilities::full(), golden::options(), state);
}

TEST(Parse, TruncatedOffersAreAnsweredOrRefused) {
  for (const auto* name : {"firefox", "ghost"}) {
    const auto text = golden::read(std::string("offer-") + name + ".sdp");
    for (std::size_t length = 0; length < text.size(); ++length)
      must_survive(text.substr(0, length));
  }
}

TEST(Parse, MutatedOffersAreAnsweredOrRefused) {
  base::SeededRandom random(20240607);
  const std::string interesting = "=: \r\n/0129;,*ma\t\x01\xff";
  std::size_t answered = 0;
  for (int round = 0; round < 4000; ++round) {
    auto text = golden::read(std::string("offer-") + kOffers[random.u32() % std::size(kOffers)] + ".sdp");
    for (auto edits = 1 + random.u32() % 6; edits > 0; --edits) {
      const auto at = random.u32() % text.size();
      const auto count = random.u32() % 40;
      switch (random.u32() % 4) {
      case 0:
        text[at] = interesting[random.u32() % interesting.size()];
        break;
      case 1:
        text.erase(at, count);
        break;
      case 2:
        text.insert(at, text.substr(random.u32() % text.size(), count));
        break;
      default:
        text[at] = static_cast<char>(random.u32());
      }
    }
    if (const auto offer = parse(text))
      answered += answer(*offer, Capabilities::full(), golden::transport(), golden::options()) ? 1 : 0;
    must_survive(text);
  }
  EXPECT_GT(answered, 100u); // the mutations are small enough to reach the negotiation
}

TEST(FmtpValue, FindsNamesOnly) {
  EXPECT_EQ(fmtp_value("a=1; Profile-Level-ID = 42 ;flag", "profile-level-id"), "42");
  EXPECT_EQ(fmtp_value("a=1;flag", "flag"), "");
  EXPECT_FALSE(fmtp_value("aa=1", "a").has_value());
  EXPECT_FALSE(fmtp_value("", "a").has_value());
  EXPECT_EQ(fmtp_value(";;a=b=c", "a"), "b=c");
}

} // namespace
} // namespace plenum::sdp
