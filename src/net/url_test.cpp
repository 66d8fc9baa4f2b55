#include "net/url.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

TEST(Url, PercentEncodingRoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  const auto encoded = percent_encode(all);
  EXPECT_EQ(percent_decode(encoded), all);
  EXPECT_EQ(encoded.find(' '), std::string::npos);
  EXPECT_EQ(percent_encode("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encode("ä/ "), "%C3%A4%2F%20");
}

TEST(Url, StrictDecodingRefusesBrokenEscapes) {
  for (const auto* bad : {"%", "%4", "%zz", "a%2", "%4g", "%%41"})
    EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", Plus::is_space), "a b");
}

TEST(Url, QueryKeepsOrderNullsAndBrokenEscapes) {
  const auto query = parse_query("user%5Bid%5D&a=1&&a=2&b=&pct=100%&plus=a+b%2B");
  ASSERT_TRUE(query);
  const Query expected{
      {"user[id]", std::nullopt}, {"a", "1"}, {"a", "2"}, {"b", ""}, {"pct", "100%"}, {"plus", "a b+"}};
  EXPECT_EQ(*query, expected);
  EXPECT_EQ(parse_query("r=a+b", Plus::is_literal)->front().value, "a+b");
  EXPECT_EQ(parse_query(write_query(expected)), query);
}

TEST(Url, QueryIsBounded) {
  EXPECT_TRUE(parse_query("a&b&c", Plus::is_space, {3}));
  EXPECT_FALSE(parse_query("a&b&c&d", Plus::is_space, {3}));
}

TEST(Url, AbsoluteUrls) {
  EXPECT_EQ(*parse_url("HTTPS://Example.COM"), (Url{"https", "example.com", 443, "/"}));
  EXPECT_EQ(*parse_url("ws://127.0.0.1:8080/rt?a=b"), (Url{"ws", "127.0.0.1", 8080, "/rt?a=b"}));
  EXPECT_EQ(*parse_url("http://[2001:DB8::1]:81?x"), (Url{"http", "2001:db8::1", 81, "/?x"}));
  for (const auto* bad :
       {"", "example.com", "ftp://a/", "http://", "http:///x", "http://a:0/", "http://a:65536/",
        "http://u@h/", "http://a b/", "http://a\\b/", "http://h/#f", "http://[::1/", "http://[]/",
        "http://a:/", "http://a:1x/", "http://h\r\n/", "//h/", "http://[::1]x/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(Url, PathSegments) {
  using Segments = std::vector<std::string>;
  EXPECT_EQ(path_segments("/"), Segments{});
  EXPECT_EQ(path_segments("//rt"), (Segments{"rt"}));
  EXPECT_EQ(path_segments("/rooms/mike%40x/users/standup%20meeting/"),
            (Segments{"rooms", "mike@x", "users", "standup meeting"}));
  EXPECT_EQ(path_segments("/a%2Fb"), (Segments{"a/b"}));
  EXPECT_EQ(path_segments("/a//b"), (Segments{"a", "", "b"}));
  EXPECT_EQ(path_segments("/a+b"), (Segments{"a+b"}));
  EXPECT_FALSE(path_segments("/a%00b"));
  EXPECT_FALSE(path_segments("/%ff"));
  EXPECT_FALSE(path_segments("/%"));
  std::string deep;
  for (int i = 0; i < 33; ++i)
    deep += "/x";
  EXPECT_FALSE(path_segments(deep));
}

TEST(Url, RedactionHidesSecretsInEverySpelling) {
  EXPECT_EQ(redact_target("/rooms/KEY/users/u1?x=1"), "/rooms/***/users/u1?x=1");
  EXPECT_EQ(redact_target("//rooms//KEY"), "//rooms//***");
  EXPECT_EQ(redact_target("/%72ooms/KEY"), "/%72ooms/***");
  EXPECT_EQ(redact_target("/rooms"), "/rooms");
  EXPECT_EQ(redact_target("/guests/TOK"), "/guests/***");
  EXPECT_EQ(redact_target("/permalink/TOK?api_key=K&b=2"), "/permalink/***?api_key=***&b=2");
  EXPECT_EQ(redact_target("/rt?access_key=K"), "/rt?access_key=***");
  EXPECT_EQ(redact_target("/rt?ACCESS%5Fkey=K&"), "/rt?ACCESS%5Fkey=***&");
  EXPECT_EQ(redact_target("/call?auth_token=a.b.c"), "/call?auth_token=***");
}

TEST(Url, Utf8) {
  EXPECT_TRUE(valid_utf8("aé€😀"));
  for (const auto* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "a\xFF"})
    EXPECT_FALSE(valid_utf8(bad));
}

TEST(Url, RandomBytesNeverBreakTheInvariants) {
  base::SeededRandom random(1);
  constexpr std::string_view kAlphabet = "%%%/&=+?#:[]@aF0 \xC3\xA9\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = random.u32() % 24; n > 0; --n)
      text.push_back(kAlphabet[random.u32() % kAlphabet.size()]);
    if (const auto decoded = percent_decode(text)) {
      EXPECT_LE(decoded->size(), text.size());
    }
    if (const auto query = parse_query(text)) {
      EXPECT_EQ(parse_query(write_query(*query)), query);
    }
    if (const auto segments = path_segments(text))
      for (const auto& segment : *segments)
        EXPECT_TRUE(valid_utf8(segment));
    if (const auto url = parse_url("http://" + text)) {
      EXPECT_FALSE(url->host.empty());
      EXPECT_EQ(url->target.front(), '/');
    }
    EXPECT_FALSE(redact_target("/rooms/" + percent_encode(text) + "SECRET").contains("SECRET"));
  }
}

} // namespace
} // namespace plenum::net
