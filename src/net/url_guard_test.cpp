#include "net/url_guard.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

namespace plenum::net {
namespace {

using base::ErrorCode;
using Strings = std::vector<std::string>;

// Names as a test wants them; nothing is asked.
struct FakeNames {
  std::map<std::string, Strings> names;
  int asked = 0;
  UrlGuard::Lookup lookup() {
    return [this](const std::string& name) -> base::Result<std::vector<IpAddress>> {
      ++asked;
      const auto found = names.find(name);
      if (found == names.end()) return base::fail(ErrorCode::unavailable, "name not resolved");
      std::vector<IpAddress> out;
      for (const auto& text : found->second)
        out.push_back(IpAddress::parse(text).value());
      return out;
    };
  }
};

const UrlGuard& strict() {
  static const UrlGuard kGuard({}, [](const std::string&) -> base::Result<std::vector<IpAddress>> {
    return base::fail(ErrorCode::internal, "check asks nobody");
  });
  return kGuard;
}
// http too, so that a refusal is not about the scheme.
const UrlGuard& lenient() {
  static const UrlGuard kGuard({.plain_http = true},
                               [](const std::string&) -> base::Result<std::vector<IpAddress>> {
                                 return base::fail(ErrorCode::internal, "check asks nobody");
                               });
  return kGuard;
}

// Every spelling of an IPv4 address that some parser takes for it.
Strings spellings(std::array<unsigned, 4> a) {
  const auto n = a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3];
  const auto text = [](const char* format, auto... values) {
    std::array<char, 128> out{};
    std::snprintf(out.data(), out.size(), format, values...);
    return std::string(out.data());
  };
  Strings out{
      text("%u.%u.%u.%u", a[0], a[1], a[2], a[3]),
      text("%u", n),
      text("0x%x", n),
      text("0X%X", n),
      text("0%o", n),
      text("%u.%u", a[0], n & 0xffffff),
      text("%u.%u.%u", a[0], a[1], n & 0xffff),
      text("0x%x.0x%x.0x%x.0x%x", a[0], a[1], a[2], a[3]),
      text("0%o.0%o.0%o.0%o", a[0], a[1], a[2], a[3]),
      text("%03u.%03u.%03u.%03u", a[0], a[1], a[2], a[3]),
      text("0x%x.%u.%u.0%o", a[0], a[1], a[2], a[3]),
      text("0x%x.%u", a[0], n & 0xffffff),
      text("%u.%u.%u.%u.", a[0], a[1], a[2], a[3]),
      text("%u.", n),
      text("%u.%u.%u.%u%%20", a[0], a[1], a[2], a[3]),
      text("%%3%u.%u.%u.%u", a[0] % 10, a[1], a[2], a[3]),
      text("%u\t.%u.%u.%u", a[0], a[1], a[2], a[3]),
      text("%u.%u.%u.%u\t", a[0], a[1], a[2], a[3]),
      text("[::ffff:%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[::ffff:%02x%02x:%02x%02x]", a[0], a[1], a[2], a[3]),
      text("[::FFFF:%02X%02X:%02X%02X]", a[0], a[1], a[2], a[3]),
      text("[0:0:0:0:0:ffff:%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[::%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[::%02x%02x:%02x%02x]", a[0], a[1], a[2], a[3]),
      text("[64:ff9b::%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[64:ff9b:1::%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[2002:%02x%02x:%02x%02x::1]", a[0], a[1], a[2], a[3]),
      text("[2001:0:%02x%02x:%02x%02x::1]", a[0], a[1], a[2], a[3]),
      text("[::ffff:0:%u.%u.%u.%u]", a[0], a[1], a[2], a[3]),
      text("[fe80::%02x%02x:%02x%02x%%25eth0]", a[0], a[1], a[2], a[3]),
      text("%u%%2e%u%%2e%u%%2e%u", a[0], a[1], a[2], a[3]),
      text("%u.%u.%u.%u%%00", a[0], a[1], a[2], a[3]),
  };
  // Full-width dots and digits, which IDNA maps to plain ones.
  out.push_back(text("%u\xE3\x80\x82%u\xE3\x80\x82%u\xE3\x80\x82%u", a[0], a[1], a[2], a[3]));
  out.push_back(text("%u\xEF\xBC\x8E%u\xEF\xBC\x8E%u\xEF\xBC\x8E%u", a[0], a[1], a[2], a[3]));
  std::string wide;
  for (const char c : out.front())
    wide += c == '.' ? std::string(".") : std::string("\xEF\xBC") + static_cast<char>(0x90 + (c - '0'));
  out.push_back(wide);
  return out;
}

TEST(UrlGuard, EverySpellingOfEverySpecialIpv4AddressIsRefused) {
  int cases = 0;
  for (const auto& address : std::vector<std::array<unsigned, 4>>{
           {127, 0, 0, 1},       {127, 255, 1, 3},    {10, 0, 0, 1},        {172, 16, 5, 4},
           {172, 31, 255, 254},  {192, 168, 1, 1},    {169, 254, 169, 254}, {100, 64, 0, 1},
           {100, 100, 100, 200}, {0, 0, 0, 0},        {0, 1, 2, 3},         {198, 18, 0, 1},
           {198, 19, 9, 9},      {192, 0, 2, 1},      {198, 51, 100, 7},    {203, 0, 113, 9},
           {192, 0, 0, 192},     {168, 63, 129, 16},  {224, 0, 0, 1},       {239, 1, 1, 1},
           {240, 0, 0, 1},       {255, 255, 255, 255}})
    for (const auto& host : spellings(address))
      for (const auto* scheme : {"http://", "https://"}) {
        ++cases;
        const auto text = scheme + host + "/";
        EXPECT_FALSE(lenient().check(text, UrlUse::hook)) << text;
      }
  EXPECT_GE(cases, 1000);
}

// An address that is public is still only itself: no other spelling of it passes.
TEST(UrlGuard, OddSpellingsOfPublicAddressesAreRefusedToo) {
  auto hosts = spellings({8, 8, 8, 8});
  EXPECT_TRUE(strict().check("https://" + hosts.front() + "/", UrlUse::hook));
  for (std::size_t i = 1; i < hosts.size(); ++i)
    EXPECT_FALSE(strict().check("https://" + hosts[i] + "/", UrlUse::hook)) << hosts[i];
}

TEST(UrlGuard, SpecialIpv6AddressesAreRefused) {
  for (const auto* host : {"::",
                           "::1",
                           "0:0:0:0:0:0:0:1",
                           "0000:0000:0000:0000:0000:0000:0000:0001",
                           "::0001",
                           "fe80::1",
                           "FE80::1",
                           "febf::1",
                           "fec0::1",
                           "fc00::1",
                           "fd00::1",
                           "FD00:EC2::254",
                           "fd00:ec2::254",
                           "fd20:ce::254",
                           "ff02::1",
                           "FF0E::1",
                           "2001:db8::1",
                           "2001:DB8:1::",
                           "3fff::1",
                           "2001::1",
                           "2001:10::1",
                           "2001:2::1",
                           "2002:7f00:1::",
                           "64:ff9b::7f00:1",
                           "64:ff9b::808:808",
                           "64:ff9b:1::1",
                           "100::1",
                           "5f00::1",
                           "4000::1",
                           "::ffff:8.8.8.8",
                           "::127.0.0.1",
                           "fe80::1%25eth0",
                           "fe80::1%eth0",
                           "::1%lo",
                           "1::2::3",
                           "12345::",
                           "::g"})
    EXPECT_FALSE(lenient().check("http://[" + std::string(host) + "]/", UrlUse::hook)) << host;
  EXPECT_TRUE(strict().check("https://[2606:4700:4700::1111]/", UrlUse::hook));
  EXPECT_TRUE(strict().check("https://[2A00:1450:4001:081B::200E]:8443/x", UrlUse::hook));
}

TEST(UrlGuard, SchemesBelongToTheirUse) {
  for (const auto* scheme :
       {"file",       "gopher",      "dict",      "ftp",    "ldap",    "jar",     "data",    "blob",
        "javascript", "tftp",        "unix",      "ws",     "wss",     "telnet",  "smb",     "sftp",
        "scp",        "imap",        "concat",    "crypto", "subfile", "rtsp",    "srt",     "udp",
        "tcp",        "view-source", "http+unix", "HTTPS ", " https",  "https\n", "htt\tps", "h\xC5\xBFtps"})
    for (const auto use :
         {UrlUse::hook, UrlUse::picture, UrlUse::playback, UrlUse::forward, UrlUse::broadcast})
      EXPECT_FALSE(lenient().check(std::string(scheme) + "://host.example.com/a", use)) << scheme;
  for (const auto use : {UrlUse::hook, UrlUse::picture, UrlUse::playback, UrlUse::forward}) {
    EXPECT_TRUE(strict().check("https://host.example.com/a", use));
    EXPECT_TRUE(strict().check("HttpS://host.example.com/a", use));
    EXPECT_FALSE(strict().check("http://host.example.com/a", use));
    EXPECT_TRUE(lenient().check("http://host.example.com/a", use));
    EXPECT_FALSE(lenient().check("rtmp://host.example.com/a", use));
  }
  EXPECT_TRUE(strict().check("rtmp://live.example.com/app/key", UrlUse::broadcast));
  EXPECT_TRUE(strict().check("rtmps://live.example.com:443/app/key", UrlUse::broadcast));
  EXPECT_FALSE(lenient().check("https://live.example.com/app/key", UrlUse::broadcast));
  EXPECT_FALSE(strict().check("rtmp://127.0.0.1/app/key", UrlUse::broadcast));
  for (const auto* text :
       {"//host.example.com/a", "/a", "host.example.com", "https:host.example.com", "https:/host.example.com",
        "https:\\\\host.example.com", "https:///host.example.com", ""})
    EXPECT_FALSE(strict().check(text, UrlUse::hook)) << text;
}

TEST(UrlGuard, WhatTwoParsersMayReadDifferentlyIsRefused) {
  for (const auto* text : {"https://good.example.com@evil.example.com/",
                           "https://good.example.com:pass@evil.example.com/",
                           "https://@host.example.com/",
                           "https://:@host.example.com/",
                           "https://host.example.com\\@evil.example.com/",
                           "https://host.example.com\\.evil.example.com/",
                           "https://evil.example.com%2f@good.example.com/",
                           "https://good.example.com%40evil.example.com/",
                           "https://%68ost.example.com/",
                           "https://host%2eexample.com/",
                           "https://host.example.com:80:443/",
                           "https://host.example.com:/",
                           "https://host.example.com:0/",
                           "https://host.example.com:65536/",
                           "https://host.example.com:4294967739/",
                           "https://host.example.com:-1/",
                           "https://host.example.com:+443/",
                           "https://host.example.com:0x1bb/",
                           "https://host.example.com: 443/",
                           "https:///",
                           "https://",
                           "https://?",
                           "https://:443/",
                           "https://host.example.com\r\nX: y/",
                           "https://host.example.com/\r\nX: y",
                           "https://host.example.com/\nX",
                           "https://host.example.com/ a",
                           "https://host\t.example.com/",
                           "https://ho st.example.com/",
                           "https://host.example.com/\x7f",
                           "https://[host.example.com]/",
                           "https://host.example.com]/",
                           "https://[::1/",
                           "https://[]/",
                           "https://host..example.com/",
                           "https://.example.com/",
                           "https://-host.example.com/",
                           "https://host-.example.com/",
                           "https://host.example.com,evil.example.com/",
                           "https://host.example.com;/",
                           "https://host*.example.com/",
                           "https://ho~st.example.com/",
                           "https://host.example.com!/",
                           "https://h\xC3\xB6st.example.com/",
                           "https://host.example.com\xE2\x80\xAE/",
                           "https://\xE2\x93\x94.example.com/",
                           "https://host.example.com:\xEF\xBC\x98\xEF\xBC\x90/"})
    EXPECT_FALSE(lenient().check(text, UrlUse::hook)) << text;
  std::string with_nul = "https://host.example.com";
  with_nul.push_back('\0');
  EXPECT_FALSE(strict().check(with_nul + ".evil.example.com/", UrlUse::hook));
  EXPECT_FALSE(strict().check("https://host.example.com/" + std::string(2048, 'a'), UrlUse::hook));
}

TEST(UrlGuard, NamesThatMeanUsAreRefused) {
  for (const auto* name : {"localhost",
                           "LOCALHOST",
                           "localhost.",
                           "a.localhost",
                           "foo.localhost.",
                           "localhost.localdomain",
                           "printer",
                           "metadata",
                           "metadata.google.internal",
                           "instance-data.ec2.internal",
                           "router.lan",
                           "nas.local",
                           "NAS.LOCAL",
                           "db.corp",
                           "x.home",
                           "x.home.arpa",
                           "x.intranet",
                           "x.private",
                           "x.onion",
                           "host.example.com.",
                           "a.b.c.1",
                           "host.0x7f",
                           "1e100.123",
                           "host.0x"})
    EXPECT_FALSE(lenient().check("http://" + std::string(name) + "/", UrlUse::hook)) << name;
  std::string label(63, 'a'), name;
  while (name.size() + 64 <= 253 - 11)
    name += label + ".";
  EXPECT_TRUE(strict().check("https://" + name + "example.com/", UrlUse::hook));
  EXPECT_FALSE(strict().check("https://" + name + label + ".example.com/", UrlUse::hook)); // over 253 bytes
  EXPECT_FALSE(strict().check("https://" + label + "a.example.com/", UrlUse::hook));
}

TEST(UrlGuard, PortsOfOtherServicesAreRefused) {
  for (const auto* port : {"1", "22", "23", "25", "53", "110", "139", "389", "465", "587", "2049", "5060",
                           "6000", "6379", "6667", "10080"})
    EXPECT_FALSE(strict().check("https://host.example.com:" + std::string(port) + "/", UrlUse::hook)) << port;
  for (const auto* port : {"80", "443", "8080", "8443", "3000", "9000", "65535"})
    EXPECT_TRUE(strict().check("https://host.example.com:" + std::string(port) + "/", UrlUse::hook)) << port;
}

TEST(UrlGuard, GoodUrlsPassAndKeepTheirMeaning) {
  const auto host = [](const char* text) { return strict().check(text, UrlUse::hook).value(); };
  EXPECT_EQ(host("https://Hooks.Acme.Example.Com/Meet?b=%2F&c=ü"),
            (Url{"https", "hooks.acme.example.com", 443, "/Meet?b=%2F&c=ü"}));
  EXPECT_EQ(host("https://x.example.com?q"), (Url{"https", "x.example.com", 443, "/?q"}));
  EXPECT_EQ(host("https://x.example.com/a#part"), (Url{"https", "x.example.com", 443, "/a"}));
  EXPECT_EQ(host("https://x.example.com/a@b:c"), (Url{"https", "x.example.com", 443, "/a@b:c"}));
  EXPECT_EQ(to_text(host("https://x.example.com:8443/a")), "https://x.example.com:8443/a");
  EXPECT_EQ(to_text(host("https://x.example.com:443")), "https://x.example.com/");
  EXPECT_EQ(to_text(host("https://[2606:4700:4700:0::1111]/")), "https://[2606:4700:4700::1111]/");
  int good = 0;
  for (const auto* name :
       {"acme.com", "a.b.c.d.e.example.org", "xn--mnchen-3ya.de", "1and1.com", "3.basecamp.com",
        "under_score.example.com", "cdn-1.example.net", "1.1.1.example.com", "x.museum", "t.co"})
    for (const auto* rest :
         {"", "/", "/hooks", "/a/b/c.png?x=1&y=2", ":8443/", "/%20a", "?a=b", "/a#b", "/~u/", "/a;b=1"}) {
      EXPECT_TRUE(strict().check("https://" + std::string(name) + rest, UrlUse::hook)) << name << rest;
      ++good;
    }
  EXPECT_EQ(good, 100);
}

TEST(UrlGuard, RefusalsTellNothing) {
  std::set<std::string> texts;
  for (const auto* text : {"", "ftp://x.example.com/", "https://127.0.0.1/", "https://localhost/",
                           "https://a@b.example/", "https://x.example.com:22/", "https://10.0.0.1/"})
    texts.insert(strict().check(text, UrlUse::hook).error().text);
  EXPECT_EQ(texts.size(), 1u);
}

// --- names

TEST(UrlGuard, EveryAddressOfANameMustBeAllowed) {
  FakeNames dns;
  dns.names = {{"good.example.com", {"93.184.216.34", "2606:2800:220:1::1"}},
               {"mixed.example.com", {"93.184.216.34", "10.0.0.7"}},
               {"six.example.com", {"93.184.216.34", "::1"}},
               {"inner.example.com", {"192.168.0.1"}},
               {"127.0.0.1.nip.example.com", {"127.0.0.1"}},
               {"mapped.example.com", {"::ffff:127.0.0.1"}},
               {"empty.example.com", {}}};
  const UrlGuard guard({}, dns.lookup());
  const auto resolve = [&](const std::string& name) {
    return guard.resolve(guard.check("https://" + name + "/", UrlUse::hook).value());
  };
  EXPECT_EQ(resolve("good.example.com")->size(), 2u);
  for (const auto* name : {"mixed.example.com", "six.example.com", "inner.example.com",
                           "127.0.0.1.nip.example.com", "mapped.example.com"})
    EXPECT_EQ(resolve(name).error().code, ErrorCode::invalid) << name;
  EXPECT_EQ(resolve("empty.example.com").error().code, ErrorCode::unavailable);
  EXPECT_EQ(resolve("nowhere.example.com").error().code, ErrorCode::unavailable);
  const auto asked = dns.asked;
  EXPECT_EQ(guard.resolve(guard.check("https://8.8.4.4/", UrlUse::hook).value())->at(0).text(), "8.8.4.4");
  EXPECT_EQ(dns.asked, asked); // an address is no question
}

TEST(UrlGuard, OurOwnPublicAddressIsDenied) {
  const UrlGuard guard({.denied = {*IpPrefix::parse("93.184.216.34")}});
  EXPECT_FALSE(guard.check("https://93.184.216.34/", UrlUse::hook));
  EXPECT_TRUE(guard.check("https://93.184.216.35/", UrlUse::hook));
}

TEST(UrlGuard, AllowedNetworksOpenThemselvesOnly) {
  FakeNames dns;
  dns.names = {{"localhost", {"127.0.0.1", "::1"}}, {"receiver", {"10.1.2.3"}}, {"nas.local", {"10.2.0.1"}}};
  const UrlGuard guard({.plain_http = true,
                        .allowed = {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("::1"),
                                    *IpPrefix::parse("10.1.0.0/16")}},
                       dns.lookup());
  EXPECT_TRUE(guard.check("http://127.0.0.1:9000/x", UrlUse::hook));
  EXPECT_TRUE(guard.check("http://[::1]:9000/x", UrlUse::hook));
  EXPECT_FALSE(guard.check("http://10.2.0.1/", UrlUse::hook));
  EXPECT_FALSE(guard.check("http://127.1/", UrlUse::hook)); // still only one spelling
  const auto resolve = [&](const std::string& name) {
    return guard.resolve(guard.check("http://" + name + "/", UrlUse::hook).value());
  };
  EXPECT_TRUE(resolve("localhost"));
  EXPECT_TRUE(resolve("receiver"));
  EXPECT_FALSE(resolve("nas.local"));
}

TEST(IpPrefix, IsStrict) {
  for (const auto* bad : {"", "10.0.0.0/33", "10.0.0.1/8", "10/8", "::/129", "fd00::1/8", "10.0.0.0/",
                          "10.0.0.0/a", "10.0.0.0/8x", "10.0.0.0/-1", "localhost"})
    EXPECT_FALSE(IpPrefix::parse(bad)) << bad;
  const auto prefix = IpPrefix::parse("10.32.0.0/11");
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("10.63.255.255")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("10.64.0.0")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("::10.33.0.1")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("1.2.3.4")));
}

} // namespace
} // namespace plenum::net
