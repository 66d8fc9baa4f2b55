// Network: datagrams between addresses in virtual time: delay, jitter, loss, reordering, duplication, a rate
// limit with a bounded queue, and a filter for surgical losses.
//
// Weather is set per sending address. Jitter alone keeps the order of a flow; reordering holds single
// datagrams back. One seed decides everything, so that a failure repeats. Owner: World. Thread: the test's.
#pragma once

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "ice/address.hpp"
#include "sim/virtual_clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace plenum::sim {

struct Weather {
  base::Duration delay = std::chrono::milliseconds(20);
  base::Duration jitter{};                                    // 0 … jitter on top, uniform
  double loss = 0, duplication = 0, reordering = 0;           // probabilities
  base::Duration held_back = std::chrono::milliseconds(15);   // of a reordered datagram
  base::DataRate rate{};                                      // 0: no limit
  base::Duration most_queue = std::chrono::milliseconds(300); // before the limit, then dropped
  std::function<bool(base::Bytes)> drops;                     // true: this one is lost
};

struct NetworkCounters {
  std::uint64_t sent = 0, delivered = 0, lost = 0, duplicated = 0, reordered = 0, nowhere = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // `pair` from the receiver's point of view.
  virtual void on_network(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) = 0;
};

class Network {
 public:
  explicit Network(std::uint64_t seed) : random_(seed) {}

  void attach(const ice::TransportAddress& address, Receiver& receiver) { receivers_[address] = &receiver; }
  void detach(const ice::TransportAddress& address) { receivers_.erase(address); }
  Weather& weather(const ice::TransportAddress& sender) { return flows_[sender].weather; }

  // From pair.local to pair.remote.
  void send(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram);
  base::Timestamp next() const { return queue_.empty() ? base::kNever : queue_.begin()->first; }
  void deliver(base::Timestamp now); // everything due
  const NetworkCounters& counters() const { return counters_; }

 private:
  struct Flow {
    Weather weather;
    base::Timestamp last_arrival{}, busy_until{};
  };
  struct Flying {
    ice::PairKey pair; // the receiver's
    std::vector<std::uint8_t> bytes;
  };
  bool chance(double probability);

  base::SeededRandom random_;
  std::map<ice::TransportAddress, Receiver*> receivers_;
  std::map<ice::TransportAddress, Flow> flows_;
  std::multimap<base::Timestamp, Flying> queue_;
  NetworkCounters counters_;
};

} // namespace plenum::sim
