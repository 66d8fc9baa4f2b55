#include "base/strand_pool.hpp"

#include "base/cpu_meter.hpp"

#include <utility>

namespace plenum::base {

StrandPool::StrandPool(std::size_t threads, std::size_t most_strands, Metrics& metrics, std::string_view name,
                       const char* role)
    : queue_(most_strands),
      refused_(metrics.counter("plenum_queue_dropped_total", "queue=\"" + std::string(name) + "\"")),
      high_water_(metrics.gauge("plenum_queue_high_water", "queue=\"" + std::string(name) + "\"")) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this, role] { work(role); });
}

StrandPool::~StrandPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void StrandPool::request(const std::shared_ptr<Strand>& strand) {
  auto seen = strand->work_.load(std::memory_order_acquire);
  for (;;) {
    if (seen == Strand::Work::queued || seen == Strand::Work::running_again) {
      // Make what the caller wrote before visible to the coming run, which reads after its own exchange.
      if (strand->work_.compare_exchange_weak(seen, seen, std::memory_order_acq_rel)) return;
      continue;
    }
    const auto next = seen == Strand::Work::idle ? Strand::Work::queued : Strand::Work::running_again;
    if (strand->work_.compare_exchange_weak(seen, next, std::memory_order_acq_rel)) {
      if (next == Strand::Work::queued) enqueue(strand);
      return;
    }
  }
}

void StrandPool::enqueue(std::shared_ptr<Strand> strand) {
  {
    const std::lock_guard lock(mutex_);
    if (size_ == queue_.size()) {
      refused_.add();
      strand->work_.store(Strand::Work::idle, std::memory_order_release);
      return;
    }
    queue_[(head_ + size_++) % queue_.size()] = std::move(strand);
    high_water_.raise_to(static_cast<std::int64_t>(size_));
  }
  wake_.notify_one();
}

void StrandPool::work(const char* name) {
  const ThreadRole role(name);
  for (;;) {
    std::shared_ptr<Strand> strand;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || size_ > 0; });
      if (stopping_) return;
      strand = std::move(queue_[head_]);
      head_ = (head_ + 1) % queue_.size();
      --size_;
    }
    strand->work_.exchange(Strand::Work::running, std::memory_order_acq_rel);
    strand->run();
    auto expected = Strand::Work::running;
    if (strand->work_.compare_exchange_strong(expected, Strand::Work::idle, std::memory_order_acq_rel))
      continue;
    strand->work_.store(Strand::Work::queued, std::memory_order_release);
    enqueue(std::move(strand));
  }
}

} // namespace plenum::base
