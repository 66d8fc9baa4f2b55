// Attacks of the class A01 (docs/threats.md): descriptions made to overflow, exhaust or confuse.
#include "sdp/test_golden.hpp"

#include "base/alloc_counter.hpp"
#include "base/random.hpp"

#include <functional>

namespace plenum::sdp {
namespace {

base::Result<Negotiated> answered(const std::string& text) {
  const auto read = parse(text);
  if (!read) return std::unexpected(read.error());
  return answer(*read, Capabilities::full(), golden::transport(), golden::options());
}

std::string many(int count, const std::function<std::string(int)>& line) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += line(i);
  return out;
}

// An offer with `lines` at the end of its last section.
std::string with(const std::string& lines) {
  return golden::read("offer-firefox.sdp") + lines;
}

TEST(Threats, A01_TextsAndLinesWithoutEndAreRefusedUnread) {
  const auto long_line = with("a=x:" + std::string(1 << 20, 'y') + "\r\n");
  const auto long_text = with(many(100'000, [](int) { return "a=sendrecv\r\n"; }));
  for (const auto& text : {long_line, long_text}) {
    base::alloc_counter::watch();
    const auto before = base::alloc_counter::count();
    const auto read = parse(text);
    EXPECT_LE(base::alloc_counter::count() - before, 4U) << "memory grows with what is refused";
    base::alloc_counter::unwatch();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, base::ErrorCode::too_large);
  }
  EXPECT_FALSE(parse(with("a=x:" + std::string(kMaxLineBytes + 1, 'y') + "\r\n")));
}

TEST(Threats, A01_SectionsWithoutEndAreRefused) {
  const auto sections = [](int count) {
    return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
           many(count, [](int i) { return "m=audio 9 RTP/AVP 0\r\na=mid:" + std::to_string(i) + "\r\n"; });
  };
  EXPECT_TRUE(parse(sections(static_cast<int>(kMaxSections))));
  EXPECT_FALSE(parse(sections(static_cast<int>(kMaxSections) + 1)));
  EXPECT_FALSE(parse(sections(10'000)));
}

TEST(Threats, A01_BombsOfOneKindOfLineAreBounded) {
  const auto bombs = {
      many(3000, [](int i) { return "a=fmtp:" + std::to_string(i % 128) + " x=1\r\n"; }),
      many(1500,
           [](int i) {
             return "a=extmap:" + std::to_string(1 + i % 14) + " urn:x:" + std::to_string(i) + "\r\n";
           }),
      many(2000, [](int i) { return "a=ssrc:" + std::to_string(i) + " cname:x\r\n"; }),
      many(2000, [](int) { return "a=ssrc-group:FID 1 2\r\n"; }),
      many(2000, [](int i) { return "a=rtpmap:" + std::to_string(i % 128) + " VP8/90000\r\n"; }),
      many(2000,
           [](int i) { return "a=candidate:" + std::to_string(i) + " 1 udp 1 192.0.2.1 9 typ host\r\n"; }),
      many(2000, [](int) { return "a=rtcp-fb:* nack\r\n"; }),
  };
  for (const auto& bomb : bombs) {
    const auto read = parse(with(bomb));
    if (!read) continue; // a clean refusal
    for (const auto& section : read->sections) {
      EXPECT_LE(section.payloads.size(), kMaxPayloads);
      EXPECT_LE(section.candidates.size(), kMaxCandidates);
      EXPECT_LE(section.extmaps.size(), kMaxLinesOfAKind);
      EXPECT_LE(section.ssrcs.size(), kMaxLinesOfAKind);
      EXPECT_LE(section.ssrc_groups.size(), kMaxLinesOfAKind);
      EXPECT_LE(section.attributes.size(), kMaxLinesOfAKind);
      for (const auto& payload : section.payloads)
        EXPECT_LE(payload.feedback.size(), kMaxLinesOfAKind);
    }
    (void)answered(with(bomb));
  }
}

TEST(Threats, A01_TwoSectionsOfOneNameAreRefused) {
  auto text = golden::read("offer-chromium.sdp");
  text = golden::replaced(text, "a=mid:1\r\n", "a=mid:0\r\n");
  const auto got = answered(text);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, base::ErrorCode::invalid);
}

TEST(Threats, A01_TenThousandMutatedOffersAreAnsweredOrRefused) {
  base::SeededRandom random(11);
  int taken = 0, refused = 0;
  for (const auto* name : {"chromium", "firefox", "eco", "ghost"}) {
    const auto whole = golden::read("offer-" + std::string(name) + ".sdp");
    for (int round = 0; round < 2500; ++round) {
      auto text = whole;
      for (auto changes = 1 + random.u32() % 8; changes > 0; --changes) {
        const auto at = random.u32() % text.size();
        const auto length = std::min<std::size_t>(random.u32() % 40, text.size() - at);
        if (random.u32() % 3 == 0)
          text.erase(at, length);
        else if (random.u32() % 2 == 0)
          text.insert(at, text.substr(random.u32() % text.size(), 40));
        else
          text[at] = static_cast<char>(random.u32());
        if (text.empty()) text = "v";
      }
      const auto got = answered(text);
      ++(got ? taken : refused);
      if (got)
        EXPECT_TRUE(parse(write(got->local)));
      else
        EXPECT_FALSE(got.error().text.empty());
    }
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(refused, 500);
}

} // namespace
} // namespace plenum::sdp
