// StrandPool: a few threads that run many strands, one job of a strand at a time, in the order of request.
//
// A decoder or encoder is a Strand: it has its own bounded input and does one piece of work per `run`.
// `request` asks for one run; asking again while one is queued or running runs it once more afterwards. The
// queue holds each strand at most once, so it is bounded by their number. Strands are shared: a removed one
// finishes its job and dies. Takes a mutex per request and per job, never per packet. Owner: the worker.
// Thread: `request` any.
#pragma once

#include "base/metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace plenum::base {

class Strand {
 public:
  virtual ~Strand() = default;
  virtual void run() = 0; // on a pool thread; never two at a time

 private:
  friend class StrandPool;
  enum class Work : std::uint8_t { idle, queued, running, running_again };
  std::atomic<Work> work_{Work::idle};
};

class StrandPool {
 public:
  // `name` is the label of its queue in metrics, `role` (a literal) that of its threads.
  StrandPool(std::size_t threads, std::size_t most_strands, Metrics& metrics,
             std::string_view name = "strands", const char* role = "codec");
  ~StrandPool(); // finishes the jobs that run, drops those that wait
  StrandPool(const StrandPool&) = delete;
  StrandPool& operator=(const StrandPool&) = delete;

  void request(const std::shared_ptr<Strand>& strand);

 private:
  void work(const char* role);
  void enqueue(std::shared_ptr<Strand> strand);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Strand>> queue_; // ring of the most strands that can exist
  std::size_t head_ = 0, size_ = 0;
  bool stopping_ = false;
  Counter& refused_;
  Gauge& high_water_;
  std::vector<std::jthread> threads_;
};

} // namespace plenum::base
