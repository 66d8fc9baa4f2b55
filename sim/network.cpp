#include "sim/network.hpp"

#include <algorithm>

namespace plenum::sim {

bool Network::chance(double probability) {
  return probability > 0 && static_cast<double>(random_.u32()) < probability * 4294967296.0;
}

void Network::send(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) {
  ++counters_.sent;
  auto& flow = flows_[pair.local];
  const auto& weather = flow.weather;
  if (chance(weather.loss) || (weather.drops && weather.drops(datagram))) {
    ++counters_.lost;
    return;
  }
  auto leaves = now;
  if (weather.rate.bps > 0) {
    const auto begins = std::max(now, flow.busy_until);
    if (begins - now > weather.most_queue) {
      ++counters_.lost;
      return;
    }
    leaves =
        begins + base::Duration(static_cast<std::int64_t>(datagram.size()) * 8'000'000 / weather.rate.bps);
    flow.busy_until = leaves;
  }
  auto arrives = leaves + weather.delay;
  if (weather.jitter.count() > 0)
    arrives += base::Duration(random_.u32() % static_cast<std::uint64_t>(weather.jitter.count() + 1));
  if (chance(weather.reordering)) {
    ++counters_.reordered;
    arrives = std::max(arrives, flow.last_arrival) + weather.held_back;
  } else {
    arrives = std::max(arrives, flow.last_arrival);
    flow.last_arrival = arrives;
  }
  const Flying flying{{pair.remote, pair.local}, {datagram.begin(), datagram.end()}};
  queue_.emplace(arrives, flying);
  if (!chance(weather.duplication)) return;
  ++counters_.duplicated;
  queue_.emplace(arrives + base::Duration(random_.u32() % 5000), flying);
}

void Network::deliver(base::Timestamp now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    const auto flying = std::move(queue_.extract(queue_.begin()).mapped());
    const auto to = receivers_.find(flying.pair.local);
    if (to == receivers_.end()) {
      ++counters_.nowhere;
      continue;
    }
    ++counters_.delivered;
    to->second->on_network(now, flying.pair, flying.bytes);
  }
}

} // namespace plenum::sim
