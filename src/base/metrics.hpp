// Counters and gauges of a process, with Prometheus text at the edge.
//
// Registration (cold) takes a mutex and returns a stable reference; counting (hot) is one relaxed atomic add
// and never allocates. Names are Prometheus names ("plenum_rtp_dropped_total"), labels are one prebuilt
// string
// (`reason="unvalidated"`), so that hot code holds the reference. Workers send `snapshot()` over the link.
// Owner: process. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::base {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  void raise_to(std::int64_t v) { // high-water mark
    auto seen = value_.load(std::memory_order_relaxed);
    while (v > seen && !value_.compare_exchange_weak(seen, v, std::memory_order_relaxed)) {
    }
  }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

struct Sample {
  std::string name;
  std::string labels;
  bool is_counter = true;
  std::int64_t value = 0;
};

class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view labels = {});
  Gauge& gauge(std::string_view name, std::string_view labels = {});
  std::vector<Sample> snapshot() const;

  static Metrics& process();

 private:
  using Key = std::pair<std::string, std::string>;
  mutable std::mutex mutex_;
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::map<Key, Counter*> counter_by_key_;
  std::map<Key, Gauge*> gauge_by_key_;
};

// Prometheus text exposition format, version 0.0.4.
std::string prometheus_text(const std::vector<Sample>& samples);

} // namespace plenum::base
