#include "door/test_worker.hpp"

#include "base/random.hpp"

#include <functional>
#include <map>
#include <thread>

namespace plenum::door {
namespace {

using test::check;
using test::Client;
using test::Worker;

const std::string kPassword = "0123456789abcdef01234567";

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string ip_text(const link::Endpoint& e) {
  return std::to_string(e.address[12]) + "." + std::to_string(e.address[13]) + "." +
         std::to_string(e.address[14]) + "." + std::to_string(e.address[15]);
}

class DoorTest : public testing::Test {
 protected:
  void open(DoorConfig config = {}) {
    config.addresses = {"0.0.0.0"};
    config.port = 0;
    config.stun_burst = 1e6; // settle() uses it
    door = std::make_unique<Door>(base::Env{.metrics = metrics}, config);
    const auto started = door->start();
    ASSERT_TRUE(started.has_value()) << started.error().text;
  }
  void open_with_worker(DoorConfig config = {}) {
    open(config);
    ASSERT_TRUE(door->attach(1, worker.path(), "w1"));
    ASSERT_EQ(worker.accept(), "w1");
    ASSERT_TRUE(worker.register_name("w1peer", kPassword));
  }
  // Comes back when everything sent to the media port before has been looked at: one queue, one thread.
  void settle() {
    Client client(door->port());
    client.send(test::plain_request());
    ASSERT_GE(client.receive().size(), 20u);
  }
  static void wait_for(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(test::kPatienceMs);
    while (!done() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    EXPECT_TRUE(done());
  }
  std::uint64_t dropped(const std::string& reason) {
    return metrics.counter("plenum_door_dropped_total", "reason=\"" + reason + "\"").value();
  }
  std::uint64_t opened() { return metrics.counter("plenum_door_pairs_opened_total").value(); }
  std::int64_t pairs() { return metrics.gauge("plenum_door_pairs").value(); }

  base::Metrics metrics;
  test::Folder folder;
  Worker worker{folder.file("w1.sock")};
  std::unique_ptr<Door> door;
};

TEST_F(DoorTest, StrangersAreDroppedAndTheRightCheckOpensAPair) {
  open_with_worker();
  Client client(door->port());
  client.send(bytes_of("hello"));
  client.send(check("w1nobody", kPassword));
  client.send(check("w1peer", "another password entirely"));
  client.send(bytes_of("\x16\xfe\xfd a ClientHello before any check"));
  const auto valid = check("w1peer", kPassword);
  client.send(valid);
  const auto pair = worker.expect<link::Opened>();
  ASSERT_TRUE(pair && worker.passed);
  EXPECT_EQ(pair->ufrag, "w1peer");
  EXPECT_EQ(pair->first, valid);
  EXPECT_TRUE(pair->rest.empty());
  EXPECT_FALSE(pair->tcp);
  EXPECT_EQ(ip_text(pair->local), "127.0.0.1"); // not 0.0.0.0: the address that was called
  EXPECT_EQ(pair->local.port, door->port());
  EXPECT_EQ(pair->remote.port, client.address().port);
  EXPECT_EQ(dropped("not_a_check"), 2u);
  EXPECT_EQ(dropped("unknown_name"), 1u);
  EXPECT_EQ(dropped("bad_integrity"), 1u);
  settle();
  EXPECT_EQ(pairs(), 1);

  const Fd socket = std::move(worker.passed);
  EXPECT_EQ(::send(socket.get(), "answer", 6, 0), 6);
  EXPECT_EQ(client.receive(), "answer");
  client.send(bytes_of("media"));
  ASSERT_TRUE(test::readable(socket.get()));
  std::array<char, 64> buffer;
  EXPECT_EQ(::recv(socket.get(), buffer.data(), buffer.size(), 0), 5);
  EXPECT_FALSE(client.has_something());
}

TEST_F(DoorTest, RepliesLeaveFromTheAddressThatWasCalled) {
  open_with_worker();
  Client client(door->port(), SOCK_DGRAM, "127.0.0.2"); // connected: takes nothing from another address
  client.send(test::plain_request());
  EXPECT_EQ(client.receive().size(), 32u);
  client.send(check("w1peer", kPassword));
  const auto pair = worker.expect<link::Opened>();
  ASSERT_TRUE(pair);
  EXPECT_EQ(ip_text(pair->local), "127.0.0.2");
  EXPECT_EQ(::send(worker.passed.get(), "media", 5, 0), 5);
  EXPECT_EQ(client.receive(), "media");
}

TEST_F(DoorTest, NamesBelongToTheirPrefixAndFirstOwner) {
  open_with_worker();
  EXPECT_FALSE(worker.register_name("w2peer", kPassword)); // another room's
  EXPECT_FALSE(worker.register_name("w1", kPassword));     // the bare prefix
  EXPECT_FALSE(worker.register_name("w1x", ""));
  EXPECT_TRUE(worker.register_name("w1peer", "a new password of the same peer"));
  Client client(door->port());
  client.send(check("w1peer", kPassword));
  client.send(check("w1peer", "a new password of the same peer"));
  EXPECT_TRUE(worker.expect<link::Opened>());
  EXPECT_EQ(dropped("bad_integrity"), 1u);

  Worker overlapping(folder.file("w3.sock"));
  door->attach(3, overlapping.path(), "w1p"); // would take names of w1
  Worker second(folder.file("w2.sock"));
  door->attach(2, second.path(), "w2");
  EXPECT_EQ(second.accept(), "w2");
  EXPECT_FALSE(second.register_name("w1peer", kPassword));
  EXPECT_TRUE(second.register_name("w2peer", kPassword));
  EXPECT_EQ(metrics.gauge("plenum_door_workers").value(), 2);
  EXPECT_EQ(metrics.counter("plenum_door_registrations_refused_total").value(), 4u);
}

TEST_F(DoorTest, NamesPerWorkerAreBounded) {
  open_with_worker({.max_names_per_worker = 2});
  EXPECT_TRUE(worker.register_name("w1b", kPassword));
  EXPECT_FALSE(worker.register_name("w1c", kPassword));
  worker.send(link::Unregister{"w1b"});
  EXPECT_TRUE(worker.register_name("w1c", kPassword));
  EXPECT_EQ(metrics.gauge("plenum_door_registrations").value(), 2);
}

TEST_F(DoorTest, UnregisteredNameOpensNothingButLivePairsStay) {
  open_with_worker();
  Client before(door->port());
  before.send(check("w1peer", kPassword));
  ASSERT_TRUE(worker.expect<link::Opened>());
  const Fd socket = std::move(worker.passed);
  worker.send(link::Unregister{"w1peer"});
  ASSERT_TRUE(worker.register_name("w1other", kPassword)); // the answer says that Unregister has been read
  Client after(door->port());
  after.send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(dropped("unknown_name"), 1u);
  EXPECT_EQ(::send(socket.get(), "still here", 10, 0), 10);
  EXPECT_EQ(before.receive(), "still here");
}

// Every datagram is a valid check, so every one must reach the worker: as the first of a pair, as a stray
// that the door caught, or on the pair's own socket. The worker returns what its sockets caught for others.
TEST_F(DoorTest, NothingIsLostWhileManyPairsOpen) {
  open_with_worker({.source_burst = 1e6});
  constexpr std::size_t kClients = 40, kEach = 5; // a burst that the socket to the worker holds
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    ASSERT_TRUE(worker.register_name("w1n" + std::to_string(i), kPassword));
    clients.push_back(std::make_unique<Client>(door->port()));
  }
  std::thread sender([&] {
    for (std::size_t round = 0; round < kEach; ++round)
      for (std::size_t i = 0; i < kClients; ++i)
        clients[i]->send(check("w1n" + std::to_string(i), kPassword, static_cast<std::uint8_t>(round)));
  });
  std::map<std::uint16_t, std::size_t> heard; // by the client's port
  std::vector<Fd> sockets;
  std::vector<pollfd> waiting{{.fd = worker.fd(), .events = POLLIN}};
  for (std::size_t total = 0; total < kClients * kEach;) {
    if (::poll(waiting.data(), waiting.size(), test::kPatienceMs) <= 0) break;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const int fd = waiting[i].fd;
      const Tuple tuple{.local = local_address(fd, ice::Transport::udp)};
      Received got;
      if (receive_pair(fd, tuple, got) != Receive::datagram) continue;
      if (got.tuple.remote == remote_address(fd, ice::Transport::udp)) {
        ++heard[got.tuple.remote.port], ++total;
        continue;
      }
      link::Stray stray;
      stray.local.address = stray.remote.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
      stray.remote.port = got.tuple.remote.port;
      stray.datagram.assign(got.bytes().begin(), got.bytes().end());
      worker.send(stray);
    }
    if (waiting[0].revents == 0) continue;
    const auto message = worker.next();
    ASSERT_TRUE(message.has_value());
    ++total;
    if (const auto* pair = std::get_if<link::Opened>(&*message)) {
      ++heard[pair->remote.port];
      waiting.push_back({.fd = worker.passed.get(), .events = POLLIN});
      sockets.push_back(std::move(worker.passed));
    } else {
      ++heard[std::get<link::Stray>(*message).remote.port];
    }
  }
  sender.join();
  EXPECT_EQ(sockets.size(), kClients) << base::prometheus_text(metrics.snapshot()); // never two for one pair
  for (const auto& client : clients)
    ASSERT_EQ(heard[client->address().port], kEach) << base::prometheus_text(metrics.snapshot());
}

TEST_F(DoorTest, StraysThatAWorkerReturnsAreTreatedLikeAnyDatagram) {
  open_with_worker();
  Client client(door->port());
  link::Stray stray;
  stray.local.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  stray.local.port = 1; // the door knows its own port
  stray.remote = stray.local;
  stray.remote.port = client.address().port;
  stray.datagram = bytes_of("rubbish");
  worker.send(stray);
  stray.datagram = check("w1peer", kPassword);
  worker.send(stray);
  const auto pair = worker.expect<link::Opened>();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->local.port, door->port());
  EXPECT_EQ(dropped("not_a_check"), 1u);
  worker.send(stray); // known by now: back it goes
  EXPECT_EQ(worker.expect<link::Stray>()->datagram, stray.datagram);
}

