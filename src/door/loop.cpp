#include "door/loop.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "door/endpoints.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace plenum::door {
namespace {

constexpr std::size_t kMailboxCapacity = 1024;
constexpr std::size_t kMaxStrays = 256;
constexpr int kDatagramsPerWake = 256;
constexpr int kAcceptsPerWake = 32;
constexpr int kPortAttempts = 16; // a port that is free in UDP may be taken in TCP
constexpr base::Duration kHandAgain = std::chrono::milliseconds(1); // its socket was full
constexpr unsigned kTagShift = 56;

std::vector<std::uint8_t> copy(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

base::Counter& dropped(base::Metrics& metrics, std::string_view reason) {
  return metrics.counter("plenum_door_dropped_total", "reason=\"" + std::string(reason) + "\"");
}

} // namespace

Door::Loop::Counters::Counters(base::Metrics& m)
    : opened(m.counter("plenum_door_pairs_opened_total")), to_known(m.counter("plenum_door_forwarded_total")),
      not_a_check(dropped(m, "not_a_check")), unknown_name(dropped(m, "unknown_name")),
      bad_integrity(dropped(m, "bad_integrity")), rate_limited(dropped(m, "rate_limited")),
      pair_limit(dropped(m, "pair_limit")), open_failed(dropped(m, "open_failed")),
      handover_failed(dropped(m, "handover_failed")),
      stun_answered(m.counter("plenum_door_stun_answered_total")), stun_limited(dropped(m, "stun_limited")),
      oversized(dropped(m, "oversized")), strays_returned(m.counter("plenum_door_strays_returned_total")),
      strays_drained(m.counter("plenum_door_strays_drained_total")),
      strays_dropped(dropped(m, "stray_queue")), tcp_accepted(m.counter("plenum_door_tcp_accepted_total")),
      tcp_refused(dropped(m, "tcp_refused")), tcp_late(dropped(m, "tcp_late")),
      tcp_broken(dropped(m, "tcp_broken")),
      handed_pairs(m.counter("plenum_door_handed_total", "what=\"pair\"")),
      handed_legs(m.counter("plenum_door_handed_total", "what=\"leg\"")),
      returned_pairs(m.counter("plenum_door_pairs_returned_total")), kept_refused(dropped(m, "kept_refused")),
      pairs(m.gauge("plenum_door_pairs")), tcp_pending(m.gauge("plenum_door_tcp_pending")) {}

Door::Loop::Loop(const base::Env& env, DoorConfig config)
    : env_(env), config_(std::move(config)), count_(env.metrics),
      mailbox_(kMailboxCapacity, env.metrics, "door"), links_(env, config_.max_names_per_worker, *this),
      tcp_(config_.max_pending_tcp, config_.first_frame_timeout),
      sources_(config_.source_burst, config_.source_rate, env.random),
      tcp_sources_(config_.source_burst, config_.source_rate, env.random),
      stun_sources_(config_.stun_burst, config_.stun_rate, env.random),
      machine_(config_.machine_burst, config_.machine_rate), estate_(env, config_.max_pairs) {}

Door::Loop::~Loop() {
  stop();
}

base::Result<void> Door::Loop::start() {
  CHECK(!thread_.joinable());
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return base::fail(base::ErrorCode::unavailable, "cannot create an epoll set");
  auto opened = open_sockets();
  for (int attempt = 1; !opened && config_.port == 0 && attempt < kPortAttempts; ++attempt)
    opened = open_sockets();
  if (!opened) return opened;
  for (const auto& fd : udp_)
    add_to_epoll(Ready::udp, static_cast<std::uint64_t>(fd.get()), fd.get());
  for (const auto& fd : listeners_)
    add_to_epoll(Ready::listener, static_cast<std::uint64_t>(fd.get()), fd.get());
  spare_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  add_to_epoll(Ready::mailbox, 0, mailbox_.event_fd());
  base::log::info(env_.log_tag, "door open", "port", port_, "sockets", udp_.size(), "tcp",
                  !listeners_.empty());
  thread_ = std::thread([this] { run(); });
  return {};
}

base::Result<void> Door::Loop::open_sockets() {
  udp_.clear();
  listeners_.clear();
  port_ = config_.port;
  for (const auto& text : config_.addresses)
    if (auto opened = open_address(text); !opened) return std::unexpected(opened.error());
  if (udp_.empty()) return base::fail(base::ErrorCode::unavailable, "no address to listen on");
  return {};
}

// The listener comes first: without SO_REUSEPORT it notices a second door on the same port.
base::Result<bool> Door::Loop::open_address(const std::string& text) {
  auto where = ice::TransportAddress::parse(text, port_, ice::Transport::tcp);
  if (!where) return base::fail(base::ErrorCode::invalid, "not a numeric address: " + text);
  const bool optional = where->family == ice::Family::ipv6 && !udp_.empty();
  if (config_.tcp) {
    auto listener = open_tcp_listener(*where);
    if (!listener && optional && listener.error().code == base::ErrorCode::not_found) return false;
    if (!listener) return std::unexpected(listener.error());
    port_ = where->port = local_address(listener->get(), ice::Transport::tcp).port;
    listeners_.push_back(std::move(*listener));
  }
  where->transport = ice::Transport::udp;
  auto udp = open_wildcard_udp(*where);
  if (!udp && optional && udp.error().code == base::ErrorCode::not_found) return false;
  if (!udp) return std::unexpected(udp.error());
  port_ = local_address(udp->get(), ice::Transport::udp).port;
  udp_.push_back(std::move(*udp));
  return true;
}

void Door::Loop::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  mailbox_.post({}); // wakes the thread, even when the mailbox is full
  thread_.join();
  udp_.clear();
  listeners_.clear();
}

