// TimerHeap: the next of many deadlines in O(log n), one heap per thread.
//
// Each object that can wait holds one handle and moves its deadline with `set`; kNever takes it out of the
// order. A 4-ary heap of (deadline, handle) with back-references; no allocation after the handles exist.
// Owner: an event loop. Thread: its owner's.
#pragma once

#include "base/check.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace plenum::base {

class TimerHeap {
 public:
  using Handle = std::uint32_t;

  Handle add() {
    if (!free_.empty()) {
      const auto handle = free_.back();
      free_.pop_back();
      return handle;
    }
    positions_.push_back(kOut);
    heap_.reserve(positions_.size());
    free_.reserve(positions_.size());
    return static_cast<Handle>(positions_.size() - 1);
  }
  void remove(Handle handle) {
    set(handle, kNever);
    free_.push_back(handle);
  }

  void set(Handle handle, Timestamp deadline) {
    CHECK(handle < positions_.size());
    auto at = positions_[handle];
    if (deadline == kNever) {
      if (at != kOut) erase(at);
      return;
    }
    if (at == kOut) {
      at = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back({deadline, handle});
      positions_[handle] = at;
    }
    heap_[at].deadline = deadline;
    down(up(at));
  }

  Timestamp next() const { return heap_.empty() ? kNever : heap_.front().deadline; }

  // The handle whose deadline has come, taken out of the order; nullopt when none has.
  std::optional<Handle> pop_due(Timestamp now) {
    if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
    const auto handle = heap_.front().handle;
    erase(0);
    return handle;
  }

 private:
  struct Entry {
    Timestamp deadline;
    Handle handle;
  };
  static constexpr std::uint32_t kOut = 0xffffffff;

  void place(std::uint32_t at, Entry entry) {
    heap_[at] = entry;
    positions_[entry.handle] = at;
  }
  std::uint32_t up(std::uint32_t at) {
    const auto entry = heap_[at];
    while (at > 0 && heap_[(at - 1) / 4].deadline > entry.deadline) {
      place(at, heap_[(at - 1) / 4]);
      at = (at - 1) / 4;
    }
    place(at, entry);
    return at;
  }
  void down(std::uint32_t at) {
    const auto entry = heap_[at];
    const auto size = static_cast<std::uint32_t>(heap_.size());
    for (;;) {
      auto least = at;
      auto least_deadline = entry.deadline;
      for (auto child = 4 * at + 1; child < size && child < 4 * at + 5; ++child) {
        if (heap_[child].deadline < least_deadline) {
          least = child;
          least_deadline = heap_[child].deadline;
        }
      }
      if (least == at) break;
      place(at, heap_[least]);
      at = least;
    }
    place(at, entry);
  }
  void erase(std::uint32_t at) {
    positions_[heap_[at].handle] = kOut;
    const auto last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    place(at, last);
    down(up(at));
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> positions_;
  std::vector<Handle> free_;
};

} // namespace plenum::base
