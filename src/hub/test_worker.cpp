// A stand-in for plenum-media: this test binary, started again with --link-fd. It speaks the link, answers
// every OpenPeer, dies when asked to. Runs before main, so that GoogleTest never sees those arguments.
#include "link/session.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

namespace plenum::hub::testing {
namespace {

base::Timestamp now() {
  return base::Timestamp(
      std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

struct FakeWorker {
  base::RoomId room;
  std::vector<link::KnownPeer> peers;

  void handle(link::WorkerSession& session, link::ToWorker& message) {
    if (const auto* sync = std::get_if<link::SyncRequest>(&message)) {
      room = sync->settings.room;
      session.send(link::SceneApplied{sync->scene.revision});
    }
    if (const auto* open = std::get_if<link::OpenPeer>(&message)) {
      if (open->offer == "die") std::abort();
      if (open->offer == "hang up") std::_Exit(0);
      peers.push_back({open->peer, open->member, link::PeerPhase::connected});
      session.send(link::PeerAnswer{open->request, open->peer, open->offer, true, true, true, {}});
    }
    if (std::holds_alternative<link::Shutdown>(message)) std::_Exit(0);
  }

  void serve(int fd) {
    link::WorkerSession session(now(), "worker", ::getpid());
    session.send(link::SyncState{room, 0, peers, {}});
    std::array<char, 65536> buffer;
    while (session.broken().empty()) {
      const auto out = session.take_output();
      if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return;
      pollfd waiting{fd, POLLIN, 0};
      ::poll(&waiting, 1, 100);
      session.on_deadline(now());
      if ((waiting.revents & (POLLIN | POLLHUP)) == 0) continue;
      const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      for (auto& message : session.on_bytes(now(), {buffer.data(), static_cast<std::size_t>(got)}))
        handle(session, message);
    }
  }
};

bool be_a_worker_if_asked() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string words((std::istreambuf_iterator<char>(in)), {});
  if (words.find("--link-fd=3") == std::string::npos) return false;
  if (words.find("--die-at-once") != std::string::npos) std::_Exit(7);
  ::alarm(60); // never outlives a broken test for long
  FakeWorker worker;
  for (;;) {
    const int fd = ::accept4(3, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) std::_Exit(1);
    worker.serve(fd);
    ::close(fd);
  }
}

[[maybe_unused]] const bool kNotAWorker = be_a_worker_if_asked();

} // namespace
} // namespace plenum::hub::testing