TEST_F(DoorTest, OneSourceAddressMayNotOpenPairsWithoutEnd) {
  open_with_worker({.source_burst = 3, .source_rate = 1e-9});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Client>(door->port()));
    clients.back()->send(check("w1peer", i == 0 ? "a wrong password counts as well" : kPassword));
  }
  settle();
  EXPECT_EQ(opened(), 2u);
  EXPECT_EQ(dropped("rate_limited"), 2u);
}

TEST_F(DoorTest, TheMachineHasALimitToo) {
  open_with_worker({.machine_burst = 1, .machine_rate = 1e-9});
  Client a(door->port()), b(door->port());
  a.send(check("w1peer", kPassword));
  b.send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(opened(), 1u);
  EXPECT_EQ(dropped("rate_limited"), 1u);
}

TEST_F(DoorTest, OnePeerHasAtMostEightPairsUntilSomeClose) {
  open_with_worker();
  std::vector<std::unique_ptr<Client>> clients;
  std::optional<link::Opened> last;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(door->port()));
    clients.back()->send(check("w1peer", kPassword));
    last = worker.expect<link::Opened>();
  }
  Client ninth(door->port());
  ninth.send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(dropped("pair_limit"), 1u);
  worker.send(link::Closed{"w1nobody", last->remote, false});
  worker.send(link::Closed{"w1peer", last->remote, true}); // no such TCP pair
  worker.send(link::Closed{"w1peer", last->remote, false});
  worker.passed = Fd{};
  ASSERT_TRUE(worker.register_name("w1other", kPassword)); // Closed has been read
  EXPECT_EQ(pairs(), 7);
  ninth.send(check("w1peer", kPassword));
  EXPECT_TRUE(worker.expect<link::Opened>());
  // The closed tuple is unknown again, because nobody holds its socket any more.
  clients.back()->send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(dropped("pair_limit"), 2u);
}

