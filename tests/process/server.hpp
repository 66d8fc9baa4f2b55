// Server: a started `plenum serve` on free ports of 127.0.0.1, and what tests ask of it and of its JSON.
// Owner: the test. Thread: the test's.
#pragma once

#include "base/json.hpp"
#include "tests/process/program.hpp"

#include <filesystem>

namespace plenum::process {

namespace fs = std::filesystem;
using base::json::value;

inline std::string text_at(const value& in, std::initializer_list<std::string_view> path) {
  const value* now = &in;
  for (const auto key : path) {
    now = base::find(*now, key);
    if (now == nullptr) return "";
  }
  return now->is_string() ? std::string(now->get_string()) : base::write_json(*now);
}

// Runs a command to its end.
struct Ran {
  int status = 0;
  std::string out, err;
};
inline Ran run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  Program program(PLENUM_PROGRAM, std::move(arguments), std::move(environment));
  const int status = program.wait();
  return {status, program.out, program.err};
}

// Media workers that outlive their control process become our children, and never outlive the tests.
class Orphans : public ::testing::Environment {
  void SetUp() override { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  void TearDown() override {
    for (const auto pid : children_of(::getpid())) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
};
[[maybe_unused]] inline const auto* const kOrphans = ::testing::AddGlobalTestEnvironment(new Orphans);

struct Server : Program {
  std::string http, admin;
  Server(const fs::path& data, std::vector<std::string> more = {}, std::vector<std::string> environment = {})
      : Program(PLENUM_PROGRAM, arguments(data, std::move(more)), std::move(environment)) {
    const auto line = wait_for("serving");
    http = "http://127.0.0.1:" + text_at(line, {"http"});
    admin = "http://127.0.0.1:" + text_at(line, {"admin"});
  }
  static std::vector<std::string> arguments(const fs::path& data, std::vector<std::string> more) {
    std::vector<std::string> all{"serve",
                                 "--data-directory",
                                 data,
                                 "--http-port",
                                 "0",
                                 "--admin-port",
                                 "0",
                                 "--media-port",
                                 "0",
                                 "--media-listen",
                                 "127.0.0.1",
                                 "--media-announce",
                                 "127.0.0.1",
                                 "--web-directory",
                                 "none",
                                 "--workers-executable",
                                 PLENUM_MEDIA_PROGRAM,
                                 "--log-level",
                                 "debug"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  int end() {
    signal(SIGTERM);
    return wait();
  }
};

} // namespace plenum::process
