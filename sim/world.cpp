#include "sim/world.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::sim {
namespace {

using namespace std::chrono_literals;

constexpr int kMostStepsAtOnce = 100'000;

ice::TransportAddress address(std::string_view text) {
  return *ice::TransportAddress::parse_with_port(text);
}

} // namespace

Station::Station(const base::Env& env, Kit& kit, Network& network, const ice::TransportAddress& at)
    : address(at), party(env, kit, *this), env_(env), network_(network) {
  network.attach(at, *this);
}

void Station::on_network(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) {
  party.on_datagram(now, pair, datagram);
}

void Station::carry(const ice::PairKey& pair, base::Bytes datagram) {
  if (!on_send) return network_.send(env_.clock.now(), pair, datagram);
  std::vector<std::uint8_t> copy(datagram.begin(), datagram.end());
  on_send(copy);
  network_.send(env_.clock.now(), pair, copy);
}

World::World(std::uint64_t seed)
    : random(seed), env{clock, random, metrics, ""}, browser_kit(env, sctp), server_kit(env, sctp),
      network(seed), browser(env, browser_kit, network, address("198.51.100.7:50000")),
      server(env, server_kit, network, address("192.0.2.1:10000")) {}

peer::PeerOptions World::server_options() const {
  peer::PeerOptions options;
  options.candidates = {ice::candidate_value(ice::make_host_candidate(server.address, 8000))};
  options.answer.media.stream_id = "room";
  return options;
}

void World::call() {
  CHECK(browser.party.dial(now(), browser.address));
  CHECK(server.party.open(now(), browser.party.peer().local_description(), server_options()));
  auto answer = server.party.peer().local_description();
  if (on_answer) on_answer(answer);
  CHECK(browser.party.peer().apply_answer(now(), answer));
  for (auto* station : {&browser, &server}) {
    station->party.switch_camera(now(), true);
    station->party.switch_microphone(now(), true);
  }
}

bool World::connect() {
  call();
  return run_until(
      [this] {
        return browser.party.in_phase(peer::Phase::connected) &&
               server.party.in_phase(peer::Phase::connected);
      },
      10s);
}

void World::restart_by_browser() {
  const auto offer = browser.party.peer().make_offer(now(), true);
  const auto answer = server.party.peer().update(now(), offer);
  CHECK(answer);
  CHECK(browser.party.peer().apply_answer(now(), *answer));
}

void World::restart_by_server() {
  const auto offer = server.party.peer().make_offer(now(), true);
  const auto answer = browser.party.peer().update(now(), offer);
  CHECK(answer);
  CHECK(server.party.peer().apply_answer(now(), *answer));
}

base::Timestamp World::next_deadline() const {
  return std::min(
      {network.next(), sctp.next_deadline(), browser.party.next_deadline(), server.party.next_deadline()});
}

void World::step() {
  if (on_time) on_time(now());
  network.deliver(now());
  if (sctp.next_deadline() <= now()) sctp.advance(now());
  if (browser.party.next_deadline() <= now()) browser.party.on_deadline(now());
  if (server.party.next_deadline() <= now()) server.party.on_deadline(now());
}

void World::run_for(base::Duration time) {
  run_until([] { return false; }, time);
}

bool World::run_until(const std::function<bool()>& done, base::Duration most) {
  const auto end = now() + most;
  int steps = 0;
  while (!done()) {
    const auto next = std::max(next_deadline(), now());
    if (next > end) {
      clock.set(end);
      return done();
    }
    steps = next == now() ? steps + 1 : 0;
    CHECK(steps < kMostStepsAtOnce); // somebody wants "now" for ever
    clock.set(next);
    step();
  }
  return true;
}

} // namespace plenum::sim
