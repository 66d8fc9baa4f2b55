#include "base/strand_pool.hpp"

#include <gtest/gtest.h>

#include <latch>

namespace plenum::base {
namespace {

class CountingStrand final : public Strand {
 public:
  void run() override {
    EXPECT_FALSE(inside_.exchange(true)) << "two threads in one strand";
    seen_ = wanted_.load();
    runs_.fetch_add(1);
    inside_ = false;
    runs_.notify_all();
  }
  std::atomic<int> wanted_{0}, runs_{0};
  std::atomic<int> seen_{0};

 private:
  std::atomic<bool> inside_{false};
};

TEST(StrandPool, EveryRequestIsFollowedByARunThatSeesWhatWasWrittenBefore) {
  Metrics metrics;
  StrandPool pool(3, 16, metrics);
  std::vector<std::shared_ptr<CountingStrand>> strands;
  for (int i = 0; i < 8; ++i)
    strands.push_back(std::make_shared<CountingStrand>());
  for (int round = 1; round <= 3000; ++round)
    for (auto& strand : strands) {
      strand->wanted_ = round;
      pool.request(strand);
    }
  for (auto& strand : strands) {
    for (auto runs = strand->runs_.load(); strand->seen_ != 3000; runs = strand->runs_.load())
      strand->runs_.wait(runs);
    EXPECT_EQ(strand->seen_, 3000);
  }
  EXPECT_EQ(metrics.counter("plenum_queue_dropped_total", "queue=\"strands\"").value(), 0u);
}

class BlockingStrand final : public Strand {
 public:
  void run() override {
    started_.count_down();
    go_.wait();
  }
  std::latch started_{1}, go_{1};
};

TEST(StrandPool, RefusesMoreStrandsThanItsQueueHolds) {
  Metrics metrics;
  auto blocker = std::make_shared<BlockingStrand>();
  auto first = std::make_shared<CountingStrand>();
  auto second = std::make_shared<CountingStrand>();
  StrandPool pool(1, 1, metrics);
  pool.request(blocker);
  blocker->started_.wait();
  pool.request(first);
  pool.request(second);
  EXPECT_EQ(metrics.counter("plenum_queue_dropped_total", "queue=\"strands\"").value(), 1u);
  blocker->go_.count_down();
  first->runs_.wait(0);
  EXPECT_EQ(second->runs_, 0);
}

} // namespace
} // namespace plenum::base