TEST_F(DoorTest, PlainStunTellsTheReflexiveAddress) {
  open();
  Client client(door->port());
  client.send(test::plain_request());
  const auto answer = client.receive();
  EXPECT_EQ(answer.size(), 32u); // header and XOR-MAPPED-ADDRESS, nothing else
  const auto message = ice::parse_stun(base::as_bytes(answer));
  ASSERT_TRUE(message && message->xor_mapped);
  EXPECT_TRUE(message->is_binding(ice::StunClass::success));
  EXPECT_EQ(message->transaction, (ice::TransactionId{9, 9}));
  EXPECT_EQ(*message->xor_mapped, client.address());
}

TEST_F(DoorTest, PlainStunIsLimitedPerSource) {
  DoorConfig config{.addresses = {"127.0.0.1"}, .port = 0, .stun_burst = 2, .stun_rate = 1e-9};
  Door limited(base::Env{.metrics = metrics}, config);
  ASSERT_TRUE(limited.start().has_value());
  limited.attach(1, worker.path(), "w1");
  worker.accept();
  worker.register_name("w1peer", kPassword);
  Client client(limited.port());
  for (int i = 0; i < 4; ++i)
    client.send(test::plain_request());
  client.send(check("w1peer", kPassword));
  EXPECT_TRUE(worker.expect<link::Opened>()); // behind them in the same queue
  EXPECT_EQ(client.receive().size(), 32u);
  EXPECT_EQ(client.receive().size(), 32u);
  EXPECT_FALSE(client.has_something());
  EXPECT_EQ(dropped("stun_limited"), 2u);
}

