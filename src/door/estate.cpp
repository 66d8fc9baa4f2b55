#include "door/estate.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace plenum::door {

Estate::Estate(const base::Env& env, std::size_t most)
    : env_(env), most_(most), kept_(env.metrics.gauge("plenum_door_legs_kept")),
      refused_(env.metrics.counter("plenum_door_deposits_refused_total")) {}

void Estate::put(WorkerKey worker, const link::Deposit& deposit) {
  const bool session = deposit.part == link::DepositPart::session;
  auto at = legs_.find(deposit.ufrag);
  const bool fits = deposit.bytes.size() <= (session ? kMarksAt : kBytes - kMarksAt);
  const bool may = at != legs_.end() ? at->second.worker == worker : session && legs_.size() < most_;
  if (!fits || !may) return refused_.add();
  if (at == legs_.end()) {
    LockedMemory memory(kBytes);
    if (!memory.ok()) {
      if (!std::exchange(complained_, true))
        base::log::warn(env_.log_tag, "cannot lock memory: raise RLIMIT_MEMLOCK (16 KiB for each client), or "
                                      "calls whose worker dies must be offered again");
      return refused_.add();
    }
    at = legs_.emplace(deposit.ufrag, Leg{worker, std::move(memory)}).first;
    kept_.add(1);
  }
  auto& leg = at->second;
  const auto room = leg.memory.bytes().subspan(session ? 0 : kMarksAt);
  std::ranges::copy(deposit.bytes, room.begin());
  (session ? leg.session : leg.marks) = deposit.bytes.size();
  if (session) leg.marks = 0;
}

Estate::Legs::iterator Estate::erase(Legs::iterator at) {
  kept_.add(-1);
  return legs_.erase(at);
}

void Estate::drop(std::string_view ufrag, WorkerKey worker) {
  const auto at = legs_.find(ufrag);
  if (at != legs_.end() && at->second.worker == worker) erase(at);
}

void Estate::drop_all(WorkerKey worker) {
  for (auto at = legs_.begin(); at != legs_.end();)
    at = at->second.worker == worker ? erase(at) : std::next(at);
}

void Estate::pass_on(WorkerKey from, WorkerKey to) {
  for (auto& [ufrag, leg] : legs_)
    if (leg.worker == from) leg.worker = to;
}

std::vector<std::string> Estate::names_of(WorkerKey worker) const {
  std::vector<std::string> names;
  for (const auto& [ufrag, leg] : legs_)
    if (leg.worker == worker) names.push_back(ufrag);
  return names;
}

std::vector<std::uint8_t> Estate::copy(std::string_view ufrag, link::DepositPart part) {
  const auto at = legs_.find(ufrag);
  if (at == legs_.end()) return {};
  auto& leg = at->second;
  const bool session = part == link::DepositPart::session;
  const auto bytes = leg.memory.bytes().subspan(session ? 0 : kMarksAt, session ? leg.session : leg.marks);
  return {bytes.begin(), bytes.end()};
}

} // namespace plenum::door
