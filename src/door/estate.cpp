#include "door/estate.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <utility>

namespace plenum::door {

Estate::Estate(const base::Env& env, std::size_t most)
    : env_(env), most_(most), kept_(env.metrics.gauge("plenum_door_legs_kept")),
      refused_(env.metrics.counter("plenum_door_deposits_refused_total")) {}

void Estate::put(WorkerKey worker, const link::Deposit& deposit) {
  const bool outline = deposit.part == link::DepositPart::outline;
  auto at = legs_.find(deposit.ufrag);
  const bool may = at != legs_.end() ? at->second.worker == worker : outline && legs_.size() < most_;
  if (!may || deposit.bytes.size() > link::kDepositBytes) return refused_.add();
  if (!outline) {
    if (!put_secret(at->second, deposit)) refused_.add();
    return;
  }
  if (at == legs_.end()) {
    at = legs_.try_emplace(deposit.ufrag).first;
    at->second.worker = worker;
    kept_.add(1);
  }
  auto& leg = at->second;
  leg.outline = deposit.bytes;
  leg.session = leg.marks = 0;
  leg.memory.reset(); // wiped: what is void stays nowhere
}

bool Estate::put_secret(Leg& leg, const link::Deposit& deposit) {
  const bool session = deposit.part == link::DepositPart::session;
  if (!session && (leg.session == 0 || deposit.bytes.size() > kBytes - kMarksAt)) return false;
  if (!leg.memory) leg.memory.emplace(kBytes);
  if (!leg.memory->ok()) {
    leg.memory.reset();
    if (!std::exchange(complained_, true))
      base::log::warn(env_.log_tag, "cannot lock memory: raise RLIMIT_MEMLOCK (16 KiB for each client), or "
                                    "calls whose worker dies must be offered again");
    return false;
  }
  std::ranges::copy(deposit.bytes, leg.memory->bytes().subspan(session ? 0 : kMarksAt).begin());
  (session ? leg.session : leg.marks) = deposit.bytes.size();
  if (session) leg.marks = 0;
  return true;
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
  if (part == link::DepositPart::outline) return leg.outline;
  const bool session = part == link::DepositPart::session;
  const auto size = session ? leg.session : leg.marks;
  if (size == 0) return {};
  const auto bytes = leg.memory->bytes().subspan(session ? 0 : kMarksAt, size);
  return {bytes.begin(), bytes.end()};
}

} // namespace plenum::door