TEST_F(DoorTest, PlainStunCanBeSwitchedOff) {
  DoorConfig config{.addresses = {"127.0.0.1"}, .port = 0, .stun = false};
  Door silent(base::Env{.metrics = metrics}, config);
  ASSERT_TRUE(silent.start().has_value());
  silent.attach(1, worker.path(), "w1");
  worker.accept();
  worker.register_name("w1peer", kPassword);
  Client client(silent.port());
  client.send(test::plain_request());
  client.send(check("w1peer", kPassword));
  EXPECT_TRUE(worker.expect<link::Opened>()); // behind it in the same queue
  EXPECT_FALSE(client.has_something());
  EXPECT_EQ(dropped("not_a_check"), 1u);
}

TEST_F(DoorTest, Ipv6WorksTheSameWay) {
  DoorConfig config{.addresses = {"0.0.0.0", "::"}, .port = 0};
  Door both(base::Env{.metrics = metrics}, config);
  ASSERT_TRUE(both.start().has_value());
  const Fd probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 loopback{.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) != 0)
    GTEST_SKIP() << "no IPv6 on this machine";
  both.attach(1, worker.path(), "w1");
  worker.accept();
  worker.register_name("w1peer", kPassword);
  Client client(both.port(), SOCK_DGRAM, "::1");
  client.send(test::plain_request());
  const auto answer = client.receive();
  EXPECT_EQ(answer.size(), 44u);
  EXPECT_EQ(ice::parse_stun(base::as_bytes(answer))->xor_mapped, client.address());
  client.send(check("w1peer", kPassword));
  const auto pair = worker.expect<link::Opened>();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->local.address[15], 1);
  EXPECT_EQ(pair->local.address[10], 0);
  EXPECT_EQ(::send(worker.passed.get(), "six", 3, 0), 3);
  EXPECT_EQ(client.receive(), "six");
}

