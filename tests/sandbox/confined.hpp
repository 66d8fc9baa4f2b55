// Runs one attempt in a process that confined itself like a media worker, and tells how it went.
#pragma once

#include "apps/plenum_media/libraries.hpp"
#include "apps/plenum_media/sandbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace plenum::media {

using Attempt = std::function<long()>; // -1 and errno, as system calls do

// "allowed", "EACCES", "SIGSYS", …
inline std::string outcome(const Attempt& attempt, const Sandbox& sandbox) {
  std::array<int, 2> report{};
  EXPECT_EQ(::pipe(report.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(report[0]);
    ::alarm(20); // an attempt that succeeds may wait for ever
    std::array<int, 2> said{-2, 0};
    if (const auto done = confine(sandbox)) {
      errno = 0;
      said[0] = attempt() < 0 ? -1 : 0;
      said[1] = errno;
    } else {
      std::fprintf(stderr, "not confined: %s\n", done.error().text.c_str());
    }
    [[maybe_unused]] const auto written = ::write(report[1], said.data(), sizeof said);
    ::_exit(0);
  }
  ::close(report[1]);
  std::array<int, 2> said{};
  const auto got = ::read(report[0], said.data(), sizeof said);
  ::close(report[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return std::string("SIG") + ::sigabbrev_np(WTERMSIG(status));
  if (got != sizeof said) return "no report, exit status " + std::to_string(WEXITSTATUS(status));
  if (said[0] == -2) return "not confined";
  return said[0] == 0 ? "allowed" : ::strerrorname_np(said[1]);
}

// As `plenum serve` starts it by default.
inline Sandbox as_a_worker() {
  static const bool opened = (open_libraries(), true);
  EXPECT_TRUE(opened);
  Sandbox out;
  if (::getuid() == 0) out.user = own_user(1);
  out.readable = paths_read_later();
  return out;
}

} // namespace plenum::media
