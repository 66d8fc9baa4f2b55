// The two ends a worker process sees: control on its link, and the door. Tests only.
//
// One poll loop serves everything; waits end when their condition holds, and only a failing test waits long.
#pragma once

#include "base/bytes.hpp"
#include "ice/address.hpp"
#include "link/door_messages.hpp"
#include "link/session.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace plenum::test {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

// A UDP socket at 127.0.0.1; port 0: any.
Fd udp_socket(std::uint16_t port);
ice::TransportAddress local_address(int fd);

class Process {
 public:
  Process();  // starts the worker
  ~Process(); // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Fd connect_link() const;
  Fd connect_door() const;
  // Exit status as waitpid gives it, when it has ended.
  std::optional<int> ended();
  pid_t pid() const { return pid_; }

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

class Control {
 public:
  Control(base::Timestamp now, Fd socket) : socket_(std::move(socket)), session_(now, "control", 1) {}
  int fd() const { return socket_.get(); }
  void send(const link::ToWorker& message);
  void on_readable(base::Timestamp now);
  void on_time(base::Timestamp now);
  bool ended() const { return ended_; }

  // The newest message of a kind since the last forget(); nullptr: none.
  template <class Message>
  const Message* last() const {
    for (auto i = heard_.rbegin(); i != heard_.rend(); ++i)
      if (const auto* found = std::get_if<Message>(&*i)) return found;
    return nullptr;
  }
  void forget() { heard_.clear(); }
  const std::vector<link::FromWorker>& heard() const { return heard_; }

 private:
  void flush();
  Fd socket_;
  link::ControlSession session_;
  std::vector<link::FromWorker> heard_;
  bool ended_ = false;
};

// One UDP port; every checked client gets a socket of its own, which goes to the worker.
class Door {
 public:
  explicit Door(Fd link);
  int link_fd() const { return link_.get(); }
  int public_fd() const { return public_.get(); }
  ice::TransportAddress address() const { return local_address(public_.get()); }
  void on_message();
  void on_public();
  const std::map<std::string, std::string>& names() const { return names_; }
  int opened = 0;

 private:
  void open(const std::string& ufrag, const ice::TransportAddress& remote, base::Bytes first);
  Fd link_, public_;
  std::map<std::string, std::string> names_;
};

} // namespace plenum::test
