#include "ice/address.hpp"
#include "ice/candidate.hpp"
#include "ice/tcp_framing.hpp"

#include "base/random.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <unordered_set>

namespace plenum::ice {
namespace {

TEST(TransportAddress, TextBothWays) {
  for (const auto* text : {"192.0.2.1:10000", "[2001:db8::1]:443", "0.0.0.0:0", "[::]:65535"}) {
    const auto address = TransportAddress::parse_with_port(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(TransportAddress, RefusesWhatIsNoAddress) {
  for (const auto* text :
       {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:1x", "::1:80", "[1.2.3.4]:80",
        "[::1]", "[::1]80", "host:80", "1.2.3:80", "a.local:1", "[::g]:1", "[::1%eth0]:1", "1.2.3.4.5:1"})
    EXPECT_FALSE(TransportAddress::parse_with_port(text)) << text;
  EXPECT_FALSE(TransportAddress::parse(std::string(300, '1'), 1));
}

TEST(TransportAddress, MappedIpv4IsIpv4) {
  const auto mapped = TransportAddress::parse("::ffff:192.0.2.1", 5);
  EXPECT_EQ(mapped, TransportAddress::parse("192.0.2.1", 5));
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(5);
  inet_pton(AF_INET6, "::ffff:192.0.2.1", &in.sin6_addr);
  sockaddr any{};
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof in);
  EXPECT_EQ(TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(storage), Transport::udp), mapped);
  any.sa_family = AF_UNIX;
  EXPECT_FALSE(TransportAddress::from_sockaddr(any, Transport::udp));
}

TEST(TransportAddress, SockaddrBothWays) {
  for (const auto* text : {"192.0.2.1:10000", "[2001:db8::1]:443"}) {
    const auto address = TransportAddress::parse_with_port(text, Transport::tcp);
    sockaddr_storage storage{};
    EXPECT_EQ(address->to_sockaddr(storage),
              address->family == Family::ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(storage), Transport::tcp), address);
  }
  sockaddr_storage storage{};
  EXPECT_EQ(TransportAddress{}.to_sockaddr(storage), 0U);
}

TEST(TransportAddress, EqualityAndHashSeeEverything) {
  const auto a = *TransportAddress::parse("192.0.2.1", 1);
  auto port = a;
  port.port = 256;
  auto tcp = a;
  tcp.transport = Transport::tcp;
  const auto v6 = *TransportAddress::parse("2001:db8::1", 1);
  const std::unordered_set<TransportAddress> all{a, port, tcp, v6, a};
  EXPECT_EQ(all.size(), 4U);
  EXPECT_NE(hash_of(a), hash_of(port));
  EXPECT_NE(std::hash<PairKey>{}({a, v6}), std::hash<PairKey>{}({v6, a}));
}

TEST(Candidate, OursInSdp) {
  const auto udp = make_host_candidate(*TransportAddress::parse("192.0.2.1", 10000), 8191);
  EXPECT_EQ(udp.priority, 2130706431U);
  EXPECT_EQ(candidate_value(udp), udp.foundation + " 1 udp 2130706431 192.0.2.1 10000 typ host");
  const auto tcp = make_host_candidate(*TransportAddress::parse("192.0.2.1", 10000, Transport::tcp), 8191,
                                       TcpType::passive);
  EXPECT_LT(tcp.priority, udp.priority);
  EXPECT_NE(tcp.foundation, udp.foundation);
  EXPECT_TRUE(candidate_value(tcp).ends_with(" 192.0.2.1 10000 typ host tcptype passive"));
  for (const auto& c : {udp, tcp})
    EXPECT_EQ(parse_candidate("a=candidate:" + candidate_value(c)), c);
}

TEST(Candidate, ActiveTcpSaysDiscardPort) {
  const auto active =
      make_host_candidate(*TransportAddress::parse("2001:db8::1", 5, Transport::tcp), 1, TcpType::active);
  EXPECT_TRUE(candidate_value(active).ends_with(" 2001:db8::1 9 typ host tcptype active"));
}

TEST(Candidate, BrowsersSpellings) {
  const auto chromium =
      parse_candidate("candidate:842163049 1 udp 1677729535 203.0.113.5 46154 typ srflx raddr "
                      "10.0.0.1 rport 46154 generation 0 ufrag Ab+/ network-cost 999");
  ASSERT_TRUE(chromium);
  EXPECT_EQ(chromium->type, CandidateType::server_reflexive);
  EXPECT_EQ(chromium->address.text(), "203.0.113.5:46154");
  const auto firefox = parse_candidate("candidate:0 1 UDP 2122252543 192.168.1.2 50000 typ host");
  ASSERT_TRUE(firefox);
  EXPECT_EQ(firefox->address.transport, Transport::udp);
  const auto tcp = parse_candidate("1 1 TCP 2105458943 192.168.1.2 9 typ host tcptype active");
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->tcp_type, TcpType::active);
}

TEST(Candidate, WhatIsNoCandidate) {
  for (const auto* text : {
           "",
           "candidate:",
           "1 1 udp 1 8b2a7d0e-9b7e-4a11-a7d4-1f2e3d4c5b6a.local 50000 typ host", // mDNS
           "1 2 udp 1 192.0.2.1 1 typ host",                                      // RTCP
           "1 1 sctp 1 192.0.2.1 1 typ host",
           "1 1 udp x 192.0.2.1 1 typ host",
           "1 1 udp 4294967296 192.0.2.1 1 typ host",
           "1 1 udp 1 192.0.2.1 65536 typ host",
           "1 1 udp 1 192.0.2.1 1 host",
           "1 1 udp 1 192.0.2.1 1 typ alien",
           "1 1 udp 1 192.0.2.1 1 typ",
           "1 1 tcp 1 192.0.2.1 1 typ host",
           "1 1 udp 1 192.0.2.1 1 typ host tcptype active",
           "? 1 udp 1 192.0.2.1 1 typ host",
           "123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host",
       })
    EXPECT_FALSE(parse_candidate(text)) << text;
  EXPECT_FALSE(parse_candidate("1 1 udp 1 192.0.2.1 1 typ host " + std::string(600, 'x')));
}

TEST(Candidate, TruncationsAndMutationsNeverCrash) {
  const std::string whole =
      "a=candidate:1 1 tcp 2105458943 2001:db8::1 9 typ host tcptype passive generation 0";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    parse_candidate(whole.substr(0, i));
    for (const char c : {'\0', ' ', ':', '9', '\xff', '\n'}) {
      auto mutated = whole;
      mutated[i] = c;
      const auto parsed = parse_candidate(mutated);
      if (parsed) EXPECT_TRUE(parse_candidate(candidate_value(*parsed))) << mutated;
    }
  }
}

