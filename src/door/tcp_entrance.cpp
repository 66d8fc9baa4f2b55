#include "door/tcp_entrance.hpp"

#include "door/tuple_sockets.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace plenum::door {

void TcpEntrance::add(base::Timestamp now, Fd socket) {
  auto connection = std::make_unique<Connection>();
  const int fd = socket.get();
  connection->local = local_address(fd, ice::Transport::tcp);
  connection->remote = remote_address(fd, ice::Transport::tcp);
  connection->deadline = now + timeout_;
  connection->socket = std::move(socket);
  pending_[fd] = std::move(connection);
}

TcpEntrance::Progress TcpEntrance::read(int fd) {
  const auto found = pending_.find(fd);
  if (found == pending_.end()) return Progress::broken;
  auto& c = *found->second;
  for (;;) {
    const std::size_t length = c.filled < 2 ? 0 : base::load_u16(c.buffer.data());
    if (c.filled >= 2 && (length == 0 || length > kFrameBytes)) return Progress::broken;
    const std::size_t wanted = c.filled < 2 ? 2 : 2 + length;
    if (c.filled >= 2 && c.filled == wanted) return Progress::complete;
    const auto got = ::recv(fd, c.buffer.data() + c.filled, wanted - c.filled, MSG_DONTWAIT);
    if (got > 0) {
      c.filled += static_cast<std::size_t>(got);
      continue;
    }
    const bool again = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return again ? Progress::waiting : Progress::broken;
  }
}

TcpEntrance::ConnectionPtr TcpEntrance::take(int fd) {
  const auto found = pending_.find(fd);
  if (found == pending_.end()) return nullptr;
  auto out = std::move(found->second);
  pending_.erase(found);
  return out;
}

std::size_t TcpEntrance::expire(base::Timestamp now) {
  return std::erase_if(pending_, [&](const auto& entry) { return entry.second->deadline <= now; });
}

base::Timestamp TcpEntrance::next_deadline() const {
  auto next = base::kNever;
  for (const auto& [fd, connection] : pending_)
    next = std::min(next, connection->deadline);
  return next;
}

} // namespace plenum::door
