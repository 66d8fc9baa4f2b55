#include "engine/link_server.hpp"

#include "base/alloc_counter.hpp"
#include "base/check.hpp"
#include "base/log.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::engine {

LinkServer::LinkServer(const base::Env& env, EventLoop& loop, int listening, LinkOwner& owner)
    : env_(env), loop_(loop), listening_(listening), owner_(owner), timer_(loop.add_sleeper(*this)),
      alone_since_(env.clock.now()) {
  // It was made by another program, and we ask it whenever anything is ready.
  CHECK(::fcntl(listening_, F_SETFL, O_NONBLOCK) == 0);
  loop_.watch(listening_, EPOLLIN, *this);
  arm();
}

LinkServer::~LinkServer() {
  disconnect(env_.clock.now());
  loop_.remove_sleeper(timer_);
  loop_.forget(listening_);
  ::close(listening_);
}

void LinkServer::arm() {
  loop_.wake_at(timer_, session_ ? session_->next_deadline() : alone_since_ + kGrace);
}

void LinkServer::send(const link::FromWorker& message) {
  if (!session_) return;
  const base::alloc_counter::Allow cold;
  session_->send(message);
  flush();
}

void LinkServer::on_ready(base::Timestamp now, std::uint32_t) {
  const base::alloc_counter::Allow cold;
  accept_control(now);
  if (session_) receive(now);
  if (session_) flush();
  arm();
}

void LinkServer::accept_control(base::Timestamp now) {
  const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  disconnect(now);
  connection_ = fd;
  session_.emplace(now, "worker", ::getpid());
  session_->send(owner_.sync_state());
  loop_.watch(connection_, EPOLLIN, *this);
  flush();
}

void LinkServer::receive(base::Timestamp now) {
  std::array<char, 64 * 1024> bytes;
  const auto got = ::recv(connection_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    disconnect(now);
    return;
  }
  auto messages = session_->on_bytes(now, {bytes.data(), static_cast<std::size_t>(got)});
  for (auto& message : messages)
    owner_.on_link_message(now, std::move(message));
  if (session_ && !session_->broken().empty()) {
    base::log::error(env_.log_tag, "link broken", "why", session_->broken());
    disconnect(now);
  }
}

void LinkServer::flush() {
  while (session_ && session_->has_output()) {
    auto output = session_->take_output();
    const auto sent = ::send(connection_, output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // Control has closed its end. What it said last, perhaps Shutdown, still lies in our receive buffer:
    // `receive` ends this.
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    if (sent < static_cast<ssize_t>(output.size())) {
      if (sent > 0) output.erase(0, static_cast<std::size_t>(sent));
      session_->unwritten(std::move(output));
      break;
    }
  }
  if (session_)
    loop_.watch(connection_,
                session_->has_output() ? std::uint32_t{EPOLLIN} | EPOLLOUT : std::uint32_t{EPOLLIN}, *this);
}

void LinkServer::disconnect(base::Timestamp now) {
  if (connection_ < 0) return;
  loop_.forget(connection_);
  ::close(connection_);
  connection_ = -1;
  session_.reset();
  alone_since_ = now;
}

void LinkServer::on_deadline(base::Timestamp now) {
  const base::alloc_counter::Allow cold;
  if (session_) {
    session_->on_deadline(now);
    if (!session_->broken().empty()) {
      base::log::warn(env_.log_tag, "link lost", "why", session_->broken());
      disconnect(now);
    } else {
      flush();
    }
  }
  abandoned_ = !session_ && now - alone_since_ >= kGrace;
  if (!abandoned_) arm();
}

} // namespace plenum::engine
