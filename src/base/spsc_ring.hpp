// SpscRing: bounded queue from one thread to one other thread, without locks.
//
// Each ring has a name; its high-water mark and its drops are metrics. A full ring refuses (`push` is false)
// and counts: the producer decides what a drop means. T is moved in and out; capacity is rounded up to a
// power of two. Owner: whoever made it. Thread: `push` on the producer's, `pop` on the consumer's.
#pragma once

#include "base/metrics.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::base {

template <class T>
class SpscRing {
 public:
  SpscRing(std::size_t capacity, Metrics& metrics, std::string_view name)
      : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1),
        drops_(metrics.counter("plenum_queue_dropped_total", label(name))),
        high_water_(metrics.gauge("plenum_queue_high_water", label(name))) {}

  bool push(T value) {
    const auto tail = tail_.load(std::memory_order_relaxed);
    const auto used = tail - head_.load(std::memory_order_acquire);
    if (used == slots_.size()) {
      drops_.add();
      return false;
    }
    slots_[tail & mask_] = std::move(value);
    tail_.store(tail + 1, std::memory_order_release);
    high_water_.raise_to(static_cast<std::int64_t>(used + 1));
    return true;
  }

  std::optional<T> pop() {
    const auto head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
    std::optional<T> value(std::move(slots_[head & mask_]));
    slots_[head & mask_] = T{};
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

  // Exact on the consumer's thread when empty, an estimate anywhere else.
  std::size_t size() const {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }
  bool empty() const { return size() == 0; }
  std::size_t capacity() const { return slots_.size(); }

 private:
  static std::string label(std::string_view name) { return "queue=\"" + std::string(name) + "\""; }

  std::vector<T> slots_;
  std::size_t mask_;
  Counter& drops_;
  Gauge& high_water_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

} // namespace plenum::base