std::vector<std::uint8_t> framed(std::initializer_list<std::string> frames) {
  std::vector<std::uint8_t> bytes;
  for (const auto& frame : frames) {
    const auto header = frame_header(frame.size());
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  return bytes;
}

void feed(FrameReader& reader, base::Bytes bytes) {
  const auto room = reader.writable();
  ASSERT_GE(room.size(), bytes.size());
  std::ranges::copy(bytes, room.begin());
  reader.commit(bytes.size());
}

TEST(TcpFraming, AnySplitGivesTheSameFrames) {
  const auto bytes = framed({"hello", "", "world!", std::string(300, 'x')});
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    FrameReader reader(300, 2);
    std::vector<std::string> got;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      feed(reader, base::Bytes(bytes).subspan(at, std::min(step, bytes.size() - at)));
      while (const auto frame = reader.next())
        got.emplace_back(base::as_text(*frame));
    }
    EXPECT_EQ(got, (std::vector<std::string>{"hello", "", "world!", std::string(300, 'x')})) << step;
    EXPECT_EQ(reader.pending(), 0U);
  }
}

TEST(TcpFraming, TooLongAFrameEndsTheConnection) {
  FrameReader reader(100, 2);
  feed(reader, framed({"ok"}));
  feed(reader, std::vector<std::uint8_t>{0, 101});
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.failed());
  EXPECT_TRUE(reader.writable().empty());
  EXPECT_FALSE(reader.next());
}

TEST(TcpFraming, LargestFrameAlwaysFits) {
  FrameReader reader(1500, 1);
  for (int round = 0; round < 100; ++round) {
    const auto bytes = framed({std::string(1500, static_cast<char>('a' + round % 26))});
    for (std::size_t at = 0; at < bytes.size();) {
      const auto room = reader.writable();
      ASSERT_FALSE(room.empty());
      const auto count = std::min<std::size_t>({room.size(), bytes.size() - at, 700});
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
      reader.commit(count);
      at += count;
    }
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->size(), 1500U);
  }
}

} // namespace
} // namespace plenum::ice
