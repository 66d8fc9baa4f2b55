#include "base/random.hpp"
#include "base/timer_heap.hpp"

#include <gtest/gtest.h>

#include <map>

namespace plenum::base {
namespace {

TEST(TimerHeap, AgreesWithASortedMapUnderRandomMoves) {
  SeededRandom random(5);
  TimerHeap heap;
  std::map<TimerHeap::Handle, Timestamp> expected;
  std::vector<TimerHeap::Handle> handles;
  for (int i = 0; i < 60; ++i)
    handles.push_back(heap.add());
  for (int step = 0; step < 20'000; ++step) {
    const auto handle = handles[random.u32() % handles.size()];
    if (random.u32() % 4 == 0) {
      heap.set(handle, kNever);
      expected.erase(handle);
    } else {
      const auto deadline = timestamp_us(random.u32() % 1000);
      heap.set(handle, deadline);
      expected[handle] = deadline;
    }
    auto least = kNever;
    for (const auto& [h, t] : expected)
      least = std::min(least, t);
    ASSERT_EQ(heap.next(), least);
    if (step % 10 == 0 && least != kNever) {
      const auto due = heap.pop_due(least);
      ASSERT_TRUE(due);
      ASSERT_EQ(expected.at(*due), least);
      expected.erase(*due);
    }
  }
}

TEST(TimerHeap, GivesNothingBeforeItsTimeAndReusesHandles) {
  TimerHeap heap;
  const auto a = heap.add();
  heap.set(a, timestamp_us(10));
  EXPECT_FALSE(heap.pop_due(timestamp_us(9)));
  heap.remove(a);
  EXPECT_EQ(heap.next(), kNever);
  EXPECT_EQ(heap.add(), a);
}

} // namespace
} // namespace plenum::base
