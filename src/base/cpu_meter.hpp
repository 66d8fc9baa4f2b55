// CPU time, told apart: by the work inside a thread (CpuMeter) and by the role of whole threads (ThreadRole).
//
// Both read the kernel's clock of one thread, so that waiting, other threads and other processes do not
// count; a reading is a system call of some 0.2 µs, which is why codec calls are metered and packets are not.
// A CpuMeter carries what is below a microsecond over to its next call. Owner: the metered object; a
// ThreadRole lives on the stack of its thread's main function. Thread: the metered one; `report_thread_cpu`
// any.
#pragma once

#include "base/metrics.hpp"

#include <cstdint>
#include <string_view>

namespace plenum::base {

std::int64_t thread_cpu_ns(); // of the calling thread, since it began

class CpuMeter {
 public:
  explicit CpuMeter(Counter& total_us) : total_us_(&total_us) {}

  class Running {
   public:
    explicit Running(CpuMeter& meter) : meter_(meter), from_ns_(thread_cpu_ns()) {}
    ~Running() { meter_.add(thread_cpu_ns() - from_ns_); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    CpuMeter& meter_;
    std::int64_t from_ns_;
  };
  [[nodiscard]] Running run() { return Running(*this); }

 private:
  void add(std::int64_t ns) {
    rest_ns_ += ns;
    total_us_->add(static_cast<std::uint64_t>(rest_ns_ / 1000));
    rest_ns_ %= 1000;
  }
  Counter* total_us_;
  std::int64_t rest_ns_ = 0;
};

// plenum_codec_cpu_us_total{call="…"}: the work without which there is no picture and no sound.
CpuMeter codec_meter(Metrics& metrics, std::string_view call);

// Names the calling thread, for `ps -L` and perf, and counts its CPU time under a role until destroyed.
class ThreadRole {
 public:
  explicit ThreadRole(const char* role); // a literal of at most 15 characters
  ~ThreadRole();
  ThreadRole(const ThreadRole&) = delete;
  ThreadRole& operator=(const ThreadRole&) = delete;
};

// Brings plenum_thread_cpu_us_total{role="…"} up to date; what no role claims is "other".
void report_thread_cpu(Metrics& metrics);

} // namespace plenum::base
