// Loop: the door's thread. Wakes by epoll, admits strangers, opens and hands over sockets.
//
// Owner: Door. Thread: run() and everything below it its own; start, stop and the mailbox any.
#pragma once

#include "base/mailbox.hpp"
#include "door/door.hpp"
#include "door/estate.hpp"
#include "door/rate_limit.hpp"
#include "door/tcp_entrance.hpp"
#include "door/tuple_sockets.hpp"
#include "door/worker_links.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <unordered_map>

namespace plenum::door {

// A dead worker's sockets and deposits wait so long for its successor. Longer would serve nobody: clients
// have given up by then.
inline constexpr base::Duration kOrphanLife = std::chrono::seconds(10);

class Door::Loop final : private WorkerEvents {
 public:
  struct Command {
    WorkerKey worker = 0;
    bool attach = false;
    std::string path, prefix;
  };

  Loop(const base::Env& env, DoorConfig config);
  ~Loop() override;

  base::Result<void> start();
  void stop();
  std::uint16_t port() const { return port_; }
  bool post(Command command) { return mailbox_.post(std::move(command)); }

 private:
  enum class Ready : std::uint8_t { mailbox, udp, listener, tcp, worker };
  struct Pair {
    std::string ufrag;
    WorkerKey worker = 0;
    // UDP only: keeps the socket and its queue alive over the death of a worker. Of a worker that is older
    // than this door there is none, and the socket is opened anew when it has died.
    Fd duplicate;
  };
  struct Handing { // to a worker in the place of a dead one; a leg's parts, or a pair
    WorkerKey worker = 0;
    std::string ufrag;
    std::optional<ice::PairKey> pair;
    bool last = false;
  };
  struct Counters {
    explicit Counters(base::Metrics& metrics);
    base::Counter &opened, &to_known, &not_a_check, &unknown_name, &bad_integrity, &rate_limited, &pair_limit;
    base::Counter &open_failed, &handover_failed, &stun_answered, &stun_limited, &oversized, &strays_returned;
    base::Counter &strays_drained, &strays_dropped, &tcp_accepted, &tcp_refused, &tcp_late, &tcp_broken;
    base::Counter &handed_pairs, &handed_legs, &returned_pairs, &kept_refused;
    base::Gauge &pairs, &tcp_pending;
  };

  base::Result<void> open_sockets();
  base::Result<bool> open_address(const std::string& text); // false: IPv6 is not available
  void run();
  int wait_ms(base::Timestamp now) const;
  void dispatch(base::Timestamp now, std::uint64_t tag);
  void add_to_epoll(Ready ready, std::uint64_t id, int fd);

  void on_udp(base::Timestamp now, int fd);
  void on_datagram(base::Timestamp now, const Received& received);
  void drain_strays(base::Timestamp now);
  void keep_stray(const Received& received);
  void catch_strays(int fd, const Tuple& pair);
  void answer_plainly(base::Timestamp now, const Received& received, const ice::StunMessage& request);
  // The name that a valid check of a new pair is made with, or nullptr. `charged` pays for the attempt.
  const WorkerLinks::Name* admit(base::Timestamp now, const ice::StunMessage& check,
                                 const ice::TransportAddress* charged);
  void open_udp_pair(const Received& first, std::string ufrag, WorkerKey worker);
  void hand_over(const ice::PairKey& key, Pair pair, base::Bytes first, int fd);
  void drop_pair(const ice::PairKey& key);

  void on_listener(base::Timestamp now, int fd);
  void refuse_waiting(int fd);
  void on_tcp(base::Timestamp now, int fd);

  void on_stray(const link::Stray& stray) override;
  void on_closed(WorkerKey worker, const link::Closed& closed) override;
  void on_deposit(WorkerKey worker, const link::Deposit& deposit) override;
  void on_kept(WorkerKey worker, const link::Kept& kept) override;
  bool reopen(const ice::PairKey& key, Pair& pair);
  void on_unregistered(WorkerKey worker, const std::string& ufrag) override;
  void on_welcomed(WorkerKey worker) override;
  void on_worker_gone(WorkerKey worker, bool died) override;
  void on_replaced(WorkerKey before, WorkerKey by) override;
  void add_pair(const ice::PairKey& key, Pair pair);
  void drop_pairs(WorkerKey worker, bool tcp_only);
  void hand_out();
  WorkerLinks::Sent hand_out(const Handing& what);
  void bury_orphans(base::Timestamp now);
  void watch(WorkerKey worker, int fd) override;

  base::Env env_;
  DoorConfig config_;
  Counters count_;
  base::Mailbox<Command> mailbox_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
  std::uint16_t port_ = 0;

  Fd epoll_, spare_;
  std::vector<Fd> udp_, listeners_;
  WorkerLinks links_;
  TcpEntrance tcp_;
  SourceLimiter sources_, tcp_sources_, stun_sources_;
  base::TokenBucket machine_;
  std::unordered_map<ice::PairKey, Pair> pairs_;
  std::unordered_map<std::string, std::vector<ice::PairKey>, TextHash, std::equal_to<>> pairs_of_; // by ufrag
  std::deque<Received> strays_;
  Estate estate_;
  std::deque<Handing> handing_;                   // bounded by what is kept
  std::map<WorkerKey, base::Timestamp> orphaned_; // when their worker died
  Received scratch_;                              // one datagram at a time
};

} // namespace plenum::door
