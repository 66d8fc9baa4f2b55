#include "door/worker_links.hpp"

#include "base/log.hpp"
#include "base/wipe.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace plenum::door {
namespace {

constexpr base::Duration kFirstRetry = std::chrono::milliseconds(20);
constexpr base::Duration kLastRetry = std::chrono::seconds(1);
constexpr int kMessagesPerWake = 64;
constexpr int kLastWords = 4096;          // runs of messages
constexpr int kSendBufferBytes = 1 << 20; // hand-overs while the worker is busy; the kernel may give less

Fd connect_unix(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof where.sun_path) return {};
  std::memcpy(where.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) return {};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  return fd;
}

bool send_message(int socket, base::Bytes bytes, int attached) {
  iovec data{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}; // sendmsg does not write
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (attached >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* c = CMSG_FIRSTHDR(&message);
    *c = {.cmsg_len = CMSG_LEN(sizeof attached), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    std::memcpy(CMSG_DATA(c), &attached, sizeof attached);
  }
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool readable_now(int fd) {
  pollfd asked{fd, POLLIN, 0};
  return ::poll(&asked, 1, 0) == 1;
}

// No descriptors: the kernel closes what somebody attaches.
ssize_t receive_message(int socket, base::MutableBytes buffer) {
  return ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
}

} // namespace

WorkerLinks::WorkerLinks(const base::Env& env, std::size_t max_names_per_worker, WorkerEvents& events)
    : env_(env), max_names_(max_names_per_worker), events_(events),
      refused_(env.metrics.counter("plenum_door_registrations_refused_total")),
      malformed_(env.metrics.counter("plenum_door_worker_malformed_total")),
      full_(env.metrics.counter("plenum_queue_dropped_total", "queue=\"door_worker\"")),
      registered_(env.metrics.gauge("plenum_door_registrations")),
      connected_(env.metrics.gauge("plenum_door_workers")) {}

void WorkerLinks::attach(base::Timestamp now, WorkerKey worker, std::string path, std::string prefix) {
  detach(worker);
  if (!claim_prefix(now, prefix, worker)) {
    base::log::error(env_.log_tag, "door refuses a worker: its prefix overlaps another one", "worker",
                     worker);
    return;
  }
  auto& added = workers_[worker];
  added.path = std::move(path);
  added.prefix = std::move(prefix);
  added.retry_delay = kFirstRetry;
  connect(now, worker, added);
}

void WorkerLinks::detach(WorkerKey worker) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  forget(worker, found->second, false);
  events_.on_worker_gone(worker, false); // also what it left when it died
  workers_.erase(found);
}

void WorkerLinks::detach_all() {
  while (!workers_.empty())
    detach(workers_.begin()->first);
}

bool WorkerLinks::claim_prefix(base::Timestamp now, std::string_view prefix, WorkerKey by) {
  if (prefix.empty()) return false; // would own every name
  std::optional<WorkerKey> before;
  for (const auto& [key, worker] : workers_) {
    if (worker.prefix == prefix)
      before = key;
    else if (worker.prefix.starts_with(prefix) || prefix.starts_with(worker.prefix))
      return false;
  }
  if (!before) return true;
  // What it said before it died; reading its end disconnects it.
  for (int i = 0; i < kLastWords; ++i) {
    if (!workers_[*before].socket || !readable_now(workers_[*before].socket.get())) break;
    on_readable(now, *before);
  }
  forget(*before, workers_[*before], true);
  workers_.erase(*before);
  events_.on_replaced(*before, by);
  return true;
}

void WorkerLinks::connect(base::Timestamp now, WorkerKey key, Worker& worker) {
  worker.socket = connect_unix(worker.path);
  if (!worker.socket) {
    worker.retry_at = now + worker.retry_delay;
    worker.retry_delay = std::min(worker.retry_delay * 2, kLastRetry);
    return;
  }
  worker.retry_at = base::kNever;
  worker.retry_delay = kFirstRetry;
  connected_.add(1);
  events_.watch(key, worker.socket.get());
  send(key, link::Welcome{worker.prefix});
  events_.on_welcomed(key);
}

void WorkerLinks::disconnect(base::Timestamp now, WorkerKey key, Worker& worker, bool died) {
  base::log::info(env_.log_tag, "door lost a worker", "worker", key);
  forget(key, worker, died);
  worker.retry_at = now + worker.retry_delay;
}

// Drops the connection and everything that came over it; the worker stays attached.
void WorkerLinks::forget(WorkerKey key, Worker& worker, bool died) {
  if (!worker.socket) return;
  worker.socket = Fd{};
  connected_.add(-1);
  const auto gone = std::erase_if(names_, [&](const auto& entry) { return entry.second.worker == key; });
  registered_.add(-static_cast<std::int64_t>(gone));
  worker.names = 0;
  events_.on_worker_gone(key, died);
}

