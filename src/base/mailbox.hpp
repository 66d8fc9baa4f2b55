// Mailbox: bounded queue from many threads to one, for commands between a worker's threads; never per packet.
//
// Takes a mutex for the length of a move. `post` wakes the consumer through an eventfd that its epoll set (or
// poll) watches; `drain` takes everything at once. A full mailbox refuses and counts. Owner: the consumer.
// Thread: `post` any, `drain` the consumer's.
#pragma once

#include "base/metrics.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace plenum::base {

template <class T>
class Mailbox {
 public:
  Mailbox(std::size_t capacity, Metrics& metrics, std::string_view name)
      : capacity_(capacity), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        drops_(metrics.counter("plenum_queue_dropped_total", "queue=\"" + std::string(name) + "\"")),
        high_water_(metrics.gauge("plenum_queue_high_water", "queue=\"" + std::string(name) + "\"")) {
    items_.reserve(capacity);
    spare_.reserve(capacity);
  }
  ~Mailbox() { ::close(event_); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  bool post(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (items_.size() >= capacity_) {
        drops_.add();
        return false;
      }
      items_.push_back(std::move(item));
      high_water_.raise_to(static_cast<std::int64_t>(items_.size()));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
    return true;
  }

  // Calls `handle(T&)` for everything posted so far. Handlers may post again; that waits for the next drain.
  template <class Handle>
  void drain(Handle&& handle) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
    {
      const std::lock_guard lock(mutex_);
      spare_.swap(items_);
    }
    for (auto& item : spare_)
      handle(item);
    spare_.clear();
  }

  int event_fd() const { return event_; } // readable when something waits

 private:
  std::size_t capacity_;
  int event_;
  std::mutex mutex_;
  std::vector<T> items_, spare_;
  Counter& drops_;
  Gauge& high_water_;
};

} // namespace plenum::base
