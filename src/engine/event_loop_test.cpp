#include "engine/event_loop.hpp"
#include "engine/pair_socket.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

struct Ears final : Watcher, Sleeper {
  std::function<void()> then;
  int ready = 0, due = 0;
  void on_ready(base::Timestamp, std::uint32_t) override {
    ++ready;
    if (then) then();
  }
  void on_deadline(base::Timestamp) override {
    ++due;
    if (then) then();
  }
};

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void poke() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
};

TEST(EventLoopTest, DeadlinesComeInOrderAndOnce) {
  EventLoop loop(base::Clock::system());
  std::string order;
  Ears first, second, never;
  first.then = [&] { order += '1'; };
  second.then = [&] { order += '2'; };
  const auto one = loop.add_sleeper(first), two = loop.add_sleeper(second), three = loop.add_sleeper(never);
  const auto now = base::Clock::system().now();
  loop.wake_at(two, now - 1ms);
  loop.wake_at(one, now - 2ms);
  loop.wake_at(three, now);
  loop.wake_at(three, base::kNever);
  loop.turn(0ms);
  loop.turn(0ms);
  EXPECT_EQ(order, "12");
  EXPECT_EQ(never.due, 0);
  loop.remove_sleeper(one);
  const auto again = loop.add_sleeper(never); // takes the free place
  EXPECT_EQ(again, one);
  loop.wake_at(again, now);
  loop.turn(0ms);
  EXPECT_EQ(never.due, 1);
  EXPECT_EQ(first.due, 1);
}

TEST(EventLoopTest, ASleeperThatWantsNowDoesNotStarveDescriptors) {
  EventLoop loop(base::Clock::system());
  Pipe pipe;
  Ears restless, reader;
  const auto handle = loop.add_sleeper(restless);
  restless.then = [&] { loop.wake_at(handle, loop.now()); };
  loop.wake_at(handle, loop.now());
  loop.watch(pipe.ends[0], EPOLLIN, reader);
  pipe.poke();
  loop.turn(0ms);
  loop.turn(0ms);
  EXPECT_GE(reader.ready, 1);
  loop.forget(pipe.ends[0]);
}

TEST(EventLoopTest, AForgottenDescriptorIsNotCalledInTheSameTurn) {
  EventLoop loop(base::Clock::system());
  Pipe a, b;
  Ears one, two;
  // Whoever is called first forgets the other.
  one.then = [&] { loop.forget(b.ends[0]); };
  two.then = [&] { loop.forget(a.ends[0]); };
  loop.watch(a.ends[0], EPOLLIN, one);
  loop.watch(b.ends[0], EPOLLIN, two);
  a.poke();
  b.poke();
  loop.turn(0ms);
  EXPECT_EQ(one.ready + two.ready, 1);
  // The descriptor of the forgotten one is watched again by another: old events are not its own.
  one.then = two.then = nullptr;
  Ears late;
  loop.forget(a.ends[0]);
  loop.watch(a.ends[0], EPOLLIN, late);
  loop.turn(0ms);
  EXPECT_EQ(late.ready, 1);
  loop.forget(a.ends[0]);
  loop.forget(b.ends[0]);
}

struct Inbox final : PairSocketOwner {
  std::vector<std::string> texts, strays;
  int ended = 0, runs = 0;
  void on_datagram(base::Timestamp, const ice::PairKey&, rtp::PacketRef packet) override {
    texts.emplace_back(base::as_text(packet->bytes()));
  }
  void on_stray(const ice::TransportAddress& from, const ice::PairKey&, base::Bytes datagram) override {
    strays.push_back(from.text() + " " + std::string(base::as_text(datagram)));
  }
  void on_stream_ended(const ice::PairKey&) override { ++ended; }
  void after_datagrams(base::Timestamp) override { ++runs; }
};

int udp() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  return fd;
}

ice::TransportAddress address_of(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  return *ice::TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(at), ice::Transport::udp);
}

void send_to(int fd, const ice::TransportAddress& to, std::string_view text) {
  sockaddr_storage at{};
  const auto size = to.to_sockaddr(at);
  EXPECT_EQ(::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&at), size),
            static_cast<ssize_t>(text.size()));
}