std::vector<std::uint8_t> framed(const std::vector<std::uint8_t>& payload) {
  std::vector<std::uint8_t> out{static_cast<std::uint8_t>(payload.size() >> 8),
                                static_cast<std::uint8_t>(payload.size())};
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

TEST_F(DoorTest, TcpConnectionIsHandedOverAfterItsFirstFrame) {
  open_with_worker();
  Client client(door->port(), SOCK_STREAM);
  const auto valid = check("w1peer", kPassword);
  auto stream = framed(valid);
  client.send(base::Bytes(stream).first(1)); // half a length, half a frame
  client.send(base::Bytes(stream).subspan(1, 30));
  settle();
  stream.insert(stream.end(), {0, 4, 'n', 'e', 'x', 't'});
  client.send(base::Bytes(stream).subspan(31));
  const auto pair = worker.expect<link::Opened>();
  ASSERT_TRUE(pair && worker.passed);
  EXPECT_TRUE(pair->tcp);
  EXPECT_EQ(pair->first, valid);
  EXPECT_EQ(pair->local.port, door->port());
  EXPECT_EQ(pair->remote.port, client.address(ice::Transport::tcp).port);
  std::array<char, 16> buffer;
  std::string rest = text_of(pair->rest);
  while (rest.size() < 6 && test::readable(worker.passed.get())) {
    const auto got = ::recv(worker.passed.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(got, 0);
    rest.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_EQ(rest, std::string_view("\0\4next", 6));
  EXPECT_EQ(::send(worker.passed.get(), "back", 4, 0), 4);
  EXPECT_EQ(client.receive(), "back");
  worker.passed = Fd{};
  EXPECT_EQ(client.receive(), ""); // the door keeps no duplicate that would hold the connection open
  worker.send(link::Closed{"w1peer", pair->remote, true});
  ASSERT_TRUE(worker.register_name("w1other", kPassword));
  EXPECT_EQ(pairs(), 0);
}

TEST_F(DoorTest, TcpStrangersAreClosed) {
  open_with_worker();
  const auto closed_after = [&](const std::vector<std::uint8_t>& bytes) {
    Client client(door->port(), SOCK_STREAM);
    client.send(bytes);
    return client.receive();
  };
  EXPECT_EQ(closed_after(framed(check("w1peer", "wrong password, wrong password"))), "");
  EXPECT_EQ(closed_after(framed(check("w1nobody", kPassword))), "");
  EXPECT_EQ(closed_after(framed(bytes_of("GET / HTTP/1.1"))), "");
  EXPECT_EQ(closed_after(framed(test::plain_request())), "");
  EXPECT_NE(closed_after(bytes_of("GET / HTTP/1.1")), "nothing came"); // 'GE' is a frame of 18,245 bytes
  EXPECT_EQ(closed_after({0, 0}), "");
  EXPECT_EQ(dropped("bad_integrity"), 1u);
  EXPECT_EQ(dropped("unknown_name"), 2u); // the plain request has an empty name
  EXPECT_EQ(dropped("not_a_check"), 1u);
  EXPECT_EQ(dropped("tcp_broken"), 2u);
}

TEST_F(DoorTest, TcpWithoutAFirstFrameIsClosedInTime) {
  open({.first_frame_timeout = std::chrono::milliseconds(30)});
  Client silent(door->port(), SOCK_STREAM), slow(door->port(), SOCK_STREAM);
  slow.send(bytes_of(std::string_view("\0\x20half", 6)));
  EXPECT_EQ(silent.receive(), "");
  EXPECT_NE(slow.receive(), "nothing came");
  settle();
  EXPECT_EQ(dropped("tcp_late"), 2u);
}

TEST_F(DoorTest, PendingTcpConnectionsAreBounded) {
  open({.max_pending_tcp = 2});
  Client a(door->port(), SOCK_STREAM), b(door->port(), SOCK_STREAM), c(door->port(), SOCK_STREAM);
  EXPECT_EQ(c.receive(), "");
  EXPECT_FALSE(a.has_something());
  EXPECT_FALSE(b.has_something());
  EXPECT_EQ(dropped("tcp_refused"), 1u);
}

TEST_F(DoorTest, LostWorkerLosesItsNamesAndMayComeBackForItsSockets) {
  open_with_worker();
  Client client(door->port());
  client.send(check("w1peer", kPassword));
  ASSERT_TRUE(worker.expect<link::Opened>());
  worker.passed = Fd{}; // died with the process
  worker.hang_up();
  EXPECT_EQ(worker.accept(), "w1"); // connected again, by itself
  EXPECT_EQ(metrics.gauge("plenum_door_registrations").value(), 0);
  ASSERT_EQ(worker.inherited.size(), 1u);
  const auto* kept = std::get_if<link::Kept>(&worker.inherited[0].message);
  ASSERT_NE(kept, nullptr);
  worker.inherited[0].socket = Fd{};
  worker.send(link::Closed{kept->ufrag, kept->remote, false}); // no use for it
  settle();
  wait_for([&] { return pairs() == 0; });
  client.send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(dropped("unknown_name"), 1u);
  EXPECT_TRUE(worker.register_name("w1peer", kPassword));
  client.send(check("w1peer", kPassword));
  EXPECT_TRUE(worker.expect<link::Opened>()); // the same address pair, a new socket
}

TEST_F(DoorTest, ReplacementTakesOverThePrefix) {
  open_with_worker();
  Worker replacement(folder.file("w2.sock"));
  door->attach(2, replacement.path(), "w1");
  EXPECT_EQ(replacement.accept(), "w1");
  EXPECT_FALSE(worker.next().has_value()); // hung up
  EXPECT_TRUE(replacement.register_name("w1peer", kPassword));
  Client client(door->port());
  client.send(check("w1peer", kPassword));
  EXPECT_TRUE(replacement.expect<link::Opened>());
  door->detach(2);
  EXPECT_FALSE(replacement.next().has_value());
  client.send(check("w1peer", kPassword));
  settle();
  EXPECT_EQ(pairs(), 0);
}

// ---- what outlives a worker

class SuccessionTest : public DoorTest {
 protected:
  using Part = link::DepositPart;
  void deposit(Worker& from, Part part, std::string_view text, const std::string& name = "w1peer") {
    from.send(link::Deposit{name, part, bytes_of(text)});
  }
  void succeed() {
    ASSERT_TRUE(door->attach(2, successor.path(), "w1"));
    ASSERT_EQ(successor.accept(), "w1");
  }
  std::string inherited(Part part, const std::string& name = "w1peer") {
    std::string found;
    for (const auto& [message, socket] : successor.inherited)
      if (const auto* one = std::get_if<link::Deposit>(&message))
        if (one->part == part && one->ufrag == name) found = text_of(one->bytes);
    return found;
  }
  Fd* inherited_socket() {
    for (auto& [message, socket] : successor.inherited)
      if (std::holds_alternative<link::Kept>(message)) return &socket;
    return nullptr;
  }
  static std::string read(int fd) {
    std::array<char, 64> buffer;
    const auto got = test::readable(fd) ? ::recv(fd, buffer.data(), buffer.size(), 0) : 0;
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  std::int64_t legs_kept() { return metrics.gauge("plenum_door_legs_kept").value(); }

  Worker successor{folder.file("w2.sock")};
};

TEST_F(SuccessionTest, SocketsWithTheirQueueAndTheLastDepositsGoToTheSuccessor) {
  open_with_worker();
  Client client(door->port());
  client.send(check("w1peer", kPassword));
  ASSERT_TRUE(worker.expect<link::Opened>());
  deposit(worker, Part::outline, "how to offer it");
  deposit(worker, Part::session, "names and keys");
  deposit(worker, Part::marks, "an early place");
  deposit(worker, Part::marks, "the last place"); // perhaps still unread when it dies
  client.send(bytes_of("sent while nobody lived"));
  worker.passed = Fd{};
  worker.hang_up();
  succeed();
  EXPECT_EQ(inherited(Part::outline), "how to offer it");
  EXPECT_EQ(inherited(Part::session), "names and keys");
  EXPECT_EQ(inherited(Part::marks), "the last place");
  auto* socket = inherited_socket();
  ASSERT_NE(socket, nullptr);
  EXPECT_EQ(read(socket->get()), "sent while nobody lived");
  EXPECT_EQ(::send(socket->get(), "back again", 10, 0), 10);
  EXPECT_EQ(client.receive(), "back again");
  EXPECT_EQ(pairs(), 1);
  // And so on: the successor's successor gets the same unless something newer was said.
  ASSERT_TRUE(successor.register_name("w1peer", kPassword));
  *socket = Fd{};
  successor.hang_up();
  Worker third(folder.file("w3.sock"));
  ASSERT_TRUE(door->attach(3, third.path(), "w1"));
  ASSERT_EQ(third.accept(), "w1");
  EXPECT_EQ(third.inherited.size(), 4u);
}

TEST_F(SuccessionTest, ANewSessionVoidsTheMarks) {
  open_with_worker();
  deposit(worker, Part::outline, "of both");
  deposit(worker, Part::session, "one");
  deposit(worker, Part::marks, "of one");
  deposit(worker, Part::session, "two");
  worker.hang_up();
  succeed();
  EXPECT_EQ(inherited(Part::session), "two");
  EXPECT_EQ(inherited(Part::marks), "");
}

TEST_F(SuccessionTest, OnlyItsOwnNamesAndNothingWithoutAnOutline) {
  open_with_worker();
  deposit(worker, Part::session, "of nothing");
  deposit(worker, Part::marks, "of nothing");
  deposit(worker, Part::outline, "not registered", "w1other");
  worker.hang_up();
  succeed();
  EXPECT_TRUE(successor.inherited.empty());
  EXPECT_EQ(legs_kept(), 0);
}

TEST_F(SuccessionTest, WhatEndsIsForgotten) {
  open_with_worker();
  ASSERT_TRUE(worker.register_name("w1leaves", kPassword));
  deposit(worker, Part::outline, "stays");
  deposit(worker, Part::outline, "leaves", "w1leaves");
  worker.send(link::Unregister{"w1leaves"});
  ASSERT_TRUE(worker.register_name("w1last", kPassword)); // all before it has been read
  EXPECT_EQ(legs_kept(), 1);
  door->detach(1); // the meeting has ended
  EXPECT_FALSE(worker.next().has_value());
  wait_for([&] { return legs_kept() == 0; });
  succeed();
  EXPECT_TRUE(successor.inherited.empty());
}

class NewDoorTest : public SuccessionTest {
 protected:
  // A worker with a pair that this door knows nothing of: as if it had died and another door were there.
  void open_with_older_worker(Client& client) {
    client.send(check("w1peer", kPassword));
    pair = worker.expect<link::Opened>();
    ASSERT_TRUE(pair);
    mine = std::move(worker.passed);
    door->detach(1);
    EXPECT_FALSE(worker.next().has_value());
    ASSERT_TRUE(door->attach(1, worker.path(), "w1"));
    ASSERT_EQ(worker.accept(), "w1");
    ASSERT_TRUE(worker.register_name("w1peer", kPassword));
    EXPECT_EQ(pairs(), 0);
  }
  std::optional<link::Opened> pair;
  Fd mine;
};

TEST_F(NewDoorTest, AWorkerNamesItsPairsAndTheySurviveIt) {
  open_with_worker();
  Client client(door->port());
  open_with_older_worker(client);
  worker.send(link::Kept{"w1peer", pair->local, pair->remote});
  worker.send(link::Kept{"foreign", pair->local, pair->remote});
  ASSERT_TRUE(worker.register_name("w1peer", kPassword)); // all before it has been read
  EXPECT_EQ(pairs(), 1);
  client.send(bytes_of("to the worker that lives"));
  EXPECT_EQ(read(mine.get()), "to the worker that lives");
  mine = Fd{}; // dies
  worker.hang_up();
  succeed();
  ASSERT_EQ(successor.inherited.size(), 1u);
  auto* socket = inherited_socket();
  ASSERT_NE(socket, nullptr);
  client.send(bytes_of("hello"));
  EXPECT_EQ(read(socket->get()), "hello");
  EXPECT_EQ(::send(socket->get(), "back again", 10, 0), 10);
  EXPECT_EQ(client.receive(), "back again");
  EXPECT_EQ(pairs(), 1);
}

// A worker that somebody has taken over must not make the door send where no client has asked it to.
TEST_F(NewDoorTest, APairThatNoDoorHasOpenedIsNotBelieved) {
  open_with_worker();
  Client client(door->port()), nobody(door->port());
  open_with_older_worker(client);
  auto invented = *pair;
  invented.remote.port = nobody.address().port;
  worker.send(link::Kept{"w1peer", invented.local, invented.remote});
  invented = *pair;
  ++invented.local.port;
  worker.send(link::Kept{"w1peer", invented.local, invented.remote});
  ASSERT_TRUE(worker.register_name("w1peer", kPassword));
  EXPECT_EQ(pairs(), 0);
  EXPECT_EQ(dropped("kept_refused"), 2u);
}

TEST_F(NewDoorTest, APairThatSomebodyElseHasIsNotTakenFromHim) {
  open_with_worker();
  Client client(door->port());
  open_with_older_worker(client); // the socket is another worker's, say
  worker.send(link::Kept{"w1peer", pair->local, pair->remote});
  ASSERT_TRUE(worker.register_name("w1peer", kPassword));
  worker.hang_up();
  succeed();
  EXPECT_TRUE(successor.inherited.empty());
  wait_for([&] { return pairs() == 0; });
  client.send(bytes_of("still his"));
  EXPECT_EQ(read(mine.get()), "still his");
}

TEST_F(DoorTest, WorkerThatIsNotThereYetIsTriedAgain) {
  open();
  const auto path = folder.file("late.sock");
  door->attach(1, path, "w1");
  settle();
  Worker late(path);
  EXPECT_EQ(late.accept(), "w1");
}

TEST_F(DoorTest, NonsenseFromAWorkerBreaksItsConnectionOnly) {
  open_with_worker();
  Worker good(folder.file("good.sock"));
  door->attach(2, good.path(), "w2");
  good.accept();
  worker.send_bytes(bytes_of("\xff nonsense"));
  EXPECT_FALSE(worker.next().has_value());
  EXPECT_EQ(worker.accept(), "w1");
  worker.send(link::Welcome{"w2"}); // not for a worker to say
  EXPECT_FALSE(worker.next().has_value());
  EXPECT_EQ(metrics.counter("plenum_door_worker_malformed_total").value(), 2u);
  EXPECT_TRUE(good.register_name("w2peer", kPassword));
}

TEST_F(DoorTest, RandomDatagramsAreCountedAndNothingElse) {
  open_with_worker();
  base::SeededRandom random(7);
  Client client(door->port());
  const auto nearly =
      check("w1peer", "not the password"); // a valid one may survive changes behind its integrity
  for (int i = 0; i < 2000; ++i) {
    auto bytes = nearly;
    if (i % 4 == 0) bytes.resize(random.u32() % 1500);
    if (i % 4 == 1) bytes.resize(random.u32() % bytes.size());
    for (auto flips = 1 + random.u32() % 8; !bytes.empty() && flips > 0; --flips)
      bytes[random.u32() % bytes.size()] ^= static_cast<std::uint8_t>(1 + random.u32() % 255);
    client.send(bytes);
    if (i % 100 == 99) settle(); // the receive buffer is finite
  }
  client.send(std::vector<std::uint8_t>(5000, 1));
  settle();
  EXPECT_EQ(dropped("oversized"), 1u);
  EXPECT_EQ(opened(), 0u);
  EXPECT_GT(dropped("not_a_check"), 1000u);
  EXPECT_EQ(dropped("not_a_check") + dropped("unknown_name") + dropped("bad_integrity") +
                dropped("rate_limited") + metrics.counter("plenum_door_stun_answered_total").value() -
                21, // one by each settle()
            2000u);
}

TEST_F(DoorTest, SecondDoorOnThePortIsRefused) {
  open();
  Door second(base::Env{.metrics = metrics}, {.addresses = {"0.0.0.0"}, .port = door->port()});
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, base::ErrorCode::unavailable);
  EXPECT_NE(started.error().text.find("cannot bind TCP 0.0.0.0:"), std::string::npos);
  Door wrong(base::Env{.metrics = metrics}, {.addresses = {"localhost"}});
  EXPECT_EQ(wrong.start().error().text, "not a numeric address: localhost");
}

TEST_F(DoorTest, StopClosesThePortAndTheLinks) {
  open_with_worker();
  const auto port = door->port();
  door->stop();
  EXPECT_FALSE(worker.next().has_value());
  Door next(base::Env{.metrics = metrics}, {.addresses = {"0.0.0.0"}, .port = port});
  EXPECT_TRUE(next.start().has_value());
}

} // namespace
} // namespace plenum::door
