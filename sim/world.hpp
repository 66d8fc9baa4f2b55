// World: a browser's stand-in and a server's peer on a simulated network, and the loop that moves time.
//
// `run_for` jumps from deadline to deadline; a peer that asks for "now" again and again without end is a bug
// and ends the test. usrsctp reads the wall clock by itself: set `on_time` to sctp::set_test_wall_clock.
// Owner: the test. Thread: the test's.
#pragma once

#include "sim/network.hpp"
#include "sim/party.hpp"

#include <functional>
#include <string>

namespace plenum::sim {

// An end on the network: datagrams of one address.
class Station final : public Receiver, public Carrier {
 public:
  Station(const base::Env& env, Kit& kit, Network& network, const ice::TransportAddress& at);
  void on_network(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) override;
  void carry(const ice::PairKey& pair, base::Bytes datagram) override;

  ice::TransportAddress address;
  Party party;
  // Sees (and may change) what this station sends or receives; empty: not at all.
  std::function<void(std::vector<std::uint8_t>&)> on_send;

 private:
  base::Env env_;
  Network& network_;
};

class World {
 public:
  explicit World(std::uint64_t seed = 1);

  // Offer, answer, and the start of both cameras and microphones.
  void call();
  bool connect(); // call(), until both are connected (at most 10 s)
  // The exchange of a later offer of the browser's (with new ICE names) or the server's.
  void restart_by_browser();
  void restart_by_server();
  peer::PeerOptions server_options() const;

  void run_for(base::Duration time);
  bool run_until(const std::function<bool()>& done, base::Duration most);
  base::Timestamp now() const { return clock.now(); }
  Weather& uplink() { return network.weather(browser.address); }
  Weather& downlink() { return network.weather(server.address); }

  VirtualClock clock;
  base::SeededRandom random;
  base::Metrics metrics;
  base::Env env;
  sctp::SctpClock sctp;
  Kit browser_kit, server_kit;
  Network network;
  Station browser, server;
  std::function<void(base::Timestamp)> on_time;
  std::function<void(std::string&)> on_answer; // may change the text

 private:
  base::Timestamp next_deadline() const;
  void step();
};

} // namespace plenum::sim