struct PairSocketTest : testing::Test {
  base::Metrics metrics;
  base::Env env{base::Clock::system(), base::Random::system(), metrics, ""};
  EventLoop loop{env.clock};
  rtp::PacketPool packets{200};
  Inbox inbox;
  bool turn_until(const std::function<bool()>& done) {
    for (int i = 0; i < 200 && !done(); ++i)
      loop.turn(100ms);
    return done();
  }
};

TEST_F(PairSocketTest, ADatagramOfAStrangerGoesBack) {
  const int mine = udp(), friendly = udp(), strange = udp();
  const auto here = address_of(mine), there = address_of(friendly);
  send_to(strange, here, "for somebody else"); // caught before the socket was connected
  send_to(friendly, here, "one");
  sockaddr_storage to{};
  ASSERT_EQ(::connect(mine, reinterpret_cast<sockaddr*>(&to), there.to_sockaddr(to)), 0);
  PairSocket socket(env, loop, packets, mine, {here, there}, inbox);
  send_to(friendly, here, "two");
  EXPECT_TRUE(turn_until([&] { return inbox.texts.size() == 2 && inbox.strays.size() == 1; }));
  EXPECT_EQ(inbox.texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(inbox.strays[0], address_of(strange).text() + " for somebody else");
  socket.send(base::as_bytes("back"));
  socket.flush();
  char buffer[16];
  ::close(strange);
  ASSERT_TRUE(turn_until([&] { return ::recv(friendly, buffer, sizeof buffer, MSG_PEEK) == 4; }));
  ::close(friendly);
}

TEST_F(PairSocketTest, ARunLeavesAsTheDatagramsThatItWasMadeOf) {
  const int mine = udp(), friendly = udp();
  const auto here = address_of(mine), there = address_of(friendly);
  sockaddr_storage to{};
  ASSERT_EQ(::connect(mine, reinterpret_cast<sockaddr*>(&to), there.to_sockaddr(to)), 0);
  PairSocket socket(env, loop, packets, mine, {here, there}, inbox);
  std::vector<std::string> sent;
  char letter = 'a';
  const auto send = [&](std::size_t size) {
    sent.emplace_back(size, letter++);
    socket.send(base::as_bytes(sent.back()));
  };
  for (const std::size_t size : {1200U, 1200U, 1199U, 1199U, 60U, 1200U, 1200U, 1200U})
    send(size); // equal ones, a shorter one that ends a run, a small one, equal ones again
  socket.flush();
  for (int i = 0; i < 10; ++i)
    send(1100); // more than one run
  socket.flush();
  socket.flush(); // nothing
  std::vector<char> buffer(2000);
  for (const auto& datagram : sent) {
    const auto got = ::recv(friendly, buffer.data(), buffer.size(), 0); // loopback: it is there
    ASSERT_EQ(got, static_cast<ssize_t>(datagram.size()));
    EXPECT_EQ(std::string(buffer.data(), datagram.size()), datagram);
  }
  EXPECT_LT(::recv(friendly, buffer.data(), buffer.size(), MSG_DONTWAIT), 0);
  EXPECT_EQ(metrics.counter("plenum_media_send_errors_total").value(), 0U);
  ::close(friendly);
}

TEST_F(PairSocketTest, OversizedAndEmptyDatagramsAndAClosedPortAreSurvived) {
  const int mine = udp(), friendly = udp();
  const auto here = address_of(mine), there = address_of(friendly);
  sockaddr_storage to{};
  ASSERT_EQ(::connect(mine, reinterpret_cast<sockaddr*>(&to), there.to_sockaddr(to)), 0);
  PairSocket socket(env, loop, packets, mine, {here, there}, inbox);
  send_to(friendly, here, std::string(5000, 'x'));
  send_to(friendly, here, "");
  send_to(friendly, here, "after");
  EXPECT_TRUE(turn_until([&] { return !inbox.texts.empty() && inbox.texts.back() == "after"; }));
  ::close(friendly);
  socket.send(base::as_bytes("to nobody")); // is answered with ICMP
  socket.flush();
  socket.send(base::as_bytes("to nobody"));
  socket.flush();
  for (int i = 0; i < 3; ++i)
    loop.turn(1ms);
  EXPECT_EQ(inbox.ended, 0); // ICE judges, not the socket
}

TEST_F(PairSocketTest, WithoutABlockDatagramsAreDroppedAndCounted) {
  rtp::PacketPool none(1);
  auto held = none.get();
  const int mine = udp(), friendly = udp();
  const auto here = address_of(mine), there = address_of(friendly);
  PairSocket socket(env, loop, none, mine, {here, there}, inbox);
  send_to(friendly, here, "lost");
  auto& counter = metrics.counter("plenum_packet_pool_empty_total");
  EXPECT_TRUE(turn_until([&] { return counter.value() > 0; }));
  EXPECT_TRUE(inbox.texts.empty());
  held.reset();
  send_to(friendly, here, "found");
  EXPECT_TRUE(turn_until([&] { return inbox.texts.size() == 1; }));
  ::close(friendly);
}

ice::PairKey tcp_pair() {
  return {*ice::TransportAddress::parse("127.0.0.1", 1, ice::Transport::tcp),
          *ice::TransportAddress::parse("127.0.0.1", 2, ice::Transport::tcp)};
}

std::string framed(std::string_view text) {
  const auto header = ice::frame_header(text.size());
  return std::string(base::as_text(header)) + std::string(text);
}

TEST_F(PairSocketTest, StreamsAreCutIntoDatagramsAtAnyBoundary) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  PairSocket socket(env, loop, packets, ends[0], tcp_pair(), inbox);
  const auto first = framed("zero");
  socket.feed_stream(env.clock.now(), base::as_bytes(first)); // read before it was ours
  const auto bytes = framed("one") + framed("") + framed(std::string(1200, 'y')) + framed("three");
  int sent = 0;
  for (const char byte : bytes) {
    ASSERT_EQ(::send(ends[1], &byte, 1, 0), 1);
    if (++sent % 7 == 0) loop.turn(0ms);
  }
  EXPECT_TRUE(turn_until([&] { return inbox.texts.size() >= 4; }));
  EXPECT_EQ(inbox.texts.front(), "zero");
  EXPECT_EQ(inbox.texts.back(), "three");
  socket.send(base::as_bytes("back"));
  char buffer[16];
  ASSERT_EQ(::recv(ends[1], buffer, sizeof buffer, 0), 6);
  EXPECT_EQ(std::string(buffer, 6), framed("back"));
  ::close(ends[1]);
  EXPECT_TRUE(turn_until([&] { return inbox.ended == 1; }));
  loop.turn(0ms);
  EXPECT_EQ(inbox.ended, 1);
}

