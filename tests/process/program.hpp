// Program: one started program, its output and its end. Waits with poll(2) for lines and for the exit, never
// by sleeping. Orphans of a program (media workers that outlive control) become children of the test.
#pragma once

#include "base/json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace plenum::process {

constexpr auto kPatience = std::chrono::seconds(60); // only a hang gets here

class Program {
 public:
  Program(const std::string& file, std::vector<std::string> arguments,
          std::vector<std::string> environment = {}) {
    std::array<int, 2> output{}, errors{};
    EXPECT_EQ(::pipe2(output.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(errors.data(), O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), file);
    environment.emplace_back("PATH=/usr/bin:/bin");
    if (const char* sanitizer = std::getenv("ASAN_OPTIONS"))
      environment.push_back(std::string("ASAN_OPTIONS=") + sanitizer);
    const auto pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> all;
      for (auto& text : texts)
        all.push_back(text.data());
      all.push_back(nullptr);
      return all;
    };
    auto argv = pointers(arguments), envp = pointers(environment);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(output[1], 1), ::dup2(errors[1], 2);
      ::execve(argv[0], argv.data(), envp.data());
      ::_exit(127);
    }
    ::close(output[1]), ::close(errors[1]);
    out_ = output[0], err_ = errors[0];
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    EXPECT_GE(pidfd_, 0);
  }
  ~Program() {
    if (!status_) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    for (const int fd : {out_, err_, pidfd_})
      if (fd >= 0) ::close(fd);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }

  // Exit status, or -signal.
  int wait() {
    pump([] { return false; });
    return status_.value_or(-1000);
  }
  // The first line of the log (from `from` on) with this message; null when the program has ended without it.
  base::json::value wait_for(std::string_view message, std::size_t from = 0) {
    std::optional<base::json::value> found;
    pump([&] {
      found = find(message, from);
      return found.has_value();
    });
    EXPECT_TRUE(found.has_value()) << "no line \"" << message << "\" in:\n" << err;
    return found.value_or(nullptr);
  }
  std::optional<base::json::value> find(std::string_view message, std::size_t from = 0) const {
    std::size_t begin = from;
    for (auto end = err.find('\n', begin); end != std::string::npos;
         begin = end + 1, end = err.find('\n', begin)) {
      const auto line = base::parse_json(std::string_view(err).substr(begin, end - begin));
      if (line && base::find_string(*line, "message") == message) return *line;
    }
    return std::nullopt;
  }

  std::string out, err;

 private:
  // Reads until `done` or, without it, until the program has ended and its last words are read.
  void pump(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!done() && !status_) {
      std::array<pollfd, 3> ready{{{pidfd_, POLLIN, 0}, {out_, POLLIN, 0}, {err_, POLLIN, 0}}};
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0 || ::poll(ready.data(), ready.size(), static_cast<int>(left.count())) <= 0) {
        ADD_FAILURE() << "nothing happened for too long; log so far:\n" << err;
        return;
      }
      read_some(out_, out, ready[1].revents);
      read_some(err_, err, ready[2].revents);
      if (ready[0].revents == 0) continue;
      int status = 0;
      ::waitpid(pid_, &status, 0);
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      read_rest(out_, out), read_rest(err_, err);
    }
  }
  static void read_some(int& fd, std::string& into, short events) {
    if (events == 0) return;
    std::array<char, 65536> bytes;
    const auto got = ::read(fd, bytes.data(), bytes.size());
    if (got > 0) return static_cast<void>(into.append(bytes.data(), static_cast<std::size_t>(got)));
    ::close(std::exchange(fd, -1));
  }
  // Workers may hold the pipe open: take what is there.
  static void read_rest(int& fd, std::string& into) {
    for (pollfd ready{fd, POLLIN, 0}; fd >= 0 && ::poll(&ready, 1, 0) > 0;)
      read_some(fd, into, ready.revents);
  }

  pid_t pid_ = -1;
  int pidfd_ = -1, out_ = -1, err_ = -1;
  std::optional<int> status_;
};

// Direct children of a process that still run.
inline std::set<pid_t> children_of(pid_t parent) {
  std::set<pid_t> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream in(entry.path() / "stat");
    std::string line;
    std::getline(in, line);
    const auto end = line.rfind(") "); // "pid (name) state parent …"
    if (end == std::string::npos || line[end + 2] == 'Z') continue;
    if (std::atoi(line.c_str() + end + 4) == parent) out.insert(std::stoi(name));
  }
  return out;
}

// True when the process has ended (it must be an adopted child of ours).
inline bool wait_end(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd ready{fd, POLLIN, 0};
  const bool ended = ::poll(&ready, 1, std::chrono::milliseconds(kPatience).count()) == 1;
  ::close(fd);
  if (ended) ::waitpid(pid, nullptr, 0);
  return ended;
}

} // namespace plenum::process