void WorkerLinks::on_readable(base::Timestamp now, WorkerKey key) {
  const auto found = workers_.find(key);
  if (found == workers_.end() || !found->second.socket) return;
  auto& worker = found->second;
  std::array<std::uint8_t, link::kDoorMessageBytes> buffer;
  for (int i = 0; i < kMessagesPerWake; ++i) {
    const auto got = receive_message(worker.socket.get(), buffer);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (got <= 0) {
      disconnect(now, key, worker, true);
      break;
    }
    const auto size = static_cast<std::size_t>(got);
    auto message = size <= buffer.size() ? link::decode_door(base::Bytes(buffer).first(size)) : std::nullopt;
    if (!message) malformed_.add();
    const bool good = message && handle(key, worker, *message);
    if (message)
      if (auto* deposit = std::get_if<link::Deposit>(&*message)) base::wipe(deposit->bytes);
    if (!good) {
      disconnect(now, key, worker, false);
      break;
    }
  }
  base::wipe(buffer); // deposits have passed
}

bool WorkerLinks::handle(WorkerKey key, Worker& worker, const link::DoorMessage& message) {
  if (const auto* m = std::get_if<link::Register>(&message)) return on_register(key, worker, *m);
  if (const auto* m = std::get_if<link::Unregister>(&message)) {
    on_unregister(key, worker, *m);
  } else if (const auto* closed = std::get_if<link::Closed>(&message)) {
    events_.on_closed(key, *closed);
  } else if (const auto* stray = std::get_if<link::Stray>(&message)) {
    events_.on_stray(*stray);
  } else if (const auto* deposit = std::get_if<link::Deposit>(&message)) {
    const auto known = names_.find(deposit->ufrag);
    if (known != names_.end() && known->second.worker == key) events_.on_deposit(key, *deposit);
  } else if (const auto* kept = std::get_if<link::Kept>(&message)) {
    if (kept->ufrag.starts_with(worker.prefix)) events_.on_kept(key, *kept);
  } else {
    malformed_.add(); // a message of ours
    return false;
  }
  return true;
}

bool WorkerLinks::on_register(WorkerKey key, Worker& worker, const link::Register& message) {
  const auto& prefix = worker.prefix;
  const auto known = names_.find(message.ufrag);
  const bool mine = message.ufrag.starts_with(prefix) && message.ufrag.size() > prefix.size();
  const bool free = known == names_.end() ? worker.names < max_names_ : known->second.worker == key;
  const bool accepted = mine && free && !message.password.empty();
  if (!accepted) {
    refused_.add();
  } else if (known != names_.end()) {
    known->second.password = base::Secret(message.password);
  } else {
    names_.emplace(message.ufrag, Name{key, base::Secret(message.password)});
    ++worker.names;
    registered_.add(1);
  }
  return send(key, link::Registered{message.ufrag, accepted});
}

void WorkerLinks::on_unregister(WorkerKey key, Worker& worker, const link::Unregister& message) {
  const auto known = names_.find(message.ufrag);
  if (known == names_.end() || known->second.worker != key) return;
  names_.erase(known);
  --worker.names;
  registered_.add(-1);
  events_.on_unregistered(key, message.ufrag);
}

void WorkerLinks::on_deadline(base::Timestamp now) {
  for (auto& [key, worker] : workers_)
    if (!worker.socket && worker.retry_at <= now) connect(now, key, worker);
}

base::Timestamp WorkerLinks::next_deadline() const {
  auto next = base::kNever;
  for (const auto& [key, worker] : workers_)
    if (!worker.socket) next = std::min(next, worker.retry_at);
  return next;
}

const WorkerLinks::Name* WorkerLinks::find(std::string_view ufrag) const {
  const auto found = names_.find(ufrag);
  return found == names_.end() ? nullptr : &found->second;
}

WorkerLinks::Sent WorkerLinks::try_send(WorkerKey worker, const link::DoorMessage& message, int fd) {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || !found->second.socket) return Sent::gone;
  auto bytes = link::encode(message);
  const bool sent = !bytes.empty() && send_message(found->second.socket.get(), bytes, fd);
  base::wipe(bytes);
  return sent ? Sent::yes : Sent::full;
}

bool WorkerLinks::send(WorkerKey worker, const link::DoorMessage& message, int fd) {
  const auto sent = try_send(worker, message, fd);
  if (sent == Sent::full) full_.add();
  return sent == Sent::yes;
}

} // namespace plenum::door
