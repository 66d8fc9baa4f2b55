#include "base/cpu_meter.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <pthread.h>
#include <string>
#include <vector>

namespace plenum::base {
namespace {

constexpr std::string_view kThreads = "plenum_thread_cpu_us_total";

std::int64_t read_ns(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

struct Roles {
  struct Entry {
    pthread_t thread;
    clockid_t clock;
    const char* role;
  };
  std::mutex mutex;
  std::vector<Entry> running;
  std::map<std::string, std::int64_t, std::less<>> ended_ns; // of threads that are no more
};

// Never destroyed: the log's thread may outlive every static object.
Roles& roles() {
  static auto& instance = *new Roles;
  return instance;
}

void raise(Metrics& metrics, std::string_view role, std::int64_t ns) {
  auto& counter = metrics.counter(kThreads, fmt::format("role=\"{}\"", role));
  const auto us = static_cast<std::uint64_t>(ns / 1000), told = counter.value();
  if (us > told) counter.add(us - told);
}

} // namespace

std::int64_t thread_cpu_ns() {
  return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

CpuMeter codec_meter(Metrics& metrics, std::string_view call) {
  return CpuMeter(metrics.counter("plenum_codec_cpu_us_total", fmt::format("call=\"{}\"", call)));
}

ThreadRole::ThreadRole(const char* role) {
  const auto self = ::pthread_self();
  ::pthread_setname_np(self, role);
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  if (::pthread_getcpuclockid(self, &clock) != 0) return; // then it counts as "other"
  const std::lock_guard lock(roles().mutex);
  roles().running.push_back({self, clock, role});
}

ThreadRole::~ThreadRole() {
  const auto self = ::pthread_self();
  const std::lock_guard lock(roles().mutex);
  auto& running = roles().running;
  const auto at = std::ranges::find_if(
      running, [&](const Roles::Entry& entry) { return ::pthread_equal(entry.thread, self) != 0; });
  if (at == running.end()) return;
  roles().ended_ns[at->role] += thread_cpu_ns();
  running.erase(at);
}

void report_thread_cpu(Metrics& metrics) {
  std::map<std::string, std::int64_t, std::less<>> by_role;
  {
    const std::lock_guard lock(roles().mutex);
    by_role = roles().ended_ns;
    for (const auto& entry : roles().running)
      by_role[entry.role] += read_ns(entry.clock);
  }
  std::int64_t other = read_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (const auto& [role, ns] : by_role) {
    raise(metrics, role, ns);
    other -= ns;
  }
  raise(metrics, "other", std::max<std::int64_t>(other, 0));
}

} // namespace plenum::base
