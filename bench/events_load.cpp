// plenum-events: thousands of websockets that listen, one sender of events, and how long each took to arrive.
//
// As little work as possible per event received, so that the server is measured and not this: epoll, one
// buffer, a search for the marker "t=<monotonic ns>;" that the sender puts into each event. Protocol:
// connects, prints
// {"events":"connected"}, waits for a line on stdin, sends for some seconds, prints what it saw. Connections
// come from eight loopback addresses, because servers limit how many one address may hold.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

struct Options {
  std::uint16_t port = 0;
  int observers = 5000, rate = 10, seconds = 20;
  std::string target, header, subscribe, until = "confirm_subscription"; // of the observers
  std::string post;                                                      // path of the events
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "plenum-events: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{1'000'000'000} * t.tv_sec + t.tv_nsec;
}

int dial(std::uint16_t port, int number) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % 8));
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) die("bind");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) die("connect");
  return fd;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (written <= 0) die("send");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_until(int fd, std::string_view end) {
  std::string all;
  std::array<char, 4096> buffer{};
  while (!all.contains(end)) {
    const auto got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) die("the server closed instead of saying " + std::string(end) + ", after: " + all);
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

std::string frame(unsigned char opcode, std::string_view payload) { // masked with zeros
  std::string out{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size())};
  return out.append(4, '\0').append(payload);
}

int observer(const Options& options, int number) {
  const int fd = dial(options.port, number);
  std::string request = "GET " + options.target +
                        " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!options.header.empty()) request += options.header + "\r\n";
  write_all(fd, request + "\r\n");
  read_until(fd, "\r\n\r\n");
  write_all(fd, frame(1, options.subscribe));
  read_until(fd, options.until);
  return fd;
}

// The sender: one request at a time, on time.
void send_events(const Options& options, std::atomic<int>& sent, std::atomic<bool>& done) {
  const int fd = dial(options.port, 0);
  const auto began = now_ns();
  for (int i = 0; i < options.rate * options.seconds; ++i) {
    const auto due = began + std::int64_t{1'000'000'000} * i / options.rate;
    while (now_ns() < due)
      usleep(500);
    const auto body =
        R"({"type":"custom","content":"t=)" + std::to_string(now_ns()) + ";" + std::string(60, '.') + R"("})";
    write_all(fd, "POST " + options.post +
                      " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto answer = read_until(fd, "\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 20")) die(answer);
    ++sent;
  }
  close(fd);
  done = true;
}

struct Reader {
  std::string rest; // of a marker that came in two pieces
  void read(std::string_view bytes, std::int64_t now, std::vector<double>& latencies) {
    std::string joined;
    if (!rest.empty()) {
      joined = std::move(rest) + std::string(bytes);
      rest.clear();
      bytes = joined;
    }
    for (;;) {
      const auto at = bytes.find("t=");
      if (at == std::string_view::npos) return;
      bytes.remove_prefix(at);
      const auto end = bytes.find(';');
      if (end == std::string_view::npos) {
        if (bytes.size() < 32) rest = bytes;
        return;
      }
      std::int64_t sent = 0;
      std::from_chars(bytes.data() + 2, bytes.data() + end, sent);
      latencies.push_back(static_cast<double>(now - sent) / 1e6);
      bytes.remove_prefix(end);
    }
  }
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void listen(const Options& options, const std::vector<int>& sockets) {
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &wanted);
  }
  std::vector<Reader> readers(sockets.size());
  std::vector<double> latencies;
  const auto expected =
      static_cast<std::size_t>(options.rate) * static_cast<std::size_t>(options.seconds) * sockets.size();
  latencies.reserve(expected);
  std::atomic<int> sent = 0;
  std::atomic<bool> done = false;
  const auto cpu = cpu_seconds();
  const auto began = now_ns();
  std::thread sender([&] { send_events(options, sent, done); });
  std::array<epoll_event, 256> ready{};
  std::vector<char> buffer(64 * 1024);
  std::int64_t pong_at = began, patience = 0;
  int lost = 0;
  while (latencies.size() < expected) {
    const auto now = now_ns();
    if (done && patience == 0) patience = now + 10'000'000'000;
    if (patience != 0 && now > patience) break;
    if (now > pong_at) { // alive, though nobody reads pings here
      for (const int fd : sockets)
        send(fd, frame(0xa, "").data(), 6, MSG_NOSIGNAL | MSG_DONTWAIT);
      pong_at = now + 10'000'000'000;
    }
    const int count = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 100);
    for (int i = 0; i < count; ++i) {
      const auto index = ready.at(static_cast<std::size_t>(i)).data.u64;
      const auto got = recv(sockets[index], buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) readers[index].read({buffer.data(), static_cast<std::size_t>(got)}, now_ns(), latencies);
      if (got != 0) continue;
      ++lost;
      epoll_ctl(poll, EPOLL_CTL_DEL, sockets[index], nullptr);
    }
  }
  sender.join();
  const auto elapsed = static_cast<double>(now_ns() - began) / 1e9;
  std::ranges::sort(latencies);
  const auto at = [&](double part) {
    return latencies.empty()
               ? 0.0
               : latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  std::printf(
      R"({"events":"measured","sent":%d,"delivered":%zu,"missing":%zu,"lost":%d,"p50_ms":%.2f,"p99_ms":%.2f,"most_ms":%.2f,"own_cores":%.2f})"
      "\n",
      sent.load(), latencies.size(), expected - latencies.size(), lost, at(0.5), at(0.99), at(1),
      (cpu_seconds() - cpu) / elapsed);
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Many observers of one room");
  app.add_option("--port", options.port)->required();
  app.add_option("--observers", options.observers);
  app.add_option("--rate", options.rate, "events a second");
  app.add_option("--seconds", options.seconds);
  app.add_option("--target", options.target, "of the observers' request")->required();
  app.add_option("--header", options.header, "of the observers' request");
  app.add_option("--subscribe", options.subscribe, "what an observer says first");
  app.add_option("--until", options.until, "what it then hears");
  app.add_option("--post", options.post, "where the sender says events")->required();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::vector<int> sockets;
  for (int i = 0; i < options.observers; ++i)
    sockets.push_back(observer(options, i));
  std::puts(R"({"events":"connected"})");
  std::fflush(stdout);
  std::getchar();
  listen(options, sockets);
  return 0;
}
