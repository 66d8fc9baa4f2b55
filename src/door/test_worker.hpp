// Stand-ins for the two ends that the door stands between: a worker's Unix socket and a client. Tests only.
#pragma once

#include "door/door.hpp"
#include "door/fd.hpp"
#include "door/tuple_sockets.hpp"
#include "link/door_messages.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace plenum::door::test {

inline constexpr int kPatienceMs = 10'000; // only a failing test waits that long

inline bool readable(int fd, int patience_ms = kPatienceMs) {
  pollfd p{.fd = fd, .events = POLLIN};
  return ::poll(&p, 1, patience_ms) == 1;
}

// A directory that goes with the test.
class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() / "plenum-door-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class Worker {
 public:
  explicit Worker(std::string path) : path_(std::move(path)) {
    ::unlink(path_.c_str());
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::memcpy(where.sun_path, path_.data(), path_.size());
    listener_ = Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
  }

  // Takes the door's connection and gives the prefix that it says. What a dead worker left comes to
  // `inherited`.
  std::string accept() {
    EXPECT_TRUE(readable(listener_.get()));
    socket_ = Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const auto message = next();
    const auto* welcome = message ? std::get_if<link::Welcome>(&*message) : nullptr;
    EXPECT_NE(welcome, nullptr);
    for (auto left = next(); left && !std::holds_alternative<link::Handed>(*left); left = next())
      inherited.push_back({*left, std::move(passed)});
    return welcome == nullptr ? "" : welcome->ufrag_prefix;
  }
  void hang_up() { socket_ = Fd{}; }

  void send(const link::DoorMessage& message) { send_bytes(link::encode(message)); }
  void send_bytes(base::Bytes bytes) {
    EXPECT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // The next message; `passed` keeps the descriptor that came with it. nullopt: hung up or nothing came.
  std::optional<link::DoorMessage> next() {
    if (!readable(socket_.get())) return std::nullopt;
    std::array<std::uint8_t, link::kDoorMessageBytes> buffer;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec data{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return std::nullopt;
    passed = Fd{};
    if (const auto* c = CMSG_FIRSTHDR(&message)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
      passed = Fd(fd);
    }
    return link::decode_door(base::Bytes(buffer).first(static_cast<std::size_t>(got)));
  }

  template <class Message>
  std::optional<Message> expect() {
    const auto message = next();
    const auto* wanted = message ? std::get_if<Message>(&*message) : nullptr;
    EXPECT_NE(wanted, nullptr) << (message ? "message " + std::to_string(message->index()) : "nothing");
    return wanted == nullptr ? std::nullopt : std::optional<Message>(*wanted);
  }

  bool register_name(const std::string& ufrag, const std::string& password) {
    send(link::Register{ufrag, password});
    const auto answer = expect<link::Registered>();
    EXPECT_EQ(answer ? answer->ufrag : "", ufrag);
    return answer && answer->accepted;
  }

  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

  Fd passed;
  struct Inherited {
    link::DoorMessage message;
    Fd socket;
  };
  std::vector<Inherited> inherited;

 private:
  std::string path_;
  Fd listener_, socket_;
};

inline std::vector<std::uint8_t> check(const std::string& ufrag, const std::string& password,
                                       std::uint8_t id = 0) {
  std::array<std::uint8_t, 512> buffer;
  ice::StunBuilder builder(buffer, ice::StunClass::request, ice::TransactionId{id, 1, 2, 3});
  const auto bytes = builder.username(ufrag + ":them").priority(1).ice_controlling(7).finish(password);
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::uint8_t> plain_request() {
  std::array<std::uint8_t, 64> buffer;
  const auto bytes =
      ice::StunBuilder(buffer, ice::StunClass::request, ice::TransactionId{9, 9}).finish_plain();
  return {bytes.begin(), bytes.end()};
}

// One address of a client on the loopback interface.
class Client {
 public:
  explicit Client(std::uint16_t port, int type = SOCK_DGRAM, const char* host = "127.0.0.1")
      : fd_(::socket(std::strchr(host, ':') ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)) {
    const auto to = ice::TransportAddress::parse(host, port);
    sockaddr_storage where{};
    const auto length = to->to_sockaddr(where);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), length), 0) << std::strerror(errno);
  }
  void send(base::Bytes bytes) { ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string receive() {
    std::array<char, 4096> buffer;
    if (!readable(fd_.get())) return "nothing came";
    const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return got < 0 ? std::strerror(errno) : std::string(buffer.data(), static_cast<std::size_t>(got));
  }
  bool has_something() { return readable(fd_.get(), 0); }
  ice::TransportAddress address(ice::Transport transport = ice::Transport::udp) {
    return local_address(fd_.get(), transport);
  }

 private:
  Fd fd_;
};

} // namespace plenum::door::test
