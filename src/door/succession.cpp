// Door::Loop, the part that outlives workers: deposits and duplicates are kept while a worker lives, wait for
// a successor when it dies, and are handed over when that one is attached under the same prefix. Thread:
// door. docs/architecture.md, 5.3.
#include "base/log.hpp"
#include "base/wipe.hpp"
#include "door/endpoints.hpp"
#include "door/loop.hpp"

namespace plenum::door {

void Door::Loop::on_deposit(WorkerKey worker, const link::Deposit& deposit) {
  estate_.put(worker, deposit);
}

// From a worker that was there before this door, of a pair that an earlier door has admitted and opened. It
// cannot pass the descriptor on (architecture 5.2) and is not believed: the kernel must know the socket now,
// and must not know it any more when it is opened again.
void Door::Loop::on_kept(WorkerKey worker, const link::Kept& kept) {
  const ice::PairKey key{address(kept.local, ice::Transport::udp), address(kept.remote, ice::Transport::udp)};
  const auto of = pairs_of_.find(kept.ufrag);
  const bool many = of != pairs_of_.end() && of->second.size() >= config_.pairs_per_peer;
  if (pairs_.contains(key) || many || pairs_.size() >= config_.max_pairs) return;
  if (key.local.port != port_ || !is_pair_open(key)) return count_.kept_refused.add();
  add_pair(key, {.ufrag = kept.ufrag, .worker = worker});
  count_.returned_pairs.add();
}

void Door::Loop::on_unregistered(WorkerKey worker, const std::string& ufrag) {
  estate_.drop(ufrag, worker);
}

void Door::Loop::on_worker_gone(WorkerKey worker, bool died) {
  drop_pairs(worker, died); // streams have lost their framing with the process
  if (died) {
    orphaned_.try_emplace(worker, env_.clock.now());
    return;
  }
  estate_.drop_all(worker);
  orphaned_.erase(worker);
  std::erase_if(handing_, [worker](const Handing& what) { return what.worker == worker; });
}

void Door::Loop::drop_pairs(WorkerKey worker, bool tcp_only) {
  std::vector<ice::PairKey> gone;
  for (const auto& [key, pair] : pairs_)
    if (pair.worker == worker && (!tcp_only || key.local.transport == ice::Transport::tcp))
      gone.push_back(key);
  for (const auto& key : gone)
    drop_pair(key);
}

void Door::Loop::on_replaced(WorkerKey before, WorkerKey by) {
  for (auto& [key, pair] : pairs_)
    if (pair.worker == before) pair.worker = by;
  estate_.pass_on(before, by);
  orphaned_.erase(before);
  orphaned_[by] = env_.clock.now(); // until it is there
  std::erase_if(handing_, [before](const Handing& what) { return what.worker == before; });
}

// A worker that comes back to the same door (the connection broke, not the process) finds nothing here:
// on_worker_gone has dropped it, and it returns what it has by itself.
void Door::Loop::on_welcomed(WorkerKey worker) {
  orphaned_.erase(worker);
  for (const auto& [key, pair] : pairs_)
    if (pair.worker == worker) handing_.push_back({.worker = worker, .ufrag = pair.ufrag, .pair = key});
  for (auto& ufrag : estate_.names_of(worker))
    handing_.push_back({.worker = worker, .ufrag = std::move(ufrag)});
  handing_.push_back({.worker = worker, .last = true});
  hand_out();
}

void Door::Loop::hand_out() {
  while (!handing_.empty()) {
    if (hand_out(handing_.front()) == WorkerLinks::Sent::full) return;
    handing_.pop_front();
  }
}

bool Door::Loop::reopen(const ice::PairKey& key, Pair& pair) {
  if (pair.duplicate) return true;
  const Tuple tuple{.local = key.local, .remote = key.remote};
  auto socket = is_pair_open(key)
                    ? base::Result<Fd>(base::fail(base::ErrorCode::conflict, "the socket lives elsewhere"))
                    : open_pair_socket(tuple);
  if (!socket) {
    count_.open_failed.add();
    drop_pair(key);
    return false;
  }
  catch_strays(socket->get(), tuple);
  pair.duplicate = std::move(*socket);
  return true;
}

// Its parts go in one breath or not at all; what was said twice is the same.
WorkerLinks::Sent Door::Loop::hand_out(const Handing& what) {
  if (what.last) return links_.try_send(what.worker, link::Handed{});
  if (what.pair) {
    const auto found = pairs_.find(*what.pair);
    if (found == pairs_.end() || !reopen(*what.pair, found->second)) return WorkerLinks::Sent::gone;
    const link::Kept kept{what.ufrag, endpoint(what.pair->local), endpoint(what.pair->remote)};
    const auto sent = links_.try_send(what.worker, kept, found->second.duplicate.get());
    if (sent == WorkerLinks::Sent::yes) count_.handed_pairs.add();
    return sent;
  }
  for (const auto part : {link::DepositPart::outline, link::DepositPart::session, link::DepositPart::marks}) {
    link::Deposit deposit{what.ufrag, part, estate_.copy(what.ufrag, part)};
    if (deposit.bytes.empty()) continue;
    const auto sent = links_.try_send(what.worker, deposit);
    base::wipe(deposit.bytes);
    if (sent != WorkerLinks::Sent::yes) return sent;
  }
  count_.handed_legs.add();
  return WorkerLinks::Sent::yes;
}

void Door::Loop::bury_orphans(base::Timestamp now) {
  for (auto at = orphaned_.begin(); at != orphaned_.end();) {
    if (now - at->second < kOrphanLife) {
      ++at;
      continue;
    }
    drop_pairs(at->first, false);
    estate_.drop_all(at->first);
    at = orphaned_.erase(at);
  }
}

} // namespace plenum::door