void Door::Loop::add_to_epoll(Ready ready, std::uint64_t id, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(ready) << kTagShift | id;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

int Door::Loop::wait_ms(base::Timestamp now) const {
  auto next = std::min(links_.next_deadline(), tcp_.next_deadline());
  if (!handing_.empty()) next = std::min(next, now + kHandAgain);
  for (const auto& [worker, since] : orphaned_)
    next = std::min(next, since + kOrphanLife);
  if (next == base::kNever) return -1;
  if (next <= now) return 0;
  return static_cast<int>(std::min<std::int64_t>(base::to_ms(next - now) + 1, 60'000)); // never wakes early
}

void Door::Loop::run() {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int ready =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms(env_.clock.now()));
    const auto now = env_.clock.now();
    for (int i = 0; i < ready; ++i)
      dispatch(now, events[static_cast<std::size_t>(i)].data.u64);
    links_.on_deadline(now);
    hand_out();
    drain_strays(now);
    bury_orphans(now);
    count_.tcp_late.add(tcp_.expire(now));
    count_.tcp_pending.set(static_cast<std::int64_t>(tcp_.size()));
  }
  links_.detach_all();
  tcp_.expire(base::kNever);
}

void Door::Loop::dispatch(base::Timestamp now, std::uint64_t tag) {
  const auto id = tag & ((std::uint64_t{1} << kTagShift) - 1);
  switch (static_cast<Ready>(tag >> kTagShift)) {
  case Ready::mailbox:
    return mailbox_.drain([&](Command& command) {
      if (command.attach)
        links_.attach(now, command.worker, std::move(command.path), std::move(command.prefix));
      else
        links_.detach(command.worker);
    });
  case Ready::udp:
    return on_udp(now, static_cast<int>(id));
  case Ready::listener:
    return on_listener(now, static_cast<int>(id));
  case Ready::tcp:
    return on_tcp(now, static_cast<int>(id));
  case Ready::worker:
    return links_.on_readable(now, id);
  }
}

void Door::Loop::on_udp(base::Timestamp now, int fd) {
  for (int i = 0; i < kDatagramsPerWake; ++i) {
    const auto outcome = receive_wildcard(fd, port_, scratch_);
    if (outcome == Receive::empty) return;
    if (outcome == Receive::skipped)
      count_.oversized.add();
    else
      on_datagram(now, scratch_);
    drain_strays(now);
  }
}

void Door::Loop::on_datagram(base::Timestamp now, const Received& received) {
  const ice::PairKey key{received.tuple.local, received.tuple.remote};
  if (const auto known = pairs_.find(key); known != pairs_.end()) {
    count_.to_known.add(); // was under way while the pair's socket came to life
    links_.send(known->second.worker,
                link::Stray{endpoint(key.local), endpoint(key.remote), copy(received.bytes())});
    return;
  }
  const auto stun = ice::looks_like_stun(received.bytes()) ? ice::parse_stun(received.bytes()) : std::nullopt;
  if (!stun || !stun->is_binding(ice::StunClass::request)) return count_.not_a_check.add();
  if (stun->username.empty()) return answer_plainly(now, received, *stun);
  if (const auto* name = admit(now, *stun, &key.remote))
    open_udp_pair(received, std::string(stun->receiver_ufrag()), name->worker);
}

const WorkerLinks::Name* Door::Loop::admit(base::Timestamp now, const ice::StunMessage& check,
                                           const ice::TransportAddress* charged) {
  const auto refuse = [](base::Counter& why) -> const WorkerLinks::Name* {
    why.add();
    return nullptr;
  };
  const auto* name = links_.find(check.receiver_ufrag());
  if (name == nullptr) return refuse(count_.unknown_name);
  // The source pays first, so that one flood cannot use up what belongs to all.
  if (charged != nullptr && !sources_.take(now, *charged)) return refuse(count_.rate_limited);
  if (!machine_.take(now)) return refuse(count_.rate_limited);
  if (!ice::has_valid_integrity(check, name->password.reveal())) return refuse(count_.bad_integrity);
  const auto mine = pairs_of_.find(check.receiver_ufrag());
  const bool many = mine != pairs_of_.end() && mine->second.size() >= config_.pairs_per_peer;
  if (many || pairs_.size() >= config_.max_pairs) return refuse(count_.pair_limit);
  return name;
}

void Door::Loop::answer_plainly(base::Timestamp now, const Received& received,
                                const ice::StunMessage& request) {
  if (!config_.stun || request.integrity_at || request.unknown_count != 0) return count_.not_a_check.add();
  if (!stun_sources_.take(now, received.tuple.remote)) return count_.stun_limited.add();
  std::array<std::uint8_t, 64> buffer;
  ice::StunBuilder answer(buffer, ice::StunClass::success, request.transaction);
  const auto bytes = answer.xor_mapped(received.tuple.remote).finish_plain();
  for (const auto& fd : udp_) {
    if (local_address(fd.get(), ice::Transport::udp).family != received.tuple.local.family) continue;
    if (reply(fd.get(), received.tuple, bytes)) return count_.stun_answered.add();
  }
}

void Door::Loop::open_udp_pair(const Received& first, std::string ufrag, WorkerKey worker) {
  const ice::PairKey key{first.tuple.local, first.tuple.remote};
  auto socket = open_pair_socket(first.tuple);
  if (!socket) return count_.open_failed.add();
  catch_strays(socket->get(), first.tuple);
  const int fd = socket->get();
  hand_over(key, {.ufrag = std::move(ufrag), .worker = worker, .duplicate = std::move(*socket)},
            first.bytes(), fd);
}

// Between bind and connect it may have caught datagrams of anybody; the pair's own follow its first one.
void Door::Loop::catch_strays(int fd, const Tuple& pair) {
  Received caught;
  for (std::size_t i = 0; i < kMaxStrays; ++i) {
    const auto outcome = receive_pair(fd, pair, caught);
    if (outcome == Receive::empty) break;
    if (outcome != Receive::datagram) continue;
    count_.strays_drained.add();
    keep_stray(caught);
  }
}

void Door::Loop::hand_over(const ice::PairKey& key, Pair pair, base::Bytes first, int fd) {
  const bool tcp = key.local.transport == ice::Transport::tcp;
  const link::Opened opened{.ufrag = pair.ufrag,
                            .local = endpoint(key.local),
                            .remote = endpoint(key.remote),
                            .tcp = tcp,
                            .first = copy(first)};
  if (!links_.send(pair.worker, opened, fd)) return count_.handover_failed.add();
  add_pair(key, std::move(pair));
  count_.opened.add();
}

void Door::Loop::add_pair(const ice::PairKey& key, Pair pair) {
  pairs_of_[pair.ufrag].push_back(key);
  pairs_.emplace(key, std::move(pair));
  count_.pairs.add(1);
}

void Door::Loop::drop_pair(const ice::PairKey& key) {
  const auto found = pairs_.find(key);
  if (found == pairs_.end()) return;
  if (const auto of = pairs_of_.find(found->second.ufrag); of != pairs_of_.end()) {
    std::erase(of->second, key);
    if (of->second.empty()) pairs_of_.erase(of);
  }
  pairs_.erase(found);
  count_.pairs.add(-1);
}

void Door::Loop::keep_stray(const Received& received) {
  if (strays_.size() >= kMaxStrays) return count_.strays_dropped.add();
  strays_.push_back(received);
}

void Door::Loop::drain_strays(base::Timestamp now) {
  while (!strays_.empty()) { // opening a pair may catch more; they are datagrams that were really sent
    const auto one = strays_.front();
    strays_.pop_front();
    on_datagram(now, one);
  }
}

void Door::Loop::on_listener(base::Timestamp now, int fd) {
  for (int i = 0; i < kAcceptsPerWake; ++i) {
    Fd accepted(::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted) {
      if (errno == EMFILE || errno == ENFILE) refuse_waiting(fd);
      return;
    }
    count_.tcp_accepted.add();
    const int key = accepted.get();
    if (tcp_.is_full() || !tcp_sources_.take(now, remote_address(key, ice::Transport::tcp))) {
      count_.tcp_refused.add();
      continue;
    }
    tcp_.add(now, std::move(accepted));
    add_to_epoll(Ready::tcp, static_cast<std::uint64_t>(key), key);
  }
}

// Out of descriptors, the listener would stay ready for ever: the spare one makes room to refuse the caller.
void Door::Loop::refuse_waiting(int fd) {
  spare_ = Fd{};
  {
    const Fd refused(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
  }
  spare_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  count_.tcp_refused.add();
}

void Door::Loop::on_tcp(base::Timestamp now, int fd) {
  const auto progress = tcp_.read(fd);
  if (progress == TcpEntrance::Progress::waiting) return;
  const auto connection = tcp_.take(fd);
  if (!connection) return;
  if (progress == TcpEntrance::Progress::broken) return count_.tcp_broken.add();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); // the worker's descriptor would keep it ready here
  const auto stun =
      ice::looks_like_stun(connection->frame()) ? ice::parse_stun(connection->frame()) : std::nullopt;
  if (!stun || !stun->is_binding(ice::StunClass::request)) return count_.not_a_check.add();
  const auto* name = admit(now, *stun, nullptr); // its source paid when it was accepted
  if (name == nullptr) return;
  hand_over({connection->local, connection->remote},
            {.ufrag = std::string(stun->receiver_ufrag()), .worker = name->worker}, connection->frame(), fd);
}

void Door::Loop::on_stray(const link::Stray& stray) {
  count_.strays_returned.add();
  Received received;
  received.tuple.local = address(stray.local, ice::Transport::udp);
  received.tuple.local.port = port_; // a worker does not choose where the door binds
  received.tuple.remote = address(stray.remote, ice::Transport::udp);
  if (stray.datagram.size() > received.buffer.size()) return count_.oversized.add();
  std::ranges::copy(stray.datagram, received.buffer.begin());
  received.size = stray.datagram.size();
  keep_stray(received);
}

void Door::Loop::on_closed(WorkerKey worker, const link::Closed& closed) {
  const auto of = pairs_of_.find(closed.ufrag);
  if (of == pairs_of_.end()) return;
  const auto remote = address(closed.remote, closed.tcp ? ice::Transport::tcp : ice::Transport::udp);
  for (const auto& key : std::vector(of->second)) { // a copy: dropping the last one drops the list
    const auto found = pairs_.find(key);
    if (key.remote == remote && found != pairs_.end() && found->second.worker == worker) drop_pair(key);
  }
}

void Door::Loop::watch(WorkerKey worker, int fd) {
  add_to_epoll(Ready::worker, worker, fd);
}

} // namespace plenum::door
