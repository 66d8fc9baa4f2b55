// TestClient: a raw TCP client inside the event loop of a test: sends bytes, collects bytes, sees the end.
#pragma once

#include "net/event_loop.hpp"
#include "net/http.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <gtest/gtest.h>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::net {

struct TestResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// The first response in `bytes`, which it is removed from; nullopt while incomplete. `bodiless`: answer to
// HEAD.
inline std::optional<TestResponse> take_response(std::string& bytes, bool bodiless = false) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  TestResponse response;
  response.status = std::atoi(bytes.c_str() + 9);
  std::string_view lines = std::string_view(bytes).substr(0, end);
  lines.remove_prefix(std::min(lines.find("\r\n"), lines.size()));
  while (lines.starts_with("\r\n")) {
    lines.remove_prefix(2);
    const auto line = lines.substr(0, lines.find("\r\n"));
    const auto colon = line.find(": ");
    response.headers.add(line.substr(0, colon), line.substr(colon + 2));
    lines.remove_prefix(line.size());
  }
  std::size_t length = 0;
  if (const auto text = response.headers.find("content-length"); text && !bodiless)
    std::from_chars(text->data(), text->data() + text->size(), length);
  if (bytes.size() < end + 4 + length) return std::nullopt;
  response.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return response;
}

class TestClient {
 public:
  TestClient(EventLoop& loop, std::uint16_t port, int receive_buffer = 0)
      : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << std::strerror(errno);
    resume();
  }
  ~TestClient() {
    watch_.reset();
    if (fd_ >= 0) ::close(fd_);
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void pause() { watch_.reset(); } // reads nothing: the server's writes will block
  void resume() {
    watch_ = loop_.watch_readable(fd_, [this] { pump(); });
  }

  // Sends everything, running the loop while the server's window is full. False: the peer reset the
  // connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        loop_.run_until([] { return false; }, std::chrono::milliseconds(1));
      } else {
        return false;
      }
    }
    return true;
  }
  void send_end() { ::shutdown(fd_, SHUT_WR); }

  std::optional<TestResponse> response(bool bodiless = false) {
    std::optional<TestResponse> got;
    loop_.run_until([&] {
      if (!got) got = take_response(received, bodiless);
      return got || closed;
    });
    return got;
  }
  std::optional<TestResponse> ask(std::string_view request, bool bodiless = false) {
    send(request);
    return response(bodiless);
  }
  bool wait_for(std::string_view text) {
    return loop_.run_until([&] { return received.find(text) != std::string::npos; });
  }
  bool wait_for_bytes(std::size_t count) {
    return loop_.run_until([&] { return received.size() >= count || closed; }) && received.size() >= count;
  }
  bool wait_closed() {
    return loop_.run_until([&] { return closed; });
  }

  std::string received;
  bool closed = false;

 private:
  void pump() {
    char bytes[16384];
    for (;;) {
      const auto got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) {
        received.append(bytes, static_cast<std::size_t>(got));
      } else if (got < 0 && errno == EAGAIN) {
        return;
      } else {
        closed = true;
        watch_.reset();
        return;
      }
    }
  }

  EventLoop& loop_;
  int fd_;
  std::unique_ptr<EventLoop::Watch> watch_;
};

} // namespace plenum::net