TEST_F(PairSocketTest, AnOversizedFrameEndsTheStream) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  PairSocket socket(env, loop, packets, ends[0], tcp_pair(), inbox);
  ASSERT_EQ(::send(ends[1], "\xff\xff!", 3, 0), 3);
  EXPECT_TRUE(turn_until([&] { return inbox.ended == 1; }));
  ::close(ends[1]);
}

TEST_F(PairSocketTest, AStalledStreamDropsAtItsLimitAndGoesOnWhole) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  PairSocket socket(env, loop, packets, ends[0], tcp_pair(), inbox);
  auto& dropped = metrics.counter("plenum_media_send_errors_total");
  const std::string datagram(1000, 'z');
  int sent = 0;
  for (; dropped.value() == 0 && sent < 5000; ++sent)
    socket.send(base::as_bytes(datagram));
  ASSERT_GT(dropped.value(), 0U);
  std::string got;
  std::vector<char> buffer(65536);
  for (int i = 0; i < 2000; ++i) {
    const auto count = ::recv(ends[1], buffer.data(), buffer.size(), 0);
    if (count > 0) got.append(buffer.data(), static_cast<std::size_t>(count));
    loop.turn(0ms);
  }
  EXPECT_EQ(got.size(), static_cast<std::size_t>(sent - 1) * 1002); // whole frames only
  ::close(ends[1]);
}

} // namespace
} // namespace plenum::engine
