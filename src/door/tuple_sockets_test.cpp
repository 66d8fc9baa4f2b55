#include "door/tuple_sockets.hpp"

#include "door/test_worker.hpp"

namespace plenum::door {
namespace {

// The race that the door must survive: between bind and connect a pair's socket is open to everybody.
TEST(PairSocket, WhatItCaughtBeforeConnectIsReadWithItsTrueSource) {
  const auto wildcard = open_wildcard_udp(*ice::TransportAddress::parse("0.0.0.0", 0));
  ASSERT_TRUE(wildcard.has_value());
  const auto port = local_address(wildcard->get(), ice::Transport::udp).port;
  test::Client member(port), foreigner(port);
  const Tuple tuple{.local = *ice::TransportAddress::parse("127.0.0.1", port), .remote = member.address()};

  const Fd half_open(
      ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); // as open_pair_socket() leaves it for a moment
  const int on = 1;
  ::setsockopt(half_open.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_storage where{};
  auto length = tuple.local.to_sockaddr(where);
  ASSERT_EQ(::bind(half_open.get(), reinterpret_cast<sockaddr*>(&where), length), 0);
  foreigner.send(base::as_bytes("from somebody else"));
  member.send(base::as_bytes("from the member"));
  length = tuple.remote.to_sockaddr(where);
  ASSERT_EQ(::connect(half_open.get(), reinterpret_cast<sockaddr*>(&where), length), 0);
  foreigner.send(base::as_bytes("after connect"));

  Received received;
  ASSERT_EQ(receive_pair(half_open.get(), tuple, received), Receive::datagram);
  EXPECT_EQ(base::as_text(received.bytes()), "from somebody else");
  EXPECT_EQ(received.tuple.remote, foreigner.address());
  EXPECT_EQ(received.tuple.local, tuple.local);
  ASSERT_EQ(receive_pair(half_open.get(), tuple, received), Receive::datagram);
  EXPECT_EQ(received.tuple.remote, member.address());
  EXPECT_EQ(receive_pair(half_open.get(), tuple, received), Receive::empty);
  ASSERT_EQ(receive_wildcard(wildcard->get(), port, received), Receive::datagram);
  EXPECT_EQ(base::as_text(received.bytes()), "after connect");
}

TEST(PairSocket, TakesItsPairAndLeavesTheRestToTheWildcard) {
  const auto wildcard =
      open_wildcard_udp(*ice::TransportAddress::parse("127.0.0.1", 0)); // the same address as pairs
  ASSERT_TRUE(wildcard.has_value());
  const auto local = local_address(wildcard->get(), ice::Transport::udp);
  test::Client member(local.port), foreigner(local.port);
  const auto pair = open_pair_socket({.local = local, .remote = member.address()});
  ASSERT_TRUE(pair.has_value()) << pair.error().text;
  foreigner.send(base::as_bytes("foreign"));
  member.send(base::as_bytes("mine"));
  Received received;
  ASSERT_EQ(receive_pair(pair->get(), {.local = local}, received), Receive::datagram);
  EXPECT_EQ(base::as_text(received.bytes()), "mine");
  ASSERT_EQ(receive_wildcard(wildcard->get(), local.port, received), Receive::datagram);
  EXPECT_EQ(base::as_text(received.bytes()), "foreign");
  EXPECT_EQ(received.tuple.local, local);
  EXPECT_EQ(received.tuple.remote, foreigner.address());
}

TEST(PairSocket, TheKernelKnowsWhichAreOpen) {
  for (const auto* host : {"127.0.0.1", "::1"}) {
    const auto wildcard =
        open_wildcard_udp(*ice::TransportAddress::parse(host[0] == ':' ? "::" : "0.0.0.0", 0));
    ASSERT_TRUE(wildcard.has_value());
    const auto port = local_address(wildcard->get(), ice::Transport::udp).port;
    test::Client member(port, SOCK_DGRAM, host), other(port, SOCK_DGRAM, host);
    const ice::PairKey pair{*ice::TransportAddress::parse(host, port), member.address()};
    EXPECT_FALSE(is_pair_open(pair)); // the wildcard would take it
    {
      const auto socket = open_pair_socket({.local = pair.local, .remote = pair.remote});
      ASSERT_TRUE(socket.has_value()) << socket.error().text;
      EXPECT_TRUE(is_pair_open(pair));
      EXPECT_FALSE(is_pair_open({pair.local, other.address()}));
    }
    EXPECT_FALSE(is_pair_open(pair));
  }
}

TEST(PairSocket, RefusesAddressesThatAreNotOurs) {
  const auto pair = open_pair_socket({.local = *ice::TransportAddress::parse("192.0.2.1", 9),
                                      .remote = *ice::TransportAddress::parse("127.0.0.1", 9)});
  ASSERT_FALSE(pair.has_value());
  EXPECT_EQ(pair.error().code, base::ErrorCode::not_found);
}

} // namespace
} // namespace plenum::door
